/** The statements that remove old deliveries from the log. */
import { and, asc, eq, gt, inArray, isNull, lt, ne, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";

/** The oldest deliveries between two ids (both excluded), whatever their state: how far a look goes is known. */
export const oldestDeliveries = statement(
  ({ db, t }, p: Params<{ after: string; before: string; limit: number }>) =>
    db
      .select({
        id: t.deliveries.id,
        organisationId: t.deliveries.organisationId,
        status: t.deliveries.status,
        nextAttemptAt: t.deliveries.nextAttemptAt,
        attempts: t.deliveries.attempts,
      })
      .from(t.deliveries)
      .where(and(gt(t.deliveries.id, p.after), lt(t.deliveries.id, p.before)))
      .orderBy(asc(t.deliveries.id))
      .limit(p.limit),
);

/** What the terms of a delivery are made of. */
export const deliveryContents = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .select({ topics: t.deliveries.topics, body: t.deliveries.body })
    .from(t.deliveries)
    .where(eq(t.deliveries.id, p.id)),
);

/** What the texts of a delivery take, in bytes as they are stored. */
export const deliverySize = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .select({
      topics: t.deliveries.topics,
      body: t.deliveries.body,
      bytes: sql<number>`octet_length(${t.deliveries.body}) + octet_length(${t.deliveries.topics})`.mapWith(
        Number,
      ),
    })
    .from(t.deliveries)
    .where(eq(t.deliveries.id, p.id)),
);

/** The same of its attempts together. */
export const attemptSizes = statement(({ db, t: { attempts: a } }, p: Params<{ id: string }>) =>
  db
    .select({
      count: sql<number>`count(*)`.mapWith(Number),
      bytes:
        sql<number>`coalesce(sum(octet_length(${a.requestHeaders}) + coalesce(octet_length(${a.responseBody}), 0)
        + coalesce(octet_length(${a.detail}), 0) + coalesce(octet_length(${a.address}), 0)), 0)`.mapWith(
          Number,
        ),
    })
    .from(a)
    .where(eq(a.deliveryId, p.id)),
);

/** The id so many deliveries further: counting without holding the event loop. Nothing: there are fewer. */
export const deliveryFurtherOn = statement(({ db, t }, p: Params<{ after: string; offset: number }>) =>
  db
    .select({ id: t.deliveries.id })
    .from(t.deliveries)
    .where(gt(t.deliveries.id, p.after))
    .orderBy(asc(t.deliveries.id))
    .limit(1)
    .offset(p.offset),
);

/** How many there are after an id, and the last of them. */
export const deliveriesAfter = statement(({ db, t }, p: Params<{ after: string }>) =>
  db
    .select({
      count: sql<number>`count(*)`.mapWith(Number),
      last: sql<string | null>`max(${t.deliveries.id})`.mapWith(String),
    })
    .from(t.deliveries)
    .where(gt(t.deliveries.id, p.after)),
);

/**
 * Removes those that are (still) at rest.
 * @param failed  whether failed ones, too
 * @returns the ids of those that were removed
 */
export function removeDeliveries(ids: readonly string[], failed: boolean) {
  return ({ db, t }: Room) =>
    db
      .delete(t.deliveries)
      .where(
        and(
          inArray(t.deliveries.id, [...ids]),
          isNull(t.deliveries.nextAttemptAt),
          failed ? undefined : ne(t.deliveries.status, "failed"),
        ),
      )
      .returning({ id: t.deliveries.id });
}

export function removeAttempts(ids: readonly string[]) {
  return ({ db, t }: Room) => db.delete(t.attempts).where(inArray(t.attempts.deliveryId, [...ids]));
}
