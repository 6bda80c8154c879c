/** A database for one server under test: a file in its folder, or a database of its own on PostgreSQL. */
import { Database } from "bun:sqlite";
import { join } from "node:path";

export interface TestDatabase {
  /** As written into the configuration. */
  url: string;
  sql(statement: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export function makeDatabase(dir: string): Promise<TestDatabase> {
  const server = process.env["KOPPLA_TEST_POSTGRES"];
  return server ? onPostgres(server) : Promise.resolve(onSqlite(dir));
}

function onSqlite(dir: string): TestDatabase {
  return {
    url: "sqlite:./data/koppla.db",
    async sql(statement) {
      const database = new Database(join(dir, "data/koppla.db"));
      try {
        database.run("pragma busy_timeout = 5000");
        const rows = database.query<Record<string, unknown>, []>(statement);
        return rows.all();
      } finally {
        database.close();
      }
    },
    drop: () => Promise.resolve(),
  };
}

async function onPostgres(server: string): Promise<TestDatabase> {
  const name = `koppla_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await once(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    sql: (statement) => once(url.href, statement),
    drop: async () => void (await once(server, `drop database ${name} with (force)`)),
  };
}

async function once(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Bun.SQL(url, { max: 1 });
  try {
    const rows: Record<string, unknown>[] = await client.unsafe(statement);
    return [...rows];
  } finally {
    await client.close();
  }
}
