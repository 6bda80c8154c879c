/** The statements of the receivers. */
import { and, asc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type ReceiverRow = Tables["receivers"]["$inferSelect"];

export const receiverById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.receivers).where(eq(t.receivers.id, p.id)),
);

/** Receivers of all organisations that are not deleted, in order of their ids. */
export const liveReceivers = statement(({ db, t }, p: Params<{ after: string; limit: number }>) =>
  db
    .select()
    .from(t.receivers)
    .where(and(gt(t.receivers.id, p.after), isNull(t.receivers.deletedAt)))
    .orderBy(asc(t.receivers.id))
    .limit(p.limit),
);

type PageOf = Params<{ organisationId: number; after: string; limit: number }>;

/** An organisation's receivers that are not deleted. */
export const liveReceiversOf = statement(({ db, t }, p: PageOf) =>
  db
    .select()
    .from(t.receivers)
    .where(
      and(
        eq(t.receivers.organisationId, p.organisationId),
        gt(t.receivers.id, p.after),
        isNull(t.receivers.deletedAt),
      ),
    )
    .orderBy(asc(t.receivers.id))
    .limit(p.limit),
);

/** An organisation's receivers, deleted ones too. */
export const receiversOf = statement(({ db, t }, p: PageOf) =>
  db
    .select()
    .from(t.receivers)
    .where(and(eq(t.receivers.organisationId, p.organisationId), gt(t.receivers.id, p.after)))
    .orderBy(asc(t.receivers.id))
    .limit(p.limit),
);

/** An account's receivers; those that are deleted too, where `deleted` is 1. */
export const receiversOfAccount = statement(
  (
    { db, t },
    p: Params<{ organisationId: number; accountId: string; after: string; limit: number; deleted: number }>,
  ) =>
    db
      .select()
      .from(t.receivers)
      .where(
        and(
          eq(t.receivers.organisationId, p.organisationId),
          eq(t.receivers.accountId, p.accountId),
          gt(t.receivers.id, p.after),
          or(isNull(t.receivers.deletedAt), eq(sql`1`, p.deleted)),
        ),
      )
      .orderBy(asc(t.receivers.id))
      .limit(p.limit),
);

/** What a search looks in. */
export const receiverTexts = statement(({ db, t }, p: PageOf) =>
  db
    .select({
      id: t.receivers.id,
      accountId: t.receivers.accountId,
      name: t.receivers.name,
      url: t.receivers.url,
      description: t.receivers.description,
      deletedAt: t.receivers.deletedAt,
    })
    .from(t.receivers)
    .where(and(eq(t.receivers.organisationId, p.organisationId), gt(t.receivers.id, p.after)))
    .orderBy(asc(t.receivers.id))
    .limit(p.limit),
);

export function receiversByIds(ids: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.receivers)
      .where(inArray(t.receivers.id, [...ids]))
      .orderBy(asc(t.receivers.id));
}

export const receiverIdsOfAccount = statement(
  ({ db, t }, p: Params<{ organisationId: number; accountId: string }>) =>
    db
      .select({ id: t.receivers.id })
      .from(t.receivers)
      .where(and(eq(t.receivers.organisationId, p.organisationId), eq(t.receivers.accountId, p.accountId))),
);

/**
 * Reads whether a receiver may be sent to, and keeps it so until the transaction ends: the update is a lock on
 * PostgreSQL (and nothing on SQLite, which has one writer).
 */
export const holdReceiver = statement(({ db, t }, p: Params<{ id: string; organisationId: number }>) =>
  db
    .update(t.receivers)
    .set({ enabled: sql`${t.receivers.enabled}` })
    .where(and(eq(t.receivers.id, p.id), eq(t.receivers.organisationId, p.organisationId)))
    .returning({ enabled: t.receivers.enabled, deletedAt: t.receivers.deletedAt }),
);

export function insertReceiver(row: ReceiverRow) {
  return ({ db, t }: Room) => db.insert(t.receivers).values(row);
}

/** Changes the row as it was read; returns nothing when another write was quicker. `modifiedAt` is its version. */
export function updateReceiver(row: ReceiverRow, columns: Partial<ReceiverRow>) {
  return ({ db, t }: Room) =>
    db
      .update(t.receivers)
      .set(columns)
      .where(and(eq(t.receivers.id, row.id), eq(t.receivers.modifiedAt, row.modifiedAt)))
      .returning({ id: t.receivers.id });
}

/** Those of that name that are not deleted, oldest first. */
export const receiversNamed = statement(({ db, t }, p: Params<{ organisationId: number; name: string }>) =>
  db
    .select()
    .from(t.receivers)
    .where(
      and(
        eq(t.receivers.organisationId, p.organisationId),
        eq(t.receivers.name, p.name),
        isNull(t.receivers.deletedAt),
      ),
    )
    .orderBy(asc(t.receivers.id)),
);

/** Those that koppla.yaml keeps. */
export const keptReceivers = statement(({ db, t }) =>
  db
    .select()
    .from(t.receivers)
    .where(and(eq(t.receivers.provisioned, true), isNull(t.receivers.deletedAt)))
    .orderBy(asc(t.receivers.id)),
);
