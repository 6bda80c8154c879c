/**
 * Brings a database up to the program's schema, from the SQL files that drizzle-kit generated.
 *
 * drizzle's own migrator compares only the newest time, does not lock and does not notice a database that is newer
 * than the program, so this is ours: files in order of their names, each known by its hash, applied in one
 * transaction under a lock, refused when the database has one that this program does not know.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { version } from "../version.ts";

export interface Migration {
  name: string;
  hash: string;
  statements: string[];
}

/** A database that can run plain SQL in a transaction, under a lock that other processes respect. */
export interface MigrationTarget {
  locked<R>(fn: (run: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<R>): Promise<R>;
  /** Called once before an existing database is changed. */
  beforeChange(version: string): Promise<void>;
  /**
   * The newest copy of before an upgrade whose last migration is a `known` one, for whoever has to go back to it;
   * undefined where there is none.
   */
  copyBefore?(known: ReadonlySet<string>): string | undefined;
}

export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Reads the generated `*.sql` files of `folder`, oldest first. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      return {
        name: file.replace(/\.sql$/, ""),
        hash: createHash("sha256").update(text).digest("hex"),
        statements: text
          .split("--> statement-breakpoint")
          .map((part) => part.trim())
          .filter((part) => part !== ""),
      };
    });
}

/**
 * @returns the names of the migrations that were applied now
 * @throws MigrationError when the database is newer than the program, or a known migration's text differs
 */
export function migrate(
  target: MigrationTarget,
  migrations: readonly Migration[],
  now: number,
): Promise<string[]> {
  return target.locked(async (run) => {
    await run(
      "create table if not exists koppla_migrations (name text primary key, hash text not null, applied_at bigint not null)",
    );
    await run(
      "create table if not exists koppla_releases (migration text primary key, version text not null)",
    );
    const applied = await run("select name, hash from koppla_migrations order by name");
    const known = new Map(migrations.map((migration) => [migration.name, migration]));
    for (const row of applied) {
      const migration = known.get(String(row["name"]));
      if (!migration) {
        throw new MigrationError(await refusal(run, target, migrations, String(row["name"])));
      }
      if (migration.hash !== row["hash"]) {
        throw new MigrationError(
          `the migration ${migration.name} in the database is not the one of this version of koppla: ` +
            "the database was made by a build that was never released, or was altered by hand.",
        );
      }
    }
    const done = new Set(applied.map((row) => String(row["name"])));
    const pending = migrations.filter((migration) => !done.has(migration.name));
    const last = applied.at(-1);
    if (pending.length > 0 && last) await target.beforeChange(String(last["name"]));
    for (const migration of pending) {
      for (const statement of migration.statements) await run(statement);
      await run(
        `insert into koppla_migrations (name, hash, applied_at) values ('${migration.name}', '${migration.hash}', ${now})`,
      );
      await run(
        `insert into koppla_releases (migration, version) values ('${migration.name}', '${version}')`,
      );
    }
    return pending.map((migration) => migration.name);
  });
}

/** Says which version the database needs, and how to go back. */
async function refusal(
  run: (sql: string) => Promise<Record<string, unknown>[]>,
  target: MigrationTarget,
  known: readonly Migration[],
  migration: string,
): Promise<string> {
  const [last] = await run("select version from koppla_releases order by migration desc limit 1");
  const by = last ? `koppla ${String(last["version"])}` : "a newer version";
  const copy = target.copyBefore?.(new Set(known.map(({ name }) => name)));
  const back =
    copy === undefined
      ? "restore the backup made before the upgrade"
      : `move the database elsewhere and run: koppla restore ${copy}`;
  return (
    `the database has the migration ${migration}, which this version of koppla (${version}) does not know: ` +
    `it was made by a newer version. Start ${by} or one that is newer. ` +
    `To go back to the time before the upgrade, losing what was written since, ${back}.`
  );
}
