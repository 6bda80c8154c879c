/** People, and their logins. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";

export function userTables({ table, text, integer, boolean, json, index, uniqueIndex }: ColumnKit) {
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
      /** The address in lower case: what people are found by when they ask for a mail. */
      emailKey: text("email_key").notNull().default(""),
      /** When its owner last proved to read what is sent there; null: somebody else has said that it is his. */
      emailVerifiedAt: integer("email_verified_at"),
      name: text("name").notNull().default(""),
      /** argon2id; null: cannot log in by password. */
      passwordHash: text("password_hash"),
      roles: json("roles").$type<string[]>().notNull(),
      groups: json("groups").$type<string[]>().notNull(),
      totpSecret: text("totp_secret"),
      totpStep: integer("totp_step").notNull().default(0),
      totpWrong: integer("totp_wrong").notNull().default(0),
      totpLockedUntil: integer("totp_locked_until").notNull().default(0),
      /** A secret that was given out and of which no code was shown yet, sealed. */
      totpPending: text("totp_pending"),
      /** Of the console; null: the browser's. */
      language: text("language").$type<"sv" | "nl" | "fr" | "en">(),
      createdAt: integer("created_at").notNull(),
      modifiedAt: integer("modified_at").notNull(),
      lastLoginAt: integer("last_login_at"),
      disabledAt: integer("disabled_at"),
      deletedAt: integer("deleted_at"),
      /** Kept by koppla.yaml: changed there alone. */
      provisioned: boolean("provisioned").notNull().default(false),
      /** Its password stands there, too. */
      secretProvisioned: boolean("secret_provisioned").notNull().default(false),
    },
    (t) => [
      index("users_by_organisation").on(t.organisationId, t.id),
      // A deleted user's name may be taken again.
      uniqueIndex("users_by_username")
        .on(t.organisationId, t.usernameKey)
        .where(sql`deleted_at is null`),
      index("users_by_email")
        .on(t.organisationId, t.emailKey)
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

  /** What a mail has let its reader in with, once, to set a password. Kept for a while, so that it can be told why not. */
  const loginKeys = table(
    "login_keys",
    {
      /** HMAC-SHA-256 of the key, base64url. */
      hash: text("hash").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      /** Whose password it sets; null: of somebody who is not there yet. */
      userId: text("user_id"),
      email: text("email").notNull(),
      emailKey: text("email_key").notNull(),
      /** What a new user will be called. */
      name: text("name").notNull(),
      /** Where its reader is sent back to; null: nowhere. */
      returnUrl: text("return_url"),
      language: text("language").$type<"sv" | "nl" | "fr" | "en">().notNull(),
      createdAt: integer("created_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
      /** When it, or another one for the same person, was used. */
      usedAt: integer("used_at"),
    },
    (t) => [
      index("login_keys_by_email").on(t.organisationId, t.emailKey),
      index("login_keys_by_expiry").on(t.expiresAt),
    ],
  );

  /** What makes an administrator of whoever has it, once. */
  const setupLinks = table("setup_links", {
    /** HMAC-SHA-256 of the token, base64url. */
    hash: text("hash").primaryKey(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    usedAt: integer("used_at"),
  });

  return { users, sessions, loginKeys, setupLinks };
}
