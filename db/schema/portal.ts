/** The account portal: links that let a partner look after its own receivers, and the sessions that they begin. */
import type { ColumnKit } from "../columns.ts";

export function portalTables({ table, text, integer, index, uniqueIndex }: ColumnKit) {
  const portalLinks = table(
    "portal_links",
    {
      id: text("id").primaryKey(),
      organisationId: integer("organisation_id").notNull(),
      accountId: text("account_id").notNull(),
      label: text("label").notNull().default(""),
      /** HMAC-SHA-256 of the token, base64url. */
      hash: text("hash").notNull(),
      createdAt: integer("created_at").notNull(),
      /** Who handed it out, as the audit log names him. */
      createdBy: text("created_by"),
      expiresAt: integer("expires_at").notNull(),
      /** When a session was last begun with it. */
      lastUsedAt: integer("last_used_at"),
    },
    (t) => [
      uniqueIndex("portal_links_by_hash").on(t.hash),
      index("portal_links_by_account").on(t.accountId, t.id),
    ],
  );

  /** Good for as long as the link is. */
  const portalSessions = table(
    "portal_sessions",
    {
      /** HMAC-SHA-256 of the cookie's value, base64url. */
      hash: text("hash").primaryKey(),
      linkId: text("link_id").notNull(),
      createdAt: integer("created_at").notNull(),
      /** Written at most once a minute. */
      lastSeenAt: integer("last_seen_at").notNull(),
      expiresAt: integer("expires_at").notNull(),
    },
    (t) => [
      index("portal_sessions_by_link").on(t.linkId),
      index("portal_sessions_by_expiry").on(t.expiresAt),
    ],
  );

  return { portalLinks, portalSessions };
}
