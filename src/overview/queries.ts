/** The statements of the overview. */
import { and, eq, gte, inArray, lt, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";

interface Counted {
  organisationId: number;
  span: "minute" | "hour";
  at: number;
  node: string;
  attempts: number;
  delivered: number;
  failed: number;
  givenUp: number;
  durations: number[];
}

/** Adds to what this process has counted before. (Durations of a minute that comes twice are those of the last.) */
export const addCounts = statement(({ db, t }, p: Params<Counted>) => {
  const c = t.deliveryCounts;
  return db
    .insert(c)
    .values({
      organisationId: p.organisationId,
      span: p.span,
      at: p.at,
      node: p.node,
      attempts: p.attempts,
      delivered: p.delivered,
      failed: p.failed,
      givenUp: p.givenUp,
      durations: p.durations,
    })
    .onConflictDoUpdate({
      target: [c.organisationId, c.span, c.at, c.node],
      set: {
        attempts: sql`delivery_counts.attempts + excluded.attempts`,
        delivered: sql`delivery_counts.delivered + excluded.delivered`,
        failed: sql`delivery_counts.failed + excluded.failed`,
        givenUp: sql`delivery_counts.given_up + excluded.given_up`,
        durations: sql`excluded.durations`,
      },
    });
});

export const addReceiverCounts = statement(
  ({ db, t }, p: Params<{ receiverId: string; at: number; delivered: number; failed: number }>) =>
    db
      .insert(t.receiverCounts)
      .values({ receiverId: p.receiverId, at: p.at, delivered: p.delivered, failed: p.failed })
      .onConflictDoUpdate({
        target: [t.receiverCounts.receiverId, t.receiverCounts.at],
        set: {
          delivered: sql`receiver_counts.delivered + excluded.delivered`,
          failed: sql`receiver_counts.failed + excluded.failed`,
        },
      }),
);

export const raisePulse = statement(({ db, t }, p: Params<{ receiverId: string; at: number }>) =>
  db
    .insert(t.receiverPulses)
    .values({ receiverId: p.receiverId, lastDeliveredAt: p.at })
    .onConflictDoUpdate({
      target: t.receiverPulses.receiverId,
      set: {
        lastDeliveredAt: sql`case when excluded.last_delivered_at > receiver_pulses.last_delivered_at
          then excluded.last_delivered_at else receiver_pulses.last_delivered_at end`,
      },
    }),
);

export const dropMinutes = statement(({ db, t }, p: Params<{ before: number }>) =>
  db
    .delete(t.deliveryCounts)
    .where(and(eq(t.deliveryCounts.span, sql`'minute'`), lt(t.deliveryCounts.at, p.before))),
);

export const dropHours = statement(({ db, t }, p: Params<{ before: number }>) =>
  db
    .delete(t.deliveryCounts)
    .where(and(eq(t.deliveryCounts.span, sql`'hour'`), lt(t.deliveryCounts.at, p.before))),
);

export const dropReceiverCounts = statement(({ db, t }, p: Params<{ before: number }>) =>
  db.delete(t.receiverCounts).where(lt(t.receiverCounts.at, p.before)),
);

/** Every process's. */
export const minutesSince = statement(({ db, t }, p: Params<{ organisationId: number; since: number }>) =>
  db
    .select({
      at: t.deliveryCounts.at,
      attempts: t.deliveryCounts.attempts,
      delivered: t.deliveryCounts.delivered,
      failed: t.deliveryCounts.failed,
      givenUp: t.deliveryCounts.givenUp,
      durations: t.deliveryCounts.durations,
    })
    .from(t.deliveryCounts)
    .where(
      and(
        eq(t.deliveryCounts.organisationId, p.organisationId),
        eq(t.deliveryCounts.span, sql`'minute'`),
        gte(t.deliveryCounts.at, p.since),
      ),
    ),
);

export const hoursSince = statement(({ db, t }, p: Params<{ organisationId: number; since: number }>) =>
  db
    .select({
      delivered: sql<number>`coalesce(sum(${t.deliveryCounts.delivered}), 0)`.mapWith(Number),
      givenUp: sql<number>`coalesce(sum(${t.deliveryCounts.givenUp}), 0)`.mapWith(Number),
    })
    .from(t.deliveryCounts)
    .where(
      and(
        eq(t.deliveryCounts.organisationId, p.organisationId),
        eq(t.deliveryCounts.span, sql`'hour'`),
        gte(t.deliveryCounts.at, p.since),
      ),
    ),
);

/** How many of an organisation's deliveries have a status, counted up to `most`. The status is a constant: see below. */
const countOf = (status: "pending" | "delivering" | "retrying") =>
  statement(({ db, t }, p: Params<{ organisationId: number; most: number }>) => {
    // The first condition is the index's own, by which SQLite recognises it.
    const found = db
      .select({ id: t.deliveries.id })
      .from(t.deliveries)
      .where(
        sql`status <> 'delivered' and organisation_id = ${p.organisationId} and status = ${sql.raw(`'${status}'`)}`,
      )
      .limit(p.most)
      .as("found");
    return db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(found);
  });

export const pendingCount = countOf("pending");
export const deliveringCount = countOf("delivering");
export const retryingCount = countOf("retrying");

/** How receivers have fared since a time. */
export function faredSince(ids: string[], since: number) {
  return ({ db, t }: Room) =>
    db
      .select({
        receiverId: t.receiverCounts.receiverId,
        delivered: sql<number>`sum(${t.receiverCounts.delivered})`.mapWith(Number),
        failed: sql<number>`sum(${t.receiverCounts.failed})`.mapWith(Number),
      })
      .from(t.receiverCounts)
      .where(and(inArray(t.receiverCounts.receiverId, ids), gte(t.receiverCounts.at, since)))
      .groupBy(t.receiverCounts.receiverId);
}

export function pulsesOf(ids: string[]) {
  return ({ db, t }: Room) =>
    db.select().from(t.receiverPulses).where(inArray(t.receiverPulses.receiverId, ids));
}
