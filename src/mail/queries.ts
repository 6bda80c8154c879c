/** The statements of the outbox. */
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type MailRow = Tables["mails"]["$inferSelect"];

export const insertMail = statement(
  (
    { db, t },
    p: Params<
      Pick<MailRow, "id" | "organisationId" | "kind" | "recipient" | "subject" | "body" | "createdAt">
    >,
  ) =>
    db.insert(t.mails).values({
      id: p.id,
      organisationId: p.organisationId,
      kind: p.kind,
      recipient: p.recipient,
      subject: p.subject,
      body: p.body,
      createdAt: p.createdAt,
      nextAttemptAt: p.createdAt,
    }),
);

/** Takes up to `limit` mails that are due, for this process alone until `lease`; each counts as tried. */
export const claimMails = statement(
  ({ db, t, skipLocked }, p: Params<{ now: number; lease: number; node: number | null; limit: number }>) => {
    const due = sql`(select id from mails where next_attempt_at <= ${p.now}
      order by next_attempt_at, id limit ${p.limit}${skipLocked})`;
    return db
      .update(t.mails)
      .set({
        nextAttemptAt: sql`${p.lease}`,
        node: sql`${p.node}`,
        attempts: sql`${t.mails.attempts} + 1`,
      })
      .where(sql`${t.mails.id} in ${due}`)
      .returning();
  },
);

export const nextMail = statement(({ db, t }) =>
  db.select({ at: t.mails.nextAttemptAt }).from(t.mails).orderBy(asc(t.mails.nextAttemptAt)).limit(1),
);

/** It is sent, or given up. */
export const removeMail = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.delete(t.mails).where(eq(t.mails.id, p.id)),
);

/** Makes everything due; only where no other process can be sending. */
export const hurryMails = statement(({ db, t }, p: Params<{ now: number }>) =>
  db
    .update(t.mails)
    .set({ nextAttemptAt: sql`${p.now}` })
    .where(gt(t.mails.nextAttemptAt, p.now)),
);

/** @param attempts  as it was claimed: another process may have claimed it since */
export const postponeMail = statement(({ db, t }, p: Params<{ id: string; attempts: number; at: number }>) =>
  db
    .update(t.mails)
    .set({ nextAttemptAt: sql`${p.at}`, node: null })
    .where(and(eq(t.mails.id, p.id), eq(t.mails.attempts, p.attempts))),
);

/** The numbers of servers that are sending any: see `nodes/watch.ts`. */
export const sendingNodes = statement(({ db, t }) =>
  db
    .selectDistinct({ node: t.mails.node })
    .from(t.mails)
    .where(sql`node is not null`),
);

/** Makes due what these servers were sending. */
export function releaseMailsOf(nodes: readonly number[], now: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.mails)
      .set({ nextAttemptAt: now, node: null })
      .where(inArray(t.mails.node, [...nodes]))
      .returning({ id: t.mails.id });
}

/** What a server is sending it goes on with; only time ends its leases. */
export function unnameMails(node: number) {
  return ({ db, t }: Room) => db.update(t.mails).set({ node: null }).where(eq(t.mails.node, node));
}
