/** A database for one server under test: a file in its folder, or a database of its own on PostgreSQL. */
import { createDatabase, postgresUrl } from "../postgres.ts";

export interface TestDatabase {
  /** As written into the configuration. */
  url: string;
  drop(): Promise<void>;
}

/**
 * On the PostgreSQL server of `KOPPLA_TEST_POSTGRES` where that is set, else in the server's own folder.
 * @param schema  on PostgreSQL: whether the tables are there already
 */
export async function makeDatabase(schema: "today's" | "none" = "today's"): Promise<TestDatabase> {
  if (!postgresUrl) return { url: "sqlite:./data/koppla.db", drop: () => Promise.resolve() };
  return await createDatabase(schema);
}
