/** The statements of the log of mails. */
import { and, desc, eq, lt, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type MailLogRow = Tables["mailLog"]["$inferSelect"];
type New = "id" | "organisationId" | "kind" | "recipient" | "recipientKey" | "subject" | "createdAt";

export const insertMailLog = statement(({ db, t }, p: Params<Pick<MailLogRow, New>>) =>
  db.insert(t.mailLog).values({
    id: p.id,
    organisationId: p.organisationId,
    kind: p.kind,
    recipient: p.recipient,
    recipientKey: p.recipientKey,
    subject: p.subject,
    createdAt: p.createdAt,
    status: "queued",
    attempts: 0,
  }),
);

/** What came of an attempt. */
export function settleMail(id: string, columns: Partial<MailLogRow>) {
  return ({ db, t }: Room) => db.update(t.mailLog).set(columns).where(eq(t.mailLog.id, id));
}

export interface MailPage {
  organisationId: number;
  /** An id; for the first page one beyond all. */
  before: string;
  status: MailLogRow["status"] | undefined;
  recipientKey: string | undefined;
  limit: number;
}

/** Newest first. */
export function mailPage({ organisationId, before, status, recipientKey, limit }: MailPage) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.mailLog)
      .where(
        and(
          eq(t.mailLog.organisationId, organisationId),
          lt(t.mailLog.id, before),
          recipientKey === undefined ? undefined : eq(t.mailLog.recipientKey, recipientKey),
          status === undefined ? undefined : eq(t.mailLog.status, status),
          // The condition of the index, word for word.
          status === undefined || status === "sent" ? undefined : sql.raw("status <> 'sent'"),
        ),
      )
      .orderBy(desc(t.mailLog.organisationId), desc(t.mailLog.id))
      .limit(limit);
}

/** The oldest of all. Ids begin with their time. */
export const oldestMail = statement(({ db, t }) =>
  db.select({ createdAt: t.mailLog.createdAt }).from(t.mailLog).orderBy(t.mailLog.id).limit(1),
);

/** Removes at most `limit` of those before an id, leaving out what another transaction holds. */
export const forgetMails = statement(({ db, t, skipLocked }, p: Params<{ before: string; limit: number }>) =>
  db
    .delete(t.mailLog)
    .where(
      sql`${t.mailLog.id} in (select id from mail_log where id < ${p.before} order by id limit ${p.limit}${skipLocked})`,
    )
    .returning({ id: t.mailLog.id }),
);
