/** The statements of the records, for many of them at once. */
import { and, eq, gte, inArray, lte, sql } from "drizzle-orm";

import { asInteger, asText, bySize, placeholder, rowsOfMany, tableOfMany } from "../store/many.ts";
import { type Params, statement } from "../store/statement.ts";
import type { KeyKind } from "./key.ts";
import type { Writer } from "./queries.ts";

interface Type {
  organisationId: number;
  type: string;
}

/** @param p  its rows may be the same */
export const findRecords = statement(
  ({ db, t: { records: r } }, p: Params<Type & { rows: readonly { key: string }[] }>) =>
    db
      .select({
        ...{ key: r.key, data: r.data, version: r.version, createdAt: r.createdAt, modifiedAt: r.modifiedAt },
        ...{ subject: r.subject, actor: r.actor },
      })
      .from(r)
      .where(
        and(
          eq(r.organisationId, p.organisationId),
          eq(r.type, p.type),
          inArray(
            r.key,
            rowsOfMany((index) => placeholder("key", index)),
          ),
        ),
      ),
);

/** Whether there is a record with a key from `from` up to and with `to`. */
export const anyBetween = statement(
  ({ db, t: { records: r } }, p: Params<Type & { from: string; to: string }>) =>
    db
      .select({ key: r.key })
      .from(r)
      .where(
        and(eq(r.organisationId, p.organisationId), eq(r.type, p.type), gte(r.key, p.from), lte(r.key, p.to)),
      )
      .limit(1),
);

/** The values are in the order of the table's columns. */
export const insertRecords = statement(
  ({ db, t }, p: Params<Type & Writer & { at: number; rows: readonly { key: string; text: string }[] }>) =>
    db
      .insert(t.records)
      .select(
        sql`select ${asInteger(p.organisationId)}, ${asText(p.type)}, column1, column2, 1, ${asInteger(p.at)}, ${asInteger(p.at)}, ${asText(p.subject)}, ${asText(p.actor)} from ${tableOfMany(["key", "text"])}`,
      ),
);

interface RowWritten {
  key: string;
  text: string;
  /** Milliseconds since 1970, in digits: what a table of many holds is text. */
  at: string;
}

/** As {@link insertRecords}, of records that were not written at the same time; by their number. */
export const insertWritten = bySize((size) =>
  statement(({ db, t }, p: Params<Type & Writer & { rows: readonly RowWritten[] }>) => {
    const at = asInteger(sql.raw("column3"));
    return db
      .insert(t.records)
      .select(
        sql`select ${asInteger(p.organisationId)}, ${asText(p.type)}, column1, column2, 1, ${at}, ${at}, ${asText(p.subject)}, ${asText(p.actor)} from ${tableOfMany(["key", "text", "at"], size)}`,
      );
  }),
);

/** As {@link insertRecords}. */
export const insertFields = statement(
  ({ db, t }, p: Params<Type & { rows: readonly { field: string; value: string; key: string }[] }>) =>
    db
      .insert(t.recordFields)
      .select(
        sql`select ${asInteger(p.organisationId)}, ${asText(p.type)}, column1, column2, column3 from ${tableOfMany(["field", "value", "key"])}`,
      ),
);

/** The rows of a lookup, filled up with the last one. */
export function lookupRows(keys: readonly string[]): { key: string }[] {
  const last = keys.at(-1) ?? "";
  return rowsOfMany((index) => ({ key: keys[index] ?? last }));
}

/** Characters whose order in UTF-16 is not that of their bytes in UTF-8, by which the databases order. */
const OUT_OF_ORDER = /[\ud800-\uffff]/;

/** The least and the greatest of the keys; undefined where that is not known here. */
export function rangeOf(kind: KeyKind, keys: readonly string[]): { from: string; to: string } | undefined {
  let [from] = keys;
  if (from === undefined) return undefined;
  let to = from;
  for (const key of keys) {
    if (kind === "string" && OUT_OF_ORDER.test(key)) return undefined;
    if (key < from) from = key;
    else if (key > to) to = key;
  }
  return { from, to };
}
