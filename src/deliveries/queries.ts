/** The statements of bundling and sending. */
import { and, asc, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, statement } from "../store/statement.ts";

export const receiverCursor = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .select({
      cursor: t.receivers.cursor,
      enabled: t.receivers.enabled,
      deletedAt: t.receivers.deletedAt,
    })
    .from(t.receivers)
    .where(eq(t.receivers.id, p.id)),
);

/** Moves a receiver's cursor from where it was read; returns nothing when another node was quicker or it is gone. */
export const moveCursor = statement(({ db, t }, p: Params<{ id: string; from: number; to: number }>) =>
  db
    .update(t.receivers)
    .set({ cursor: sql`${p.to}` })
    .where(and(eq(t.receivers.id, p.id), eq(t.receivers.cursor, p.from), isNull(t.receivers.deletedAt)))
    .returning({ cursor: t.receivers.cursor }),
);

interface NewDelivery {
  id: string;
  organisationId: number;
  receiverId: string;
  topics: string[];
  status: "pending" | "delivering";
  at: number;
  nextAttemptAt: number;
  /** Whose it is, of one that is handed over under a lease. */
  node: number | null;
  body: string;
}

export const insertDelivery = statement(({ db, t }, p: Params<NewDelivery>) =>
  db.insert(t.deliveries).values({
    id: p.id,
    organisationId: p.organisationId,
    receiverId: p.receiverId,
    topics: p.topics,
    status: p.status,
    attempts: 0,
    createdAt: p.at,
    nextAttemptAt: p.nextAttemptAt,
    node: p.node,
    body: p.body,
  }),
);

interface NewSuccessor extends Omit<NewDelivery, "status" | "node"> {
  status: "pending" | "retrying";
  scheduleFrom: number;
}

/** See `succeed.ts`. */
export const insertSuccessor = statement(({ db, t }, p: Params<NewSuccessor>) =>
  db.insert(t.deliveries).values({
    id: p.id,
    organisationId: p.organisationId,
    receiverId: p.receiverId,
    topics: p.topics,
    status: p.status,
    attempts: 0,
    createdAt: p.at,
    nextAttemptAt: p.nextAttemptAt,
    scheduleFrom: p.scheduleFrom,
    body: p.body,
  }),
);

/** Cancels a delivery of this status in favour of its successors; returns nothing when it is something else by now. */
export const withdraw = statement(({ db, t }, p: Params<{ id: string; status: string; error: string }>) =>
  db
    .update(t.deliveries)
    .set({ status: "cancelled", error: sql`${p.error}`, nextAttemptAt: null })
    .where(and(eq(t.deliveries.id, p.id), eq(t.deliveries.status, sql`cast(${p.status} as text)`)))
    .returning({ id: t.deliveries.id }),
);

/** A receiver's deliveries that are not at rest, without their bodies. */
export const openOnes = statement(({ db, t }, p: Params<{ receiverId: string }>) =>
  db
    .select({ id: t.deliveries.id, status: t.deliveries.status })
    .from(t.deliveries)
    .where(and(eq(t.deliveries.receiverId, p.receiverId), isNotNull(t.deliveries.nextAttemptAt))),
);

/** The newest of a receiver's deliveries that are not at rest. */
export const newestOpen = statement(({ db, t }, p: Params<{ receiverId: string }>) =>
  db
    .select({ id: sql<string | null>`max(${t.deliveries.id} || '')` })
    .from(t.deliveries)
    .where(and(eq(t.deliveries.receiverId, p.receiverId), isNotNull(t.deliveries.nextAttemptAt))),
);

export const deliveryWithBody = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.deliveries).where(eq(t.deliveries.id, p.id)),
);

interface ClaimParams {
  receiverId: string;
  now: number;
  lease: number;
  /** The number of the process that claims (`store.presence`). */
  node: number | null;
}

/** Takes up to `limit` due deliveries of a receiver for this process, until `lease`. */
export const claimDue = statement(({ db, t, skipLocked }, p: Params<ClaimParams & { limit: number }>) => {
  const due = sql`(select id from deliveries where receiver_id = ${p.receiverId} and next_attempt_at <= ${p.now}
      order by next_attempt_at, id limit ${p.limit}${skipLocked})`;
  return db
    .update(t.deliveries)
    .set({ status: "delivering", nextAttemptAt: sql`${p.lease}`, node: sql`${p.node}` })
    .where(sql`${t.deliveries.id} in ${due}`)
    .returning({
      id: t.deliveries.id,
      topics: t.deliveries.topics,
      attempts: t.deliveries.attempts,
      scheduleFrom: t.deliveries.scheduleFrom,
      node: t.deliveries.node,
      body: t.deliveries.body,
    });
});

/**
 * The oldest delivery of a receiver that is not at rest, for one that is to get them in their order. (`|| ''` keeps
 * planners from walking the whole log of the receiver in the order of ids.)
 */
const head = (receiverId: unknown) => sql`(select id from deliveries where receiver_id = ${receiverId}
  and next_attempt_at is not null order by id || '' limit 1)`;

/** As {@link claimDue}, where each waits for the one before: takes the oldest if it is due. */
export const claimHead = statement(({ db, t }, p: Params<ClaimParams>) =>
  db
    .update(t.deliveries)
    .set({ status: "delivering", nextAttemptAt: sql`${p.lease}`, node: sql`${p.node}` })
    .where(and(sql`${t.deliveries.id} = ${head(p.receiverId)}`, lte(t.deliveries.nextAttemptAt, p.now)))
    .returning({
      id: t.deliveries.id,
      topics: t.deliveries.topics,
      attempts: t.deliveries.attempts,
      scheduleFrom: t.deliveries.scheduleFrom,
      node: t.deliveries.node,
      body: t.deliveries.body,
    }),
);

/** When the oldest of a receiver's deliveries that are not at rest is due. */
export const headDue = statement(({ db, t }, p: Params<{ receiverId: string }>) =>
  db
    .select({ at: t.deliveries.nextAttemptAt })
    .from(t.deliveries)
    .where(sql`${t.deliveries.id} = ${head(p.receiverId)}`),
);

/** When a receiver's next delivery is due. */
export const nextDue = statement(({ db, t }, p: Params<{ receiverId: string }>) =>
  db
    .select({ at: t.deliveries.nextAttemptAt })
    .from(t.deliveries)
    .where(and(eq(t.deliveries.receiverId, p.receiverId), isNotNull(t.deliveries.nextAttemptAt)))
    .orderBy(asc(t.deliveries.nextAttemptAt))
    .limit(1),
);

/** How many deliveries of a receiver are not at rest, counted up to `most`. */
export const openDeliveries = statement(({ db, t }, p: Params<{ receiverId: string; most: number }>) => {
  const open = db
    .select({ id: t.deliveries.id })
    .from(t.deliveries)
    .where(and(eq(t.deliveries.receiverId, p.receiverId), isNotNull(t.deliveries.nextAttemptAt)))
    .limit(p.most)
    .as("open_deliveries");
  return db.select({ count: sql<number>`count(*)`.mapWith(Number) }).from(open);
});

/** All receivers that have deliveries under way, with the time of the first: read once, at the start. */
export const dueByReceiver = statement(({ db, t }) =>
  db
    .select({
      receiverId: t.deliveries.receiverId,
      at: sql<number>`min(${t.deliveries.nextAttemptAt})`.mapWith(Number),
      open: sql<number>`count(*)`.mapWith(Number),
      failing: sql<number>`max(case when ${t.deliveries.status} = 'retrying' then 1 else 0 end)`.mapWith(
        Number,
      ),
      /** Until when its last 429 or 503 keeps it waiting. */
      heldUntil: sql<number | null>`max(case when ${t.deliveries.status} = 'retrying'
        and ${t.deliveries.statusCode} in (429, 503) then ${t.deliveries.nextAttemptAt} end)`.mapWith(
        (value: unknown) => (value === null ? null : Number(value)),
      ),
    })
    .from(t.deliveries)
    .where(isNotNull(t.deliveries.nextAttemptAt))
    .groupBy(t.deliveries.receiverId),
);

/** Puts back what a process that died was sending; only where no other process can be sending. */
export const releaseAll = statement(({ db, t }, p: Params<{ now: number }>) =>
  db
    .update(t.deliveries)
    .set({
      status: sql`case when attempts = 0 then 'pending' else 'retrying' end`,
      nextAttemptAt: sql`${p.now}`,
    })
    .where(and(isNotNull(t.deliveries.nextAttemptAt), eq(t.deliveries.status, sql`'delivering'`))),
);

/** The clock has been set back by so much: what waits is due that much earlier, by its time. */
export const shiftDue = statement(({ db, t }, p: Params<{ by: number }>) =>
  db
    .update(t.deliveries)
    .set({ nextAttemptAt: sql`${t.deliveries.nextAttemptAt} - ${p.by}` })
    .where(
      and(isNotNull(t.deliveries.nextAttemptAt), sql`${t.deliveries.status} in ('pending', 'retrying')`),
    ),
);

/** Of a claim that another process has not taken over. @param node  as it was claimed */
const stillOf = (t: Tables, node: unknown) =>
  sql`(${t.deliveries.node} is null or ${t.deliveries.node} = ${node})`;

/** Puts one delivery back unsent. @param p  `node` as it was claimed */
export const release = statement(({ db, t }, p: Params<{ id: string; node: number | null; now: number }>) =>
  db
    .update(t.deliveries)
    .set({
      status: sql`case when attempts = 0 then 'pending' else 'retrying' end`,
      nextAttemptAt: sql`${p.now}`,
    })
    .where(and(eq(t.deliveries.id, p.id), eq(t.deliveries.status, sql`'delivering'`), stillOf(t, p.node))),
);

interface Settled {
  id: string;
  /** As it was claimed: where another process has taken over, it is for that one to say what came of it. */
  node: number | null;
  /** The number of this attempt: a result that comes twice is counted once. */
  number: number;
  status: string;
  statusCode: number | null;
  /** Class of the failure; null when it was delivered. */
  error: string | null;
  /** By one more where the attempt is not one of the schedule's: the fault was not the receiver's. */
  scheduleFrom: number;
  nextAttemptAt: number | null;
}

export const settle = statement(({ db, t }, p: Params<Settled>) =>
  db
    .update(t.deliveries)
    .set({
      status: sql`case when status = 'cancelled' and cast(${p.status} as text) <> 'delivered' then status
        else cast(${p.status} as text) end`,
      statusCode: sql`${p.statusCode}`,
      error: sql`${p.error}`,
      attempts: sql`${p.number}`,
      scheduleFrom: sql`${p.scheduleFrom}`,
      nextAttemptAt: sql`case when status = 'cancelled' then null else cast(${p.nextAttemptAt} as bigint) end`,
    })
    .where(
      and(
        eq(t.deliveries.id, p.id),
        lte(t.deliveries.attempts, sql`${p.number} - 1`),
        // Cancelled meanwhile, as its receiver was removed: the log still tells what the attempt came to.
        sql`${t.deliveries.status} in ('delivering', 'cancelled')`,
        stillOf(t, p.node),
      ),
    )
    .returning({ id: t.deliveries.id }),
);

interface NewAttempt {
  deliveryId: string;
  number: number;
  at: number;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  detail: string | null;
  requestHeaders: Record<string, string>;
  responseBody: string | null;
  /** The address that was spoken to. */
  address: string | null;
}

export const insertAttempt = statement(({ db, t }, p: Params<NewAttempt>) =>
  db.insert(t.attempts).values({
    deliveryId: p.deliveryId,
    number: p.number,
    at: p.at,
    durationMs: p.durationMs,
    statusCode: p.statusCode,
    error: p.error,
    detail: p.detail,
    requestHeaders: p.requestHeaders,
    responseBody: p.responseBody,
    address: p.address,
  }),
);

/** A receiver has begun to fail, unless another process has seen that before. */
export const beginFailing = statement(({ db, t }, p: Params<{ id: string; at: number }>) =>
  db
    .update(t.receivers)
    .set({ failingSince: sql`${p.at}`, warned: 0 })
    .where(and(eq(t.receivers.id, p.id), isNull(t.receivers.failingSince))),
);

/** An attempt was good. */
export const endFailing = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .update(t.receivers)
    .set({ failingSince: null, warned: 0 })
    .where(and(eq(t.receivers.id, p.id), isNotNull(t.receivers.failingSince))),
);

export const failingOf = statement(({ db, t }, p: Params<{ id: string }>) =>
  db
    .select({
      failingSince: t.receivers.failingSince,
      warned: t.receivers.warned,
      enabled: t.receivers.enabled,
      deletedAt: t.receivers.deletedAt,
    })
    .from(t.receivers)
    .where(eq(t.receivers.id, p.id)),
);

/** All receivers that fail, for a process that is not the only one to know. */
export const failingReceivers = statement(({ db, t }) =>
  db
    .select({ id: t.receivers.id, failingSince: t.receivers.failingSince })
    .from(t.receivers)
    .where(and(isNotNull(t.receivers.failingSince), isNull(t.receivers.deletedAt))),
);

/** Notes that its owner is told; returns nothing when another process was quicker. */
export const raiseWarned = statement(({ db, t }, p: Params<{ id: string; from: number; to: number }>) =>
  db
    .update(t.receivers)
    .set({ warned: sql`${p.to}` })
    .where(and(eq(t.receivers.id, p.id), eq(t.receivers.warned, p.from)))
    .returning({ id: t.receivers.id }),
);
