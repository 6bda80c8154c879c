/** The statements of requests that bear an `Idempotency-Key`. */
import { and, eq, inArray, lt, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type KeyRow = Tables["idempotencyKeys"]["$inferSelect"];

/** Returns nothing where the key is there already. */
export const insertKey = statement(
  (
    { db, t },
    p: Params<
      Pick<KeyRow, "organisationId" | "subject" | "key" | "fingerprint" | "run" | "leaseUntil" | "createdAt">
    >,
  ) =>
    db
      .insert(t.idempotencyKeys)
      .values({
        organisationId: p.organisationId,
        subject: p.subject,
        key: p.key,
        fingerprint: p.fingerprint,
        state: "running",
        run: p.run,
        leaseUntil: p.leaseUntil,
        createdAt: p.createdAt,
      })
      .onConflictDoNothing()
      .returning({ run: t.idempotencyKeys.run }),
);

export const findKey = statement(({ db, t }, p: Params<Pick<KeyRow, "organisationId" | "subject" | "key">>) =>
  db
    .select()
    .from(t.idempotencyKeys)
    .where(
      and(
        eq(t.idempotencyKeys.organisationId, p.organisationId),
        eq(t.idempotencyKeys.subject, p.subject),
        eq(t.idempotencyKeys.key, p.key),
      ),
    ),
);

/** Begins a key anew that is too old, or whose process has died; returns nothing where another was quicker. */
export function takeKey(
  row: KeyRow,
  columns: Pick<KeyRow, "fingerprint" | "run" | "leaseUntil" | "createdAt">,
) {
  return ({ db, t }: Room) =>
    db
      .update(t.idempotencyKeys)
      .set({ ...columns, state: "running", status: null, headers: {}, body: null })
      .where(and(ofKey(t, row), eq(t.idempotencyKeys.run, row.run)))
      .returning({ run: t.idempotencyKeys.run });
}

const ofKey = (
  t: Tables,
  { organisationId, subject, key }: Pick<KeyRow, "organisationId" | "subject" | "key">,
) =>
  and(
    eq(t.idempotencyKeys.organisationId, organisationId),
    eq(t.idempotencyKeys.subject, subject),
    eq(t.idempotencyKeys.key, key),
  );

type Run = Pick<KeyRow, "organisationId" | "subject" | "key" | "run">;

const ofRun = (t: Tables, run: Run) => and(ofKey(t, run), eq(t.idempotencyKeys.run, run.run));

/** What it asked for is done, in the transaction that does it; returns nothing where another runs it by now. */
export function markWritten(run: Run) {
  return ({ db, t }: Room) =>
    db
      .update(t.idempotencyKeys)
      .set({ state: sql`case state when 'running' then 'written' else state end` })
      .where(ofRun(t, run))
      .returning({ run: t.idempotencyKeys.run });
}

/** Puts off the end of the leases of what is still under way. */
export function renewRuns(runs: readonly string[], until: number) {
  return ({ db, t }: Room) =>
    db
      .update(t.idempotencyKeys)
      .set({ leaseUntil: until })
      // The constant lets the index of those that are open be used.
      .where(and(sql`state <> 'done'`, inArray(t.idempotencyKeys.run, [...runs])));
}

export function keepAnswer(
  run: Run,
  columns: Pick<KeyRow, "state" | "status" | "headers" | "body"> & Partial<Pick<KeyRow, "leaseUntil">>,
) {
  return ({ db, t }: Room) => db.update(t.idempotencyKeys).set(columns).where(ofRun(t, run));
}

/** It came to nothing: the key may be used again. */
export function dropRun(run: Run, state: "running" | "any") {
  return ({ db, t }: Room) =>
    db
      .delete(t.idempotencyKeys)
      .where(state === "any" ? ofRun(t, run) : and(ofRun(t, run), sql`state = 'running'`));
}

/** It wrote, and then it failed: nobody runs it any more. */
export function endRun(run: Run) {
  return ({ db, t }: Room) => db.update(t.idempotencyKeys).set({ leaseUntil: 0 }).where(ofRun(t, run));
}

export const openKeys = statement(({ db, t }) =>
  db
    .select({ run: t.idempotencyKeys.run })
    .from(t.idempotencyKeys)
    .where(sql`state <> 'done'`)
    .limit(1),
);

/** Of a process that died; only where no other process can be running any. */
export const dropRunning = statement(({ db, t }) =>
  db.delete(t.idempotencyKeys).where(sql`state <> 'done' and state = 'running'`),
);
export const endWritten = statement(({ db, t }) =>
  db
    .update(t.idempotencyKeys)
    .set({ leaseUntil: 0 })
    .where(sql`state <> 'done' and state = 'written' and lease_until > 0`),
);

export const oldestKey = statement(({ db, t }) =>
  db
    .select({ at: t.idempotencyKeys.createdAt })
    .from(t.idempotencyKeys)
    .orderBy(t.idempotencyKeys.createdAt)
    .limit(1),
);

/** Older than `before`, at most `limit` of them. */
export const dropOldKeys = statement(({ db, t }, p: Params<{ before: number; limit: number }>) => {
  const old = sql`(select run from idempotency_keys where created_at < ${p.before} order by created_at limit ${p.limit})`;
  return db
    .delete(t.idempotencyKeys)
    .where(and(lt(t.idempotencyKeys.createdAt, p.before), sql`run in ${old}`))
    .returning({ run: t.idempotencyKeys.run });
});
