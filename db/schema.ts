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

/** What may be done: `grants/grant.ts` says what the members mean. */
export interface StoredGrant {
  resource: string;
  actions: string[];
  /** Which records: for each filter field named, the values that it may have. */
  where?: Record<string, (string | number | boolean)[]>;
  /** Which fields of them; not given, all. */
  fields?: "all" | "public" | string[];
}

/** An account that acted in another's name, and the one that acted through it. RFC 8693, 4.1. */
export interface StoredActor {
  clientId: string;
  actor?: StoredActor;
}

/** What a receiver says itself of its bundles, durations as they were written (`5s`); the YAML says the rest. */
export interface StoredBundle {
  quiet?: string;
  longest?: string;
  size?: number;
}

/** The name of a schedule, or one of the receiver's own, its waits as they were written (`1h`). */
export type StoredRetry = string | { steps: string[]; then: "fail" | "repeat" };

/** Which changes a receiver wants: filter fields of the record, each with the values that it may have. */
export type StoredContentFilter = Record<string, (string | number | boolean)[]>;

/** At most so many attempts in a window, as it was written (`60s`). */
export interface StoredRate {
  requests: number;
  window: string;
}

export function defineSchema(kit: ColumnKit) {
  const { table, text, integer, boolean, json, identity, index, uniqueIndex, primaryKey, packed } = kit;

  const organisations = table("organisations", {
    id: identity("id"),
    code: text("code").notNull().unique("organisations_code"),
    name: text("name").notNull(),
    createdAt: integer("created_at").notNull(),
    /** argon2id, for the paths that take `org` and `pw`. The one before is good until `previousPasswordUntil`. */
    passwordHash: text("password_hash"),
    previousPasswordHash: text("previous_password_hash"),
    previousPasswordUntil: integer("previous_password_until"),
    /** Addresses and networks from which it may be used; empty: every one. */
    allowedIps: json("allowed_ips")
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'`),
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
      modifiedAt: integer("modified_at").notNull().default(0),
      expiresAt: integer("expires_at"),
      disabledAt: integer("disabled_at"),
      deletedAt: integer("deleted_at"),
      allowedIps: json("allowed_ips")
        .$type<string[]>()
        .notNull()
        .default(sql`'[]'`),
      /** The TOTP secret in base32, sealed; null where no code is asked for. */
      totpSecret: text("totp_secret"),
      /** The newest time step whose code was used: it and those before are refused (RFC 6238, 5.2). */
      totpStep: integer("totp_step").notNull().default(0),
      /** Wrong codes that followed a right secret, since the last right one; and until when codes are refused. */
      totpWrong: integer("totp_wrong").notNull().default(0),
      totpLockedUntil: integer("totp_locked_until").notNull().default(0),
      tokenKind: text("token_kind").$type<"opaque" | "jwt">().notNull().default("opaque"),
      /** Life of its access tokens, milliseconds. */
      tokenLife: integer("token_life").notNull().default(3_600_000),
      /** Whether its own logins are given refresh tokens, too, without TOTP. */
      tokenRefresh: boolean("token_refresh").notNull().default(false),
      /** The `aud` of its JWT access tokens; null: our own address. */
      tokenAudience: text("token_audience"),
      /** Whether its access tokens must be bound to a key (RFC 9449). */
      dpop: boolean("dpop").notNull().default(false),
      /** Where the authorize page may send people back to, each to be matched exactly. */
      redirectUris: json("redirect_uris")
        .$type<string[]>()
        .notNull()
        .default(sql`'[]'`),
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
      /** Written at most once a minute. */
      lastUsedAt: integer("last_used_at"),
    },
    (t) => [index("account_tokens_by_account").on(t.accountId)],
  );

  /** People: who logs in at the authorize page and the console, and in whose name an account may act. */
  const users = table(
    "users",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      username: text("username").notNull(),
      /** The username in lower case, NFKC: no two people differ by case alone. */
      usernameKey: text("username_key").notNull(),
      email: text("email").notNull(),
      name: text("name").notNull().default(""),
      /** argon2id; null: cannot log in by password. */
      passwordHash: text("password_hash"),
      roles: json("roles").$type<string[]>().notNull(),
      groups: json("groups").$type<string[]>().notNull(),
      totpSecret: text("totp_secret"),
      totpStep: integer("totp_step").notNull().default(0),
      totpWrong: integer("totp_wrong").notNull().default(0),
      totpLockedUntil: integer("totp_locked_until").notNull().default(0),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
      lastLoginAt: integer("last_login_at"),
      disabledAt: integer("disabled_at"),
      deletedAt: integer("deleted_at"),
    },
    (t) => [
      index("users_by_organisation").on(t.organisationId, t.id),
      // A deleted user's name may be taken again.
      uniqueIndex("users_by_username")
        .on(t.organisationId, t.usernameKey)
        .where(sql`deleted_at is null`),
    ],
  );

  /** A person's login in a browser. */
  const sessions = table(
    "sessions",
    {
      /** HMAC-SHA-256 of the cookie's value, base64url. */
      hash: text("hash").primaryKey(),
      userId: text("user_id").notNull(),
      organisationId: integer("organisation_id").notNull(),
      createdAt: integer("created_at").notNull(),
      /** Written at most once a minute. */
      lastSeenAt: integer("last_seen_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
    },
    (t) => [index("sessions_by_user").on(t.userId), index("sessions_by_expiry").on(t.expiresAt)],
  );

  /** Which account may act in whose name, and how far. What is not here is denied. */
  const impersonationPolicies = table(
    "impersonation_policies",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      accountId: text("account_id").notNull(),
      /** Usernames; and groups whose members. */
      users: json("users").$type<string[]>().notNull(),
      groups: json("groups").$type<string[]>().notNull(),
      /** The most that may be done, `resource:action` each. */
      scopes: json("scopes").$type<string[]>().notNull(),
      /** The longest life of a token, milliseconds. */
      life: integer("life").notNull(),
      createdAt: integer("created_at").notNull(),
    },
    (t) => [index("impersonation_policies_by_account").on(t.accountId, t.id)],
  );

  /** Authorization codes (RFC 6749, 4.1). A used one stays until it expires: used again, its tokens die. */
  const authorizationCodes = table(
    "authorization_codes",
    {
      hash: text("hash").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      accountId: text("account_id").notNull(),
      userId: text("user_id").notNull(),
      redirectUri: text("redirect_uri").notNull(),
      scope: text("scope").notNull(),
      /** PKCE, S256 (RFC 7636). */
      challenge: text("challenge").notNull(),
      /** Thumbprint of the key that the token will be bound to (RFC 9449, 10). */
      dpopJkt: text("dpop_jkt"),
      /** What is made from it belongs to this family. */
      familyId: text("family_id").notNull(),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
      usedAt: integer("used_at"),
    },
    (t) => [index("authorization_codes_by_expiry").on(t.expiresAt)],
  );

  /** Every access token that is good, JWTs too: without its row it is not. */
  const accessTokens = table(
    "access_tokens",
    {
      /** HMAC-SHA-256 of the token (of the `jti`, where it is a JWT), base64url. */
      hash: text("hash").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** The client it was given to. */
      accountId: text("account_id").notNull(),
      /** The person it speaks for; null: the account itself. */
      userId: text("user_id"),
      /** Who acts, where that is not the person. */
      actor: json("actor").$type<StoredActor | null>(),
      scope: text("scope").notNull(),
      familyId: text("family_id"),
      /** The policies that allowed the impersonation, one for each who acts: without them it is worthless. */
      policies: json("policies")
        .$type<string[]>()
        .notNull()
        .default(sql`'[]'`),
      dpopJkt: text("dpop_jkt"),
      audience: text("audience"),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
    },
    (t) => [
      index("access_tokens_by_expiry").on(t.expiresAt),
      index("access_tokens_by_account").on(t.accountId),
      index("access_tokens_by_user")
        .on(t.userId)
        .where(sql`user_id is not null`),
      index("access_tokens_by_family")
        .on(t.familyId)
        .where(sql`family_id is not null`),
    ],
  );

  /** Refresh tokens. A used one stays until it expires: used again, the family dies (RFC 9700, 4.14). */
  const refreshTokens = table(
    "refresh_tokens",
    {
      hash: text("hash").primaryKey(),
      familyId: text("family_id").notNull(),
      organisationId: integer("organisation_id").notNull(),
      accountId: text("account_id").notNull(),
      userId: text("user_id"),
      scope: text("scope").notNull(),
      dpopJkt: text("dpop_jkt"),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
      usedAt: integer("used_at"),
    },
    (t) => [
      index("refresh_tokens_by_family").on(t.familyId),
      index("refresh_tokens_by_expiry").on(t.expiresAt),
      index("refresh_tokens_by_account").on(t.accountId),
      index("refresh_tokens_by_user")
        .on(t.userId)
        .where(sql`user_id is not null`),
    ],
  );

  /** Keys that sign access tokens: published before they are used, and until what they signed has expired. */
  const signingKeys = table("signing_keys", {
    /** 1, 2, 3, ...: of two servers that make the next key, one does. */
    generation: integer("generation").primaryKey(),
    kid: text("kid").notNull().unique("signing_keys_kid"),
    privateKey: text("private_key").$type<SealedJson>().notNull(),
    publicKey: json("public_key").$type<Record<string, unknown>>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** From when it signs, which it does until the next one is. */
    activeAt: integer("active_at").notNull(),
    /** When the last token that it signed expires, or later. */
    shownUntil: integer("shown_until").notNull(),
  });

  /** Proofs of possession that were used (RFC 9449, 11.1), until they are too old to be taken anyway. */
  const dpopProofs = table(
    "dpop_proofs",
    { hash: text("hash").primaryKey(), expiresAt: integer("expires_at").notNull() },
    (t) => [index("dpop_proofs_by_expiry").on(t.expiresAt)],
  );

  /** Failed logins by address, by address and client, by user: what slows down those who guess. */
  const throttles = table(
    "throttles",
    {
      /** Such as `address:192.0.2.7`. */
      key: text("key").primaryKey(),
      failures: integer("failures").notNull(),
      /** Refused until then; the count is forgotten at `expiresAt`. */
      blockedUntil: integer("blocked_until").notNull(),
      expiresAt: integer("expires_at").notNull(),
    },
    (t) => [index("throttles_by_expiry").on(t.expiresAt)],
  );

  /** Who did what: only ever added to, each row sealed to the one before. */
  const auditEvents = table(
    "audit_events",
    {
      organisationId: integer("organisation_id").notNull(),
      /** 1, 2, 3, ... in each organisation. */
      sequence: integer("sequence").notNull(),
      at: integer("at").notNull(),
      /** Such as `account.create`. */
      action: text("action").notNull(),
      outcome: text("outcome").$type<"success" | "denied">().notNull(),
      /** `account:<client id>`, `user:<username>`, `shell`, or null where nobody is known. */
      subject: text("subject"),
      actor: text("actor"),
      client: text("client"),
      /** What it was done to: `account:<client id>`, `receiver:<id>`, ... */
      target: text("target"),
      address: text("address"),
      requestId: text("request_id"),
      /** Canonical JSON, as text: what the hash covers must be what is stored. */
      detail: text("detail").notNull(),
      /** SHA-256 over the row before's hash and this row, base64url: `audit/chain.ts`. */
      hash: text("hash").notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.organisationId, t.sequence] }),
      // In the order of time, not of the chain: nodes' clocks differ, and `since` and `until` are bounds of a page.
      index("audit_events_by_time").on(t.organisationId, t.at, t.sequence),
      index("audit_events_by_action").on(t.organisationId, t.action, t.at, t.sequence),
      index("audit_events_by_subject").on(t.organisationId, t.subject, t.at, t.sequence),
      // The issue of a token, which happens most, has no target and was not denied.
      index("audit_events_by_target")
        .on(t.organisationId, t.target, t.at, t.sequence)
        .where(sql`target is not null`),
      index("audit_events_denied")
        .on(t.organisationId, t.at, t.sequence)
        .where(sql`outcome = 'denied'`),
    ],
  );

  /** The end of each organisation's chain, and where what is left of it begins. Updating it is the chain's lock. */
  const auditHeads = table("audit_heads", {
    organisationId: integer("organisation_id").primaryKey(),
    sequence: integer("sequence").notNull(),
    hash: text("hash").notNull(),
    /** Sequence and hash of the last row that retention removed. */
    prunedSequence: integer("pruned_sequence").notNull(),
    prunedHash: text("pruned_hash").notNull(),
  });

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
      /** Who wrote this version (`user:anna`), and who acted in that name (`account:acc_...`). */
      subject: text("subject"),
      actor: text("actor"),
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

  /**
   * The values that filter fields of an object had once, so that who was allowed to see it then is told that it is
   * gone from view. `records/former.ts` says how, and bounds how many are kept.
   */
  const formerFields = table(
    "former_fields",
    {
      organisationId: integer("organisation_id").notNull(),
      object: text("object").notNull(),
      key: text("key").notNull(),
      field: text("field").notNull(),
      /** As in `record_fields`; empty: any. */
      value: text("value").notNull(),
      /** Of the change with which it went away. */
      sequence: integer("sequence").notNull(),
    },
    (t) => [primaryKey({ columns: [t.organisationId, t.object, t.key, t.field, t.value] })],
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
      /** As in `records`. */
      subject: text("subject"),
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

  /** Mail that is to be sent: written with what it tells of, removed when the mail server has it. */
  const mails = table(
    "mails",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      recipient: text("recipient").notNull(),
      subject: text("subject").notNull(),
      body: text("body").notNull(),
      createdAt: integer("created_at").notNull(),
      attempts: integer("attempts").notNull().default(0),
      nextAttemptAt: integer("next_attempt_at").notNull(),
    },
    (t) => [index("mails_due").on(t.nextAttemptAt)],
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

  return {
    organisations,
    feeds,
    accounts,
    accountTokens,
    users,
    sessions,
    impersonationPolicies,
    authorizationCodes,
    accessTokens,
    refreshTokens,
    signingKeys,
    dpopProofs,
    throttles,
    auditEvents,
    auditHeads,
    records,
    recordFields,
    formerFields,
    indexedFields,
    changes,
    receivers,
    deliveries,
    deliveryTerms,
    attempts,
    operations,
    mails,
  };
}

export type Tables = ReturnType<typeof defineSchema>;
