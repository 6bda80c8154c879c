/** The statements of the sessions. */
import { and, eq, inArray, lt, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, statement } from "../store/statement.ts";

export type SessionRow = Tables["sessions"]["$inferSelect"];

export const sessionByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.sessions).where(eq(t.sessions.hash, p.hash)),
);

export const insertSession = statement(({ db, t }, p: Params<SessionRow>) =>
  db.insert(t.sessions).values({
    hash: p.hash,
    userId: p.userId,
    organisationId: p.organisationId,
    createdAt: p.createdAt,
    lastSeenAt: p.lastSeenAt,
    expiresAt: p.expiresAt,
  }),
);

/** Never back: two requests may be written in the other order. */
export const seeSession = statement(({ db, t }, p: Params<{ hash: string; at: number }>) =>
  db
    .update(t.sessions)
    .set({ lastSeenAt: sql`${p.at}` })
    .where(and(eq(t.sessions.hash, p.hash), lt(t.sessions.lastSeenAt, p.at))),
);

export const deleteSession = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.delete(t.sessions).where(eq(t.sessions.hash, p.hash)),
);

export const deleteSessionsOf = statement(({ db, t }, p: Params<{ userId: string }>) =>
  db.delete(t.sessions).where(eq(t.sessions.userId, p.userId)),
);

export const deleteExpiredSessions = statement(({ db, t }, p: Params<{ now: number; limit: number }>) =>
  db
    .delete(t.sessions)
    .where(
      inArray(
        t.sessions.hash,
        db
          .select({ hash: t.sessions.hash })
          .from(t.sessions)
          .where(lt(t.sessions.expiresAt, p.now))
          .limit(p.limit),
      ),
    ),
);
