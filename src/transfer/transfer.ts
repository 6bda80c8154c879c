/**
 * Everything from a PostgreSQL into a SQLite file, or out of one: ids, times and sequences stay, secrets stay sealed
 * by the same key file. Both ends have the tables of this version before; what was there is the caller's to see to.
 * At the end both are held against each other, row by row.
 */
import { SQL } from "bun";
import { Database } from "bun:sqlite";

import { Problem } from "../problem.ts";
import { differences, Digest, type Digests } from "./digest.ts";
import {
  countPostgres,
  postgresDigests,
  postgresRows,
  postgresSequence,
  putPostgresRows,
  setPostgresSequence,
} from "./postgres.ts";
import { putSqliteRows, setSqliteSequence, sqliteDigests, sqliteRows, sqliteSequence } from "./sqlite.ts";
import { DERIVED, type Row, shapes, type TableShape } from "./tables.ts";

/** @param done  rows, of `total`; each counts twice, since it is read again at the end */
export type Progress = (done: number, total: number) => void;

const BATCH = 500;
/** Attachments come in pieces of 192 KB. */
const BATCH_BYTES = 50;

/**
 * Fills a SQLite file, which has the tables and no rows, with what one moment of a PostgreSQL held: nobody is kept
 * from writing meanwhile.
 */
export async function postgresToSqlite(url: string, path: string, progress: Progress): Promise<Digests> {
  const pool = new SQL(url, { max: 1 });
  const file = new Database(path, { readwrite: true, strict: true });
  try {
    // It is thrown away where anything fails, and synced by whoever keeps it.
    file.run("PRAGMA journal_mode = OFF");
    file.run("PRAGMA synchronous = OFF");
    return await pool.begin("isolation level repeatable read read only", async (from) => {
      const total = 2 * (await countPostgres(from));
      let done = 0;
      const step = (rows: number) => progress((done += rows), total);
      const digests: Digests = {};
      for (const shape of shapes) {
        file.run(`delete from "${shape.name}"`);
        const digest = new Digest();
        for await (const rows of postgresRows(from, shape)) {
          file.transaction(() => putSqliteRows(file, shape, rows))();
          for (const row of rows) digest.add(row);
          step(rows.length);
        }
        digests[shape.name] = digest.result;
        if (shape.identity) setSqliteSequence(file, shape, await postgresSequence(from, shape));
      }
      return compared(digests, sqliteDigests(file, step));
    });
  } finally {
    file.close();
    await pool.close({ timeout: 5 });
  }
}

/** Fills a PostgreSQL, which has the tables, with what a SQLite file holds: all of it, or nothing. */
export async function sqliteToPostgres(path: string, url: string, progress: Progress): Promise<Digests> {
  const pool = new SQL(url, { max: 1 });
  const file = new Database(path, { readonly: true, strict: true });
  try {
    return await pool.begin(async (to) => {
      let total = 0;
      for (const { name } of shapes) {
        total += 2 * (file.query<{ n: number }, []>(`select count(*) as n from "${name}"`).get()?.n ?? 0);
      }
      let done = 0;
      const step = (rows: number) => progress((done += rows), total);
      const digests: Digests = {};
      // A migration may have made a row that the file has, too.
      for (const name of [...shapes.map((shape) => shape.name), ...DERIVED])
        await to.unsafe(`delete from "${name}"`);
      for (const shape of shapes) {
        const digest = new Digest();
        for (const rows of batches(file, shape)) {
          await putPostgresRows(to, shape, rows).catch((error: unknown) => {
            throw refused(shape, error);
          });
          for (const row of rows) digest.add(row);
          step(rows.length);
        }
        digests[shape.name] = digest.result;
        if (shape.identity) await setPostgresSequence(to, shape, sqliteSequence(file, shape));
      }
      return compared(digests, await postgresDigests(to, step));
    });
  } finally {
    file.close();
    await pool.close({ timeout: 5 });
  }
}

function* batches(file: Database, shape: TableShape): Generator<Row[]> {
  const size = shape.columns.some(({ kind }) => kind === "bytes") ? BATCH_BYTES : BATCH;
  let batch: Row[] = [];
  for (const row of sqliteRows(file, shape)) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function compared(from: Digests, to: Digests): Digests {
  const found = differences(from, to);
  if (found.length === 0) return to;
  throw new Problem("internal", `The copy is not the same as what was copied: ${found.join("; ")}.`);
}

function refused({ name }: TableShape, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return new Problem("internal", `PostgreSQL takes no rows of ${name}: ${reason}. Nothing was moved.`);
}

/** How large a PostgreSQL database is, bytes. */
export async function postgresSize(url: string): Promise<number> {
  const pool = new SQL(url, { max: 1 });
  try {
    const [row] = await pool.unsafe("select pg_database_size(current_database()) as bytes");
    return Number(row?.bytes);
  } finally {
    await pool.close({ timeout: 5 });
  }
}

/** How many organisations a PostgreSQL database has; 0 also where it has no tables yet. */
export async function organisationCount(url: string): Promise<number> {
  const pool = new SQL(url, { max: 1 });
  try {
    const [found] = await pool.unsafe("select to_regclass('organisations') is not null as there");
    if (!found?.there) return 0;
    const [row] = await pool.unsafe("select count(*) as n from organisations");
    return Number(row?.n);
  } finally {
    await pool.close({ timeout: 5 });
  }
}
