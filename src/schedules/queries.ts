/** The statements of schedules. */
import { and, eq, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, type Statement, statement } from "../store/statement.ts";

export type ScheduleRow = Tables["schedules"]["$inferSelect"];
export type RunRow = Tables["scheduleRuns"]["$inferSelect"];

export const scheduleByName = statement(({ db, t }, p: Params<{ name: string }>) =>
  db.select().from(t.schedules).where(eq(t.schedules.name, p.name)),
);

/** Says when a schedule runs next, unless it is known by the same plan. */
export function planSchedule(row: Pick<ScheduleRow, "name" | "plan" | "nextAt">) {
  return ({ db, t }: Room) =>
    db
      .insert(t.schedules)
      .values({ ...row, lastAt: null })
      .onConflictDoUpdate({
        target: t.schedules.name,
        set: { plan: sql`excluded.plan`, nextAt: sql`excluded.next_at` },
        setWhere: sql`${t.schedules.plan} <> excluded.plan`,
      });
}

/** Moves a schedule on from a time; returns nothing where another has done so. */
export function moveSchedule(
  { name, plan, from }: { name: string; plan: string; from: number | null },
  columns: Partial<Pick<ScheduleRow, "nextAt" | "lastAt">>,
) {
  return ({ db, t }: Room) =>
    db
      .update(t.schedules)
      .set(columns)
      .where(
        and(
          eq(t.schedules.name, name),
          eq(t.schedules.plan, plan),
          from === null ? sql`${t.schedules.nextAt} is null` : eq(t.schedules.nextAt, from),
        ),
      )
      .returning({ name: t.schedules.name });
}

/** The last run for an organisation, and how it stands. */
export const lastRun = statement(({ db, t }, p: Params<{ name: string; organisationId: number }>) =>
  db
    .select({
      dueAt: t.scheduleRuns.dueAt,
      skippedAt: t.scheduleRuns.skippedAt,
      // Of an operation that is gone, or never was, these are null.
      operationId: t.operations.id,
      status: t.operations.status,
      message: t.operations.message,
      submittedAt: t.operations.submittedAt,
      completedAt: t.operations.completedAt,
    })
    .from(t.scheduleRuns)
    .leftJoin(t.operations, eq(t.operations.id, t.scheduleRuns.operationId))
    .where(and(eq(t.scheduleRuns.name, p.name), eq(t.scheduleRuns.organisationId, p.organisationId))),
);

export type LastRun = typeof lastRun extends Statement<infer _P, (infer R)[]> ? R : never;

/** Says of an organisation's last run what is given; the rest stays. */
export function keepRun(
  key: Pick<RunRow, "name" | "organisationId">,
  columns: Partial<Omit<RunRow, "name" | "organisationId">>,
) {
  const none = { operationId: null, dueAt: null, skippedAt: null };
  return ({ db, t }: Room) =>
    db
      .insert(t.scheduleRuns)
      .values({ ...none, ...key, ...columns })
      .onConflictDoUpdate({ target: [t.scheduleRuns.name, t.scheduleRuns.organisationId], set: columns });
}
