/** Some tables of a database in another one, for whoever wants to try something and leave the first as it is. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";

import type { DatabaseOptions } from "./open.ts";

type Row = Record<string, unknown>;

/**
 * Copies rows into a SQLite database that has the tables and is up to date. What is not there in the source (a table, a
 * column, the database itself) is as in a new one. The source is only read, and may be an older version's.
 */
export async function copyTables(
  from: DatabaseOptions,
  target: string,
  tables: readonly string[],
): Promise<void> {
  const to = new Database(target, { strict: true });
  try {
    if (from.kind === "sqlite") {
      if (existsSync(from.path)) copySqlite(from.path, to, tables);
    } else await copyPostgres(from.url, to, tables);
  } finally {
    to.close();
  }
}

function copySqlite(path: string, to: Database, tables: readonly string[]): void {
  const source = new Database(path, { readonly: true, strict: true });
  try {
    source.run("PRAGMA busy_timeout = 5000");
    for (const table of tables) {
      const [there] = source
        .query<Row, [string]>("select name from sqlite_schema where type = 'table' and name = ?")
        .all(table);
      if (there) insert(to, table, source.query<Row, []>(`select * from "${table}"`).iterate());
    }
  } finally {
    source.close();
  }
}

async function copyPostgres(url: string, to: Database, tables: readonly string[]): Promise<void> {
  const { SQL } = await import("bun");
  const pool = new SQL(url, { max: 1, connectionTimeout: 10 });
  try {
    await pool.begin("read only", async (tx) => {
      for (const table of tables) {
        const [there] = (await tx`select to_regclass(${table}) is not null as there`) as { there: boolean }[];
        if (there?.there) insert(to, table, (await tx.unsafe(`select * from "${table}"`)) as Row[]);
      }
    });
  } finally {
    await pool.close({ timeout: 0 });
  }
}

function insert(to: Database, table: string, rows: Iterable<Row>): void {
  const known = to.query<{ name: string }, []>(`pragma table_info("${table}")`).all();
  const names = new Set(known.map(({ name }) => name));
  to.transaction(() => {
    for (const row of rows) {
      const columns = Object.keys(row).filter((name) => names.has(name));
      const places = columns.map(() => "?").join(", ");
      const list = columns.map((name) => `"${name}"`).join(", ");
      to.query(`insert into "${table}" (${list}) values (${places})`).run(
        ...columns.map((name) => plain(row[name])),
      );
    }
  })();
}

/** PostgreSQL's booleans and large numbers, as SQLite has them. */
function plain(value: unknown): string | number | null | Uint8Array {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" || typeof value === "number" || value instanceof Uint8Array) return value;
  return JSON.stringify(value);
}
