/** A {@link View} in SQL, over the filter index: the same answer that `grants/view.ts` gives record by record. */
import { and, or, type SQL, sql, type SQLWrapper } from "drizzle-orm";

import { type Alternative, shows, type View } from "../grants/view.ts";
import type { Room } from "../store/statement.ts";

/** A field of the filter index with the values that match. */
export interface Filter {
  field: string;
  values: string[];
}

/** One of its alternatives must match, each with all of its filters. */
export type Clause = readonly (readonly Filter[])[];

/**
 * What must hold of a record that a reader is to find; nothing for who sees everything.
 * @param used  the fields that he asks by: of a record whose field he may not see he must not learn its value
 */
export function clausesOf(view: View, used: readonly string[]): Clause[] {
  if (view.unlimited) return [];
  const ways = used.map((field) => view.alternatives.filter(({ fields }) => shows(fields, field)));
  const distinct = new Set(ways.map((some) => some.map((one) => view.alternatives.indexOf(one)).join()));
  const clauses = distinct.size === 0 ? [view.alternatives] : [...distinct].map((name) => picked(view, name));
  return clauses
    .filter((alternatives) => alternatives.every(({ where }) => where.length > 0))
    .map((alternatives) => alternatives.map(filtersOf));
}

function picked({ alternatives }: View, indexes: string): Alternative[] {
  const wanted = new Set(indexes === "" ? [] : indexes.split(",").map(Number));
  return alternatives.filter((_, index) => wanted.has(index));
}

const filtersOf = ({ where }: Alternative): Filter[] =>
  where.map(({ field, values }) => ({ field, values: padded([...values]) }));

/** Lists of values of any length share a few shapes of statement: up to the next power of two the last is repeated. */
export function padded(values: readonly string[]): string[] {
  const last = values.at(-1);
  if (last === undefined) return [];
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return [...values, ...Array.from({ length: length - values.length }, () => last)];
}

/** Where a record lies, in the query that asks. */
export interface Asked {
  organisationId: SQLWrapper;
  type: SQLWrapper;
  key: SQLWrapper;
}

/** Whether a record's field has one of the values: one look into the filter index. */
export function hasValue({ t }: Room, asked: Asked, field: SQLWrapper, values: readonly SQLWrapper[]): SQL {
  return sql`exists (select 1 from ${t.recordFields} as other where other.organisation_id = ${asked.organisationId}
    and other.type = ${asked.type} and other.field = ${field}
    and other.value in (${sql.join([...values], sql`, `)}) and other.key = ${asked.key})`;
}

/** @param condition  gives the SQL of each filter */
export function clauseSql(clause: Clause, condition: (filter: Filter, place: string) => SQL): SQL {
  const alternatives = clause.map((filters, a) =>
    and(...filters.map((filter, f) => condition(filter, `${a}_${f}`))),
  );
  return or(...alternatives) ?? sql`1 = 0`;
}

/** What of clauses decides the text of a statement: numbers of things, and no names or values. */
export function clauseShape(clauses: readonly Clause[]): string {
  const alternative = (filters: readonly Filter[]) => filters.map(({ values }) => values.length).join("&");
  // In brackets: a clause that nothing fulfils is not the same as none.
  return clauses.map((clause) => `(${clause.map(alternative).join("|")})`).join("");
}
