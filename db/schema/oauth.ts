/** The token server: what it has given out, and what it signs with. */
import { sql } from "drizzle-orm";

import type { ColumnKit } from "../columns.ts";
import type { SealedJson, StoredActor } from "./stored.ts";

export function oauthTables({ table, text, integer, json, index }: ColumnKit) {
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
      /** The API token with which it was bought: without it, it is worthless. Null: it is of before that was noted. */
      apiTokenId: text("api_token_id"),
      /** Those that bought the tokens for which it was exchanged, each of which it needs, too. */
      earlierApiTokens: json("earlier_api_tokens").$type<string[] | null>(),
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
      /** As that of {@link accessTokens}. */
      apiTokenId: text("api_token_id"),
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

  return { authorizationCodes, accessTokens, refreshTokens, signingKeys, dpopProofs };
}
