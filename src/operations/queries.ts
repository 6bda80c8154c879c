/** The statements of operations. */
import { and, desc, eq, lt, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";
import type { OperationRow } from "./operation.ts";

export function insertOperation(row: OperationRow) {
  return ({ db, t }: Room) => db.insert(t.operations).values(row);
}

export const operationById = statement(({ db, t }, p: Params<{ id: string; organisationId: number }>) =>
  db
    .select()
    .from(t.operations)
    .where(and(eq(t.operations.id, p.id), eq(t.operations.organisationId, p.organisationId))),
);

type PageOf = Params<{ organisationId: number; before: string; limit: number }>;

/** Newest first. @param before  an id; beyond all of them for the first page */
export const operationsOf = statement(({ db, t }, p: PageOf) =>
  db
    .select()
    .from(t.operations)
    .where(and(eq(t.operations.organisationId, p.organisationId), lt(t.operations.id, p.before)))
    .orderBy(desc(t.operations.id))
    .limit(p.limit),
);

/** As {@link operationsOf}, of one who submitted them. */
export const operationsBy = statement(
  (
    { db, t },
    p: Params<{ organisationId: number; submittedBy: string | null; before: string; limit: number }>,
  ) =>
    db
      .select()
      .from(t.operations)
      .where(
        and(
          eq(t.operations.organisationId, p.organisationId),
          eq(t.operations.submittedBy, p.submittedBy),
          lt(t.operations.id, p.before),
        ),
      )
      .orderBy(desc(t.operations.id))
      .limit(p.limit),
);

/** When the next operation may be taken up: now where nobody runs it, else when the lease of who does ends. */
export const nextOpen = statement(({ db, t }) =>
  db
    .select({ at: t.operations.leaseUntil })
    .from(t.operations)
    .where(sql`status = 'IN_PROGRESS'`)
    .orderBy(t.operations.leaseUntil)
    .limit(1),
);

/** Takes the oldest operation that nobody runs. @param runner  the name of this run: what it writes must bear it */
export const claimOperation = statement(
  ({ db, t, skipLocked }, p: Params<{ now: number; lease: number; runner: string }>) => {
    const open = sql`(select id from operations where status = 'IN_PROGRESS' and lease_until <= ${p.now}
      order by id limit 1${skipLocked})`;
    return db
      .update(t.operations)
      .set({ runner: sql`${p.runner}`, leaseUntil: sql`${p.lease}` })
      .where(sql`${t.operations.id} in ${open}`)
      .returning();
  },
);

/** Says that it is still being run; returns nothing when it is not by this run. */
export const holdOperation = statement(
  ({ db, t }, p: Params<{ id: string; runner: string; lease: number }>) =>
    db
      .update(t.operations)
      .set({ leaseUntil: sql`${p.lease}` })
      .where(sql`${t.operations.id} = ${p.id} and runner = ${p.runner} and status = 'IN_PROGRESS'`)
      .returning({ id: t.operations.id }),
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
    .where(sql`status = 'IN_PROGRESS' and lease_until > 0`),
);

/** Changes an operation while this run has it; returns nothing when it has not. */
export function updateOperation(id: string, runner: string, columns: Partial<OperationRow>) {
  return ({ db, t }: Room) =>
    db
      .update(t.operations)
      .set(columns)
      .where(
        and(
          eq(t.operations.id, id),
          eq(t.operations.runner, runner),
          eq(t.operations.status, sql`'IN_PROGRESS'`),
        ),
      )
      .returning();
}
