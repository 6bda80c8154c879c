/** The statements of the delivery log. */
import { and, type Column, desc, eq, getTableColumns, inArray, ne, type SQL, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type DeliveryStatus = Tables["deliveries"]["$inferSelect"]["status"];

/** A delivery without its body. */
export type LogRow = Omit<Tables["deliveries"]["$inferSelect"], "body" | "scheduleFrom">;

/** What all deliveries of a stretch have in common, and an index begins with. Nothing: the organisation's whole log. */
export type Common =
  | { receiverId: string }
  | { error: string }
  | { statusCode: number }
  | { status: DeliveryStatus }
  | undefined;

/** Which part of the log: one range of one index, newest first. */
export interface LogRange {
  organisationId: number;
  /** A receiver must be one of the organisation's. */
  by?: Common;
  /** The ids from (included) and to (excluded). */
  from: string;
  to: string;
}

/** What the range's index does not know: each row of it is looked at. */
export interface Residual {
  receiverId?: string | undefined;
  status?: DeliveryStatus | undefined;
  statusCode?: number | undefined;
  error?: string | undefined;
  /** Topics, or beginnings such as `Trainings.`: each must be among the delivery's. */
  topics?: readonly string[] | undefined;
}

/** The conditions of the partial indexes, word for word: without them in the query they are not taken. */
const WITHIN = {
  status: sql.raw("status <> 'delivered'"),
  statusCode: sql.raw("status_code not in (200, 204)"),
  error: sql.raw("error is not null"),
};

/** Whether an index has what succeeds all the time, too: it has not. */
export const isRareStatus = (status: DeliveryStatus): boolean => status !== "delivered";
export const isRareCode = (statusCode: number): boolean => statusCode !== 200 && statusCode !== 204;

/**
 * A range as one stretch of the one index that has it. Bounds and order name all columns of the index, also those
 * that are the same throughout, because planners are told nothing else: SQLite takes `deliveries_by_organisation` for
 * a status too, PostgreSQL walks the primary key in the hope of meeting a receiver soon.
 */
function stretch({ t }: Room, { organisationId, by, from, to }: LogRange) {
  const [name, value] = by ? leading(by) : [];
  const names = [
    ...(name === "receiverId" ? [] : (["organisationId"] as const)),
    ...(name ? [name] : []),
    "id" as const,
  ];
  const values = [
    ...(name === "receiverId" ? [] : [organisationId]),
    ...(value === undefined ? [] : [value]),
  ];
  const index = tuple(names.map((column) => t.deliveries[column]));
  const between = sql`${index} >= ${tuple([...values, from])} and ${index} < ${tuple([...values, to])}`;
  /** @param of  the table, or a subquery with its columns */
  const newestFirst = (of: Record<(typeof names)[number], Column>) => names.map((column) => desc(of[column]));
  const within = name === undefined || name === "receiverId" ? between : sql`${between} and ${WITHIN[name]}`;
  return { within, newestFirst };
}

function leading(
  by: NonNullable<Common>,
): ["receiverId" | "status" | "statusCode" | "error", string | number] {
  if ("receiverId" in by) return ["receiverId", by.receiverId];
  if ("status" in by) return ["status", by.status];
  return "error" in by ? ["error", by.error] : ["statusCode", by.statusCode];
}

function tuple(parts: readonly (Column | string | number)[]): SQL {
  return sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;
}

/** Whether there is nothing left to look for in a range. */
export const isExact = (residual: Residual): boolean =>
  Object.values(residual).every((value) => value === undefined);

/** @param of  the table, or a subquery with its columns */
function passes(
  of: Record<keyof Omit<Residual, "topics"> | "topics", Column>,
  residual: Residual,
): SQL | undefined {
  const { receiverId, status, statusCode, error, topics = [] } = residual;
  return and(
    receiverId === undefined ? undefined : eq(of.receiverId, receiverId),
    status === undefined ? undefined : eq(of.status, status),
    statusCode === undefined ? undefined : eq(of.statusCode, statusCode),
    error === undefined ? undefined : eq(of.error, error),
    ...topics.map((topic) => hasTopic(of.topics, topic)),
  );
}

/**
 * Whether the JSON list holds the topic, or one that begins so. `replace` minds the case and knows no wildcards, on
 * both databases.
 */
function hasTopic(topics: Column, topic: string): SQL {
  const text = JSON.stringify(topic);
  const part = topic.endsWith(".") ? text.slice(0, -1) : text;
  return sql`replace(${topics}, ${part}, '') <> ${topics}`;
}

function rowColumns({ t }: Room) {
  const { body: _, scheduleFrom: __, ...columns } = getTableColumns(t.deliveries);
  return columns;
}

/** The newest `limit` rows of the range that pass, of its newest `scan` rows. */
export function logPage(range: LogRange, residual: Residual, limit: number, scan: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretch(room, range);
    const scanned = room.db
      .select(rowColumns(room))
      .from(room.t.deliveries)
      .where(within)
      .orderBy(...newestFirst(room.t.deliveries))
      .limit(scan)
      .as("scanned");
    return room.db
      .select()
      .from(scanned)
      .where(passes(scanned, residual))
      .orderBy(...newestFirst(scanned))
      .limit(limit);
  };
}

/** The id of the range's row number `scan`: where a bounded scan ended. Nothing: it saw all. */
export function scanEnd(range: LogRange, scan: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretch(room, range);
    const { deliveries } = room.t;
    return room.db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(within)
      .orderBy(...newestFirst(deliveries))
      .limit(1)
      .offset(scan - 1);
  };
}

/** How many rows a range has, counted up to `most`. */
export function countUpTo(range: LogRange, most: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretch(room, range);
    const { deliveries } = room.t;
    const some = room.db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(within)
      .orderBy(...newestFirst(deliveries))
      .limit(most)
      .as("some_deliveries");
    return room.db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(some);
  };
}

/** Those of the deliveries that are the organisation's and pass, newest first. */
export function deliveriesOf(organisationId: number, ids: readonly string[], residual: Residual) {
  return (room: Room) => {
    const { deliveries } = room.t;
    return room.db
      .select(rowColumns(room))
      .from(deliveries)
      .where(
        and(
          inArray(deliveries.id, [...ids]),
          eq(deliveries.organisationId, organisationId),
          passes(deliveries, residual),
        ),
      )
      .orderBy(desc(deliveries.id));
  };
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
