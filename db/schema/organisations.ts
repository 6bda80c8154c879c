/** Organisations, and where the feed of each is. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";
import type { StoredGrant } from "./stored.ts";

export function organisationTables({ table, text, integer, boolean, json, identity }: ColumnKit) {
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
    /** Websites whose pages may call the public data API (CORS): origins, such as `https://www.example.org`. */
    sites: json("sites")
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'`),
    /** Where people may be sent back to: `organisations/return-url.ts` says how an address is held against them. */
    returnUrls: json("return_urls")
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'`),
    /** Of its mails. */
    language: text("language").$type<"sv" | "nl" | "fr" | "en">().notNull().default("en"),
    /** What its password may do, with types alone. */
    passwordGrants: json("password_grants")
      .$type<StoredGrant[]>()
      .notNull()
      .default(sql`'[{"resource":"*","actions":["read","write"]}]'`),
    /** Kept by koppla.yaml: changed there alone. */
    provisioned: boolean("provisioned").notNull().default(false),
    /** Its password stands there, too. */
    secretProvisioned: boolean("secret_provisioned").notNull().default(false),
  });

  /** One row per organisation: the last sequence given out. Updating it is the lock that orders the feed. */
  const feeds = table("feeds", {
    organisationId: integer("organisation_id").primaryKey(),
    sequence: integer("sequence").notNull(),
  });

  return { organisations, feeds };
}
