/** What a database file says of itself, read without changing it. */
import { constants, Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { assetPath } from "../assets.ts";
import { Problem } from "../problem.ts";
import { readMigrations } from "../store/migrate.ts";

/** Opens a database that nobody has open, for reading: no file is made beside it. */
export function openStill(path: string): Database {
  // A log that is left is part of the database, and read through the usual ways.
  if (existsSync(`${path}-wal`)) return new Database(path, { readonly: true, strict: true });
  const uri = `${pathToFileURL(path).href}?immutable=1`;
  return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
}

/** The names of the migrations that a database has had, oldest first; none where it is not Koppla's. */
export function migrationsOf(database: Database): string[] {
  const found = database
    .query("select 1 from sqlite_master where type = 'table' and name = 'koppla_migrations'")
    .get();
  if (!found) return [];
  return database
    .query<{ name: string }, []>("select name from koppla_migrations order by name")
    .all()
    .map(({ name }) => name);
}

/** How many rows each table has; the index of words is counted by the records that are in it. */
export function rowsOf(database: Database): Record<string, number> {
  const tables = database
    .query<{ name: string }, []>(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite%' " +
        "and name not like 'record_words%' and name not like 'record_terms%' order by name",
    )
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => {
      const row = database.query<{ n: number }, []>(`select count(*) as n from "${name}"`).get();
      return [name, row?.n ?? 0];
    }),
  );
}

/** @throws Problem `invalid` where the file is damaged */
export function checkWhole(database: Database): void {
  const found = database
    .query<{ integrity_check: string }, []>("PRAGMA integrity_check(5)")
    .all()
    .map((row) => row.integrity_check);
  if (found.length === 1 && found[0] === "ok") return;
  throw new Problem("invalid", `The database in it is damaged: ${found.join("; ")}.`);
}

/** What this program makes of a database with these migrations. */
export interface Standing {
  state: "current" | "older" | "newer" | "foreign";
  /** Those that a start would apply; or those that this program does not know. */
  migrations: string[];
}

/** @param had  the names of its migrations */
export function standingOf(had: readonly string[], known = knownMigrations()): Standing {
  const unknown = had.filter((name) => !known.includes(name));
  const missing = known.filter((name) => !had.includes(name));
  if (had.length === 0) return { state: "foreign", migrations: [] };
  if (unknown.length > 0) return { state: "newer", migrations: unknown };
  return { state: missing.length === 0 ? "current" : "older", migrations: missing };
}

/** The names of this program's migrations, oldest first. */
export function knownMigrations(): string[] {
  return readMigrations(assetPath("db/sqlite")).map(({ name }) => name);
}
