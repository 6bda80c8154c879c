/** The statements of the delivery log. */
import { and, type Column, desc, eq, getTableColumns, ne, type SQL, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type DeliveryStatus = Tables["deliveries"]["$inferSelect"]["status"];

/** A delivery without its body. */
export type LogRow = Omit<Tables["deliveries"]["$inferSelect"], "body" | "scheduleFrom">;

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

/**
 * A range as one stretch of the one index that has it. Bounds and order name all columns of the index, also those
 * that are the same throughout, because planners are told nothing else: SQLite takes `deliveries_by_organisation` for
 * a status too, PostgreSQL walks the primary key in the hope of meeting a receiver soon.
 */
function stretch({ t }: Room, range: LogRange) {
  const leading = leadingColumns(range);
  const names = [...leading.map(([name]) => name), "id" as const];
  const values = leading.map(([, value]) => value);
  const index = tuple(names.map((name) => t.deliveries[name]));
  const between = sql`${index} >= ${tuple([...values, range.from])} and ${index} < ${tuple([...values, range.to])}`;
  // A partial index is only taken when its own condition stands in the query.
  const within = leading.some(([name]) => name === "status")
    ? sql`${between} and ${IN_STATUS_INDEX}`
    : between;
  /** @param of  the table, or a subquery with its columns */
  const newestFirst = (of: Record<(typeof names)[number], Column>) => names.map((name) => desc(of[name]));
  return { within, newestFirst };
}

/** What the range's index begins with: `deliveries_by_receiver`, `..._by_status` or `..._by_organisation`. */
function leadingColumns(range: LogRange): (["organisationId", number] | ["receiverId" | "status", string])[] {
  if (range.receiverId !== undefined) return [["receiverId", range.receiverId]];
  if (range.status === undefined || !isRare(range.status)) return [["organisationId", range.organisationId]];
  return [
    ["organisationId", range.organisationId],
    ["status", range.status],
  ];
}

/** The condition of the index `deliveries_by_status`, word for word. */
const IN_STATUS_INDEX = sql.raw("status <> 'delivered'");

/** Whether `deliveries_by_status` has it. */
const isRare = (status: DeliveryStatus): boolean => status !== "delivered";

/** Whether the status is for each row to show, because the range's index does not know it. */
function isResidual({ receiverId, status }: LogRange): boolean {
  return status !== undefined && (receiverId !== undefined || !isRare(status));
}

function tuple(parts: readonly (Column | string | number)[]): SQL {
  return sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;
}

/** Whether the index alone gives the rows, so that none is read in vain. */
export function isIndexed(range: LogRange, filter: LogFilter): boolean {
  const { statusCode, topic = "*" } = filter;
  return statusCode === undefined && topic === "*" && !isResidual(range);
}

/** The newest `limit` rows of the range that pass the filter, of its newest `scan` rows. */
export function logPage(range: LogRange, filter: LogFilter, limit: number, scan: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretch(room, range);
    const { body: _, scheduleFrom: __, ...columns } = getTableColumns(room.t.deliveries);
    const scanned = room.db
      .select(columns)
      .from(room.t.deliveries)
      .where(within)
      .orderBy(...newestFirst(room.t.deliveries))
      .limit(scan)
      .as("scanned");
    const { topic = "*", statusCode } = filter;
    return room.db
      .select()
      .from(scanned)
      .where(
        and(
          // Said again of what the range has already, it would cost a sort.
          range.status !== undefined && isResidual(range) ? eq(scanned.status, range.status) : undefined,
          statusCode === undefined ? undefined : eq(scanned.statusCode, statusCode),
          topic === "*" ? undefined : hasTopic(scanned.topics, topic),
        ),
      )
      .orderBy(...newestFirst(scanned))
      .limit(limit);
  };
}

/** Whether the JSON list holds the topic. `replace` minds the case and knows no wildcards, on both databases. */
function hasTopic(topics: unknown, pattern: string): SQL {
  const text = JSON.stringify(pattern);
  const part = pattern.endsWith(".*") ? text.slice(0, -'*"'.length) : text;
  return sql`replace(${topics}, ${part}, '') <> ${topics}`;
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
