/** The statements of the first administrator. */
import { and, eq, gt, isNotNull, isNull, like, lte, or, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import { SUPERADMINISTRATOR } from "./built-in-roles.ts";

/** One of those who look after the whole server and can log in. */
export const someSuperadministrator = statement(({ db, t }) =>
  db
    .select({ id: t.users.id })
    .from(t.users)
    .where(
      and(
        isNull(t.users.deletedAt),
        isNull(t.users.disabledAt),
        isNotNull(t.users.passwordHash),
        like(t.users.roles, `%"${SUPERADMINISTRATOR}"%`),
      ),
    )
    .limit(1),
);

export const setupLink = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.setupLinks).where(eq(t.setupLinks.hash, p.hash)),
);

export const insertSetupLink = statement(
  ({ db, t }, p: Params<{ hash: string; createdAt: number; expiresAt: number }>) =>
    db.insert(t.setupLinks).values({
      hash: p.hash,
      createdAt: p.createdAt,
      expiresAt: p.expiresAt,
      usedAt: null,
    }),
);

/** Uses a link up; returns nothing where another was quicker, or it is good no more. */
export const useSetupLink = statement(({ db, t }, p: Params<{ hash: string; now: number }>) =>
  db
    .update(t.setupLinks)
    .set({ usedAt: sql`${p.now}` })
    .where(and(eq(t.setupLinks.hash, p.hash), isNull(t.setupLinks.usedAt), gt(t.setupLinks.expiresAt, p.now)))
    .returning({ hash: t.setupLinks.hash }),
);

export const forgetSetupLinks = statement(({ db, t }, p: Params<{ now: number }>) =>
  db.delete(t.setupLinks).where(or(isNotNull(t.setupLinks.usedAt), lte(t.setupLinks.expiresAt, p.now))),
);
