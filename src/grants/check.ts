/** Holds a grant to its meaning, whether it came as JSON, from the command line or from the YAML. */
import type { FieldKind } from "../config/schema-fields.ts";
import { didYouMean } from "../config/suggest.ts";
import type { Grant } from "./grant.ts";
import { ACTION_PREFIX, actionsOf } from "./resources.ts";
import type { GrantVocabulary, TypeFields } from "./vocabulary.ts";

/** What is wrong with a part of a grant; `path` leads there from the grant. */
export interface GrantFault {
  path: (string | number)[];
  /** Completes "found ...". */
  found: string;
  /** Completes "expected ..." and "must be ...". */
  expected: string;
  /** What was probably meant: `; did you mean "trainings"?`, or nothing. */
  hint: string;
}

/** Beyond these a list of values is a kind of its own: give it a field to go by. */
export const MAX_WHERE_FIELDS = 4;
export const MAX_WHERE_VALUES = 200;
const MAX_FIELDS = 500;
const MAX_TEXT = 1_000;

const MEMBERS = ["resource", "actions", "where", "fields"];

type Report = (path: (string | number)[], found: string, expected: string, hint?: string) => void;

/** @returns the grant, its lists without what they say twice, or everything that is wrong with it */
export function checkGrant(
  value: unknown,
  vocabulary: GrantVocabulary,
): { grant: Grant; faults: [] } | { grant?: never; faults: GrantFault[] } {
  const faults: GrantFault[] = [];
  const report: Report = (path, found, expected, hint = "") => faults.push({ path, found, expected, hint });
  if (!isObject(value)) {
    report([], shown(value), "an object with resource and actions");
    return { faults };
  }
  for (const name of Object.keys(value)) {
    if (!MEMBERS.includes(name))
      report([name], "an unknown member", `one of ${MEMBERS.join(", ")}`, didYouMean(name, MEMBERS));
  }
  const resource = checkResource(value["resource"], vocabulary, report);
  const actions = checkActions(value["actions"], resource, report);
  const type = resource === undefined ? undefined : vocabulary.types.get(resource);
  const narrowed = (["where", "fields"] as const).filter((name) => isGiven(value[name]));
  if (resource !== undefined && !type) {
    for (const name of narrowed)
      report([name], `${name} with the resource ${resource}`, `none: only a type has ${WHAT[name]}`);
  }
  const where = type && isGiven(value["where"]) ? checkWhere(value["where"], type, report) : undefined;
  const fields = type && isGiven(value["fields"]) ? checkFields(value["fields"], type, report) : undefined;
  if (faults.length > 0 || resource === undefined) return { faults };
  return {
    grant: {
      resource,
      actions,
      ...(where !== undefined && { where }),
      ...(fields !== undefined && fields !== "all" && { fields }),
    },
    faults: [],
  };
}

const WHAT = { where: "records", fields: "fields" };

function checkResource(given: unknown, { resources }: GrantVocabulary, report: Report): string | undefined {
  if (typeof given === "string" && (given === "*" || resources.includes(given))) return given;
  const expected = "a type, *, or one of the server's own such as receivers";
  if (typeof given !== "string") report(["resource"], shown(given), expected);
  else {
    const wanted = given.startsWith(ACTION_PREFIX) ? "one of the YAML's actions" : expected;
    report(["resource"], shown(given), wanted, didYouMean(given, resources));
  }
  return undefined;
}

function checkActions(given: unknown, resource: string | undefined, report: Report): string[] {
  if (!Array.isArray(given) || given.length === 0) {
    report(["actions"], shown(given), "a list of at least one action");
    return [];
  }
  const known = [...actionsOf(resource ?? "*"), "*"];
  for (const [index, action] of given.entries()) {
    if (known.includes(action as string)) continue;
    const hint = typeof action === "string" ? didYouMean(action, known) : "";
    const of = resource === undefined ? "" : `, which is what there is of ${resource}`;
    report(["actions", index], shown(action), `one of ${known.join(", ")}${of}`, hint);
  }
  return [...new Set(given.map(String))];
}

function checkWhere(given: unknown, { filters }: TypeFields, report: Report): Grant["where"] {
  const known = [...filters.keys()];
  if (!isObject(given) || Object.keys(given).length === 0) {
    report(
      ["where"],
      shown(given),
      `an object of filter fields and lists of values (${known.join(", ") || "there are none"})`,
    );
    return undefined;
  }
  const entries = Object.entries(given);
  if (entries.length > MAX_WHERE_FIELDS)
    report(["where"], `${entries.length} fields`, `at most ${MAX_WHERE_FIELDS}`);
  return Object.fromEntries(
    entries.map(([field, values]) => {
      const kind = filters.get(field);
      if (kind === undefined) {
        const what =
          known.length > 0
            ? `one of the type's filters, ${known.join(", ")}`
            : "none: the type has no filters";
        report(["where", field], shown(field), what, didYouMean(field, known));
        return [field, []];
      }
      return [field, checkValues(values, kind, ["where", field], report)];
    }),
  );
}

function checkValues(
  given: unknown,
  kind: FieldKind,
  path: (string | number)[],
  report: Report,
): (string | number | boolean)[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_WHERE_VALUES) {
    const found = Array.isArray(given) ? `${given.length} values` : shown(given);
    report(path, found, `a list of 1 to ${MAX_WHERE_VALUES} values`);
    return [];
  }
  const values = new Set<string | number | boolean>();
  for (const [index, value] of given.entries()) {
    if (isValue(value, kind)) values.add(value);
    else report([...path, index], shown(value), EXPECTED[kind]);
  }
  return [...values];
}

const EXPECTED: Record<FieldKind, string> = {
  string: `text of at most ${MAX_TEXT} characters`,
  number: "a number",
  boolean: "true or false",
  any: `text of at most ${MAX_TEXT} characters, a number, true or false`,
};

function isValue(value: unknown, kind: FieldKind): value is string | number | boolean {
  if (kind !== "any" && typeof value !== kind) return false;
  // The filter index holds a NUL as another character: two values would be one.
  if (typeof value === "string")
    return value.length <= MAX_TEXT && value.isWellFormed() && !value.includes("\0");
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

function checkFields(given: unknown, type: TypeFields, report: Report): Grant["fields"] {
  if (given === "all") return "all";
  if (given === "public") {
    if (type.public.length === 0)
      report(["fields"], shown(given), "all or a list: the type has no public fields");
    return "public";
  }
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_FIELDS) {
    report(["fields"], shown(given), "all, public, or a list of fields");
    return undefined;
  }
  for (const [index, field] of given.entries()) {
    const isName = typeof field === "string" && field !== "" && field !== "_meta";
    if (isName && (type.fields === null || field === "id" || type.fields.includes(field))) continue;
    const known = type.fields ?? [];
    const hint = typeof field === "string" ? didYouMean(field, known) : "";
    report(["fields", index], shown(field), "a property of the type's schema", hint);
  }
  return [...new Set(given.map(String))];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty object" : "an object";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
