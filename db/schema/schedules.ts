/** What runs by the clock. What is to run, and when, is in the YAML; here is how far each has come. */
import type { ColumnKit } from "../columns.ts";

export function scheduleTables({ table, text, integer, primaryKey }: ColumnKit) {
  const schedules = table("schedules", {
    name: text("name").primaryKey(),
    /** The pattern and time zone that `next_at` was reckoned by. */
    plan: text("plan").notNull(),
    /** Whoever moves it from what it was runs the schedule: one node does. Null: it never comes again. */
    nextAt: integer("next_at"),
    /** The time of the last run, as the schedule has it. */
    lastAt: integer("last_at"),
  });

  /** The last run for each organisation. */
  const scheduleRuns = table(
    "schedule_runs",
    {
      name: text("name").notNull(),
      organisationId: integer("organisation_id").notNull(),
      /** Null while it has only been passed over. */
      operationId: text("operation_id"),
      /** The time by the schedule; null: it was run by hand. */
      dueAt: integer("due_at"),
      /** When a run was left out last, because the one before was still under way or could not begin. */
      skippedAt: integer("skipped_at"),
    },
    (t) => [primaryKey({ columns: [t.name, t.organisationId] })],
  );

  return { schedules, scheduleRuns };
}
