/** The feed's statements. */
import { and, asc, desc, eq, gt, sql } from "drizzle-orm";

import { asInteger, asText, bySize, placeholder, rowsOfMany, tableOfMany } from "../store/many.ts";
import { type Params, statement } from "../store/statement.ts";

/**
 * Gives out the next `count` sequences of an organisation. The row is locked until the transaction ends, so that
 * sequences become visible in their order and a reader cannot pass one that has yet to commit.
 */
export const takeSequences = statement(({ db, t }, p: Params<{ organisationId: number; count: number }>) =>
  db
    .update(t.feeds)
    .set({ sequence: sql`${t.feeds.sequence} + ${p.count}` })
    .where(eq(t.feeds.organisationId, p.organisationId))
    .returning({ sequence: t.feeds.sequence }),
);

export const openFeed = statement(({ db, t }, p: Params<{ organisationId: number }>) =>
  db.insert(t.feeds).values({ organisationId: p.organisationId, sequence: 0 }),
);

export const feedHead = statement(({ db, t }, p: Params<{ organisationId: number }>) =>
  db.select({ sequence: t.feeds.sequence }).from(t.feeds).where(eq(t.feeds.organisationId, p.organisationId)),
);

export interface ChangeRow {
  organisationId: number;
  object: string;
  key: string;
  topic: string;
  action: string;
  sequence: number;
  at: number;
  subject: string | null;
  actor: string | null;
}

const latest = {
  topic: sql`excluded.topic`,
  action: sql`excluded.action`,
  sequence: sql`excluded.sequence`,
  at: sql`excluded.at`,
  subject: sql`excluded.subject`,
  actor: sql`excluded.actor`,
};

/** Writes an object's latest change: the row moves to the feed's end. */
export const putChange = statement(({ db, t }, p: Params<ChangeRow>) =>
  db
    .insert(t.changes)
    .values({
      organisationId: p.organisationId,
      object: p.object,
      key: p.key,
      topic: p.topic,
      action: p.action,
      sequence: p.sequence,
      at: p.at,
      subject: p.subject,
      actor: p.actor,
    })
    .onConflictDoUpdate({
      target: [t.changes.organisationId, t.changes.object, t.changes.key],
      set: latest,
    }),
);

/** As {@link putChange}, of many different objects; by their number. */
export const putChanges = bySize((size) =>
  statement(
    ({ db, t }, p: Params<{ organisationId: number; rows: readonly Omit<ChangeRow, "organisationId">[] }>) =>
      db
        .insert(t.changes)
        .values(
          rowsOfMany(
            (index) => ({
              ...{
                organisationId: p.organisationId,
                object: placeholder("object", index),
                key: placeholder("key", index),
              },
              ...{
                topic: placeholder("topic", index),
                action: placeholder("action", index),
                sequence: placeholder("sequence", index),
              },
              ...{
                at: placeholder("at", index),
                subject: placeholder("subject", index),
                actor: placeholder("actor", index),
              },
            }),
            size,
          ),
        )
        .onConflictDoUpdate({
          target: [t.changes.organisationId, t.changes.object, t.changes.key],
          set: latest,
        }),
  ),
);

/**
 * As {@link putChanges}, of objects that have all but their keys in common; their sequences begin with `first`. The
 * values are in the order of the table's columns. `where true` is for SQLite, which else takes `on` for that of a join.
 */
export const putAlike = statement(
  (
    { db, t },
    p: Params<
      Omit<ChangeRow, "key" | "sequence"> & { first: number; rows: readonly Pick<ChangeRow, "key">[] }
    >,
  ) =>
    db
      .insert(t.changes)
      .select(
        sql`select ${asInteger(p.organisationId)}, ${asText(p.object)}, column1, ${asText(p.topic)}, ${asText(p.action)}, ${asInteger(p.first)} + column2, ${asInteger(p.at)}, ${asText(p.subject)}, ${asText(p.actor)} from ${tableOfMany(["key"])} where true`,
      )
      .onConflictDoUpdate({
        target: [t.changes.organisationId, t.changes.object, t.changes.key],
        set: latest,
      }),
);

/** The changes of one topic after a sequence, oldest first: one range of the index `changes_by_topic`. */
export const changesOfTopic = statement(
  ({ db, t }, p: Params<{ organisationId: number; topic: string; after: number; limit: number }>) =>
    db
      .select()
      .from(t.changes)
      .where(
        and(
          eq(t.changes.organisationId, p.organisationId),
          eq(t.changes.topic, p.topic),
          gt(t.changes.sequence, p.after),
        ),
      )
      .orderBy(asc(t.changes.sequence))
      .limit(p.limit),
);

/** The sequences of a topic's newest changes, newest first: the other end of the same index. */
export const newestOfTopic = statement(
  ({ db, t }, p: Params<{ organisationId: number; topic: string; limit: number }>) =>
    db
      .select({ sequence: t.changes.sequence })
      .from(t.changes)
      .where(and(eq(t.changes.organisationId, p.organisationId), eq(t.changes.topic, p.topic)))
      .orderBy(desc(t.changes.sequence))
      .limit(p.limit),
);
