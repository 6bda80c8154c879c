/** The statements of login keys. */
import { and, eq, gt, isNull, or, sql } from "drizzle-orm";

import type { Tables } from "../../../db/schema.ts";
import { type Params, type Room, statement } from "../../store/statement.ts";

export type LoginKeyRow = Tables["loginKeys"]["$inferSelect"];

export function insertLoginKey(row: LoginKeyRow) {
  return ({ db, t }: Room) => db.insert(t.loginKeys).values(row);
}

export const loginKeyByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.loginKeys).where(eq(t.loginKeys.hash, p.hash)),
);

/** Uses it up, once: of two who come together, one gets it. */
export const useLoginKey = statement(({ db, t }, p: Params<{ hash: string; now: number }>) =>
  db
    .update(t.loginKeys)
    .set({ usedAt: sql`${p.now}` })
    .where(and(eq(t.loginKeys.hash, p.hash), isNull(t.loginKeys.usedAt), gt(t.loginKeys.expiresAt, p.now)))
    .returning(),
);

/** Those that the same person, or nobody yet, could still use. */
export const useOtherKeys = statement(
  ({ db, t }, p: Params<{ organisationId: number; emailKey: string; userId: string; now: number }>) =>
    db
      .update(t.loginKeys)
      .set({ usedAt: sql`${p.now}` })
      .where(
        and(
          eq(t.loginKeys.organisationId, p.organisationId),
          eq(t.loginKeys.emailKey, p.emailKey),
          or(isNull(t.loginKeys.userId), eq(t.loginKeys.userId, p.userId)),
          isNull(t.loginKeys.usedAt),
        ),
      ),
);

/** Removes at most `limit` of those that ended before `before`, leaving out what another transaction holds. */
export const forgetLoginKeys = statement(
  ({ db, t, skipLocked }, p: Params<{ before: number; limit: number }>) =>
    db
      .delete(t.loginKeys)
      .where(
        sql`${t.loginKeys.hash} in (select hash from login_keys where expires_at < ${p.before} order by expires_at limit ${p.limit}${skipLocked})`,
      )
      .returning({ hash: t.loginKeys.hash }),
);
