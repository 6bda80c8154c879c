/** The statements of imports. */
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";

import { placeholder, rowsOfMany } from "../store/many.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export interface ImportError {
  number: number;
  line: number;
  /** The record's id as JSON; null where it has none that can be read. */
  recordId: string | null;
  field: string;
  message: string;
}

export const putError = statement(({ db, t }, p: Params<ImportError & { operationId: string }>) =>
  db
    .insert(t.importErrors)
    .values({
      operationId: p.operationId,
      number: p.number,
      line: p.line,
      recordId: p.recordId,
      field: p.field,
      message: p.message,
    })
    .onConflictDoNothing(),
);

/** In the order of the file. */
export const errorsAfter = statement(
  ({ db, t }, p: Params<{ operationId: string; after: number; limit: number }>) =>
    db
      .select({
        number: t.importErrors.number,
        line: t.importErrors.line,
        recordId: t.importErrors.recordId,
        field: t.importErrors.field,
        message: t.importErrors.message,
      })
      .from(t.importErrors)
      .where(and(eq(t.importErrors.operationId, p.operationId), gt(t.importErrors.number, p.after)))
      .orderBy(asc(t.importErrors.number))
      .limit(p.limit),
);

export const putKey = statement(({ db, t }, p: Params<{ operationId: string; key: string }>) =>
  db.insert(t.importKeys).values({ operationId: p.operationId, key: p.key }).onConflictDoNothing(),
);

/** As {@link putKey}, of many. */
export const putKeys = statement(
  ({ db, t }, p: Params<{ operationId: string; rows: readonly { key: string }[] }>) =>
    db
      .insert(t.importKeys)
      .values(rowsOfMany((index) => ({ operationId: p.operationId, key: placeholder("key", index) })))
      .onConflictDoNothing(),
);

/** Of those keys, which were in the file. */
export function keysAmong(operationId: string, keys: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select({ key: t.importKeys.key })
      .from(t.importKeys)
      .where(and(eq(t.importKeys.operationId, operationId), inArray(t.importKeys.key, [...keys])));
}

/** Removes some of the keys; returns what was removed. */
export const dropKeys = statement(({ db, t }, p: Params<{ operationId: string; limit: number }>) =>
  db
    .delete(t.importKeys)
    .where(
      sql`operation_id = ${p.operationId} and key in (select key from import_keys where operation_id = ${p.operationId} limit ${p.limit})`,
    )
    .returning({ key: t.importKeys.key }),
);

/** As {@link dropKeys}, of errors. */
export const dropErrors = statement(({ db, t }, p: Params<{ operationId: string; limit: number }>) =>
  db
    .delete(t.importErrors)
    .where(
      sql`operation_id = ${p.operationId} and number in (select number from import_errors where operation_id = ${p.operationId} limit ${p.limit})`,
    )
    .returning({ number: t.importErrors.number }),
);
