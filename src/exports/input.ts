/** What an export was asked for, as a request says it and an operation keeps it. */
import { isObject } from "../http/json.ts";
import { choice, parseMembers, type Parser } from "../http/members.ts";
import { instant } from "../http/query.ts";
import type { StoredPrincipal } from "../imports/input.ts";
import { invalid } from "../problem.ts";
import { MAX_FILTERS } from "../records/list.ts";
import { declaredFields } from "../records/stream.ts";
import type { RecordType } from "../records/types.ts";

export type ExportFormat = "ndjson" | "csv";
export type ExportPacking = "none" | "gzip" | "zstd";

/** What records, and how they are written. */
export interface ExportOrder {
  format: ExportFormat;
  packing: ExportPacking;
  /** The values of the filter index that a field may have. */
  filters: { field: string; values: string[] }[];
  /** Milliseconds since 1970; null: all. */
  modifiedSince: number | null;
  /** Those that are wanted; null: all that may be seen. */
  fields: string[] | null;
}

/** JSON: an operation's input. */
export interface ExportInput extends ExportOrder {
  type: string;
  by: StoredPrincipal;
}

const time: Parser<number> = (value, field) => {
  if (typeof value !== "string") throw invalid(field, "must be an ISO 8601 time");
  try {
    return instant(value);
  } catch (error) {
    throw invalid(field, error instanceof Error ? error.message : "must be an ISO 8601 time");
  }
};

/** @throws Problem `invalid` */
export function parseExport(type: RecordType, body: unknown): ExportOrder {
  const given = parseMembers(body, {
    format: choice("ndjson", "csv"),
    compress: choice("none", "gzip", "zstd"),
    filter: (value, field) => filters(type, value, field),
    modified_since: time,
    fields: (value, field) => fields(type, value, field),
  });
  return {
    ...{ format: given.format ?? "ndjson", packing: given.compress ?? "none" },
    ...{
      filters: given.filter ?? [],
      modifiedSince: given.modified_since ?? null,
      fields: given.fields ?? null,
    },
  };
}

function filters(type: RecordType, value: unknown, at: string): ExportOrder["filters"] {
  if (!isObject(value)) throw invalid(at, "must be an object of fields and values");
  const entries = Object.entries(value);
  if (entries.length > MAX_FILTERS) throw invalid(at, `may have ${MAX_FILTERS} fields`);
  return entries.map(([field, wanted]) => {
    if (!["string", "number", "boolean"].includes(typeof wanted))
      throw invalid(`${at}.${field}`, "must be a text, a number, true or false");
    return { field, values: type.filterValues(field, String(wanted)) };
  });
}

function fields(type: RecordType, value: unknown, at: string): string[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(at, "must be a list of fields");
  const known = new Set(declaredFields(type));
  const closed = type.schema["additionalProperties"] === false;
  return value.map((name: unknown, index) => {
    if (typeof name !== "string" || (closed && !known.has(name)))
      throw invalid(`${at}[${index}]`, `must be one of ${[...known].join(", ")}`);
    return name;
  });
}
