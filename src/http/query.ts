/** Query strings, parsed strictly: what is not known is refused, because a filter that is not applied leaks. */
import { Problem, type Violation } from "../problem.ts";

export interface QuerySpec {
  /** Parameters by name; a parser throws a message (Error) when the text does not fit. */
  [name: string]: (text: string) => unknown;
}

type Parsed<S extends QuerySpec> = { [K in keyof S]?: Exclude<ReturnType<S[K]>, undefined> };

const MAX_PARAMETERS = 50;

/**
 * @param spec  what the endpoint knows
 * @param filter  called for each `filter[field]=text`, where the endpoint has filters
 * @throws Problem `invalid` with a violation for each parameter that is unknown, repeated or does not fit
 */
export function parseQuery<S extends QuerySpec>(
  request: Request,
  spec: S,
  filter?: (field: string, text: string) => void,
): Parsed<S> {
  const result: Parsed<S> = {};
  const start = request.url.indexOf("?");
  if (start === -1) return result;
  const violations: Violation[] = [];
  const parameters = [...new URLSearchParams(request.url.slice(start))];
  if (parameters.length > MAX_PARAMETERS) {
    throw new Problem("invalid", `There are more than ${MAX_PARAMETERS} query parameters.`);
  }
  for (const [name, text] of parameters) {
    try {
      const field = filter && /^filter\[([^\]]*)\]$/.exec(name)?.[1];
      const parser = Object.hasOwn(spec, name) ? spec[name] : undefined;
      if (filter && field !== undefined) filter(field, text);
      else if (!parser) {
        const known = [...Object.keys(spec), ...(filter ? ["filter[FIELD]"] : [])];
        throw new Error(`is not a parameter here; there are ${known.join(", ") || "none"}`);
      } else if (Object.hasOwn(result, name)) throw new Error("is given twice");
      else result[name as keyof S] = parser(text) as Parsed<S>[keyof S];
    } catch (error) {
      if (error instanceof Problem) violations.push(...error.violations);
      else if (error instanceof Error) violations.push({ field: name.slice(0, 100), message: error.message });
    }
  }
  if (violations.length > 0) {
    const [first] = violations;
    throw new Problem("invalid", `${first?.field}: ${first?.message}`, { violations });
  }
  return result;
}

export const MAX_LIMIT = 500;
export const DEFAULT_LIMIT = 50;

/** `?limit=`: 1 to 500. */
export function limit(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= MAX_LIMIT)) throw new Error(`must be a whole number from 1 to ${MAX_LIMIT}`);
  return value;
}

export const string = (text: string): string => text;

export function oneOf<T extends string>(...values: T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new Error(`must be one of ${values.join(", ")}`);
    return value;
  };
}

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * An ISO 8601 time as milliseconds since 1970. Any offset, with or without a colon; without one it is UTC.
 * A `+` that a URL made a space is taken as the `+` it was.
 */
export function instant(text: string): number {
  const match = INSTANT.exec(
    text.replace(/ (?=\d{2}:?\d{2}$)/, (space, at: number) => (at > 10 ? "+" : space)),
  );
  const [, date, time = "00:00", zone = "Z"] = match ?? [];
  const offset =
    zone.toUpperCase() === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
  const value = Date.parse(`${date}T${time.replace(",", ".")}${offset}`);
  if (!match || Number.isNaN(value) || !isDay(String(date))) {
    throw new Error("must be an ISO 8601 time such as 2026-11-21T19:05:00.000Z");
  }
  return value;
}

/** Date.parse takes the 30th of February for a day in March. */
function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** A time as it goes out: UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
