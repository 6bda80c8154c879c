/** A receiver's content filter as it is built: a row for each field, or JSON. Pure functions. */
import { valueOf } from "../accounts/grants.ts";
import type { Value } from "../accounts/types.ts";

export interface FilterRow {
  field: string;
  values: string[];
}

export type ContentFilter = Record<string, Value[]>;

/** A type with the fields that records of it can be chosen by. */
export interface FilteredType {
  name: string;
  filters: readonly { field: string; kind: string }[];
}

/** More fields than these the server does not take. */
export const MAX_FIELDS = 4;

/** The types that topics are of: those whose records a filter chooses from. */
export function typesOfTopics(
  patterns: readonly string[],
  {
    topics,
    types,
  }: { topics: readonly { name: string; resource: string }[]; types: readonly FilteredType[] },
): FilteredType[] {
  const names = new Set(types.map(({ name }) => name));
  const data = topics.filter(({ resource }) => names.has(resource));
  const told = new Set(
    data.filter(({ name }) => patterns.some((pattern) => matches(pattern, name))).map((one) => one.resource),
  );
  return types.filter(({ name }) => told.has(name));
}

function matches(pattern: string, topic: string): boolean {
  return (
    pattern === "*" || pattern === topic || (pattern.endsWith(".*") && topic.startsWith(pattern.slice(0, -1)))
  );
}

/** The types that have all of the fields; of the others nothing is told while there is a filter. */
export function fitting(types: readonly FilteredType[], fields: readonly string[]): FilteredType[] {
  return types.filter(({ filters }) => fields.every((field) => filters.some((one) => one.field === field)));
}

/** The fields that can stand beside those of the other rows. */
export function choices(types: readonly FilteredType[], others: readonly string[]): string[] {
  const fields = fitting(types, others).flatMap(({ filters }) => filters.map(({ field }) => field));
  return [...new Set(fields)].filter((field) => !others.includes(field));
}

/** @param kinds  of which types: what a field's values are */
export function filterOf(rows: readonly FilterRow[], types: readonly FilteredType[]): ContentFilter {
  const given = rows.filter(({ field, values }) => field !== "" && values.length > 0);
  const [type] = fitting(
    types,
    given.map(({ field }) => field),
  );
  const kinds = new Map(type?.filters.map(({ field, kind }) => [field, kind]));
  return Object.fromEntries(
    given.map(({ field, values }) => [field, values.map((one) => valueOf(one, kinds.get(field)))]),
  );
}

export function rowsOf(filter: ContentFilter): FilterRow[] {
  return Object.entries(filter).map(([field, values]) => ({ field, values: values.map(String) }));
}

/** What JSON says that somebody typed; undefined where it is no filter. Nothing at all is one without conditions. */
export function filterOfJson(text: string): ContentFilter | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isFilter(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFilter(value: unknown): value is ContentFilter {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (list) =>
      Array.isArray(list) &&
      list.length > 0 &&
      list.every((one) => ["string", "number", "boolean"].includes(typeof one)),
  );
}
