/** What a token is: RFC 7662. Told to the client that has it, and to accounts of its organisation that may look. */
import { looksLikeToken } from "../accounts/tokens.ts";
import { allows } from "../grants/grant.ts";
import { grantedScopes, narrow } from "../grants/scope.ts";
import type { Reader } from "../store/store.ts";
import type { GrantRoom } from "./grants/grant.ts";
import type { AccountRow } from "./collaborators.ts";
import { type ActClaim, actClaim } from "./jwt.ts";
import { accessTokenByHash, refreshTokenByHash } from "./queries.ts";
import { splitScope } from "./scope.ts";
import { grantsOf, standingOf } from "./standing.ts";

/** RFC 7662, 2.2; `act` is of RFC 8693, 4.1, `cnf` of RFC 9449, 6.2. Times in seconds since 1970. */
export interface Introspection {
  active: boolean;
  scope?: string;
  client_id?: string;
  username?: string;
  token_type?: "Bearer" | "DPoP";
  exp?: number;
  iat?: number;
  sub?: string;
  aud?: string;
  iss?: string;
  act?: ActClaim;
  cnf?: { jkt: string };
}

/** The same for a token that is unknown, used, expired, revoked, or nobody's business. */
const INACTIVE: Introspection = { active: false };

type Room = Pick<GrantRoom, "store" | "clock" | "accounts" | "people" | "access" | "maker" | "issuer">;

export async function introspect(room: Room, client: AccountRow, token: string): Promise<Introspection> {
  if (looksLikeToken(token, "refresh")) {
    return await room.store.read((reader) => aboutRefreshToken(room, reader, client, room.maker.hash(token)));
  }
  const hash = await room.access.hashOf(token);
  if (hash === undefined) return INACTIVE;
  return await room.store.read((reader) => aboutAccessToken(room, reader, client, hash));
}

async function aboutAccessToken(
  { accounts, people, access, issuer }: Room,
  reader: Reader,
  client: AccountRow,
  hash: string,
): Promise<Introspection> {
  const [row] = await reader.run(accessTokenByHash, { hash });
  if (!row || !mayLook(client, row)) return INACTIVE;
  const standing = await standingOf(reader, row, { accounts, people });
  if (typeof standing === "string" || access.objection(standing) !== undefined) return INACTIVE;
  const { account, person, principal } = standing;
  return {
    active: true,
    scope: grantedScopes(principal.grants, splitScope(row.scope)).join(" "),
    client_id: account.clientId,
    ...(person && { username: person.username }),
    token_type: row.dpopJkt === null ? "Bearer" : "DPoP",
    exp: seconds(row.expiresAt),
    iat: seconds(row.createdAt),
    sub: person?.id ?? account.clientId,
    aud: row.audience ?? issuer(),
    iss: issuer(),
    ...(row.actor && { act: actClaim(row.actor) }),
    ...(row.dpopJkt !== null && { cnf: { jkt: row.dpopJkt } }),
  };
}

async function aboutRefreshToken(
  { clock, accounts, people, issuer }: Room,
  reader: Reader,
  client: AccountRow,
  hash: string,
): Promise<Introspection> {
  const now = clock.now();
  const [row] = await reader.run(refreshTokenByHash, { hash });
  if (!row || !mayLook(client, row) || row.usedAt !== null || row.expiresAt <= now) return INACTIVE;
  if (!row.apiTokenThere) return INACTIVE;
  const { userId } = row;
  const [account, person] = await Promise.all([
    accounts.byId(reader, row.accountId),
    userId === null ? undefined : people.byId(reader, userId),
  ]);
  if (!account || !accounts.isActive(account, now) || (userId !== null && !person?.active)) return INACTIVE;
  const scopes = splitScope(row.scope);
  return {
    active: true,
    scope: grantedScopes(narrow(grantsOf(account, person), scopes), scopes).join(" "),
    client_id: account.clientId,
    ...(person && { username: person.username }),
    exp: seconds(row.expiresAt),
    iat: seconds(row.createdAt),
    sub: person?.id ?? account.clientId,
    iss: issuer(),
  };
}

function mayLook(client: AccountRow, row: { accountId: string; organisationId: number }): boolean {
  if (row.accountId === client.id) return true;
  return row.organisationId === client.organisationId && allows(client.grants, "accounts", "read");
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
