/**
 * The database that the store suite runs on: SQLite, or PostgreSQL where `KOPPLA_TEST_POSTGRES` names a server
 * (`postgres://user@host:port/postgres`) whose user may create databases. `.ci/run` runs the suite on both.
 */
import { SQL } from "bun";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { DatabaseOptions } from "../../src/store/open.ts";

export interface TestDatabase {
  options: DatabaseOptions;
  remove(): Promise<void>;
}

export const postgresUrl = process.env["KOPPLA_TEST_POSTGRES"];

/** The kinds of database to run a suite on, for `describe.each`. */
export const databases: readonly ("sqlite" | "postgres")[] = [postgresUrl ? "postgres" : "sqlite"];

/** Makes an empty database of its own for one test. */
export async function makeDatabase(
  kind: "sqlite" | "postgres",
  durability: "full" | "normal" = "full",
): Promise<TestDatabase> {
  if (kind === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "koppla-store-"));
    return {
      options: { kind, path: join(folder, "data", "koppla.db"), durability },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  if (!postgresUrl) throw new Error("KOPPLA_TEST_POSTGRES is not set");
  const name = `koppla_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = new SQL(postgresUrl, { max: 1 });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return {
    options: { kind, url: url.href, durability },
    remove: async () => {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.close();
    },
  };
}
