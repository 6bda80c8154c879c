/** Opens the configured database, up to date: SQLite or PostgreSQL. */
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { assetPath } from "../assets.ts";
import type { Clock } from "../clock.ts";
import { migrate, type MigrationTarget, readMigrations } from "./migrate.ts";
import { SqliteConnection } from "./sqlite/connection.ts";
import { SqliteStore } from "./sqlite/store.ts";
import type { Store } from "./store.ts";

export type DatabaseOptions =
  | { kind: "sqlite"; path: string; durability: "full" | "normal" }
  | { kind: "postgres"; url: string; durability: "full" | "normal" };

/** PostgreSQL advisory lock of the migrator: "kopp" as a number. */
const MIGRATION_LOCK = 0x6b6f7070;

/**
 * Opens the database and applies pending migrations.
 * @throws MigrationError when the database is newer than this program
 */
export async function openStore(options: DatabaseOptions, clock: Clock): Promise<Store> {
  if (options.kind === "sqlite") {
    return await SqliteStore.open({ ...options, clock }, async (writer) => {
      await migrate(sqliteTarget(writer, options.path), readMigrations(assetPath("db/sqlite")), clock.now());
    });
  }
  // Loaded only where it is used: 5 ms of every start.
  const { PostgresStore } = await import("./postgres/store.ts");
  return await PostgresStore.open(options, async (pool) => {
    const target: MigrationTarget = {
      locked: (fn) =>
        pool.begin(async (tx) => {
          await tx.unsafe(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
          return await fn(async (sql) => (await tx.unsafe(sql)) as Record<string, unknown>[]);
        }),
      // PostgreSQL's migrations are transactional and its backups are the sysadmin's (docs).
      beforeChange: async () => {},
    };
    await migrate(target, readMigrations(assetPath("db/postgres")), clock.now());
  });
}

/** How the migrator works on a SQLite file: one transaction, and a copy of the file before it is changed. */
export function sqliteTarget(writer: SqliteConnection, path: string): MigrationTarget {
  return {
    locked: async (fn) => {
      writer.raw.run("BEGIN IMMEDIATE");
      try {
        const result = await fn(async (sql) => writer.raw.prepare<Record<string, unknown>, []>(sql).all());
        writer.raw.run("COMMIT");
        return result;
      } catch (error) {
        if (writer.raw.inTransaction) writer.raw.run("ROLLBACK");
        throw error;
      }
    },
    // The writer's transaction is open: the copy is taken by a connection of its own, of the state before it.
    beforeChange: async (version) => {
      const copy = `${path}.before-upgrade-from-${version}`;
      if (existsSync(copy)) return; // an earlier try to upgrade was cut short after its copy
      rmSync(`${copy}.part`, { force: true });
      const side = new SqliteConnection(path, "read");
      try {
        side.raw.run("VACUUM INTO ?", [`${copy}.part`]);
        chmodSync(`${copy}.part`, 0o600);
        renameSync(`${copy}.part`, copy);
      } finally {
        side.close();
      }
    },
    copyBefore: (known) => {
      const start = `${basename(path)}.before-upgrade-from-`;
      const copies = readdirSync(dirname(path)).filter(
        (name) => name.startsWith(start) && known.has(name.slice(start.length)),
      );
      const last = copies.sort().at(-1);
      return last === undefined ? undefined : join(dirname(path), last);
    },
  };
}
