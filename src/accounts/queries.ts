/** The statements of the accounts. */
import { and, asc, eq, gt, inArray, isNull, lt, lte, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { type Params, type Room, statement } from "../store/statement.ts";
import type { AccountRow } from "./account.ts";

export const accountById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select().from(t.accounts).where(eq(t.accounts.id, p.id)),
);

export const accountByClientId = statement(({ db, t }, p: Params<{ clientId: string }>) =>
  db.select().from(t.accounts).where(eq(t.accounts.clientId, p.clientId)),
);

type PageOf = Params<{ organisationId: number; after: string; limit: number }>;

/** An organisation's accounts that are not deleted, in order of their ids. */
export const liveAccountsOf = statement(({ db, t }, p: PageOf) =>
  db
    .select()
    .from(t.accounts)
    .where(
      and(
        eq(t.accounts.organisationId, p.organisationId),
        gt(t.accounts.id, p.after),
        isNull(t.accounts.deletedAt),
      ),
    )
    .orderBy(asc(t.accounts.id))
    .limit(p.limit),
);

/** An organisation's accounts, deleted ones too. */
export const accountsOf = statement(({ db, t }, p: PageOf) =>
  db
    .select()
    .from(t.accounts)
    .where(and(eq(t.accounts.organisationId, p.organisationId), gt(t.accounts.id, p.after)))
    .orderBy(asc(t.accounts.id))
    .limit(p.limit),
);

/** What a search looks in. */
export const accountTexts = statement(({ db, t }, p: PageOf) =>
  db
    .select({
      id: t.accounts.id,
      name: t.accounts.name,
      clientId: t.accounts.clientId,
      description: t.accounts.description,
      deletedAt: t.accounts.deletedAt,
    })
    .from(t.accounts)
    .where(and(eq(t.accounts.organisationId, p.organisationId), gt(t.accounts.id, p.after)))
    .orderBy(asc(t.accounts.id))
    .limit(p.limit),
);

export function accountsByIds(ids: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.accounts)
      .where(inArray(t.accounts.id, [...ids]))
      .orderBy(asc(t.accounts.id));
}

export function insertAccount(row: AccountRow) {
  return ({ db, t }: Room) => db.insert(t.accounts).values(row);
}

/** Changes the row as it was read; returns nothing when another write was quicker. `modifiedAt` is its version. */
export function updateAccount(row: AccountRow, columns: Partial<AccountRow>) {
  return ({ db, t }: Room) =>
    db
      .update(t.accounts)
      .set(columns)
      .where(and(eq(t.accounts.id, row.id), eq(t.accounts.modifiedAt, row.modifiedAt)))
      .returning({ id: t.accounts.id });
}

interface UsedCode {
  id: string;
  step: number;
  secret: string;
  now: number;
}

/** Uses up a time step, unless it or a later one was used, codes are refused now, or the secret was replaced. */
export const useStep = statement(({ db, t }, p: Params<UsedCode>) =>
  db
    .update(t.accounts)
    .set({ totpStep: sql`${p.step}`, totpWrong: 0, totpLockedUntil: 0 })
    .where(
      and(
        eq(t.accounts.id, p.id),
        eq(t.accounts.totpSecret, p.secret),
        lt(t.accounts.totpStep, p.step),
        lte(t.accounts.totpLockedUntil, p.now),
      ),
    )
    .returning({ id: t.accounts.id }),
);

/** Refuses codes for a while, after another wrong one; returns nothing when they are refused already. */
export const lockCodes = statement(
  ({ db, t }, p: Params<{ id: string; wrong: number; now: number; until: number }>) =>
    db
      .update(t.accounts)
      .set({ totpWrong: sql`${t.accounts.totpWrong} + 1`, totpLockedUntil: sql`${p.until}` })
      .where(
        and(
          eq(t.accounts.id, p.id),
          eq(t.accounts.totpWrong, p.wrong),
          lte(t.accounts.totpLockedUntil, p.now),
        ),
      )
      .returning({ id: t.accounts.id }),
);

export type AccountTokenRow = Tables["accountTokens"]["$inferSelect"];

/**
 * The account of a token: what a request looks up. Nested, not joined: with a bound parameter a join costs 15 µs
 * here, this 3 µs (measured, SQLite 3.54 in Bun 1.4.5).
 */
export const accountByToken = statement(({ db, t }, p: Params<{ hash: string }>) => {
  const token = t.accountTokens;
  const owner = db.select({ id: token.accountId }).from(token).where(eq(token.hash, p.hash));
  const tokens = (column: string) => sql`(select ${sql.raw(column)} from ${token} where hash = ${p.hash})`;
  const organisation = (column: string) =>
    sql`(select ${sql.raw(`o.${column}`)} from ${t.organisations} o where o.id = organisation_id)`;
  return db
    .select({
      id: t.accounts.id,
      organisationId: t.accounts.organisationId,
      clientId: t.accounts.clientId,
      name: t.accounts.name,
      grants: t.accounts.grants,
      allowedIps: t.accounts.allowedIps,
      expiresAt: t.accounts.expiresAt,
      disabledAt: t.accounts.disabledAt,
      deletedAt: t.accounts.deletedAt,
      totpSecret: t.accounts.totpSecret,
      dpop: t.accounts.dpop,
      organisationCode: organisation("code").mapWith(t.organisations.code),
      organisationName: organisation("name").mapWith(t.organisations.name),
      organisationAllowedIps: sql<string[]>`${organisation("allowed_ips")}`.mapWith(
        t.organisations.allowedIps,
      ),
      tokenId: tokens("id").mapWith(token.id),
      tokenExpiresAt: sql<number | null>`${tokens("expires_at")}`.mapWith(Number),
      tokenLastUsedAt: sql<number | null>`${tokens("last_used_at")}`.mapWith(Number),
    })
    .from(t.accounts)
    .where(eq(t.accounts.id, owner));
});

export const tokenByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.accountTokens).where(eq(t.accountTokens.hash, p.hash)),
);

export const tokenById = statement(({ db, t }, p: Params<{ id: string }>) =>
  db.select({ id: t.accountTokens.id }).from(t.accountTokens).where(eq(t.accountTokens.id, p.id)),
);

export const tokensOf = statement(({ db, t }, p: Params<{ accountId: string }>) =>
  db
    .select()
    .from(t.accountTokens)
    .where(eq(t.accountTokens.accountId, p.accountId))
    .orderBy(asc(t.accountTokens.id)),
);

/** The tokens of a page of accounts. */
export function tokensOfAll(accountIds: readonly string[]) {
  return ({ db, t }: Room) =>
    db
      .select()
      .from(t.accountTokens)
      .where(inArray(t.accountTokens.accountId, [...accountIds]))
      .orderBy(asc(t.accountTokens.id));
}

export function insertToken(row: AccountTokenRow) {
  return ({ db, t }: Room) => db.insert(t.accountTokens).values(row);
}

export const deleteToken = statement(({ db, t }, p: Params<{ id: string; accountId: string }>) =>
  db
    .delete(t.accountTokens)
    .where(and(eq(t.accountTokens.id, p.id), eq(t.accountTokens.accountId, p.accountId)))
    .returning({ lastFour: t.accountTokens.lastFour, label: t.accountTokens.label }),
);

/** Never backwards: another server may have seen it later. */
export const tokenUsed = statement(({ db, t }, p: Params<{ id: string; at: number }>) =>
  db
    .update(t.accountTokens)
    .set({ lastUsedAt: sql`${p.at}` })
    .where(and(eq(t.accountTokens.id, p.id), sql`coalesce(${t.accountTokens.lastUsedAt}, 0) < ${p.at}`)),
);

export const policiesOf = statement(({ db, t }, p: Params<{ accountId: string }>) =>
  db
    .select()
    .from(t.impersonationPolicies)
    .where(
      and(eq(t.impersonationPolicies.accountId, p.accountId), isNull(t.impersonationPolicies.disabledAt)),
    )
    .orderBy(asc(t.impersonationPolicies.id)),
);

export function insertPolicy(row: Tables["impersonationPolicies"]["$inferSelect"]) {
  return ({ db, t }: Room) => db.insert(t.impersonationPolicies).values(row);
}

export const deletePolicy = statement(({ db, t }, p: Params<{ id: string; accountId: string }>) =>
  db
    .delete(t.impersonationPolicies)
    .where(and(eq(t.impersonationPolicies.id, p.id), eq(t.impersonationPolicies.accountId, p.accountId)))
    .returning({ id: t.impersonationPolicies.id, provisioned: t.impersonationPolicies.provisioned }),
);

/** Those of that name that are not deleted, oldest first. */
export const accountsNamed = statement(({ db, t }, p: Params<{ organisationId: number; name: string }>) =>
  db
    .select()
    .from(t.accounts)
    .where(
      and(
        eq(t.accounts.organisationId, p.organisationId),
        eq(t.accounts.name, p.name),
        isNull(t.accounts.deletedAt),
      ),
    )
    .orderBy(asc(t.accounts.id)),
);

/** Those that koppla.yaml keeps. */
export const keptAccounts = statement(({ db, t }) =>
  db
    .select()
    .from(t.accounts)
    .where(and(eq(t.accounts.provisioned, true), isNull(t.accounts.deletedAt)))
    .orderBy(asc(t.accounts.id)),
);

/** All of them, those that allow nothing any more, too. */
export const policiesOfAccount = statement(({ db, t }, p: Params<{ accountId: string }>) =>
  db
    .select()
    .from(t.impersonationPolicies)
    .where(eq(t.impersonationPolicies.accountId, p.accountId))
    .orderBy(asc(t.impersonationPolicies.id)),
);

/** Those that koppla.yaml keeps, with the name of the account. */
export const keptPolicies = statement(({ db, t }) =>
  db
    .select({
      id: t.impersonationPolicies.id,
      organisationId: t.impersonationPolicies.organisationId,
      clientId: t.accounts.clientId,
      account: t.accounts.name,
    })
    .from(t.impersonationPolicies)
    .innerJoin(t.accounts, eq(t.accounts.id, t.impersonationPolicies.accountId))
    .where(eq(t.impersonationPolicies.provisioned, true))
    .orderBy(asc(t.impersonationPolicies.id)),
);

export function updatePolicy(id: string, columns: Partial<Tables["impersonationPolicies"]["$inferSelect"]>) {
  return ({ db, t }: Room) =>
    db.update(t.impersonationPolicies).set(columns).where(eq(t.impersonationPolicies.id, id));
}
