/** The statements of the audit log that writing it takes. */
import { and, asc, eq, gt, gte, lte, sql } from "drizzle-orm";

import { placeholder, rowsOfMany, SEVERAL } from "../store/many.ts";
import { type Params, statement } from "../store/statement.ts";

/**
 * Gives out an organisation's next `count` sequences, with the hash that the chain ends in. The row is locked until
 * the transaction ends, so that events join the chain one after the other.
 */
export const takeHead = statement(({ db, t }, p: Params<{ organisationId: number; count: number }>) =>
  db
    .update(t.auditHeads)
    .set({ sequence: sql`${t.auditHeads.sequence} + ${p.count}` })
    .where(eq(t.auditHeads.organisationId, p.organisationId))
    .returning(),
);

export const setHead = statement(({ db, t }, p: Params<{ organisationId: number; hash: string }>) =>
  db
    .update(t.auditHeads)
    .set({ hash: sql`${p.hash}` })
    .where(eq(t.auditHeads.organisationId, p.organisationId)),
);

/** An organisation's chain begins with its first event. */
export const openHead = statement(({ db, t }, p: Params<{ organisationId: number; hash: string }>) =>
  db
    .insert(t.auditHeads)
    .values({
      organisationId: p.organisationId,
      sequence: 0,
      hash: p.hash,
      prunedSequence: 0,
      prunedHash: p.hash,
    })
    .onConflictDoNothing(),
);

export interface EventRow {
  organisationId: number;
  sequence: number;
  at: number;
  action: string;
  outcome: "success" | "denied";
  subject: string | null;
  actor: string | null;
  client: string | null;
  target: string | null;
  address: string | null;
  requestId: string | null;
  /** Canonical JSON: what the hash covers is what is stored. */
  detail: string;
  hash: string;
}

export const insertEvent = statement(({ db, t }, p: Params<EventRow>) =>
  db.insert(t.auditEvents).values({
    organisationId: p.organisationId,
    sequence: p.sequence,
    at: p.at,
    action: p.action,
    outcome: p.outcome,
    subject: p.subject,
    actor: p.actor,
    client: p.client,
    target: p.target,
    address: p.address,
    requestId: p.requestId,
    detail: p.detail,
    hash: p.hash,
  }),
);

/** As {@link insertEvent}, {@link SEVERAL} at once. */
export const insertEvents = statement(
  ({ db, t }, p: Params<{ organisationId: number; rows: readonly Omit<EventRow, "organisationId">[] }>) =>
    db.insert(t.auditEvents).values(
      rowsOfMany(
        (index) => ({
          organisationId: p.organisationId,
          sequence: placeholder("sequence", index),
          at: placeholder("at", index),
          action: placeholder("action", index),
          outcome: placeholder("outcome", index),
          subject: placeholder("subject", index),
          actor: placeholder("actor", index),
          client: placeholder("client", index),
          target: placeholder("target", index),
          address: placeholder("address", index),
          requestId: placeholder("requestId", index),
          detail: placeholder("detail", index),
          hash: placeholder("hash", index),
        }),
        SEVERAL,
      ),
    ),
);

/** Every chain: where it begins and where it ends. */
export const allHeads = statement(({ db, t }) =>
  db.select().from(t.auditHeads).orderBy(asc(t.auditHeads.organisationId)),
);

export const headOf = statement(({ db, t }, p: Params<{ organisationId: number }>) =>
  db.select().from(t.auditHeads).where(eq(t.auditHeads.organisationId, p.organisationId)),
);

/** Events in the order of the chain. */
export const eventsAfter = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: number; limit: number }>) =>
    db
      .select()
      .from(t.auditEvents)
      .where(and(eq(t.auditEvents.organisationId, p.organisationId), gt(t.auditEvents.sequence, p.after)))
      .orderBy(asc(t.auditEvents.sequence))
      .limit(p.limit),
);

/** What retention must know of the oldest events. */
export const oldestEvents = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: number; limit: number }>) =>
    db
      .select({ sequence: t.auditEvents.sequence, at: t.auditEvents.at, hash: t.auditEvents.hash })
      .from(t.auditEvents)
      .where(and(eq(t.auditEvents.organisationId, p.organisationId), gt(t.auditEvents.sequence, p.after)))
      .orderBy(asc(t.auditEvents.sequence))
      .limit(p.limit),
);

export const removeEvents = statement(
  ({ db, t }, p: Params<{ organisationId: number; from: number; to: number }>) =>
    db
      .delete(t.auditEvents)
      .where(
        and(
          eq(t.auditEvents.organisationId, p.organisationId),
          gte(t.auditEvents.sequence, p.from),
          lte(t.auditEvents.sequence, p.to),
        ),
      ),
);

export const setAnchor = statement(
  ({ db, t }, p: Params<{ organisationId: number; sequence: number; hash: string }>) =>
    db
      .update(t.auditHeads)
      .set({ prunedSequence: sql`${p.sequence}`, prunedHash: sql`${p.hash}` })
      .where(eq(t.auditHeads.organisationId, p.organisationId)),
);
