import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { migrate, type Migration, type MigrationTarget, readMigrations } from "../../src/store/migrate.ts";
import { sqliteTarget } from "../../src/store/open.ts";
import { SqliteConnection } from "../../src/store/sqlite/connection.ts";
import { databases, makeDatabase } from "./databases.ts";

describe("the migrator", () => {
  let database: Database;
  let changes: string[];
  let target: MigrationTarget;

  beforeEach(() => {
    database = new Database(":memory:");
    changes = [];
    target = {
      locked: async (fn) => {
        database.run("BEGIN");
        try {
          const result = await fn(async (sql) => database.prepare<Record<string, unknown>, []>(sql).all());
          database.run("COMMIT");
          return result;
        } catch (error) {
          database.run("ROLLBACK");
          throw error;
        }
      },
      beforeChange: async (version) => void changes.push(version),
    };
  });

  afterEach(() => database.close());

  const one: Migration = { name: "0000_one", hash: "1", statements: ["create table one (id integer)"] };
  const two: Migration = { name: "0001_two", hash: "2", statements: ["create table two (id integer)"] };

  test("applies what is missing, in order, and nothing twice", async () => {
    expect(await migrate(target, [one], 1)).toEqual(["0000_one"]);
    expect(await migrate(target, [one, two], 2)).toEqual(["0001_two"]);
    expect(await migrate(target, [one, two], 3)).toEqual([]);
  });

  test("asks for a copy before it changes a database that is in use, not before it makes one", async () => {
    await migrate(target, [one], 1);
    expect(changes).toEqual([]);
    await migrate(target, [one, two], 2);
    expect(changes).toEqual(["0000_one"]);
  });

  test("refuses a database that is newer than the program", async () => {
    await migrate(target, [one, two], 1);
    expect(migrate(target, [one], 2)).rejects.toThrow("made by a newer version");
  });

  test("refuses a migration whose text has changed", async () => {
    await migrate(target, [one], 1);
    expect(migrate(target, [{ ...one, hash: "other" }], 2)).rejects.toThrow("is not the one of this version");
  });

  test("leaves the database as it was when a statement fails", async () => {
    const bad: Migration = {
      name: "0001_bad",
      hash: "b",
      statements: ["create table x (id integer)", "nonsense"],
    };
    await migrate(target, [one], 1);
    expect(migrate(target, [one, bad], 2)).rejects.toThrow();
    await migrate(target, [one, bad], 2).catch(() => {});
    expect(database.query("select name from sqlite_master where name = 'x'").all()).toEqual([]);
  });
});

test("every generated migration has statements, for both databases", () => {
  const [sqlite, postgres] = ["sqlite", "postgres"].map((kind) =>
    readMigrations(join(import.meta.dir, "../../db", kind)),
  );
  expect(sqlite?.map(({ name }) => name)).toEqual(postgres?.map(({ name }) => name));
  for (const migration of [...(sqlite ?? []), ...(postgres ?? [])])
    expect(migration.statements).not.toEqual([]);
});

test("the copy taken before an upgrade is the whole database as it was, readable by its owner alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "koppla-upgrade-"));
  try {
    const path = join(folder, "koppla.db");
    const connection = new SqliteConnection(path, "write");
    connection.raw.run("PRAGMA journal_mode = WAL");
    const target = sqliteTarget(connection, path);
    const one: Migration = { name: "0000_one", hash: "1", statements: ["create table one (id integer)"] };
    const two: Migration = { name: "0001_two", hash: "2", statements: ["drop table one"] };
    await migrate(target, [one], 1);
    connection.raw.run("insert into one values (7)");
    await migrate(target, [one, two], 2);
    connection.close();
    const copy = `${path}.before-upgrade-from-0000_one`;
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const copied = new Database(copy, { readonly: true });
    expect(copied.query("select id from one").all()).toEqual([{ id: 7 }]);
    copied.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.each(databases)("processes that open one new %s database at once", (kind) => {
  test("agree on its schema", async () => {
    const database = await makeDatabase(kind, "full", "none");
    const program = `
      import { systemClock } from ${JSON.stringify(join(import.meta.dir, "../../src/clock.ts"))};
      import { openStore } from ${JSON.stringify(join(import.meta.dir, "../../src/store/open.ts"))};
      const store = await openStore(${JSON.stringify(database.options)}, systemClock);
      await store.ready();
      await store.close();`;
    try {
      const processes = [1, 2, 3].map(() =>
        Bun.spawn([process.execPath, "-e", program], { stdout: "ignore", stderr: "pipe" }),
      );
      const ends = await Promise.all(
        processes.map(async ({ exited, stderr }) => [await exited, await stderr.text()]),
      );
      expect(ends).toEqual([1, 2, 3].map(() => [0, ""]));
    } finally {
      await database.remove();
    }
  });
});
