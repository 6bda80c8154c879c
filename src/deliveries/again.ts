/**
 * Many deliveries made due again, oldest first, in slices of the log: so many rows at a time that other requests have
 * their turn, each slice in a transaction of its own.
 */
import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";

import type { Room } from "../store/statement.ts";
import type { Reader, Transaction } from "../store/store.ts";
import { deliveriesWithTerm, runBefore, termRun } from "./subject-queries.ts";
import { timeOf } from "./subjects.ts";

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
  /** Topics that it must have, each as it is or `Trainings.*`. */
  topics?: readonly string[] | undefined;
  /** An object that it is about: `training/f345345` (`objectTerm`). */
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
  const ids = await about(reader, filter, slice);
  const [row] = await reader.query((room) =>
    room.db
      .select({ count: sql<number>`count(*)`.mapWith(Number) })
      .from(room.t.deliveries)
      .where(and(stretchOf(room, filter, slice).stretch, conditions(room, filter, ids))),
  );
  return row?.count ?? 0;
}

/** Those of a slice that the filter leaves, oldest first. */
export async function findSlice(
  reader: Reader,
  filter: AgainFilter,
  slice: Slice,
): Promise<{ id: string; receiverId: string }[]> {
  const ids = await about(reader, filter, slice);
  return await reader.query((room) => {
    const { stretch, order } = stretchOf(room, filter, slice);
    return room.db
      .select({ id: room.t.deliveries.id, receiverId: room.t.deliveries.receiverId })
      .from(room.t.deliveries)
      .where(and(stretch, conditions(room, filter, ids)))
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
  const { deliveries } = t;
  const leading = leadingColumns(filter);
  const columns = [...leading.map(([name]) => deliveries[name]), deliveries.id];
  const values = leading.map(([, value]) => value);
  const index = tuple(columns);
  const between = sql`${index} > ${tuple([...values, after])} and ${index} <= ${tuple([...values, to])}`;
  return {
    // A partial index is only taken when its own condition stands in the query.
    stretch: leading.some(([name]) => name === "status")
      ? sql`${between} and status <> 'delivered'`
      : between,
    order: columns.map((column) => asc(column)),
  };
}

/** What the index begins with: `deliveries_by_receiver`, `..._by_status` or `..._by_organisation`. */
function leadingColumns(
  filter: AgainFilter,
): (["organisationId", number] | ["receiverId" | "status", string])[] {
  const { organisationId, receiverId, status, term } = filter;
  // A slice is to have few deliveries, also of those that are about an object.
  if (term !== undefined) return [["organisationId", organisationId]];
  if (receiverId !== undefined) return [["receiverId", receiverId]];
  if (status === undefined || status === "delivered") return [["organisationId", organisationId]];
  return [
    ["organisationId", organisationId],
    ["status", status],
  ];
}

/** What of the filter its index does not know: each row is looked at. */
function conditions({ t }: Room, filter: AgainFilter, ids: readonly string[] | undefined): SQL | undefined {
  const { organisationId, receiverId, status, statusCode, error, topics = [] } = filter;
  const { deliveries } = t;
  return and(
    eq(deliveries.organisationId, organisationId),
    receiverId === undefined ? undefined : eq(deliveries.receiverId, receiverId),
    inArray(deliveries.status, status === undefined ? [...resendable] : [status]),
    statusCode === undefined ? undefined : eq(deliveries.statusCode, statusCode),
    error === undefined ? undefined : eq(deliveries.error, error),
    ...topics.map((topic) => hasTopic(deliveries.topics, topic)),
    ids === undefined ? undefined : inArray(deliveries.id, [...ids]),
  );
}

/** Whether the JSON list holds the topic. `replace` minds the case and knows no wildcards, on both databases. */
function hasTopic(topics: unknown, pattern: string): SQL {
  const text = JSON.stringify(pattern);
  const part = pattern.endsWith(".*") ? text.slice(0, -'*"'.length) : text;
  return sql`replace(${topics}, ${part}, '') <> ${topics}`;
}

/** The deliveries of a slice that are about an object; undefined where the filter does not ask. */
async function about(reader: Reader, filter: AgainFilter, slice: Slice): Promise<string[] | undefined> {
  const { organisationId, term } = filter;
  if (term === undefined) return undefined;
  const ids: string[] = [];
  // A space comes before whatever an id goes on with.
  const [from, to] = [`${slice.after} `, `${slice.to} `];
  let [found] = await reader.run(termRun, { organisationId, time: timeOf(slice.to) });
  while (found) {
    const { run } = found;
    const page = { organisationId, run, term, from, to, limit: SLICE };
    for (const { id } of await reader.run(deliveriesWithTerm, page)) ids.push(id);
    // The run in which the slice begins has the last of them.
    if (run <= timeOf(slice.after)) break;
    [found] = await reader.run(runBefore, { organisationId, run });
  }
  return ids;
}

function tuple(parts: readonly unknown[]): SQL {
  return sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;
}
