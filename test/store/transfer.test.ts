/** Everything from SQLite to PostgreSQL and back: every column of every table, also of those that are yet to come. */
import { Database, type SQLQueryBindings } from "bun:sqlite";
import { SQL } from "bun";
import { describe, expect, test } from "bun:test";

import { pack } from "../../db/packed.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { setSqliteSequence, sqliteDigests, sqliteSequence } from "../../src/transfer/sqlite.ts";
import { type Column, DERIVED, shapes } from "../../src/transfer/tables.ts";
import { postgresToSqlite, sqliteToPostgres } from "../../src/transfer/transfer.ts";
import { makeDatabase, postgresUrl, type TestDatabase } from "./databases.ts";

/** What is hard on the way: letters beyond the BMP, long text that SQLite packs, numbers beyond 32 bits, bytes. */
function value({ name, kind }: Column, row: number): SQLQueryBindings {
  const text = `${name} ${row} 'Ä' "\\" \u{1F600} {"a":[1.0]}`;
  if (kind === "boolean") return row % 2;
  if (kind === "number") return 2 ** 40 + row;
  if (kind === "bytes") return new Uint8Array(70_000).fill(row + 1);
  return kind === "packed" ? pack(text.repeat(row === 0 ? 1 : 200)) : text;
}

const ROWS = 3;

/** Three rows in each table; of the last one everything is null that may be. */
function fill(path: string): void {
  const file = new Database(path, { readwrite: true, strict: true });
  for (const { name, columns } of shapes) {
    file.run(`delete from "${name}"`);
    const needed = new Set(
      file
        .query<{ name: string; notnull: number; pk: number }, []>(
          `select name, "notnull", pk from pragma_table_info('${name}')`,
        )
        .all()
        .flatMap((column) => (column.notnull || column.pk ? [column.name] : [])),
    );
    const places = columns.map(() => "?").join(", ");
    const names = columns.map((column) => `"${column.name}"`).join(", ");
    for (let row = 0; row < ROWS; row++) {
      const values = columns.map((column) =>
        row === ROWS - 1 && !needed.has(column.name) ? null : value(column, row),
      );
      file
        .query<unknown, SQLQueryBindings[]>(`insert into "${name}" (${names}) values (${places})`)
        .run(...values);
    }
  }
  for (const shape of shapes.filter(({ identity }) => identity)) setSqliteSequence(file, shape, 2 ** 41);
  file.close();
}

const pathOf = ({ options }: TestDatabase): string => (options.kind === "sqlite" ? options.path : "");
const urlOf = ({ options }: TestDatabase): string => (options.kind === "postgres" ? options.url : "");

/** A database with tables and no rows. */
async function migrated(kind: "sqlite" | "postgres"): Promise<TestDatabase> {
  const database = await makeDatabase(kind);
  await (await openStore(database.options, systemClock)).close();
  return database;
}

describe.skipIf(postgresUrl === undefined)("everything that SQLite holds", () => {
  test("comes to PostgreSQL, and back, as it was; and numbering goes on where it was", async () => {
    const [from, between, to] = [
      await migrated("sqlite"),
      await migrated("postgres"),
      await migrated("sqlite"),
    ];
    try {
      fill(pathOf(from));
      const file = new Database(pathOf(from), { readonly: true });
      const before = sqliteDigests(file);
      file.close();
      expect(Object.values(before).map(({ rows }) => rows)).toEqual(shapes.map(() => ROWS));

      const seen: [number, number][] = [];
      const there = await sqliteToPostgres(pathOf(from), urlOf(between), (done, total) =>
        seen.push([done, total]),
      );
      expect(there).toEqual(before);
      const all = 2 * ROWS * shapes.length;
      expect(seen.at(-1)).toEqual([all, all]);

      const client = new SQL(urlOf(between), { max: 1 });
      const [made] = await client.unsafe(
        "insert into organisations (code, name, created_at) values ('next', 'Next', 1) returning id",
      );
      expect(Number(made?.id)).toBe(2 ** 41 + 1);
      await client.unsafe("delete from organisations where code = 'next'");
      await client.close();

      expect(await postgresToSqlite(urlOf(between), pathOf(to), () => {})).toEqual(before);
      const back = new Database(pathOf(to), { readonly: true });
      const organisations = shapes.find(({ name }) => name === "organisations");
      if (!organisations) throw new Error("there is no table of organisations");
      expect(sqliteSequence(back, organisations)).toBe(2 ** 41 + 1);
      // Long text is packed again, as Koppla itself has it.
      const { body } =
        back.query<{ body: unknown }, []>("select body from deliveries order by id limit 1 offset 1").get() ??
        {};
      expect(body).toBeInstanceOf(Uint8Array);
      back.close();
    } finally {
      for (const database of [from, between, to]) await database.remove();
    }
  });

  test("is moved whole or not at all", async () => {
    const [from, to] = [await migrated("sqlite"), await migrated("postgres")];
    try {
      fill(pathOf(from));
      const file = new Database(pathOf(from), { readwrite: true });
      // PostgreSQL has no text with this sign in it.
      file.run("update users set name = 'a' || char(0) || 'b' where rowid = 1");
      file.close();
      expect(sqliteToPostgres(pathOf(from), urlOf(to), () => {})).rejects.toThrow(
        "PostgreSQL takes no rows of users",
      );
      await sqliteToPostgres(pathOf(from), urlOf(to), () => {}).catch(() => {});
      const client = new SQL(urlOf(to), { max: 1 });
      for (const { name } of shapes) {
        const [row] = await client.unsafe(`select count(*) as n from "${name}"`);
        expect([name, Number(row?.n)]).toEqual([name, 0]);
      }
      await client.close();
    } finally {
      for (const database of [from, to]) await database.remove();
    }
  });
});

test("every table is moved, but for the index of words", async () => {
  const database = await migrated("sqlite");
  try {
    const file = new Database(pathOf(database), { readonly: true });
    const tables = file
      .query<{ name: string }, []>(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%'",
      )
      .all()
      .map(({ name }) => name)
      .filter((name) => !/^(record_words|record_terms|koppla_)/.test(name) && !DERIVED.includes(name));
    file.close();
    expect(shapes.map(({ name }) => name)).toEqual(tables.sort());
  } finally {
    await database.remove();
  }
});
