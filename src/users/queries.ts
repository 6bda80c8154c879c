/** The statements of the users. */
import { and, asc, eq, gt, inArray, isNull, lt, lte, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";

export type UserRow = Tables["users"]["$inferSelect"];

export const userById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.users).where(eq(t.users.id, p.id)),
);

/** Never a deleted one: its name may be another's by now. */
export const userByName = statement(({ db, t }, p: Params<{ organisationId: number; usernameKey: string }>) =>
  db
    .select()
    .from(t.users)
    .where(
      and(
        eq(t.users.organisationId, p.organisationId),
        eq(t.users.usernameKey, p.usernameKey),
        isNull(t.users.deletedAt),
      ),
    ),
);

/** Those whose address it is, the oldest first; none that is deleted. */
export const usersByEmail = statement(
  ({ db, t }, p: Params<{ organisationId: number; emailKey: string; limit: number }>) =>
    db
      .select()
      .from(t.users)
      .where(
        and(
          eq(t.users.organisationId, p.organisationId),
          eq(t.users.emailKey, p.emailKey),
          isNull(t.users.deletedAt),
        ),
      )
      .orderBy(asc(t.users.id))
      .limit(p.limit),
);

/** An organisation's users that are not deleted, in order of creation. */
export const usersOf = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: string; limit: number }>) =>
    db
      .select()
      .from(t.users)
      .where(
        and(eq(t.users.organisationId, p.organisationId), gt(t.users.id, p.after), isNull(t.users.deletedAt)),
      )
      .orderBy(asc(t.users.id))
      .limit(p.limit),
);

/** What a search looks in, of those that are not deleted. */
export const userTexts = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: string; limit: number }>) =>
    db
      .select({ id: t.users.id, username: t.users.username, name: t.users.name, email: t.users.email })
      .from(t.users)
      .where(
        and(eq(t.users.organisationId, p.organisationId), gt(t.users.id, p.after), isNull(t.users.deletedAt)),
      )
      .orderBy(asc(t.users.id))
      .limit(p.limit),
);

export function usersByIds(ids: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.users)
      .where(inArray(t.users.id, [...ids]))
      .orderBy(asc(t.users.id));
}

export const setLastLogin = statement(({ db, t }, p: Params<{ id: string; at: number }>) =>
  db
    .update(t.users)
    .set({ lastLoginAt: sql`${p.at}` })
    .where(eq(t.users.id, p.id)),
);

export function insertUser(row: UserRow) {
  return ({ db, t }: Room) => db.insert(t.users).values(row);
}

/** Changes the row as it was read; returns nothing when another write was quicker. `modifiedAt` is its version. */
export function updateUser(row: UserRow, columns: Partial<UserRow>) {
  return ({ db, t }: Room) =>
    db
      .update(t.users)
      .set(columns)
      .where(and(eq(t.users.id, row.id), eq(t.users.modifiedAt, row.modifiedAt)))
      .returning({ id: t.users.id });
}

/** Uses up a code's time step, once: returns nothing when it, or a later one, was used, or codes are refused. */
export const useUserStep = statement(
  ({ db, t }, p: Params<{ id: string; step: number; secret: string; now: number }>) =>
    db
      .update(t.users)
      .set({ totpStep: sql`${p.step}`, totpWrong: 0, totpLockedUntil: 0 })
      .where(
        and(
          eq(t.users.id, p.id),
          eq(t.users.totpSecret, p.secret),
          lt(t.users.totpStep, p.step),
          lte(t.users.totpLockedUntil, p.now),
        ),
      )
      .returning({ id: t.users.id }),
);

/** Refuses codes for a while, after another wrong one; returns nothing when they are refused already. */
export const lockUserCodes = statement(
  ({ db, t }, p: Params<{ id: string; wrong: number; now: number; until: number }>) =>
    db
      .update(t.users)
      .set({ totpWrong: sql`${t.users.totpWrong} + 1`, totpLockedUntil: sql`${p.until}` })
      .where(and(eq(t.users.id, p.id), eq(t.users.totpWrong, p.wrong), lte(t.users.totpLockedUntil, p.now)))
      .returning({ id: t.users.id }),
);

/** Those that koppla.yaml keeps. */
export const keptUsers = statement(({ db, t }) =>
  db
    .select()
    .from(t.users)
    .where(and(eq(t.users.provisioned, true), isNull(t.users.deletedAt)))
    .orderBy(asc(t.users.id)),
);
