/** The statements of the accounts. */
import { eq } from "drizzle-orm";

import type { StoredGrant } from "../../db/schema.ts";
import { type Params, statement } from "../store/statement.ts";

/** The account a token belongs to, with its organisation: what every request looks up. */
export const accountByToken = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db
    .select({
      id: t.accounts.id,
      clientId: t.accounts.clientId,
      name: t.accounts.name,
      grants: t.accounts.grants,
      expiresAt: t.accounts.expiresAt,
      disabledAt: t.accounts.disabledAt,
      deletedAt: t.accounts.deletedAt,
      tokenExpiresAt: t.accountTokens.expiresAt,
      organisationId: t.organisations.id,
      organisationCode: t.organisations.code,
      organisationName: t.organisations.name,
    })
    .from(t.accountTokens)
    .innerJoin(t.accounts, eq(t.accounts.id, t.accountTokens.accountId))
    .innerJoin(t.organisations, eq(t.organisations.id, t.accounts.organisationId))
    .where(eq(t.accountTokens.hash, p.hash)),
);

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
