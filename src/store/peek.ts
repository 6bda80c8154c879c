/** What migrations a database has, seen without changing it: for who looks before somebody opens it for real. */
import { SQL } from "bun";
import { existsSync } from "node:fs";

import type { DatabaseOptions } from "./open.ts";
import { SqliteConnection } from "./sqlite/connection.ts";

/**
 * @returns the names of the migrations that were applied, oldest first; undefined where there is no database yet
 * @throws what the database says, where it cannot be read
 */
export async function peekMigrations(options: DatabaseOptions): Promise<string[] | undefined> {
  if (options.kind === "sqlite") {
    if (!existsSync(options.path)) return undefined;
    const connection = new SqliteConnection(options.path, "read");
    try {
      const table = "select 1 from sqlite_master where name = 'koppla_migrations'";
      if (connection.raw.prepare(table).get() === null) return [];
      const rows = connection.raw.prepare<{ name: string }, []>(APPLIED).all();
      return rows.map(({ name }) => name);
    } finally {
      connection.close();
    }
  }
  const pool = new SQL(options.url, { max: 1, connectionTimeout: 10 });
  try {
    const [found] = await pool.unsafe("select to_regclass('koppla_migrations') is not null as found");
    if (found?.found !== true) return [];
    const rows: { name: string }[] = await pool.unsafe(APPLIED);
    return rows.map(({ name }) => name);
  } finally {
    await pool.close({ timeout: 0 });
  }
}

const APPLIED = "select name from koppla_migrations order by name";
