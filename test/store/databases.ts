/**
 * The database that the store suite runs on: SQLite, or PostgreSQL where `KOPPLA_TEST_POSTGRES` names a server
 * (`postgres://user@host:port/postgres`) whose user may create databases. `.ci/run` runs the suite on both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { DatabaseOptions } from "../../src/store/open.ts";
import { createDatabase, postgresUrl } from "../postgres.ts";

export { postgresUrl } from "../postgres.ts";

export interface TestDatabase {
  options: DatabaseOptions;
  remove(): Promise<void>;
}

/** The kinds of database to run a suite on, for `describe.each`. */
export const databases: readonly ("sqlite" | "postgres")[] = [postgresUrl ? "postgres" : "sqlite"];

/**
 * Makes a database of its own for one test, in which nobody has written.
 * @param schema  for PostgreSQL: whether the tables are there (`today's`), or the test has them made (`none`)
 */
export async function makeDatabase(
  kind: "sqlite" | "postgres",
  durability: "full" | "normal" = "full",
  schema: "today's" | "none" = "today's",
): Promise<TestDatabase> {
  if (kind === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "koppla-store-"));
    return {
      options: { kind, path: join(folder, "data", "koppla.db"), durability },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const { url, drop } = await createDatabase(schema);
  return { options: { kind, url, durability }, remove: drop };
}
