/**
 * Statements for many rows at once. A row of an import costs 14 µs in two statements of its own and 8 µs as one of
 * fifty (two tables, three B-trees each, SQLite); on PostgreSQL each statement is a round trip.
 */

import { sql } from "drizzle-orm";

/** Rows of such a statement; what is left over is written one by one. */
export const MANY = 50;

/** Makes the rows of a statement, `row(0)` to `row(MANY - 1)`. */
export function rowsOfMany<T>(row: (index: number) => T): T[] {
  return Array.from({ length: MANY }, (_, index) => row(index));
}

/** The parameter `name` of row `index`, among the statement's `rows`. */
export function placeholder(name: string, index: number) {
  return sql.placeholder(`${index}.${name}`);
}

/** Whole chunks of {@link MANY}, and what is left over. */
export function chunksOfMany<T>(items: readonly T[]): { chunks: T[][]; rest: T[] } {
  const chunks: T[][] = [];
  const whole = items.length - (items.length % MANY);
  for (let from = 0; from < whole; from += MANY) chunks.push(items.slice(from, from + MANY));
  return { chunks, rest: items.slice(whole) };
}
