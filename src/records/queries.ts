/** The statements of the records. */
import { and, asc, desc, eq, lte, max, sql } from "drizzle-orm";

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
  /** Who wrote this version (`user:anna`), and who acted in that name; null where that is not known, or nobody. */
  subject: string | null;
  actor: string | null;
}

/** Who writes. */
export type Writer = Pick<StoredRecord, "subject" | "actor">;

export const findRecord = statement(({ db, t }, p: Params<Place>) =>
  db
    .select({
      key: t.records.key,
      data: t.records.data,
      version: t.records.version,
      createdAt: t.records.createdAt,
      modifiedAt: t.records.modifiedAt,
      subject: t.records.subject,
      actor: t.records.actor,
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

export const insertRecord = statement(({ db, t }, p: Params<Place & Writer & { data: string; at: number }>) =>
  db.insert(t.records).values({
    organisationId: p.organisationId,
    type: p.type,
    key: p.key,
    data: p.data,
    version: 1,
    createdAt: p.at,
    modifiedAt: p.at,
    subject: p.subject,
    actor: p.actor,
  }),
);

/** Replaces the version that was read; returns nothing when another write was quicker. */
export const updateRecord = statement(
  ({ db, t }, p: Params<Place & Writer & { data: string; at: number; version: number }>) =>
    db
      .update(t.records)
      .set({
        data: sql`${p.data}`,
        version: sql`${t.records.version} + 1`,
        modifiedAt: sql`${p.at}`,
        subject: sql`${p.subject}`,
        actor: sql`${p.actor}`,
      })
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

export const insertFieldOnce = statement(({ db, t }, p: Params<FieldRow>) =>
  db
    .insert(t.recordFields)
    .values({
      organisationId: p.organisationId,
      type: p.type,
      field: p.field,
      value: p.value,
      key: p.key,
    })
    .onConflictDoNothing(),
);

export const indexedFields = statement(({ db, t }) => db.select().from(t.indexedFields));

export const markIndexed = statement(({ db, t }, p: Params<{ type: string; field: string }>) =>
  db.insert(t.indexedFields).values({ type: p.type, field: p.field }).onConflictDoNothing(),
);

export const unmarkIndexed = statement(({ db, t }, p: Params<{ type: string; field: string }>) =>
  db.delete(t.indexedFields).where(and(eq(t.indexedFields.type, p.type), eq(t.indexedFields.field, p.field))),
);

/** Removes up to `limit` rows of a field from the filter index; returns what was removed. */
export const dropFieldRows = statement(
  ({ db, t }, p: Params<{ organisationId: number; type: string; field: string; limit: number }>) => {
    const f = t.recordFields;
    const place = and(eq(f.organisationId, p.organisationId), eq(f.type, p.type), eq(f.field, p.field));
    // A range of the primary key up to the value at which the chunk ends: neither dialect deletes with a limit.
    const some = db
      .select({ value: f.value })
      .from(f)
      .where(place)
      .orderBy(asc(f.value))
      .limit(p.limit)
      .as("some");
    const end = db.select({ value: max(some.value) }).from(some);
    return db
      .delete(f)
      .where(and(place, lte(f.value, sql`${end}`)))
      .returning({ key: f.key });
  },
);
