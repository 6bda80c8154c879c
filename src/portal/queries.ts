/** The statements of the account portal. */
import { and, asc, eq, gt, inArray, lt, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type PortalLinkRow = Tables["portalLinks"]["$inferSelect"];
export type PortalSessionRow = Tables["portalSessions"]["$inferSelect"];

export function insertLink(row: PortalLinkRow) {
  return ({ db, t }: Room) => db.insert(t.portalLinks).values(row);
}

export const linkById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.portalLinks).where(eq(t.portalLinks.id, p.id)),
);

export const linkByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.portalLinks).where(eq(t.portalLinks.hash, p.hash)),
);

/** An account's links that are still good, in order of creation. */
export const linksOf = statement(
  ({ db, t }, p: Params<{ accountId: string; now: number; after: string; limit: number }>) =>
    db
      .select()
      .from(t.portalLinks)
      .where(
        and(
          eq(t.portalLinks.accountId, p.accountId),
          gt(t.portalLinks.id, p.after),
          gt(t.portalLinks.expiresAt, p.now),
        ),
      )
      .orderBy(asc(t.portalLinks.id))
      .limit(p.limit),
);

export const useLink = statement(({ db, t }, p: Params<{ id: string; at: number }>) =>
  db
    .update(t.portalLinks)
    .set({ lastUsedAt: sql`${p.at}` })
    .where(eq(t.portalLinks.id, p.id))
    .returning({ id: t.portalLinks.id }),
);

export const deleteLink = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.delete(t.portalLinks).where(eq(t.portalLinks.id, p.id)).returning({ id: t.portalLinks.id }),
);

/** Those of an account that are good no more. */
export const deleteExpiredLinks = statement(({ db, t }, p: Params<{ accountId: string; now: number }>) =>
  db
    .delete(t.portalLinks)
    .where(and(eq(t.portalLinks.accountId, p.accountId), lt(t.portalLinks.expiresAt, p.now))),
);

export const insertPortalSession = statement(({ db, t }, p: Params<PortalSessionRow>) =>
  db.insert(t.portalSessions).values({
    hash: p.hash,
    linkId: p.linkId,
    createdAt: p.createdAt,
    lastSeenAt: p.lastSeenAt,
    expiresAt: p.expiresAt,
  }),
);

export const portalSessionByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.portalSessions).where(eq(t.portalSessions.hash, p.hash)),
);

/** Never back: two requests may be written in the other order. */
export const seePortalSession = statement(({ db, t }, p: Params<{ hash: string; at: number }>) =>
  db
    .update(t.portalSessions)
    .set({ lastSeenAt: sql`${p.at}` })
    .where(and(eq(t.portalSessions.hash, p.hash), lt(t.portalSessions.lastSeenAt, p.at))),
);

export const deletePortalSession = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.delete(t.portalSessions).where(eq(t.portalSessions.hash, p.hash)),
);

export const deletePortalSessionsOf = statement(({ db, t }, p: Params<{ linkId: string }>) =>
  db.delete(t.portalSessions).where(eq(t.portalSessions.linkId, p.linkId)),
);

export const deleteExpiredPortalSessions = statement(({ db, t }, p: Params<{ now: number; limit: number }>) =>
  db
    .delete(t.portalSessions)
    .where(
      inArray(
        t.portalSessions.hash,
        db
          .select({ hash: t.portalSessions.hash })
          .from(t.portalSessions)
          .where(lt(t.portalSessions.expiresAt, p.now))
          .limit(p.limit),
      ),
    ),
);
