/** What takes longer than a request. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function operationTables({ table, text, integer, json, index }: ColumnKit) {
  /** What takes longer than a request: it goes on after a restart, or says why not. */
  const operations = table(
    "operations",
    {
      /** A UUIDv7: the order of ids is that of submission. */
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** Such as `receivers.recover`. */
      kind: text("kind").notNull(),
      status: text("status").$type<"IN_PROGRESS" | "SUCCESS" | "ERROR">().notNull(),
      message: text("message").notNull(),
      done: integer("done").notNull(),
      /** Null while it is not known. */
      total: integer("total"),
      resourceType: text("resource_type"),
      resourceName: text("resource_name"),
      submittedAt: integer("submitted_at").notNull(),
      /** As in the audit log: `account:<client id>`, ... */
      submittedBy: text("submitted_by"),
      lastUpdatedAt: integer("last_updated_at").notNull(),
      completedAt: integer("completed_at"),
      input: json("input").$type<Record<string, unknown>>().notNull(),
      /** Where to go on after a restart, in the words of its kind. */
      position: json("position").$type<Record<string, unknown>>().notNull().default({}),
      result: json("result").$type<Record<string, unknown> | null>(),
      /** The name of the run that has it; null: it waits. */
      runner: text("runner"),
      /** Until when it is that run's, unless it says that it still works; of one that waits, from when on it may begin. */
      leaseUntil: integer("lease_until").notNull().default(0),
      /** While it is run, by which server (`nodes/watch.ts`); null: only time ends its lease. */
      node: integer("node"),
      /** When it was begun; anew after a failure. */
      startedAt: integer("started_at"),
      /** How often it was begun since then: more than once, when its process died. */
      runs: integer("runs").notNull().default(0),
      /** How often it failed and was begun anew. */
      failures: integer("failures").notNull().default(0),
      /** Who does not want it any more. */
      cancelledBy: text("cancelled_by"),
    },
    (t) => [
      index("operations_by_organisation").on(t.organisationId, t.id),
      // For those who may see their own alone.
      index("operations_by_submitter").on(t.organisationId, t.submittedBy, t.id),
      index("operations_by_kind").on(t.organisationId, t.kind, t.id),
      index("operations_by_resource")
        .on(t.organisationId, t.resourceName, t.id)
        .where(sql`resource_name is not null`),
      // Those that succeed are most of them, and not worth an index.
      index("operations_unlike_others")
        .on(t.organisationId, t.status, t.id)
        .where(sql`status <> 'SUCCESS'`),
      // In the order of their turn, with what limits are by: those of a kind that is full are passed over here.
      index("operations_open")
        .on(t.leaseUntil, t.id, t.kind, t.organisationId)
        .where(sql`status = 'IN_PROGRESS'`),
      index("operations_running")
        .on(t.kind, t.organisationId)
        .where(sql`status = 'IN_PROGRESS' and runner is not null`),
      index("operations_ended")
        .on(t.completedAt)
        .where(sql`completed_at is not null`),
    ],
  );

  /** One row: whoever updates it is, until the end of his transaction, the only one who gives operations out. */
  const operationTurns = table("operation_turns", {
    id: integer("id").primaryKey(),
    at: integer("at").notNull(),
  });

  return { operations, operationTurns };
}
