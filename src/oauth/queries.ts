/** The statements of the token server. */
import { and, asc, eq, getTableColumns, isNotNull, isNull, lt, sql } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { placeholder, rowsOfMany, SEVERAL } from "../store/many.ts";
import { type Params, statement } from "../store/statement.ts";

export type AccessTokenRow = Tables["accessTokens"]["$inferSelect"];
export type RefreshTokenRow = Tables["refreshTokens"]["$inferSelect"];
/** A row as it is found: whoever uses it has to look whether the API token is there. */
type Found<Row> = Row & { apiTokenThere: boolean };
export type FoundAccessToken = Found<AccessTokenRow>;
export type CodeRow = Tables["authorizationCodes"]["$inferSelect"];
export type SigningKeyRow = Tables["signingKeys"]["$inferSelect"];

/** Who a client belongs to, and from where it may come. */
export const organisationOf = statement(({ db, t }, p: Params<{ id: number }>) =>
  db
    .select({
      id: t.organisations.id,
      code: t.organisations.code,
      name: t.organisations.name,
      allowedIps: t.organisations.allowedIps,
    })
    .from(t.organisations)
    .where(eq(t.organisations.id, p.id)),
);

/**
 * Whether the API token is still there with which a token was bought. Looked at with the row, so that it costs no
 * statement, and holds on every server at once, whoever was granting a token while the API token went.
 */
const apiTokenThere =
  sql<boolean>`(api_token_id is null or exists (select 1 from account_tokens where id = api_token_id))`.mapWith(
    Boolean,
  );

export const insertAccessToken = statement(({ db, t }, p: Params<AccessTokenRow>) =>
  db.insert(t.accessTokens).values({
    hash: p.hash,
    organisationId: p.organisationId,
    accountId: p.accountId,
    userId: p.userId,
    actor: p.actor,
    scope: p.scope,
    familyId: p.familyId,
    policies: p.policies,
    dpopJkt: p.dpopJkt,
    audience: p.audience,
    createdAt: p.createdAt,
    expiresAt: p.expiresAt,
    apiTokenId: p.apiTokenId,
    earlierApiTokens: p.earlierApiTokens,
  }),
);

/** What a token of an account's own has: nobody else has to do with it, and no other token. */
export type OwnAccessToken = Pick<
  AccessTokenRow,
  | "hash"
  | "organisationId"
  | "accountId"
  | "scope"
  | "dpopJkt"
  | "audience"
  | "createdAt"
  | "expiresAt"
  | "apiTokenId"
>;

/** {@link SEVERAL} at once. */
export const insertOwnAccessTokens = statement(({ db, t }, _: Params<{ rows: readonly OwnAccessToken[] }>) =>
  db.insert(t.accessTokens).values(
    rowsOfMany(
      (index) => ({
        hash: placeholder("hash", index),
        organisationId: placeholder("organisationId", index),
        accountId: placeholder("accountId", index),
        scope: placeholder("scope", index),
        dpopJkt: placeholder("dpopJkt", index),
        audience: placeholder("audience", index),
        createdAt: placeholder("createdAt", index),
        expiresAt: placeholder("expiresAt", index),
        apiTokenId: placeholder("apiTokenId", index),
      }),
      SEVERAL,
    ),
  ),
);

export const accessTokenByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db
    .select({ ...getTableColumns(t.accessTokens), apiTokenThere })
    .from(t.accessTokens)
    .where(eq(t.accessTokens.hash, p.hash)),
);

/** Holds a token's row until the transaction ends; nothing comes back when it is gone. */
export const holdAccessToken = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db
    .update(t.accessTokens)
    .set({ hash: sql`${p.hash}` })
    .where(eq(t.accessTokens.hash, p.hash))
    .returning({ hash: t.accessTokens.hash }),
);

export const deleteAccessToken = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.delete(t.accessTokens).where(eq(t.accessTokens.hash, p.hash)).returning({ hash: t.accessTokens.hash }),
);

export const deleteAccessTokensOfFamily = statement(({ db, t }, p: Params<{ familyId: string }>) =>
  db
    .delete(t.accessTokens)
    .where(eq(t.accessTokens.familyId, p.familyId))
    .returning({ hash: t.accessTokens.hash }),
);

export const deleteAccessTokensOfAccount = statement(({ db, t }, p: Params<{ accountId: string }>) =>
  db
    .delete(t.accessTokens)
    .where(eq(t.accessTokens.accountId, p.accountId))
    .returning({ hash: t.accessTokens.hash }),
);

// `is not null` is said for the partial index.
export const deleteAccessTokensOfUser = statement(({ db, t }, p: Params<{ userId: string }>) =>
  db
    .delete(t.accessTokens)
    .where(sql`user_id = ${p.userId} and user_id is not null`)
    .returning({ hash: t.accessTokens.hash }),
);

export const insertRefreshToken = statement(({ db, t }, p: Params<Omit<RefreshTokenRow, "usedAt">>) =>
  db.insert(t.refreshTokens).values({
    hash: p.hash,
    familyId: p.familyId,
    organisationId: p.organisationId,
    accountId: p.accountId,
    userId: p.userId,
    scope: p.scope,
    dpopJkt: p.dpopJkt,
    createdAt: p.createdAt,
    expiresAt: p.expiresAt,
    apiTokenId: p.apiTokenId,
  }),
);

export const refreshTokenByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db
    .select({ ...getTableColumns(t.refreshTokens), apiTokenThere })
    .from(t.refreshTokens)
    .where(eq(t.refreshTokens.hash, p.hash)),
);

/** Uses up a refresh token; nothing comes back when somebody was quicker. */
export const spendRefreshToken = statement(({ db, t }, p: Params<{ hash: string; now: number }>) =>
  db
    .update(t.refreshTokens)
    .set({ usedAt: sql`${p.now}` })
    .where(and(eq(t.refreshTokens.hash, p.hash), isNull(t.refreshTokens.usedAt)))
    .returning({ hash: t.refreshTokens.hash }),
);

export const deleteRefreshTokensOfFamily = statement(({ db, t }, p: Params<{ familyId: string }>) =>
  db
    .delete(t.refreshTokens)
    .where(eq(t.refreshTokens.familyId, p.familyId))
    .returning({ hash: t.refreshTokens.hash }),
);

export const deleteRefreshTokensOfAccount = statement(({ db, t }, p: Params<{ accountId: string }>) =>
  db
    .delete(t.refreshTokens)
    .where(eq(t.refreshTokens.accountId, p.accountId))
    .returning({ hash: t.refreshTokens.hash }),
);

export const deleteRefreshTokensOfUser = statement(({ db, t }, p: Params<{ userId: string }>) =>
  db
    .delete(t.refreshTokens)
    .where(sql`user_id = ${p.userId} and user_id is not null`)
    .returning({ hash: t.refreshTokens.hash }),
);

export const insertCode = statement(({ db, t }, p: Params<Omit<CodeRow, "usedAt">>) =>
  db.insert(t.authorizationCodes).values({
    hash: p.hash,
    organisationId: p.organisationId,
    accountId: p.accountId,
    userId: p.userId,
    redirectUri: p.redirectUri,
    scope: p.scope,
    challenge: p.challenge,
    dpopJkt: p.dpopJkt,
    familyId: p.familyId,
    createdAt: p.createdAt,
    expiresAt: p.expiresAt,
  }),
);

export const codeByHash = statement(({ db, t }, p: Params<{ hash: string }>) =>
  db.select().from(t.authorizationCodes).where(eq(t.authorizationCodes.hash, p.hash)),
);

/** Uses up a code; nothing comes back when somebody was quicker. */
export const spendCode = statement(({ db, t }, p: Params<{ hash: string; now: number }>) =>
  db
    .update(t.authorizationCodes)
    .set({ usedAt: sql`${p.now}` })
    .where(and(eq(t.authorizationCodes.hash, p.hash), isNull(t.authorizationCodes.usedAt)))
    .returning({ hash: t.authorizationCodes.hash }),
);

/** Remembers a proof of possession; nothing comes back when it was used before. */
export const insertProof = statement(({ db, t }, p: Params<{ hash: string; expiresAt: number }>) =>
  db
    .insert(t.dpopProofs)
    .values({ hash: p.hash, expiresAt: p.expiresAt })
    .onConflictDoNothing()
    .returning({ hash: t.dpopProofs.hash }),
);

export const allSigningKeys = statement(({ db, t }) =>
  db.select().from(t.signingKeys).orderBy(asc(t.signingKeys.generation)),
);

export const insertSigningKey = statement(({ db, t }, p: Params<SigningKeyRow>) =>
  db
    .insert(t.signingKeys)
    .values({
      generation: p.generation,
      kid: p.kid,
      privateKey: p.privateKey,
      publicKey: p.publicKey,
      createdAt: p.createdAt,
      activeAt: p.activeAt,
      shownUntil: p.shownUntil,
    })
    .onConflictDoNothing(),
);

export const showSigningKey = statement(({ db, t }, p: Params<{ generation: number; until: number }>) =>
  db
    .update(t.signingKeys)
    .set({ shownUntil: sql`${p.until}` })
    .where(and(eq(t.signingKeys.generation, p.generation), sql`${t.signingKeys.shownUntil} < ${p.until}`)),
);

/** Removes keys that were followed by another and whose last token has expired. */
export const deleteSigningKeys = statement(({ db, t }, p: Params<{ now: number; generation: number }>) =>
  db
    .delete(t.signingKeys)
    .where(and(lt(t.signingKeys.generation, p.generation), sql`${t.signingKeys.shownUntil} <= ${p.now}`)),
);

type Sweep = Params<{ now: number; limit: number }>;

// Skipping what another node's sweep holds, so that two of them never wait for each other.
export const expiredAccessTokens = statement(({ db, t, skipLocked }, p: Sweep) =>
  db
    .delete(t.accessTokens)
    .where(
      sql`${t.accessTokens.hash} in (select hash from access_tokens where expires_at <= ${p.now} order by expires_at limit ${p.limit}${skipLocked})`,
    )
    .returning({ hash: t.accessTokens.hash }),
);

export const expiredRefreshTokens = statement(({ db, t, skipLocked }, p: Sweep) =>
  db
    .delete(t.refreshTokens)
    .where(
      sql`${t.refreshTokens.hash} in (select hash from refresh_tokens where expires_at <= ${p.now} order by expires_at limit ${p.limit}${skipLocked})`,
    )
    .returning({ hash: t.refreshTokens.hash }),
);

export const expiredCodes = statement(({ db, t, skipLocked }, p: Sweep) =>
  db
    .delete(t.authorizationCodes)
    .where(
      sql`${t.authorizationCodes.hash} in (select hash from authorization_codes where expires_at <= ${p.now} order by expires_at limit ${p.limit}${skipLocked})`,
    )
    .returning({ hash: t.authorizationCodes.hash }),
);

export const expiredProofs = statement(({ db, t, skipLocked }, p: Sweep) =>
  db
    .delete(t.dpopProofs)
    .where(
      sql`${t.dpopProofs.hash} in (select hash from dpop_proofs where expires_at <= ${p.now} order by expires_at limit ${p.limit}${skipLocked})`,
    )
    .returning({ hash: t.dpopProofs.hash }),
);

/** When the first row of any kind expires, or nothing. */
export const nextExpiry = statement(({ db, t }) =>
  db
    .select({
      at: sql<number | null>`(select min(at) from (
        select min(${t.accessTokens.expiresAt}) as at from ${t.accessTokens}
        union all select min(${t.refreshTokens.expiresAt}) from ${t.refreshTokens}
        union all select min(${t.authorizationCodes.expiresAt}) from ${t.authorizationCodes}
        union all select min(${t.dpopProofs.expiresAt}) from ${t.dpopProofs}) as firsts)`.mapWith(Number),
    })
    .from(sql`(select 1) as one`),
);

/** See `restore.ts`. */
export const raiseAccountSteps = statement(({ db, t }, p: Params<{ step: number }>) =>
  db
    .update(t.accounts)
    .set({ totpStep: sql`${p.step}` })
    .where(and(isNotNull(t.accounts.totpSecret), lt(t.accounts.totpStep, p.step))),
);

export const raiseUserSteps = statement(({ db, t }, p: Params<{ step: number }>) =>
  db
    .update(t.users)
    .set({ totpStep: sql`${p.step}` })
    .where(and(isNotNull(t.users.totpSecret), lt(t.users.totpStep, p.step))),
);
