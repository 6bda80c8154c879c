/** What a pull asks for, parameter by parameter, and what of it the caller may ask. */
import { Forbidden } from "../accounts/principal.ts";
import { didYouMean } from "../config/suggest.ts";
import type { Config } from "../config/types.ts";
import { shows, type View } from "../grants/view.ts";
import { instant } from "../http/query.ts";
import { Problem } from "../problem.ts";
import type { Filter } from "../records/condition.ts";
import { MAX_FILTERS, type Order } from "../records/list.ts";
import type { RecordType } from "../records/types.ts";
import { wrongParameter } from "./errors.ts";
import type { Parameters } from "./parameters.ts";
import type { PublicCaller } from "./ways-in.ts";

export const FORMATS = ["json", "csv", "ical"] as const;
export type Format = (typeof FORMATS)[number];

/** The parameters that every type has; a filter of the same name is asked for as `filter[name]`. */
const KNOWN = [
  ...["org", "pw", "maxRows", "firstRow", "sort", "modifiedSince", "showDeleted", "deletedAfter"],
  ...["textSearch", "verbose", "format"],
];

export interface Pull {
  filters: readonly (Filter & { given: readonly string[] })[];
  order: Order;
  descending: boolean;
  modifiedSince: number | undefined;
  /** Undefined: all records, not those that a text finds. */
  text: string | undefined;
  /** Counted from 1. */
  firstRow: number;
  /** 0: how many there are, and none of them. */
  maxRows: number;
  verbose: boolean;
  format: Format;
  /** Whether removed ones are to be listed, and of those only what comes after this sequence of the feed. */
  deleted: { after: number } | undefined;
}

/** @throws Problem `invalid` for what is not understood; Forbidden, or `unauthorized`, for what one may not ask by */
export function parsePull(
  parameters: Parameters,
  { type, view, caller }: { type: RecordType; view: View; caller: PublicCaller },
  rows: Pick<Config["publicApi"], "defaultRows" | "maxRows">,
): Pull {
  const given = (name: string): string | undefined => {
    const text = parameters.get(name);
    // A form sends its empty fields, too.
    return text === undefined || text.trim() === "" ? undefined : text.trim();
  };
  const filters = parseFilters(parameters, type, view);
  const format = oneOf("format", given("format")?.toLowerCase() ?? "json", FORMATS);
  const modifiedSince = parse("modifiedSince", given("modifiedSince"), instant);
  const sort = given("sort") ?? (modifiedSince === undefined ? "id" : "modified_at");
  const { order, descending } = parseSort(type, sort);
  const text = given("textSearch");
  if (text !== undefined && type.search.length === 0)
    throw wrongParameter("textSearch", `is not possible: ${type.name} has no fields that are searched`);
  if (format === "ical" && !type.dates)
    throw wrongParameter("format", `must be json or csv: ${type.name} are no events of a calendar`);
  // A calendar program does not ask for the next page.
  const fallback = format === "ical" ? rows.maxRows : rows.defaultRows;
  const pull: Pull = {
    ...{ filters, order, descending, modifiedSince, text, format },
    firstRow: wholeNumber("firstRow", given("firstRow"), 1) ?? 1,
    maxRows: Math.min(wholeNumber("maxRows", given("maxRows"), 0) ?? fallback, rows.maxRows),
    verbose: flag("verbose", given("verbose")),
    deleted: parseDeleted(given, modifiedSince, format),
  };
  demandFields(caller, type, view, pull);
  return pull;
}

function parseFilters(parameters: Parameters, type: RecordType, view: View): Pull["filters"] {
  const known = new Set(KNOWN.map((name) => name.toLowerCase()));
  const found = new Map<string, string[]>();
  for (const { name, value } of parameters.all()) {
    const bracketed = /^filter\[([^\]]*)\]$/i.exec(name)?.[1];
    if (bracketed === undefined && known.has(name.toLowerCase())) continue;
    const field = filterField(type, bracketed ?? name);
    if (field === undefined) {
      const all = [...KNOWN, ...type.filters.filter((field) => shows(view.fields, field))];
      throw wrongParameter(
        name,
        `is not a parameter here; there are ${all.join(", ")}${didYouMean(name, all)}`,
      );
    }
    if (value === "") continue;
    const values = found.get(field);
    if (values) values.push(value);
    else found.set(field, [value]);
  }
  if (found.size > MAX_FILTERS)
    throw new Problem("malformed", `There are ${found.size} filters; at most ${MAX_FILTERS} are possible.`);
  return [...found].map(([field, given]) => ({
    field,
    given,
    values: given.flatMap((text) => valuesOf(type, field, text)),
  }));
}

/** In the same letters, or else in any case. */
function filterField(type: RecordType, name: string): string | undefined {
  const low = name.toLowerCase();
  return type.filters.includes(name) ? name : type.filters.find((field) => field.toLowerCase() === low);
}

function valuesOf(type: RecordType, field: string, text: string): string[] {
  try {
    return type.filterValues(field, text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw wrongParameter(field, error.violations[0]?.message ?? "does not fit");
  }
}

function parseSort(type: RecordType, text: string): Pick<Pull, "order" | "descending"> {
  const descending = text.startsWith("-");
  const name = descending ? text.slice(1) : text;
  const low = name.toLowerCase();
  if (low === "id") return { order: { by: "id" }, descending };
  if (low === "modified_at") return { order: { by: "modified_at" }, descending };
  const field = filterField(type, name);
  if (field !== undefined) return { order: { by: "field", field }, descending };
  const all = ["id", "modified_at", ...type.filters];
  throw wrongParameter("sort", `must be one of ${all.join(", ")}, with - before it to turn it round`);
}

/** Removed ones are told of since some time; of how far one has been told, the answer says in `deletedAfter`. */
function parseDeleted(
  given: (name: string) => string | undefined,
  modifiedSince: number | undefined,
  format: Format,
): Pull["deleted"] {
  const after = wholeNumber("deletedAfter", given("deletedAfter"), 0);
  if (!flag("showDeleted", given("showDeleted"))) {
    if (after !== undefined) throw wrongParameter("deletedAfter", "needs showDeleted=true");
    return undefined;
  }
  if (modifiedSince === undefined) throw wrongParameter("showDeleted", "needs modifiedSince");
  if (format !== "json") throw wrongParameter("showDeleted", "is possible with format=json alone");
  return { after: after ?? 0 };
}

function parse<T>(name: string, text: string | undefined, parser: (text: string) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parser(text);
  } catch (error) {
    throw wrongParameter(name, error instanceof Error ? error.message : "does not fit");
  }
}

function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) throw wrongParameter(name, `must be a whole number from ${least}`);
  return value;
}

const YES = ["true", "1", "yes", "on"] as const;
const NO = ["false", "0", "no", "off"] as const;

/** As people write it, and as a ticked box of a form is sent. */
function flag(name: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const word = oneOf(name, text.toLowerCase(), [...YES, ...NO]);
  return YES.some((yes) => yes === word);
}

function oneOf<const T extends string>(name: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw wrongParameter(name, `must be one of ${values.join(", ")}`);
  return found;
}

/**
 * Asking by a field tells of its values, as in the lists of `/api/v1`: a filter finds, of the records in view, those
 * whose field is seen; an order, and a calendar, need it to be seen of all of them.
 */
function demandFields({ principal }: PublicCaller, type: RecordType, view: View, pull: Pull): void {
  if (view.unlimited) return;
  const { filters, order, format } = pull;
  const hidden = filters.map(({ field }) => field).find((field) => !shows(view.fields, field));
  const always = (field: string) => view.alternatives.every(({ fields }) => shows(fields, field));
  const unordered = order.by === "field" && !always(order.field) ? order.field : undefined;
  const undated = format === "ical" && type.dates && !shows(view.fields, type.dates.start);
  const field = hidden ?? unordered ?? (undated ? type.dates?.start : undefined);
  if (field === undefined) return;
  if (!principal) throw loginNeeded(`To ask ${type.name} by ${field} one has to log in.`);
  const detail = `The grants do not allow to ask ${type.name} by ${field}.`;
  throw new Forbidden(principal, type.name, "read", detail);
}

/** For who has not logged in, and would have to. */
export function loginNeeded(detail: string): Problem {
  return new Problem("unauthorized", detail, { headers: { "www-authenticate": 'Bearer realm="koppla"' } });
}
