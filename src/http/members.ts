/**
 * Bodies of management requests, parsed member by member. Strict, because a member that is not understood is a
 * setting that silently does not hold; and complete, so that a caller is told everything that is wrong at once.
 */
import { parseDuration } from "../config/kinds.ts";
import { invalid, Problem, type Violation } from "../problem.ts";
import { type BodyLimits, isObject, readObject } from "./json.ts";

/** More violations than this help nobody. */
const MAX_TOLD = 200;

/** Gives what a value comes to. @throws Problem `invalid` naming `field`, or something inside of it */
export type Parser<T> = (value: unknown, field: string) => T;

/** The members of an object by name. */
export type Members = Record<string, Parser<unknown>>;

type Value<P> = P extends Parser<infer T> ? T : never;
type Parsed<S extends Members, R extends keyof S> = { [K in keyof S]?: Value<S[K]> } & {
  [K in R]: Value<S[K]>;
};

/**
 * @param field  where the object lies; "" is the body itself
 * @param required  the members that must be there
 * @throws Problem `invalid` with a violation for everything in it that is unknown, missing or does not fit
 */
export function parseMembers<S extends Members, R extends keyof S & string = never>(
  value: unknown,
  members: S,
  { field = "", required = [] }: { field?: string; required?: readonly R[] } = {},
): Parsed<S, NoInfer<R>> {
  if (!isObject(value)) throw invalid(field, "must be an object");
  const at = (name: string) => (field === "" ? name : `${field}.${name}`);
  const violations: Violation[] = [];
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const parser = Object.hasOwn(members, name) ? members[name] : undefined;
    if (parser) collect(violations, () => (result[name] = parser(member, at(name))));
    else {
      const known = Object.keys(members).join(", ") || "none";
      violations.push({ field: at(name.slice(0, 100)), message: `is not a member here; there are ${known}` });
    }
  }
  for (const name of required) {
    if (!Object.hasOwn(value, name)) violations.push({ field: at(name), message: "is required" });
  }
  refuse(violations);
  return result as Parsed<S, R>; // each member went through its parser
}

/** The body of a request that needs none: nothing, or an object without members. @throws Problem */
export async function readNothing(request: Request, limits: BodyLimits): Promise<void> {
  if (request.body !== null) parseMembers(await readObject(request, limits), {});
}

/** Runs `fn`; the violations that it throws join those that there are. */
export function collect(violations: Violation[], fn: () => void): void {
  try {
    fn();
  } catch (error) {
    if (!(error instanceof Problem) || error.violations.length === 0) throw error;
    violations.push(...error.violations);
  }
}

/** @throws Problem `invalid` when there are violations */
export function refuse(violations: readonly Violation[]): void {
  const [first] = violations;
  if (!first) return;
  throw new Problem("invalid", `${first.field}: ${first.message}`, {
    violations: violations.slice(0, MAX_TOLD),
  });
}

/**
 * Text without control characters, which some databases and most terminals do not bear.
 * @param min  how many characters it must have, of those that are left when it is trimmed
 */
export function text({
  min = 0,
  max,
  lines = false,
}: {
  min?: number;
  max: number;
  lines?: boolean;
}): Parser<string> {
  const size = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return (value, field) => {
    if (typeof value !== "string") throw invalid(field, "must be text");
    const trimmed = value.trim();
    if (trimmed.length < min || trimmed.length > max) throw invalid(field, `must have ${size} characters`);
    if (/\p{Cc}/u.test(lines ? trimmed.replace(/[\t\r\n]/g, "") : trimmed)) {
      throw invalid(field, "must not hold control characters");
    }
    return trimmed;
  };
}

export function choice<const T extends string>(...values: readonly T[]): Parser<T> {
  return (value, field) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw invalid(field, `must be one of ${values.join(", ")}`);
    return found;
  };
}

/** As HTML's `input type=email` has it, but with any letters: the mail server knows better. */
const EMAIL = /^[^\s@\p{Cc}<>(),:;"\\[\]]{1,64}@[^\s@\p{Cc}<>(),:;"\\[\]]{1,190}$/u;

export const email: Parser<string> = (value, field) => {
  const address = typeof value === "string" ? value.trim() : "";
  if (!EMAIL.test(address)) throw invalid(field, "must be an e-mail address such as anna@example.org");
  return address;
};

export const flag: Parser<boolean> = (value, field) => {
  if (typeof value !== "boolean") throw invalid(field, "must be true or false");
  return value;
};

export function wholeNumber(min: number, max: number): Parser<number> {
  return (value, field) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      throw invalid(field, `must be a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

/** A duration, as it was written. @param min, max  durations too */
export function duration(min: string, max: string): Parser<string> {
  const least = parseDuration(min) ?? Number.NaN;
  const most = parseDuration(max) ?? Number.NaN;
  return (value, field) => {
    const ms = typeof value === "string" && value.length <= 30 ? parseDuration(value.trim()) : undefined;
    if (ms === undefined)
      throw invalid(field, 'must be a duration with its unit (ms, s, m, h or d) such as "5s"');
    if (!(ms >= least && ms <= most)) throw invalid(field, `must be from ${min} to ${max}`);
    return String(value).trim();
  };
}

export function listOf<T>(item: Parser<T>, { min = 0, max }: { min?: number; max: number }): Parser<T[]> {
  return (value, field) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      throw invalid(field, `must be a list of ${min} to ${max} items`);
    }
    const violations: Violation[] = [];
    const items: T[] = [];
    value.forEach((one, index) => collect(violations, () => items.push(item(one, `${field}[${index}]`))));
    refuse(violations);
    return items;
  };
}
