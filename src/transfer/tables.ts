/**
 * What is moved from one database to another: every table of `db/schema.ts` but the index of words, which each database
 * has in a form of its own and which the next start makes anew.
 */
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";

import { tables } from "../../db/tables.sqlite.ts";

/** A value as both databases mean it: packed text is unpacked, a boolean is one. */
export type Value = null | string | number | boolean | Uint8Array;
/** In the order of {@link TableShape.columns}. */
export type Row = Value[];

export interface Column {
  name: string;
  /** `packed`: text that SQLite may hold compressed. */
  kind: "text" | "packed" | "number" | "boolean" | "bytes";
}

export interface TableShape {
  name: string;
  columns: readonly Column[];
  /** The column that the database numbers itself, where there is one. */
  identity: string | undefined;
}

/** Their rows follow from records and the YAML: with no type marked as indexed, a start indexes all of them. */
export const DERIVED = ["record_words", "search_records", "search_values", "search_types"];

/** Long enough to be packed where the column packs. */
const PROBE = "x".repeat(10_000);

/** In the order of their names. */
export const shapes: readonly TableShape[] = Object.values(tables)
  .flatMap((table) => (is(table, SQLiteTable) ? [shapeOf(table)] : []))
  .filter(({ name }) => !DERIVED.includes(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

type SqliteColumn = ReturnType<typeof getTableConfig>["columns"][number];

function shapeOf(table: SQLiteTable): TableShape {
  const { name, columns } = getTableConfig(table);
  const numbered = columns.find((column) => "autoIncrement" in column && column.autoIncrement === true);
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, kind: kindOf(column) })),
    identity: numbered?.name,
  };
}

function kindOf(column: SqliteColumn): Column["kind"] {
  if (column.dataType === "boolean") return "boolean";
  const type = column.getSQLType();
  if (type === "integer") return "number";
  if (type === "blob") return "bytes";
  // Its declaration does not tell packed text from plain.
  return column.mapToDriverValue(PROBE) instanceof Uint8Array ? "packed" : "text";
}
