/** Who did what, and who fails too often. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function auditTables({ table, text, integer, index, primaryKey }: ColumnKit) {
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

  /** How far copies of the log elsewhere are, by organisation. */
  const auditForwards = table(
    "audit_forwards",
    {
      /** Such as `file:/var/log/koppla/audit.ndjson`. */
      target: text("target").notNull(),
      organisationId: integer("organisation_id").notNull(),
      /** Of the last event that is there. */
      sequence: integer("sequence").notNull(),
    },
    (t) => [primaryKey({ columns: [t.target, t.organisationId] })],
  );

  return { throttles, auditEvents, auditHeads, auditForwards };
}
