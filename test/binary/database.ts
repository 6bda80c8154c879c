/** A database for one server under test: a file in its folder, or a database of its own on PostgreSQL. */

export interface TestDatabase {
  /** As written into the configuration. */
  url: string;
  drop(): Promise<void>;
}

/** On the PostgreSQL server of `KOPPLA_TEST_POSTGRES` where that is set, else in the server's own folder. */
export async function makeDatabase(): Promise<TestDatabase> {
  const server = process.env["KOPPLA_TEST_POSTGRES"];
  if (!server) return { url: "sqlite:./data/koppla.db", drop: () => Promise.resolve() };
  const name = `koppla_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await run(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(server, `drop database ${name} with (force)`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Bun.SQL(url, { max: 1 });
  try {
    await client.unsafe(statement);
  } finally {
    await client.close();
  }
}
