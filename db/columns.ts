/**
 * The column kits: the only place where the two SQL dialects differ in how a table is declared.
 *
 * `db/schema.ts` is written once against {@link ColumnKit}. It is typed as SQLite for both, because features must
 * not be able to tell the databases apart. What differs on purpose:
 * - text on PostgreSQL sorts by bytes (`COLLATE "C"`), as SQLite does, so keyset pages are equal on both;
 * - times and sequences are integers (milliseconds), never dates; JSON is text (jsonb would be encoded twice).
 */
import { is, SQL, sql } from "drizzle-orm";
import * as pg from "drizzle-orm/pg-core";
import * as lite from "drizzle-orm/sqlite-core";

import { pack, unpack } from "./packed.ts";

const json = lite.customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => JSON.parse(text),
});

type JsonColumn = lite.SQLiteCustomColumnBuilder<{
  name: string;
  dataType: "custom";
  columnType: "SQLiteCustomColumn";
  data: unknown;
  driverParam: string;
  enumValues: undefined;
}>;

const packed = lite.customType<{ data: string; driverData: string | Uint8Array }>({
  dataType: () => "text",
  toDriver: pack,
  fromDriver: unpack,
});

const bytes = lite.customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "blob" });

type BytesColumn = lite.SQLiteCustomColumnBuilder<{
  name: string;
  dataType: "custom";
  columnType: "SQLiteCustomColumn";
  data: Uint8Array;
  driverParam: Uint8Array;
  enumValues: undefined;
}>;

type PackedColumn = lite.SQLiteCustomColumnBuilder<{
  name: string;
  dataType: "custom";
  columnType: "SQLiteCustomColumn";
  data: string;
  driverParam: string | Uint8Array;
  enumValues: undefined;
}>;

const sqliteIdentity = (name: string) => lite.integer(name).primaryKey({ autoIncrement: true });

/** What a table declaration may use. Every function takes the column's SQL name. */
export interface ColumnKit {
  table: typeof lite.sqliteTable;
  /** UTF-8 text, ordered by its bytes. */
  text: (name: string) => lite.SQLiteTextBuilderInitial<string, [string, ...string[]], undefined>;
  /** 64-bit integer, read as a number (safe to 2^53): counts, times in milliseconds, sequences. */
  integer: (name: string) => lite.SQLiteIntegerBuilderInitial<string>;
  boolean: (name: string) => lite.SQLiteBooleanBuilderInitial<string>;
  /** Any JSON value, stored as text. Narrow it with `.$type<T>()`. */
  json: (name: string) => JsonColumn;
  /**
   * Text that may be long and is never searched: stored compressed. SQLite does not do that itself; PostgreSQL does
   * from 2 KB on (TOAST).
   */
  packed: (name: string) => PackedColumn;
  /** Bytes, as they are. */
  bytes: (name: string) => BytesColumn;
  /** Words to be found by: text to SQLite's FTS5, a `tsvector` of PostgreSQL. */
  words: ColumnKit["text"];
  /** A primary key that the database numbers itself. */
  identity: (name: string) => ReturnType<typeof sqliteIdentity>;
  index: typeof lite.index;
  uniqueIndex: typeof lite.uniqueIndex;
  primaryKey: typeof lite.primaryKey;
}

export const sqliteKit: ColumnKit = {
  table: lite.sqliteTable,
  text: (name) => lite.text(name) as ReturnType<ColumnKit["text"]>,
  integer: (name) => lite.integer(name),
  boolean: (name) => lite.integer(name, { mode: "boolean" }),
  json: (name) => json(name),
  packed: (name) => packed(name),
  words: (name) => lite.text(name) as ReturnType<ColumnKit["text"]>,
  bytes: (name) => bytes(name),
  identity: sqliteIdentity,
  index: lite.index,
  uniqueIndex: lite.uniqueIndex,
  primaryKey: lite.primaryKey,
};

const byteText = pg.customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });
const wordVector = pg.customType<{ data: string; driverData: string }>({ dataType: () => "tsvector" });
const bigInteger = pg.customType<{ data: number; driverData: number | string }>({
  dataType: () => "bigint",
  fromDriver: Number,
});
/** A default is said in SQL: drizzle-kit writes an object as `[object Object]`, and an empty list as nothing. */
const jsonWithDefault = (name: string) => {
  const builder = jsonText(name);
  const set = builder.default.bind(builder);
  builder.default = (value) => set(is(value, SQL) ? value : sql.raw(sqlText(JSON.stringify(value))));
  return builder;
};
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

const byteArray = pg.customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

const jsonText = pg.customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => JSON.parse(text),
});

// The one place where PostgreSQL's builders are said to be SQLite's: their query-building surface is the same.
export const postgresKit = {
  table: pg.pgTable,
  text: (name: string) => byteText(name),
  integer: (name: string) => bigInteger(name),
  boolean: (name: string) => pg.boolean(name),
  json: jsonWithDefault,
  packed: (name: string) => byteText(name),
  words: (name: string) => wordVector(name),
  bytes: (name: string) => byteArray(name),
  identity: (name: string) => pg.bigserial(name, { mode: "number" }).primaryKey(),
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
} as unknown as ColumnKit;
