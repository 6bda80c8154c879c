/** The statements of the records. */
import { and, desc, eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

/** Where a record lies. */
export interface Place {
  organisationId: number;
  type: string;
  key: string;
}

export interface StoredRecord {
  key: string;
  data: string;
  version: number;
  createdAt: number;
  modifiedAt: number;
}

export const findRecord = statement(({ db, t }, p: Params<Place>) =>
  db
    .select({
      key: t.records.key,
      data: t.records.data,
      version: t.records.version,
      createdAt: t.records.createdAt,
      modifiedAt: t.records.modifiedAt,
    })
    .from(t.records)
    .where(
      and(
        eq(t.records.organisationId, p.organisationId),
        eq(t.records.type, p.type),
        eq(t.records.key, p.key),
      ),
    ),
);

export const insertRecord = statement(({ db, t }, p: Params<Place & { data: string; at: number }>) =>
  db.insert(t.records).values({
    organisationId: p.organisationId,
    type: p.type,
    key: p.key,
    data: p.data,
    version: 1,
    createdAt: p.at,
    modifiedAt: p.at,
  }),
);

/** Replaces the version that was read; returns nothing when another write was quicker. */
export const updateRecord = statement(
  ({ db, t }, p: Params<Place & { data: string; at: number; version: number }>) =>
    db
      .update(t.records)
      .set({ data: sql`${p.data}`, version: sql`${t.records.version} + 1`, modifiedAt: sql`${p.at}` })
      .where(
        and(
          eq(t.records.organisationId, p.organisationId),
          eq(t.records.type, p.type),
          eq(t.records.key, p.key),
          eq(t.records.version, p.version),
        ),
      )
      .returning({ version: t.records.version }),
);

export const deleteRecord = statement(({ db, t }, p: Params<Place & { version: number }>) =>
  db
    .delete(t.records)
    .where(
      and(
        eq(t.records.organisationId, p.organisationId),
        eq(t.records.type, p.type),
        eq(t.records.key, p.key),
        eq(t.records.version, p.version),
      ),
    )
    .returning({ version: t.records.version }),
);

/** The greatest key of a type: where the next integer id comes from. */
export const lastKey = statement(({ db, t }, p: Params<{ organisationId: number; type: string }>) =>
  db
    .select({ key: t.records.key })
    .from(t.records)
    .where(and(eq(t.records.organisationId, p.organisationId), eq(t.records.type, p.type)))
    .orderBy(desc(t.records.key))
    .limit(1),
);

type FieldRow = Place & { field: string; value: string };

export const insertField = statement(({ db, t }, p: Params<FieldRow>) =>
  db.insert(t.recordFields).values({
    organisationId: p.organisationId,
    type: p.type,
    field: p.field,
    value: p.value,
    key: p.key,
  }),
);

export const deleteField = statement(({ db, t }, p: Params<FieldRow>) =>
  db
    .delete(t.recordFields)
    .where(
      and(
        eq(t.recordFields.organisationId, p.organisationId),
        eq(t.recordFields.type, p.type),
        eq(t.recordFields.field, p.field),
        eq(t.recordFields.value, p.value),
        eq(t.recordFields.key, p.key),
      ),
    ),
);
