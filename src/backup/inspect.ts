/** What this version makes of a file or a database, without changing it: for `koppla version --check`. */
import { SQL } from "bun";
import { existsSync } from "node:fs";

import type { DatabaseConfig } from "../config/types.ts";
import { Problem } from "../problem.ts";
import { migrationsOf, openStill, type Standing, standingOf } from "./database.ts";
import type { Manifest } from "./format.ts";
import { kindOfFile, unpack } from "./unpack.ts";

export interface Inspected extends Standing {
  kind: "backup" | "sqlite" | "postgres";
  /** The Koppla that made it or upgraded it last; null where that is not known. */
  koppla: string | null;
}

/** A backup or a database file. @returns undefined where it is neither */
export async function inspectFile(file: string): Promise<Inspected | undefined> {
  const kind = kindOfFile(file);
  if (kind === "other") return undefined;
  if (kind === "sqlite") return inspectSqlite(file);
  const manifest = await manifestOf(file);
  return { kind, koppla: manifest.koppla, ...standingOf(manifest.migrations) };
}

/** The database that a configuration names. @returns undefined where there is none yet */
export async function inspectDatabase(database: DatabaseConfig): Promise<Inspected | undefined> {
  if (database.kind === "sqlite") return existsSync(database.path) ? inspectSqlite(database.path) : undefined;
  const pool = new SQL(database.url, { max: 1 });
  try {
    const [found] = await pool.unsafe(
      "select to_regclass('koppla_migrations') is not null as had, to_regclass('koppla_releases') is not null as released",
    );
    if (!found?.had) return undefined;
    const rows: { name: string }[] = await pool.unsafe("select name from koppla_migrations order by name");
    const [last] = found.released
      ? await pool.unsafe("select version from koppla_releases order by migration desc limit 1")
      : [];
    const standing = standingOf(rows.map(({ name }) => name));
    return { kind: "postgres", koppla: last ? String(last.version) : null, ...standing };
  } finally {
    await pool.close({ timeout: 5 });
  }
}

function inspectSqlite(path: string): Inspected {
  const database = openStill(path);
  try {
    return { kind: "sqlite", koppla: releaseOf(database), ...standingOf(migrationsOf(database)) };
  } finally {
    database.close();
  }
}

function releaseOf(database: ReturnType<typeof openStill>): string | null {
  const found = database
    .query("select 1 from sqlite_master where type = 'table' and name = 'koppla_releases'")
    .get();
  if (!found) return null;
  const row = database
    .query<{ version: string }, []>("select version from koppla_releases order by migration desc limit 1")
    .get();
  return row?.version ?? null;
}

/** Reads no more than it must: the manifest comes first. */
async function manifestOf(file: string): Promise<Manifest> {
  let found: Manifest | undefined;
  const stop = (manifest: Manifest) => {
    found = manifest;
    throw new Problem("invalid", "That is enough.");
  };
  return await unpack(file, { manifest: stop }).then(
    ({ manifest }) => manifest,
    (error: unknown) => {
      if (found) return found;
      throw error;
    },
  );
}
