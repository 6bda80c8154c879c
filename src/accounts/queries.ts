/** The statements of the accounts. */
import { eq, sql } from "drizzle-orm";

import type { StoredGrant } from "../../db/schema.ts";
import { type Params, statement } from "../store/statement.ts";

/**
 * The account of a token: what a request looks up. Nested, not joined: with a bound parameter a join costs 15 µs
 * here, this 3 µs (measured, SQLite 3.54 in Bun 1.4.5).
 */
export const accountByToken = statement(({ db, t }, p: Params<{ hash: string }>) => {
  const token = t.accountTokens;
  const owner = db.select({ id: token.accountId }).from(token).where(eq(token.hash, p.hash));
  return db
    .select({
      id: t.accounts.id,
      organisationId: t.accounts.organisationId,
      clientId: t.accounts.clientId,
      name: t.accounts.name,
      grants: t.accounts.grants,
      expiresAt: t.accounts.expiresAt,
      disabledAt: t.accounts.disabledAt,
      deletedAt: t.accounts.deletedAt,
      tokenExpiresAt: sql<number | null>`(select expires_at from ${token} where hash = ${p.hash})`.mapWith(
        Number,
      ),
    })
    .from(t.accounts)
    .where(eq(t.accounts.id, owner));
});

export const accountById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.accounts).where(eq(t.accounts.id, p.id)),
);

export const accountByClientId = statement(({ db, t }, p: Params<{ clientId: string }>) =>
  db.select().from(t.accounts).where(eq(t.accounts.clientId, p.clientId)),
);

interface NewAccount {
  id: string;
  organisationId: number;
  clientId: string;
  name: string;
  description: string;
  grants: StoredGrant[];
  at: number;
}

export const insertAccount = statement(({ db, t }, p: Params<NewAccount>) =>
  db.insert(t.accounts).values({
    id: p.id,
    organisationId: p.organisationId,
    clientId: p.clientId,
    name: p.name,
    description: p.description,
    grants: p.grants,
    createdAt: p.at,
  }),
);

interface NewAccountToken {
  id: string;
  accountId: string;
  hash: string;
  label: string;
  lastFour: string;
  at: number;
  expiresAt: number | null;
}

export const insertAccountToken = statement(({ db, t }, p: Params<NewAccountToken>) =>
  db.insert(t.accountTokens).values({
    id: p.id,
    accountId: p.accountId,
    hash: p.hash,
    label: p.label,
    lastFour: p.lastFour,
    createdAt: p.at,
    expiresAt: p.expiresAt,
  }),
);
