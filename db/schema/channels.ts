/** What becomes of web messages at the channels that publish them, and the tries of it. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function channelTables({ table, text, integer, boolean, index, primaryKey }: ColumnKit) {
  /** A message at a channel: the queue, and its log. */
  const publications = table(
    "publications",
    {
      /** A UUIDv7: the order of ids is that of creation. */
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** Its message may have been removed since. */
      messageId: text("message_id").notNull(),
      channel: text("channel").notNull(),
      /** Somebody's answer waits for it: it is tried once, and never again by itself. */
      waits: boolean("waits").notNull(),
      state: text("state").$type<"pending" | "published" | "failed" | "unknown">().notNull(),
      attempts: integer("attempts").notNull(),
      /** The name of the try that is under way; null: there is none. */
      run: text("run"),
      /** The attempt at which the retry schedule was begun anew (by a resend). */
      scheduleFrom: integer("schedule_from").notNull().default(0),
      createdAt: integer("created_at").notNull(),
      /** When its state was set. */
      changedAt: integer("changed_at").notNull(),
      /** When it is due; while it is tried, when it is due again should no result come (a lease). Null: at rest. */
      nextAttemptAt: integer("next_attempt_at"),
      /** Which server's queue is trying it (`nodes/watch.ts`); null: none, or only time ends its lease. */
      node: integer("node"),
      /** What the channel calls the message, such as Open-E's messageID. */
      externalId: text("external_id"),
      statusCode: integer("status_code"),
      /** Class of the last failure (`dns, connect, timeout, fault, ...`); null: there was none. */
      error: text("error"),
      detail: text("detail"),
    },
    (t) => [
      index("publications_by_organisation").on(t.organisationId, t.id),
      index("publications_by_message").on(t.messageId),
      index("publications_due")
        .on(t.channel, t.nextAttemptAt)
        .where(sql`next_attempt_at is not null`),
      index("publications_by_node")
        .on(t.node)
        .where(sql`node is not null and next_attempt_at is not null`),
      // Of the many that were published nobody asks so.
      index("publications_by_state")
        .on(t.organisationId, t.state, t.id)
        .where(sql`state <> 'published'`),
    ],
  );

  const publicationAttempts = table(
    "publication_attempts",
    {
      publicationId: text("publication_id").notNull(),
      number: integer("number").notNull(),
      at: integer("at").notNull(),
      durationMs: integer("duration_ms").notNull(),
      statusCode: integer("status_code"),
      /** As in `publications`. */
      error: text("error"),
      detail: text("detail"),
    },
    (t) => [primaryKey({ columns: [t.publicationId, t.number] })],
  );

  return { publications, publicationAttempts };
}
