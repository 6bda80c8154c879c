/** Receivers, and the log of what was sent to them. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";
import type { SealedJson, StoredBundle, StoredContentFilter, StoredRate, StoredRetry } from "./stored.ts";

export function deliveryTables({
  table,
  text,
  integer,
  boolean,
  json,
  index,
  primaryKey,
  packed,
}: ColumnKit) {
  const receivers = table(
    "receivers",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      accountId: text("account_id").notNull(),
      name: text("name").notNull(),
      description: text("description").notNull(),
      url: text("url").notNull(),
      topics: json("topics").$type<string[]>().notNull(),
      format: text("format").$type<"changes" | "event" | "cloudevents">().notNull(),
      payload: text("payload").$type<"thin" | "full">().notNull(),
      auth: text("auth").$type<SealedJson>().notNull(),
      secret: text("secret").$type<SealedJson>().notNull(),
      bundle: json("bundle").$type<StoredBundle>().notNull(),
      retry: json("retry").$type<StoredRetry>().notNull(),
      headers: json("headers").$type<Record<string, string>>().notNull(),
      enabled: boolean("enabled").notNull(),
      /** Why it was switched off, where Koppla did it. */
      disabledReason: text("disabled_reason"),
      disabledAt: integer("disabled_at"),
      /** Free words of whoever made it; shown, never read. */
      metadata: json("metadata").$type<Record<string, string>>().notNull().default({}),
      /** Where its owner is told that it fails. */
      contact: text("contact"),
      contentFilter: json("content_filter").$type<StoredContentFilter>().notNull().default({}),
      /** One at a time, in the order of the feed: the next waits until the one before has been delivered. */
      ordered: boolean("ordered").notNull().default(false),
      rate: json("rate").$type<StoredRate | null>(),
      /** What becomes of changes while it is disabled: sent after it is enabled, or passed. */
      whileDisabled: text("while_disabled").$type<"keep" | "drop">().notNull().default("keep"),
      /** An ed25519 key (`v1a`), where it signs with one, too. */
      signingKey: text("signing_key").$type<SealedJson>(),
      /** PEM of `ca`, `cert` and `key`. */
      tls: text("tls").$type<SealedJson>(),
      /** Since when every attempt has failed; null: the last one was good. */
      failingSince: integer("failing_since"),
      /** Percent of the time to being disabled at which its owner was told last: 0, 50, 80. */
      warned: integer("warned").notNull().default(0),
      /** The last sequence of the feed that a bundle of this receiver has passed. */
      cursor: integer("cursor").notNull(),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
      deletedAt: integer("deleted_at"),
      /** Kept by koppla.yaml: changed there alone. */
      provisioned: boolean("provisioned").notNull().default(false),
      /** Its secret stands there, too. */
      secretProvisioned: boolean("secret_provisioned").notNull().default(false),
    },
    (t) => [index("receivers_by_organisation").on(t.organisationId, t.id)],
  );

  const deliveries = table(
    "deliveries",
    {
      /** Also the `webhook-id`: `msg_` and a UUIDv7 without dashes, so that order of ids is order of creation. */
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      receiverId: text("receiver_id").notNull(),
      topics: json("topics").$type<string[]>().notNull(),
      status: text("status")
        .$type<"pending" | "delivering" | "delivered" | "retrying" | "failed" | "cancelled">()
        .notNull(),
      statusCode: integer("status_code"),
      /** Class of the last failure, null when delivered or not tried yet. */
      error: text("error"),
      attempts: integer("attempts").notNull(),
      createdAt: integer("created_at").notNull(),
      /** When it is due; while delivering, when it is due again should no result come (a lease). Null: at rest. */
      nextAttemptAt: integer("next_attempt_at"),
      /** While delivering, which server has it (`nodes/watch.ts`); null: only time ends its lease. */
      node: integer("node"),
      /** The attempt at which the retry schedule was begun anew (by a resend). */
      scheduleFrom: integer("schedule_from").notNull().default(0),
      /** The frozen body, byte for byte as sent on every attempt. */
      body: packed("body").notNull(),
    },
    (t) => [
      index("deliveries_by_organisation").on(t.organisationId, t.id),
      index("deliveries_by_receiver").on(t.receiverId, t.id),
      // Only what one looks for among the many: a delivery that has succeeded is in none of these three.
      index("deliveries_by_status")
        .on(t.organisationId, t.status, t.id)
        .where(sql`status <> 'delivered'`),
      index("deliveries_by_status_code")
        .on(t.organisationId, t.statusCode, t.id)
        .where(sql`status_code not in (200, 204)`),
      index("deliveries_by_error")
        .on(t.organisationId, t.error, t.id)
        .where(sql`error is not null`),
      index("deliveries_due")
        .on(t.receiverId, t.nextAttemptAt, t.id)
        .where(sql`next_attempt_at is not null`),
      // On SQLite nothing is ever in it.
      index("deliveries_by_node")
        .on(t.node)
        .where(sql`node is not null and status = 'delivering'`),
    ],
  );

  /**
   * What a delivery is about: its topics (`Trainings.Update`) and its objects (`training/f345345`, the key as in
   * `changes`). The log is filtered by them; `deliveries/subjects.ts` says what a run is. On SQLite it is WITHOUT
   * ROWID (the migration says so, drizzle cannot): one B-tree instead of two, half the size.
   */
  const deliveryTerms = table(
    "delivery_terms",
    {
      organisationId: integer("organisation_id").notNull(),
      run: integer("run").notNull(),
      term: text("term").notNull(),
      deliveryId: text("delivery_id").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.run, t.term, t.deliveryId] })],
  );

  const attempts = table(
    "attempts",
    {
      deliveryId: text("delivery_id").notNull(),
      number: integer("number").notNull(),
      at: integer("at").notNull(),
      durationMs: integer("duration_ms").notNull(),
      statusCode: integer("status_code"),
      /** Class of the failure (`dns, connect, tls, timeout, status, ...`), null when delivered. */
      error: text("error"),
      detail: text("detail"),
      requestHeaders: json("request_headers").$type<Record<string, string>>().notNull(),
      responseBody: packed("response_body"),
      /** The address that was spoken to. */
      address: text("address"),
    },
    (t) => [primaryKey({ columns: [t.deliveryId, t.number] })],
  );

  return { receivers, deliveries, deliveryTerms, attempts };
}
