/** API accounts: what they may do, their tokens, and in whose name they may act. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";
import type { StoredGrant } from "./stored.ts";

export function accountTables({ table, text, integer, boolean, json, index }: ColumnKit) {
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
      /** Kept by koppla.yaml: changed there alone. */
      provisioned: boolean("provisioned").notNull().default(false),
      /** Its TOTP secret stands there, too. */
      secretProvisioned: boolean("secret_provisioned").notNull().default(false),
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
      /** Kept by koppla.yaml; and since when it allows nothing, because it stands there no longer. */
      provisioned: boolean("provisioned").notNull().default(false),
      disabledAt: integer("disabled_at"),
    },
    (t) => [index("impersonation_policies_by_account").on(t.accountId, t.id)],
  );

  return { accounts, accountTokens, impersonationPolicies };
}
