/** Mail: what is to be sent, and what became of it. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function mailTables({ table, text, integer, index }: ColumnKit) {
  /** Mail that is to be sent: written with what it tells of, removed when the mail server has it. */
  const mails = table(
    "mails",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** Such as `receiver.disable`: what it is about. */
      kind: text("kind").notNull().default("notice"),
      recipient: text("recipient").notNull(),
      subject: text("subject").notNull(),
      /** Of a kind that is written when it is sent (`mail/outbox.ts`), what it is written from, as JSON. */
      body: text("body").notNull(),
      createdAt: integer("created_at").notNull(),
      attempts: integer("attempts").notNull().default(0),
      nextAttemptAt: integer("next_attempt_at").notNull(),
      /** Which server is sending it (`nodes/watch.ts`); null: none, or only time ends its lease. */
      node: integer("node"),
    },
    (t) => [
      index("mails_due").on(t.nextAttemptAt),
      index("mails_by_node")
        .on(t.node)
        .where(sql`node is not null`),
    ],
  );

  /** Every mail, sent or not, without its text: that may hold what is its reader's alone. */
  const mailLog = table(
    "mail_log",
    {
      /** The mail's: a UUIDv7, so the order of ids is that of queueing. */
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      kind: text("kind").notNull(),
      recipient: text("recipient").notNull(),
      /** What a recipient is looked for by (`emailKey`). */
      recipientKey: text("recipient_key").notNull(),
      /** Empty until it is written. */
      subject: text("subject").notNull(),
      status: text("status").$type<"queued" | "sent" | "failed">().notNull(),
      attempts: integer("attempts").notNull(),
      createdAt: integer("created_at").notNull(),
      /** When the mail server took it, or it was given up. */
      endedAt: integer("ended_at"),
      /** What the last attempt met. */
      error: text("error"),
    },
    (t) => [
      index("mail_log_by_organisation").on(t.organisationId, t.id),
      // "I have had no mail" is what people call about.
      index("mail_log_by_recipient").on(t.organisationId, t.recipientKey, t.id),
      // What has not arrived is looked for, and is little.
      index("mail_log_unsent")
        .on(t.organisationId, t.id)
        .where(sql`status <> 'sent'`),
    ],
  );

  return { mails, mailLog };
}
