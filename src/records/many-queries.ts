/** The statements of the records, for many of them at once. */
import { and, eq, inArray } from "drizzle-orm";

import { placeholder, rowsOfMany } from "../store/many.ts";
import { type Params, statement } from "../store/statement.ts";
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

export const insertRecords = statement(
  ({ db, t }, p: Params<Type & Writer & { at: number; rows: readonly { key: string; data: string }[] }>) =>
    db.insert(t.records).values(
      rowsOfMany((index) => ({
        ...{
          organisationId: p.organisationId,
          type: p.type,
          key: placeholder("key", index),
          data: placeholder("data", index),
        },
        ...{ version: 1, createdAt: p.at, modifiedAt: p.at, subject: p.subject, actor: p.actor },
      })),
    ),
);

export const insertFields = statement(
  ({ db, t }, p: Params<Type & { rows: readonly { field: string; value: string; key: string }[] }>) =>
    db.insert(t.recordFields).values(
      rowsOfMany((index) => ({
        ...{ organisationId: p.organisationId, type: p.type, field: placeholder("field", index) },
        ...{ value: placeholder("value", index), key: placeholder("key", index) },
      })),
    ),
);

/** The rows of a lookup, filled up with the last one. */
export function lookupRows(keys: readonly string[]): { key: string }[] {
  const last = keys.at(-1) ?? "";
  return rowsOfMany((index) => ({ key: keys[index] ?? last }));
}
