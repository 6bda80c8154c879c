/**
 * Statements for many rows at once. A row of an import costs 14 µs in two statements of its own and 8 µs as one of
 * fifty (two tables, three B-trees each, SQLite), 6.4 where what the fifty share is bound once; on PostgreSQL each
 * statement is a round trip.
 */

import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

import type { Statement } from "./statement.ts";

/** Rows of such a statement; what is left over is written one by one. */
export const MANY = 50;
/** Of one for what comes with requests: those that share a transaction are seldom fifty. */
export const SEVERAL = 16;

/** How many rows statements take for writes that share a transaction, the largest first: 25 are 16, 4, 4 and one. */
const SIZES = [MANY, SEVERAL, 4];

/** A statement for each of the sizes of {@link chunksBySize}. */
export function bySize<P, R>(build: (size: number) => Statement<P, R>): ReadonlyMap<number, Statement<P, R>> {
  return new Map(SIZES.map((size) => [size, build(size)]));
}

/** The one for a chunk of {@link chunksBySize}. */
export function ofSize<P, R>(
  statements: ReadonlyMap<number, Statement<P, R>>,
  { length }: readonly unknown[],
): Statement<P, R> {
  const statement = statements.get(length);
  if (!statement) throw new Error(`there is no statement for ${length} rows`);
  return statement;
}

/** Chunks of those sizes, the largest first, and what is left over. */
export function chunksBySize<T>(items: readonly T[]): { chunks: T[][]; rest: readonly T[] } {
  const all: T[][] = [];
  let left = items;
  for (const size of SIZES) {
    if (left.length < size) continue;
    const { chunks, rest } = chunksOfMany(left, size);
    all.push(...chunks);
    left = rest;
  }
  return { chunks: all, rest: left };
}

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
export function tableOfMany(names: readonly string[], size = MANY): SQL {
  const rows = rowsOfMany((index) => {
    const columns = names.map((name) => sql`${placeholder(name, index)}`);
    return sql`(${sql.join([...columns, sql.raw(String(index))], sql`, `)})`;
  }, size);
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
