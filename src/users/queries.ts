/** The statements of the users. */
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";

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
