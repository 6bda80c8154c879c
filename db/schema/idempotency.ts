/** Requests that bear an `Idempotency-Key`, and what they were answered. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function idempotencyTables({ table, text, integer, json, index, primaryKey }: ColumnKit) {
  const idempotencyKeys = table(
    "idempotency_keys",
    {
      organisationId: integer("organisation_id").notNull(),
      /** Whose request it was, as in the audit log, with who acted in its name. */
      subject: text("subject").notNull(),
      key: text("key").notNull(),
      /** HMAC-SHA-256 of method, path, query and body, hex. */
      fingerprint: text("fingerprint").notNull(),
      /** `written`: what it was to do is done, but its answer is not known. */
      state: text("state").$type<"running" | "written" | "done">().notNull(),
      /** The name of this run: what it writes must bear it. */
      run: text("run").notNull(),
      /** Until when nobody else takes it up. */
      leaseUntil: integer("lease_until").notNull(),
      createdAt: integer("created_at").notNull(),
      status: integer("status"),
      headers: json("headers").$type<Record<string, string>>().notNull().default({}),
      /** Sealed: it may hold a secret. Null: there is none. */
      body: text("body"),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.subject, t.key] }),
      index("idempotency_keys_by_age").on(t.createdAt),
      index("idempotency_keys_open")
        .on(t.state)
        .where(sql`state <> 'done'`),
    ],
  );

  return { idempotencyKeys };
}
