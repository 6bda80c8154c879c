/** Rows out of a SQLite file, and into one. */
import type { Database, SQLQueryBindings } from "bun:sqlite";

import { pack, unpack } from "../../db/packed.ts";
import { Digest, type Digests } from "./digest.ts";
import { type Column, type Row, shapes, type TableShape, type Value } from "./tables.ts";

type Stored = null | string | number | Uint8Array;

/** A table's rows, one after the other. */
export function* sqliteRows(database: Database, { name, columns }: TableShape): Generator<Row> {
  const names = columns.map((column) => `"${column.name}"`).join(", ");
  const statement = database.prepare<Record<string, Stored>, []>(`select ${names} from "${name}"`);
  try {
    for (const row of statement.iterate()) {
      yield columns.map((column) => fromStored(column, row[column.name] ?? null));
    }
  } finally {
    statement.finalize();
  }
}

/** Adds rows. To be called in a transaction. */
export function putSqliteRows(database: Database, shape: TableShape, rows: readonly Row[]): void {
  const { name, columns } = shape;
  const names = columns.map((column) => `"${column.name}"`).join(", ");
  const places = columns.map(() => "?").join(", ");
  const insert = database.query<unknown, SQLQueryBindings[]>(
    `insert into "${name}" (${names}) values (${places})`,
  );
  for (const row of rows) insert.run(...row.map((value, at) => toStored(columns[at], value)));
}

/** The last number that a table has given out; 0 before the first. */
export function sqliteSequence(database: Database, { name }: TableShape): number {
  const row = database
    .query<{ seq: number }, [string]>("select seq from sqlite_sequence where name = ?")
    .get(name);
  return row?.seq ?? 0;
}

export function setSqliteSequence(database: Database, { name }: TableShape, last: number): void {
  database.run("delete from sqlite_sequence where name = ?", [name]);
  database.run("insert into sqlite_sequence (name, seq) values (?, ?)", [name, last]);
}

export function sqliteDigests(database: Database, step: (rows: number) => void = () => {}): Digests {
  const digests: Digests = {};
  for (const shape of shapes) {
    const digest = new Digest();
    for (const row of sqliteRows(database, shape)) {
      digest.add(row);
      step(1);
    }
    digests[shape.name] = digest.result;
  }
  return digests;
}

function fromStored({ kind }: Column, value: Stored): Value {
  if (value === null) return null;
  if (kind === "boolean") return value !== 0;
  if (kind === "packed" && typeof value !== "number") return unpack(value);
  return value;
}

function toStored(column: Column | undefined, value: Value): SQLQueryBindings {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (column?.kind === "packed" && typeof value === "string") return pack(value);
  return value;
}
