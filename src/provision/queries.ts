/** The statements of what koppla.yaml keeps. */
import { eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";

const ONE = 1;

/** The row that nodes take turns at; does nothing where it is. */
export const openProvision = statement(({ db, t }) =>
  db.insert(t.provisions).values({ id: ONE, appliedAt: 0, passwords: "" }).onConflictDoNothing(),
);

/** Locks it on PostgreSQL until the transaction ends; SQLite has one writer anyway. */
export const holdProvision = statement(({ db, t }, p: Params<{ at: number }>) =>
  db
    .update(t.provisions)
    .set({ appliedAt: sql`${p.at}` })
    .where(eq(t.provisions.id, ONE))
    .returning({ passwords: t.provisions.passwords }),
);

export const keepPasswords = statement(({ db, t }, p: Params<{ passwords: string }>) =>
  db
    .update(t.provisions)
    .set({ passwords: sql`${p.passwords}` })
    .where(eq(t.provisions.id, ONE)),
);

export const lastProvision = statement(({ db, t }) =>
  db.select().from(t.provisions).where(eq(t.provisions.id, ONE)),
);
