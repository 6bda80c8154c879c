/**
 * Statements for many rows at once. A row of an import costs 14 µs in two statements of its own and 8 µs as one of
 * fifty (two tables, three B-trees each, SQLite), 6.4 where what the fifty share is bound once; on PostgreSQL each
 * statement is a round trip.
 */

import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

/** Rows of such a statement; what is left over is written one by one. */
export const MANY = 50;
/** Of one for what comes with requests: those that share a transaction are seldom fifty. */
export const SEVERAL = 16;

/** Makes the rows of a statement, `row(0)` to `row(size - 1)`. */
export function rowsOfMany<T>(row: (index: number) => T, size = MANY): T[] {
  return Array.from({ length: size }, (_, index) => row(index));
}

/** The parameter `name` of row `index`, among the statement's `rows`. */
export function placeholder(name: string, index: number) {
  return sql.placeholder(`${index}.${name}`);
}

/**
 * The rows as a table to select from, named `many`: these parameters of each are `column1`, `column2` and so on, all of
 * them text, and behind them stands the row's number, from 0. What all rows share is then bound once, not with each.
 */
export function tableOfMany(...names: string[]): SQL {
  const rows = rowsOfMany((index) => {
    const columns = names.map((name) => sql`${placeholder(name, index)}`);
    return sql`(${sql.join([...columns, sql.raw(String(index))], sql`, `)})`;
  });
  return sql`(values ${sql.join(rows, sql`, `)}) as many`;
}

/** A parameter that stands alone among what is selected: PostgreSQL has to be told its type. */
export const asText = (parameter: SQLWrapper): SQL => sql`cast(${parameter} as text)`;
export const asInteger = (parameter: SQLWrapper): SQL => sql`cast(${parameter} as bigint)`;

/** Whole chunks of so many, and what is left over. */
export function chunksOfMany<T>(items: readonly T[], size = MANY): { chunks: T[][]; rest: T[] } {
  const chunks: T[][] = [];
  const whole = items.length - (items.length % size);
  for (let from = 0; from < whole; from += size) chunks.push(items.slice(from, from + size));
  return { chunks, rest: items.slice(whole) };
}
