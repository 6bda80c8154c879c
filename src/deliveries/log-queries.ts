/** The statements of the delivery log. */
import { and, desc, eq, gte, lt, ne, type SQL, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type DeliveryStatus = Tables["deliveries"]["$inferSelect"]["status"];

/** A delivery without its body. */
export type LogRow = Omit<Tables["deliveries"]["$inferSelect"], "body" | "organisationId" | "scheduleFrom">;

/** Which part of the log: one range of one index, newest first. */
export interface LogRange {
  organisationId: number;
  /** It must be one of the organisation's. */
  receiverId?: string | undefined;
  status?: DeliveryStatus | undefined;
  /** The ids from (included) and to (excluded). */
  from: string;
  to: string;
}

/** What no index helps to find: each row of the range is looked at. */
export interface LogFilter {
  statusCode?: number | undefined;
  /** A topic, `Trainings.*` or `*`. */
  topic?: string | undefined;
}

function inRange({ t }: Room, range: LogRange): SQL | undefined {
  const { deliveries } = t;
  const whose =
    range.receiverId !== undefined
      ? eq(deliveries.receiverId, range.receiverId) // deliveries_by_receiver
      : range.status !== undefined
        ? and(eq(deliveries.organisationId, range.organisationId), eq(deliveries.status, range.status)) // ..._by_status
        : eq(deliveries.organisationId, range.organisationId); // deliveries_by_organisation
  return and(whose, gte(deliveries.id, range.from), lt(deliveries.id, range.to));
}

/** Whether the index alone gives the rows, so that none is read in vain. */
export function isIndexed(range: LogRange, filter: LogFilter): boolean {
  const { statusCode, topic = "*" } = filter;
  return (
    statusCode === undefined &&
    topic === "*" &&
    (range.receiverId === undefined || range.status === undefined)
  );
}

/**
 * The newest `limit` rows of the range that pass the filter, of its newest `scan` rows.
 * The inner limit bounds the work; it also keeps the filter's conditions from tempting a planner to another index.
 */
export function logPage(range: LogRange, filter: LogFilter, limit: number, scan: number) {
  return (room: Room) => {
    const { db, t } = room;
    const { id, organisationId, receiverId, topics, status, statusCode, attempts, createdAt, nextAttemptAt } =
      t.deliveries;
    const scanned = db
      .select({
        id,
        organisationId,
        receiverId,
        topics,
        status,
        statusCode,
        attempts,
        createdAt,
        nextAttemptAt,
      })
      .from(t.deliveries)
      .where(inRange(room, range))
      .orderBy(desc(id))
      .limit(scan)
      .as("scanned");
    return db
      .select({
        id: scanned.id,
        receiverId: scanned.receiverId,
        topics: scanned.topics,
        status: scanned.status,
        statusCode: scanned.statusCode,
        attempts: scanned.attempts,
        createdAt: scanned.createdAt,
        nextAttemptAt: scanned.nextAttemptAt,
      })
      .from(scanned)
      .where(
        and(
          eq(scanned.organisationId, range.organisationId),
          range.status === undefined ? undefined : eq(scanned.status, range.status),
          filter.statusCode === undefined ? undefined : eq(scanned.statusCode, filter.statusCode),
          filter.topic === undefined || filter.topic === "*"
            ? undefined
            : hasTopic(scanned.topics, filter.topic),
        ),
      )
      .orderBy(desc(scanned.id))
      .limit(limit);
  };
}

/** Whether the JSON list holds the topic. `replace` minds the case and knows no wildcards, on both databases. */
function hasTopic(topics: unknown, pattern: string): SQL {
  const text = JSON.stringify(pattern);
  const part = pattern.endsWith(".*") ? text.slice(0, -'*"'.length) : text;
  return sql`replace(${topics}, ${part}, '') <> ${topics}`;
}

/** The id of the range's row number `scan`, from the index alone: where a bounded scan ended. Nothing: it saw all. */
export function scanEnd(range: LogRange, scan: number) {
  return (room: Room) =>
    room.db
      .select({ id: room.t.deliveries.id })
      .from(room.t.deliveries)
      .where(inRange(room, range))
      .orderBy(desc(room.t.deliveries.id))
      .limit(1)
      .offset(scan - 1);
}

export const deliveryById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.deliveries).where(eq(t.deliveries.id, p.id)),
);

/** Newest first. */
export const attemptsOf = statement(({ db, t }, p: Params<{ deliveryId: string; limit: number }>) =>
  db
    .select()
    .from(t.attempts)
    .where(eq(t.attempts.deliveryId, p.deliveryId))
    .orderBy(desc(t.attempts.number))
    .limit(p.limit),
);

/** Makes a delivery due with its whole retry schedule before it; returns nothing while it is being delivered. */
export const resendDelivery = statement(({ db, t }, p: Params<{ id: string; now: number }>) =>
  db
    .update(t.deliveries)
    .set({ status: "pending", nextAttemptAt: sql`${p.now}`, scheduleFrom: sql`${t.deliveries.attempts}` })
    .where(and(eq(t.deliveries.id, p.id), ne(t.deliveries.status, "delivering")))
    .returning(),
);
