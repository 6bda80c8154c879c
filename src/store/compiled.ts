/**
 * A drizzle query taken apart once, so that running it costs no more than the driver does.
 *
 * drizzle prepares the SQL, but looks at every parameter and every column of every row anew each time it runs. That
 * is 3 µs for a look-up of five columns and 4 µs for an insert of eight, as much as SQLite itself takes. What it finds
 * out is the same each time, so it is found out here.
 */
import { Column, is, Param, Placeholder, SQL } from "drizzle-orm";

/** What drizzle's prepared queries of both drivers carry (0.45; pinned, and the store's tests would tell). */
interface PreparedQuery {
  /** SQLite's. */
  query?: { sql: string; params: unknown[] };
  /** PostgreSQL's. */
  queryString?: string;
  params?: unknown[];
  /** The columns of the result; undefined where there is none. */
  fields?: { path: string[]; field: unknown }[];
}

export interface Compiled {
  sql: string;
  /** Whether it may change something. */
  writes: boolean;
  /** The driver's parameters. @throws when a value is missing */
  fill(values: Record<string, unknown>): unknown[];
  /** Makes an object of a row; undefined for a query without a result. */
  row: ((values: readonly unknown[]) => Record<string, unknown>) | undefined;
}

/** @param prepared  what `prepare()` of a drizzle builder gave */
export function compile(prepared: unknown): Compiled {
  const query = prepared as PreparedQuery;
  const sql = query.query?.sql ?? query.queryString;
  if (sql === undefined) throw new Error("not a prepared query of drizzle");
  const parameters = (query.query?.params ?? query.params ?? []).map(compileParameter);
  return {
    sql,
    writes: !/^\s*select\b/i.test(sql),
    fill: (values) => {
      const filled: unknown[] = [];
      const rows = values["rows"] as readonly Record<string, unknown>[] | undefined;
      // By number: an import fills a thousand parameters for each fifty rows.
      for (let i = 0; i < parameters.length; i++) {
        const { name, row, fixed, encode } = parameters[i] as Parameter;
        const value = name === undefined ? fixed : (row === undefined ? values : rows?.[row])?.[name];
        if (value === undefined) throw new Error(`the statement's parameter ${name} is missing`);
        // Null is NULL, whatever the column is, as it is on the way back.
        filled.push(encode === undefined || value === null ? value : encode(value));
      }
      return filled;
    },
    row: query.fields && compileRow(query.fields),
  };
}

interface Parameter {
  /** Of the placeholder; undefined for a value that is part of the query. */
  name: string | undefined;
  /** Which of the parameter `rows` has it (`many.ts`); undefined for what all rows share. */
  row: number | undefined;
  fixed: unknown;
  /** To the driver's form; undefined where that is the same. */
  encode: ((value: unknown) => unknown) | undefined;
}

function compileParameter(parameter: unknown): Parameter {
  if (is(parameter, Placeholder)) return { ...named(parameter.name), fixed: undefined, encode: undefined };
  if (!is(parameter, Param)) return { name: undefined, row: undefined, fixed: parameter, encode: undefined };
  const { encoder, value } = parameter;
  const identity = encoder.mapToDriverValue === Column.prototype.mapToDriverValue;
  const encode = identity ? undefined : (plain: unknown) => encoder.mapToDriverValue(plain);
  if (is(value, Placeholder)) return { ...named(value.name), fixed: undefined, encode };
  return { name: undefined, row: undefined, fixed: value, encode };
}

/** `3.key` is the key of the fourth row. */
function named(name: string): Pick<Parameter, "name" | "row"> {
  const [, row, column] = /^(\d+)\.(\w+)$/.exec(name) ?? [];
  return row === undefined ? { name, row: undefined } : { name: column, row: Number(row) };
}

function compileRow(fields: { path: string[]; field: unknown }[]): NonNullable<Compiled["row"]> {
  const columns = fields.map(({ path, field }) => {
    const [name] = path;
    if (name === undefined || path.length > 1)
      throw new Error("select named columns, not whole tables of a join");
    return { name, decode: decoderOf(field) };
  });
  return (values) => {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as (typeof columns)[number];
      const value = values[i];
      row[column.name] = value === null || column.decode === undefined ? value : column.decode(value);
    }
    return row;
  };
}

function decoderOf(field: unknown): ((value: unknown) => unknown) | undefined {
  if (is(field, Column)) {
    const identity = field.mapFromDriverValue === Column.prototype.mapFromDriverValue;
    return identity ? undefined : (value) => field.mapFromDriverValue(value);
  }
  const expression: unknown = is(field, SQL.Aliased) ? field.sql : field;
  if (!is(expression, SQL)) throw new Error("a column of a result that is neither a column nor SQL");
  // Where `.mapWith()` leads to; not in drizzle's types.
  const { decoder } = expression as unknown as { decoder: { mapFromDriverValue(value: unknown): unknown } };
  return (value) => decoder.mapFromDriverValue(value);
}
