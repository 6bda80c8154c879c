/**
 * Databases for tests on the PostgreSQL server that `KOPPLA_TEST_POSTGRES` names
 * (`postgres://user@host:port/postgres`), whose user may create some.
 *
 * Most are copies of one that has the program's schema already: to make all tables for each test took longer than the
 * tests.
 */
import { SQL } from "bun";
import { join } from "node:path";

import { ManualClock } from "../src/clock.ts";
import { readMigrations } from "../src/store/migrate.ts";
import { openStore } from "../src/store/open.ts";

export const postgresUrl = process.env["KOPPLA_TEST_POSTGRES"];

export interface PostgresDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Advisory lock of who makes the database that the others are copies of. */
const TEMPLATE_LOCK = 0x74656d70;

/** @param schema  `today's`: as the program leaves it at its first start; `none`: there is nothing in it */
export async function createDatabase(schema: "today's" | "none"): Promise<PostgresDatabase> {
  const name = `koppla_${crypto.randomUUID().replaceAll("-", "")}`;
  await asAdmin(async (admin) => {
    const template = schema === "none" ? "template1" : await templateDatabase(admin);
    await admin.unsafe(`create database ${name} template ${template}`);
  });
  return {
    url: urlOf(name),
    drop: () => asAdmin(async (admin) => void (await admin.unsafe(`drop database ${name} with (force)`))),
  };
}

function urlOf(database: string): string {
  if (!postgresUrl) throw new Error("KOPPLA_TEST_POSTGRES is not set");
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin<R>(work: (admin: SQL) => Promise<R>): Promise<R> {
  const admin = new SQL(urlOf("postgres"), { max: 1 });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

/** The database to copy: made by whichever test needs it first. */
async function templateDatabase(admin: SQL): Promise<string> {
  const migrations = readMigrations(join(import.meta.dir, "../db/postgres"));
  const hash = new Bun.CryptoHasher("sha256").update(migrations.map((migration) => migration.hash).join());
  const name = `koppla_template_${hash.digest("hex").slice(0, 16)}`;
  const isThere = async () => {
    const found = await admin.unsafe(`select 1 from pg_database where datname = '${name}' and datistemplate`);
    return found.length > 0;
  };
  if (await isThere()) return name;
  await admin.unsafe(`select pg_advisory_lock(${TEMPLATE_LOCK})`);
  if (!(await isThere())) {
    // One that was begun and not ended.
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    await admin.unsafe(`create database ${name}`);
    const options = { kind: "postgres", url: urlOf(name), durability: "normal" } as const;
    const store = await openStore(options, new ManualClock());
    await store.close();
    await admin.unsafe(`alter database ${name} allow_connections false is_template true`);
  }
  await admin.unsafe(`select pg_advisory_unlock(${TEMPLATE_LOCK})`);
  return name;
}
