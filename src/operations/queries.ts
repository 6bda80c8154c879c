/** The statements of operations. */
import { and, asc, desc, eq, gt, gte, inArray, lt, not, type SQL, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";
import type { OperationRow } from "./operation.ts";

/** @param p  `input` as JSON text */
export const insertOperation = statement(
  ({ db, t }, p: Params<Omit<NewRow, "input" | "status"> & { input: string }>) =>
    db.insert(t.operations).values({
      ...{ id: p.id, organisationId: p.organisationId, kind: p.kind, input: sql`${p.input}` },
      ...{ status: "IN_PROGRESS", message: p.message, done: 0, total: p.total },
      ...{ resourceType: p.resourceType, resourceName: p.resourceName },
      ...{ submittedAt: p.submittedAt, submittedBy: p.submittedBy, lastUpdatedAt: p.submittedAt },
      leaseUntil: p.submittedAt,
    }),
);

/** What is said of an operation that is new. */
export type NewRow = Pick<
  OperationRow,
  | "id"
  | "organisationId"
  | "kind"
  | "input"
  | "status"
  | "message"
  | "total"
  | "resourceType"
  | "resourceName"
  | "submittedAt"
  | "submittedBy"
>;

export const operationById = statement(({ db, t }, p: Params<{ id: string; organisationId: number }>) =>
  db
    .select()
    .from(t.operations)
    .where(and(eq(t.operations.id, p.id), eq(t.operations.organisationId, p.organisationId))),
);

/** What a list of operations is narrowed by. */
export interface OperationFilter {
  status?: OperationRow["status"] | undefined;
  kind?: string | undefined;
  resourceType?: string | undefined;
  resourceName?: string | undefined;
  submittedBy?: string | undefined;
  /** Submitted then or later, milliseconds since 1970. */
  since?: number | undefined;
}

/** Newest first. @param before  an id; beyond all of them for the first page */
export function operationPage(
  { organisationId, before, limit }: { organisationId: number; before: string; limit: number },
  filter: OperationFilter,
) {
  return ({ db, t: { operations: o } }: Room) => {
    const { status, kind, resourceType, resourceName, submittedBy, since } = filter;
    const wanted = [
      status && eq(o.status, statusText(status)),
      kind && eq(o.kind, kind),
      resourceType && eq(o.resourceType, resourceType),
      resourceName && eq(o.resourceName, resourceName),
      submittedBy && eq(o.submittedBy, submittedBy),
      // Ids are in the order of submission: they say where to stop looking.
      since !== undefined && and(gte(o.id, firstIdAt(since)), gte(o.submittedAt, since)),
    ].filter((clause): clause is SQL => Boolean(clause));
    return db
      .select()
      .from(o)
      .where(and(eq(o.organisationId, organisationId), lt(o.id, before), ...wanted))
      .orderBy(desc(o.id))
      .limit(limit);
  };
}

/** A constant, which partial indexes are recognised by. */
const statusText = (status: OperationRow["status"]) => sql.raw(`'${status}'`);

/** The least UUIDv7 of a time. Of a moment earlier, because ids are made a little before they are stored. */
function firstIdAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms) - 1)
    .toString(16)
    .padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}`;
}

/** When the next operation may be taken up: now where it waits, else when the lease of who runs it ends. */
export const nextOpen = statement(({ db, t }, p: Params<{ after: number }>) =>
  db
    .select({ at: t.operations.leaseUntil })
    .from(t.operations)
    .where(sql`status = 'IN_PROGRESS' and lease_until > ${p.after}`)
    .orderBy(t.operations.leaseUntil)
    .limit(1),
);

/** Waits for who else gives operations out, and lets nobody else until the transaction ends. */
export const takeTurn = statement(({ db, t }, p: Params<{ at: number }>) =>
  db
    .insert(t.operationTurns)
    .values({ id: 1, at: p.at })
    .onConflictDoUpdate({ target: t.operationTurns.id, set: { at: sql`excluded.at` } }),
);

/** How many are being run, of each kind and organisation. */
export const runningLanes = statement(({ db, t }, p: Params<{ now: number }>) =>
  db
    .select({
      kind: t.operations.kind,
      organisationId: t.operations.organisationId,
      count: sql<number>`count(*)`.mapWith(Number),
    })
    .from(t.operations)
    .where(sql`status = 'IN_PROGRESS' and runner is not null and lease_until > ${p.now}`)
    .groupBy(t.operations.kind, t.operations.organisationId),
);

/** What is not to be begun now. */
export interface FullLanes {
  ids: readonly string[];
  kinds: readonly string[];
  organisations: readonly number[];
  lanes: readonly { kind: string; organisationId: number }[];
}

/** Those that nobody runs and whose time has come, in the order of their turn. */
export const nextOperations = statement(
  ({ db, t: { operations: o } }, p: Params<{ now: number; limit: number }>) =>
    db
      .select({ id: o.id, kind: o.kind, organisationId: o.organisationId })
      .from(o)
      .where(sql`status = 'IN_PROGRESS' and lease_until <= ${p.now}`)
      .orderBy(asc(o.leaseUntil), asc(o.id))
      .limit(p.limit),
);

/** As {@link nextOperations}, without those that have no room. */
export function openOperations(now: number, limit: number, full: FullLanes, only?: string) {
  return ({ db, t: { operations: o } }: Room) => {
    const passed = [
      only !== undefined && eq(o.id, only),
      full.ids.length > 0 && not(inArray(o.id, [...full.ids])),
      full.kinds.length > 0 && not(inArray(o.kind, [...full.kinds])),
      full.organisations.length > 0 && not(inArray(o.organisationId, [...full.organisations])),
      ...full.lanes.map(({ kind, organisationId }) => {
        const lane = and(eq(o.kind, kind), eq(o.organisationId, organisationId));
        return lane && not(lane);
      }),
    ].filter((clause): clause is SQL => Boolean(clause));
    return db
      .select({ id: o.id, kind: o.kind, organisationId: o.organisationId })
      .from(o)
      .where(and(sql`status = 'IN_PROGRESS' and lease_until <= ${now}`, ...passed))
      .orderBy(asc(o.leaseUntil), asc(o.id))
      .limit(limit);
  };
}

/** Takes one that nobody runs. @param runner  the name of this run: what it writes must bear it */
export const claimOperation = statement(
  ({ db, t }, p: Params<{ id: string; now: number; lease: number; node: number | null; runner: string }>) =>
    db
      .update(t.operations)
      .set({
        runner: sql`${p.runner}`,
        leaseUntil: sql`${p.lease}`,
        node: sql`${p.node}`,
        startedAt: sql`coalesce(started_at, ${p.now})`,
        runs: sql`runs + 1`,
      })
      .where(sql`${t.operations.id} = ${p.id} and status = 'IN_PROGRESS' and lease_until <= ${p.now}`)
      .returning(),
);

/** Says that it is still being run; returns nothing when it is not by this run. */
export const holdOperation = statement(
  ({ db, t }, p: Params<{ id: string; runner: string; lease: number }>) =>
    db
      .update(t.operations)
      .set({ leaseUntil: sql`${p.lease}` })
      .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`)
      .returning({ cancelledBy: t.operations.cancelledBy }),
);

/** Gives a run up, for another to go on. */
export const releaseOperation = statement(({ db, t }, p: Params<{ id: string; runner: string }>) =>
  db
    .update(t.operations)
    .set({ runner: null, leaseUntil: 0 })
    .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`),
);

/** Gives up what a process that died was running; only where no other process can be running anything. */
export const releaseOperations = statement(({ db, t }) =>
  db
    .update(t.operations)
    .set({ runner: null, leaseUntil: 0 })
    .where(sql`status = 'IN_PROGRESS' and runner is not null`),
);

/** A constant, by which the partial index is recognised. */
const running = sql`status = 'IN_PROGRESS' and runner is not null`;

/** The numbers of servers that run any: see `nodes/watch.ts`. */
export const runningNodes = statement(({ db, t }) =>
  db.selectDistinct({ node: t.operations.node }).from(t.operations).where(running),
);

/** Gives up what these servers were running, for others to go on. */
export function releaseOperationsOf(nodes: readonly number[]) {
  return ({ db, t }: Room) =>
    db
      .update(t.operations)
      .set({ runner: null, leaseUntil: 0, node: null })
      .where(and(running, inArray(t.operations.node, [...nodes])))
      .returning({ id: t.operations.id });
}

/** What a server runs it goes on with; only time ends its leases. */
export function unnameOperations(node: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.operations)
      .set({ node: null })
      .where(and(running, eq(t.operations.node, node)));
}

/** How far it has come. @param position  JSON text. Returns nothing when it is not run by this run. */
export const checkpointOperation = statement(
  (
    { db, t },
    p: Params<{
      id: string;
      runner: string;
      done: number;
      total: number | null;
      position: string;
      at: number;
    }>,
  ) =>
    db
      .update(t.operations)
      .set({
        done: sql`${p.done}`,
        total: sql`${p.total}`,
        position: sql`${p.position}`,
        lastUpdatedAt: sql`${p.at}`,
      })
      .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`)
      .returning({ cancelledBy: t.operations.cancelledBy }),
);

/** As {@link checkpointOperation}, of what is only shown. Whoever cancelled it has said so in the message. */
export const noteOperation = statement(
  (
    { db, t },
    p: Params<{
      id: string;
      runner: string;
      done: number;
      total: number | null;
      message: string;
      at: number;
    }>,
  ) =>
    db
      .update(t.operations)
      .set({
        done: sql`${p.done}`,
        total: sql`${p.total}`,
        message: sql`case when cancelled_by is null then ${p.message} else message end`,
        lastUpdatedAt: sql`${p.at}`,
      })
      .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`)
      .returning({ cancelledBy: t.operations.cancelledBy }),
);

/** Changes an operation while this run has it (`null`: while it waits); returns nothing when it has not. */
export function updateOperation(id: string, runner: string | null, columns: Partial<OperationRow>) {
  return ({ db, t }: Room) =>
    db
      .update(t.operations)
      .set(columns)
      .where(
        and(
          eq(t.operations.id, id),
          runner === null ? undefined : eq(t.operations.runner, runner),
          eq(t.operations.status, sql`'IN_PROGRESS'`),
        ),
      )
      .returning();
}

/** Ends an operation. @param p  `result` as JSON text */
export const finishOperation = statement(
  (
    { db, t },
    p: Params<{
      id: string;
      runner: string;
      status: string;
      message: string;
      result: string | null;
      done: number;
      total: number | null;
      at: number;
    }>,
  ) =>
    db
      .update(t.operations)
      .set({
        status: sql`${p.status}`,
        message: sql`${p.message}`,
        result: sql`${p.result}`,
        done: sql`${p.done}`,
        total: sql`${p.total}`,
        completedAt: sql`${p.at}`,
        lastUpdatedAt: sql`${p.at}`,
        runner: null,
        leaseUntil: 0,
      })
      .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`)
      .returning(),
);

/** Those that ended before a time, oldest first. `is not null` is said for the partial index. */
export const endedBefore = statement(({ db, t }, p: Params<{ before: number; limit: number }>) =>
  db
    .select({ id: t.operations.id, kind: t.operations.kind })
    .from(t.operations)
    .where(sql`completed_at is not null and completed_at < ${p.before}`)
    .orderBy(asc(t.operations.completedAt))
    .limit(p.limit),
);

/** When the one ended that did so first after a time. */
export const nextEnded = statement(({ db, t }, p: Params<{ after: number }>) =>
  db
    .select({ at: t.operations.completedAt })
    .from(t.operations)
    .where(and(sql`completed_at is not null`, gt(t.operations.completedAt, p.after)))
    .orderBy(asc(t.operations.completedAt))
    .limit(1),
);

export function removeOperations(ids: readonly string[]) {
  return ({ db, t }: Room) => db.delete(t.operations).where(inArray(t.operations.id, [...ids]));
}
