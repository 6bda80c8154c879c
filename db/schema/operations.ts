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
      /** Which process runs it, until when unless it says that it still does. */
      runner: text("runner"),
      leaseUntil: integer("lease_until").notNull().default(0),
    },
    (t) => [
      index("operations_by_organisation").on(t.organisationId, t.id),
      // For those who may see their own alone.
      index("operations_by_submitter").on(t.organisationId, t.submittedBy, t.id),
      index("operations_open")
        .on(t.id)
        .where(sql`status = 'IN_PROGRESS'`),
    ],
  );

  return { operations };
}
