/**
 * Every table of Koppla, declared once for both dialects.
 *
 * Times are milliseconds since 1970 (UTC). Indexes exist for a named query each; a partial index on due deliveries
 * stays small however large the log grows.
 */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "./columns.ts";

/** JSON that is sealed (AES-256-GCM, `secrets/seal.ts`): what holds secrets that must be read again. */
export type SealedJson = string;

export interface StoredGrant {
  resource: string;
  actions: string[];
}

/** What a receiver says itself of its bundles, durations as they were written (`5s`); the YAML says the rest. */
export interface StoredBundle {
  quiet?: string;
  longest?: string;
  size?: number;
}

/** The name of a schedule, or one of the receiver's own, its waits as they were written (`1h`). */
export type StoredRetry = string | { steps: string[]; then: "fail" | "repeat" };

export function defineSchema(kit: ColumnKit) {
  const { table, text, integer, boolean, json, identity, index, uniqueIndex, primaryKey } = kit;

  const organisations = table("organisations", {
    id: identity("id"),
    code: text("code").notNull().unique("organisations_code"),
    name: text("name").notNull(),
    createdAt: integer("created_at").notNull(),
  });

  /** One row per organisation: the last sequence given out. Updating it is the lock that orders the feed. */
  const feeds = table("feeds", {
    organisationId: integer("organisation_id").primaryKey(),
    sequence: integer("sequence").notNull(),
  });

  const accounts = table(
    "accounts",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      clientId: text("client_id").notNull().unique("accounts_client_id"),
      name: text("name").notNull(),
      description: text("description").notNull().default(""),
      grants: json("grants").$type<StoredGrant[]>().notNull(),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at"),
      disabledAt: integer("disabled_at"),
      deletedAt: integer("deleted_at"),
    },
    (t) => [index("accounts_by_organisation").on(t.organisationId, t.id)],
  );

  const accountTokens = table(
    "account_tokens",
    {
      id: text("id").primaryKey(),
      accountId: text("account_id").notNull(),
      /** HMAC-SHA-256 of the token under the master key, base64url. The token itself is never stored. */
      hash: text("hash").notNull().unique("account_tokens_hash"),
      label: text("label").notNull().default(""),
      lastFour: text("last_four").notNull(),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at"),
    },
    (t) => [index("account_tokens_by_account").on(t.accountId)],
  );

  const records = table(
    "records",
    {
      organisationId: integer("organisation_id").notNull(),
      type: text("type").notNull(),
      /** The id in a form whose byte order is the order of the ids (`records/key.ts`). */
      key: text("key").notNull(),
      /** The record's JSON without `id` and `_meta`, as text, exactly as it is sent out. */
      data: text("data").notNull(),
      version: integer("version").notNull(),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.type, t.key] }),
      index("records_by_modified").on(t.organisationId, t.type, t.modifiedAt, t.key),
    ],
  );

  /** One row per record and declared filter field: what `?filter[field]=` and `?sort=field` read. */
  const recordFields = table(
    "record_fields",
    {
      organisationId: integer("organisation_id").notNull(),
      type: text("type").notNull(),
      field: text("field").notNull(),
      /** The field's value in a form whose byte order is the order of the values (`records/key.ts`). */
      value: text("value").notNull(),
      key: text("key").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.type, t.field, t.value, t.key] })],
  );

  /** The filter fields whose index is complete: a field that the YAML adds is indexed at the next start. */
  const indexedFields = table(
    "indexed_fields",
    { type: text("type").notNull(), field: text("field").notNull() },
    (t) => [primaryKey({ columns: [t.type, t.field] })],
  );

  /** The feed: one row per object, holding its latest change. Written again, it moves to the feed's end. */
  const changes = table(
    "changes",
    {
      organisationId: integer("organisation_id").notNull(),
      object: text("object").notNull(),
      key: text("key").notNull(),
      topic: text("topic").notNull(),
      action: text("action").notNull(),
      sequence: integer("sequence").notNull(),
      at: integer("at").notNull(),
      actor: text("actor"),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.object, t.key] }),
      // Topic first: a receiver of rare topics reads its own rows only, whatever else happens in the feed.
      uniqueIndex("changes_by_topic").on(t.organisationId, t.topic, t.sequence),
    ],
  );

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
      format: text("format").$type<"changes" | "event">().notNull(),
      payload: text("payload").$type<"thin" | "full">().notNull(),
      auth: text("auth").$type<SealedJson>().notNull(),
      secret: text("secret").$type<SealedJson>().notNull(),
      bundle: json("bundle").$type<StoredBundle>().notNull(),
      retry: json("retry").$type<StoredRetry>().notNull(),
      headers: json("headers").$type<Record<string, string>>().notNull(),
      enabled: boolean("enabled").notNull(),
      /** Why it was switched off, where Koppla did it. */
      disabledReason: text("disabled_reason"),
      /** The last sequence of the feed that a bundle of this receiver has passed. */
      cursor: integer("cursor").notNull(),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
      deletedAt: integer("deleted_at"),
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
      attempts: integer("attempts").notNull(),
      createdAt: integer("created_at").notNull(),
      /** When it is due; while delivering, when it is due again should no result come (a lease). Null: at rest. */
      nextAttemptAt: integer("next_attempt_at"),
      /** The attempt at which the retry schedule was begun anew (by a resend). */
      scheduleFrom: integer("schedule_from").notNull().default(0),
      /** The frozen body, byte for byte as sent on every attempt. */
      body: text("body").notNull(),
    },
    (t) => [
      index("deliveries_by_organisation").on(t.organisationId, t.id),
      index("deliveries_by_receiver").on(t.receiverId, t.id),
      // Only what one looks for among the many: a delivery that succeeds never touches this index.
      index("deliveries_by_status")
        .on(t.organisationId, t.status, t.id)
        .where(sql`status in ('failed', 'retrying', 'cancelled')`),
      index("deliveries_due")
        .on(t.receiverId, t.nextAttemptAt, t.id)
        .where(sql`next_attempt_at is not null`),
    ],
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
      responseBody: text("response_body"),
    },
    (t) => [primaryKey({ columns: [t.deliveryId, t.number] })],
  );

  return {
    organisations,
    feeds,
    accounts,
    accountTokens,
    records,
    recordFields,
    indexedFields,
    changes,
    receivers,
    deliveries,
    attempts,
  };
}

export type Tables = ReturnType<typeof defineSchema>;
