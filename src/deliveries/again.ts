/**
 * Many deliveries made due again, oldest first, in slices of the log: so many rows at a time that other requests have
 * their turn, each slice in a transaction of its own.
 */
import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";

import type { Room } from "../store/statement.ts";
import type { Reader, Transaction } from "../store/store.ts";
import type { DeliveryStatus } from "./log-queries.ts";

/** What can be sent again: what is under way already is not. */
export const resendable = ["failed", "retrying", "cancelled", "delivered"] as const;
export type Resendable = (typeof resendable)[number];

/** Which deliveries of an organisation. */
export interface AgainFilter {
  organisationId: number;
  receiverId?: string | undefined;
  /** Not given: all that can be sent again. */
  status?: Resendable | undefined;
  statusCode?: number | undefined;
  error?: string | undefined;
  /** A topic, or `Trainings.*`. */
  topic?: string | undefined;
  /** As {@link AgainFilter.term} says: `training/f345345`, or `training/` for every training. */
  term?: string | undefined;
  /** When they were made, ms since 1970: from (included), up to (excluded). */
  since: number;
  until: number;
}

/** A stretch of the log: after the first id, up to the second one. */
export interface Slice {
  after: string;
  to: string;
  /** Nothing of the filter's time lies beyond. */
  last: boolean;
}

/** Rows of a slice: about a millisecond to change, in which nothing else has its turn (field notes). */
export const SLICE = 500;

/** The smallest id that a delivery of this time can have: the first 48 bits of a UUIDv7 are its milliseconds. */
export function firstId(ms: number): string {
  const digits = Math.min(Math.max(Math.ceil(ms), 0), 2 ** 48 - 1).toString(16);
  return `msg_${digits.padStart(12, "0")}`;
}

/** The slice that begins after an id. @param size  rows of it that the filter's index has */
export async function sliceAfter(
  reader: Reader,
  filter: AgainFilter,
  after: string,
  size = SLICE,
): Promise<Slice> {
  const to = firstId(filter.until);
  const [end] = await reader.query((room) => {
    const { stretch, order } = stretchOf(room, filter, { after, to });
    const { deliveries } = room.t;
    return room.db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(stretch)
      .orderBy(...order)
      .limit(1)
      .offset(size - 1);
  });
  return { after, to: end?.id ?? to, last: end === undefined };
}

/** How many of a slice the filter leaves. */
export async function countSlice(reader: Reader, filter: AgainFilter, slice: Slice): Promise<number> {
  const [row] = await reader.query((room) =>
    room.db
      .select({ count: sql<number>`count(*)`.mapWith(Number) })
      .from(room.t.deliveries)
      .where(and(stretchOf(room, filter, slice).stretch, conditions(room, filter))),
  );
  return row?.count ?? 0;
}

/** Those of a slice that the filter leaves, oldest first. */
export function findSlice(
  reader: Reader,
  filter: AgainFilter,
  slice: Slice,
): Promise<{ id: string; receiverId: string }[]> {
  return reader.query((room) => {
    const { stretch, order } = stretchOf(room, filter, slice);
    return room.db
      .select({ id: room.t.deliveries.id, receiverId: room.t.deliveries.receiverId })
      .from(room.t.deliveries)
      .where(and(stretch, conditions(room, filter)))
      .orderBy(...order);
  });
}

/**
 * Makes deliveries due with their whole retry schedule before them; passes over those that are under way by now.
 * @param at  when they are due: the same for all of an operation, so that they are sent in the order of their ids
 * @returns how many it were
 */
export async function resendMany(tx: Transaction, ids: readonly string[], at: number): Promise<number> {
  if (ids.length === 0) return 0;
  const changed = await tx.query(({ db, t }) =>
    db
      .update(t.deliveries)
      .set({ status: "pending", nextAttemptAt: at, scheduleFrom: sql`${t.deliveries.attempts}` })
      .where(and(inArray(t.deliveries.id, [...ids]), inArray(t.deliveries.status, [...resendable])))
      .returning({ id: t.deliveries.id }),
  );
  return changed.length;
}

/**
 * One stretch of the one index that has the filter's rows. Bounds and order name all columns of the index, since
 * planners are told nothing else (`log-queries.ts`).
 */
function stretchOf({ t }: Room, filter: AgainFilter, { after, to }: { after: string; to: string }) {
  const { organisationId, receiverId, status } = filter;
  const { deliveries } = t;
  const rare = receiverId === undefined && status !== undefined && status !== "delivered";
  const columns =
    receiverId === undefined
      ? rare
        ? [deliveries.organisationId, deliveries.status, deliveries.id]
        : [deliveries.organisationId, deliveries.id]
      : [deliveries.receiverId, deliveries.id];
  const leading =
    receiverId === undefined ? (rare ? [organisationId, status] : [organisationId]) : [receiverId];
  const index = tuple(columns);
  const between = sql`${index} > ${tuple([...leading, after])} and ${index} <= ${tuple([...leading, to])}`;
  return {
    // A partial index is only taken when its own condition stands in the query.
    stretch: rare ? sql`${between} and status <> 'delivered'` : between,
    order: columns.map((column) => asc(column)),
  };
}

/** What of the filter its index does not know: each row is looked at. */
function conditions({ t }: Room, filter: AgainFilter): SQL | undefined {
  const { organisationId, status, statusCode, error, topic = "*", term } = filter;
  const { deliveries } = t;
  const statuses: readonly DeliveryStatus[] = status === undefined ? resendable : [status];
  const has = (from: string, to?: string): SQL =>
    sql`exists (select 1 from ${t.deliveryTerms} where ${t.deliveryTerms.organisationId} = ${organisationId}
      and ${to === undefined ? sql`${t.deliveryTerms.term} = ${from}` : sql`${t.deliveryTerms.term} >= ${from} and ${t.deliveryTerms.term} < ${to}`}
      and ${t.deliveryTerms.deliveryId} = ${deliveries.id})`;
  return and(
    eq(deliveries.organisationId, organisationId),
    inArray(deliveries.status, [...statuses]),
    statusCode === undefined ? undefined : eq(deliveries.statusCode, statusCode),
    error === undefined ? undefined : eq(deliveries.error, error),
    // The character after "." is "/", and the one after "/" is "0".
    topic === "*"
      ? undefined
      : topic.endsWith(".*")
        ? has(topic.slice(0, -1), `${topic.slice(0, -2)}/`)
        : has(topic),
    term === undefined ? undefined : term.endsWith("/") ? has(term, `${term.slice(0, -1)}0`) : has(term),
  );
}

function tuple(parts: readonly unknown[]): SQL {
  return sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;
}
