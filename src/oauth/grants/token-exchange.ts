/**
 * An account that asks to act in a person's name: token exchange, RFC 8693, as impersonation with a trace (`act`).
 * Whatever stands against it, the answer is the same; the audit log has the reason.
 */
import type { Actor } from "../../accounts/principal.ts";
import { narrow } from "../../grants/scope.ts";
import type { Reader, Transaction } from "../../store/store.ts";
import type { Person, Policy } from "../collaborators.ts";
import { OAuthError } from "../error.ts";
import {
  actorsOf,
  covers,
  type Denial,
  MAX_ACTORS,
  mayImpersonate,
  powers,
  untouchable,
} from "../impersonation.ts";
import type { Draft } from "../issue.ts";
import { accessTokenByHash, holdAccessToken } from "../queries.ts";
import { chooseScope, splitScope } from "../scope.ts";
import { standingOf, type TokenStanding } from "../standing.ts";
import { ACCESS_TOKEN_TYPE, readExchange } from "./exchange-request.ts";
import {
  authorOf,
  denied,
  type Granted,
  type GrantCall,
  type GrantHandler,
  type GrantRoom,
  grantToken,
  proofRequired,
  type Refused,
} from "./grant.ts";

/** Who is to be acted for: a username, or the row of a token if it has one. */
type Claim = { username: string } | { hash: string | undefined };

/** Who that is. */
interface Target {
  person: Person;
  /** Of the token that names the person, where one does. */
  standing: TokenStanding | undefined;
}

/** Why not, and whom it is about, where that is somebody. */
interface Denied {
  denial: Denial;
  person: Person | undefined;
}

export const tokenExchange: GrantHandler = async (room, call) => {
  const { client, form } = call;
  const { account } = client;
  const { subject, actorToken } = readExchange(form, account, room.issuer());
  // Signatures are looked at before the write, which waits for nothing but the database.
  const claim =
    subject.kind === "username"
      ? { username: subject.text }
      : { hash: await room.access.hashOf(subject.text) };
  const own = actorToken === undefined ? undefined : { hash: await room.access.hashOf(actorToken) };
  return await grantToken(room, call, async (tx, draft) => {
    const refusal = await admit(room, call, tx, own);
    if (refusal) return refusal;
    if (!mayImpersonate(account)) {
      return {
        error: new OAuthError("unauthorized_client", "the account may not act for others"),
        entry: denied("impersonate", account, "the grant impersonate:run is missing"),
      };
    }
    const target = await targetOf(room, call, tx, claim);
    if ("denial" in target) return refuse(call, target.denial, target.person);
    const choice = await choosePolicy(room, call, tx, target);
    if (typeof choice === "string") return refuse(call, choice, target.person);
    const { policy, scope } = choice;
    if (scope instanceof OAuthError) return { error: scope, entry: denied("impersonate", account, "scope") };
    return await grant(room, call, tx, { draft, target, policy, scope });
  });
};

/**
 * The account shows that it has logged in: by a one-time code where it has TOTP, or by an access token of its own,
 * which has cost one. So it can act for many people within half a minute.
 */
async function admit(
  room: GrantRoom,
  { client, form, proof }: GrantCall,
  tx: Transaction,
  own: { hash: string | undefined } | undefined,
): Promise<Refused | undefined> {
  const { account } = client;
  if (!own) {
    const error = await room.login.useCode(tx, client, form.get("totp"));
    return error && { error, entry: denied("impersonate", account, "one-time code") };
  }
  const standing = await standingOfHash(room, tx, own.hash);
  const good = standing && standing.row.accountId === account.id && standing.row.userId === null;
  if (!good) {
    return {
      error: new OAuthError("invalid_request", "the actor token is not good"),
      entry: denied("impersonate", account, "the actor token is not good"),
    };
  }
  return isHeld(standing, proof) ? undefined : { error: proofRequired() };
}

/** The person, if it is one in whose name anybody may act. */
async function targetOf(
  room: GrantRoom,
  { client: { account }, proof }: GrantCall,
  tx: Transaction,
  claim: Claim,
): Promise<Target | Denied> {
  if ("username" in claim) {
    const person = await room.people.byUsername(tx, account.organisationId, claim.username);
    const denial = untouchable(person);
    return denial || !person ? { denial: denial ?? "no such user", person } : { person, standing: undefined };
  }
  const standing = await standingOfHash(room, tx, claim.hash);
  if (!standing || standing.row.organisationId !== account.organisationId) {
    return { denial: "the subject token is not good", person: undefined };
  }
  const { person } = standing;
  const denied = (denial: Denial): Denied => ({ denial, person });
  if (!person) return denied("the subject token speaks for no user");
  // Whoever found a bound token must not get another one for it.
  if (!isHeld(standing, proof)) return denied("the subject token is bound to another key");
  if (actorsOf(standing.row.actor).length >= MAX_ACTORS) return denied("too many act in each other's name");
  // It may be revoked at this moment: what comes of it is then revoked with it, or not made.
  const [held] = await tx.run(holdAccessToken, { hash: standing.row.hash });
  if (!held) return denied("the subject token is not good");
  const denial = untouchable(person);
  return denial ? denied(denial) : { person, standing };
}

/** The first policy that allows what is asked for; where nothing particular is, the first that allows anything. */
async function choosePolicy(
  room: GrantRoom,
  { client: { account }, form }: GrantCall,
  tx: Transaction,
  { person, standing }: Target,
): Promise<{ policy: Policy; scope: string | OAuthError } | Denial> {
  let beyond: { policy: Policy; scope: OAuthError } | undefined;
  for (const policy of await room.accounts.policies(tx, account.id)) {
    if (!covers(policy, person)) continue;
    const acting = [account, ...(standing?.acting ?? [])];
    const all = powers(person, acting, [policy, ...(standing?.policies ?? [])]);
    const grants = standing ? narrow(all, splitScope(standing.row.scope)) : all;
    if (grants.length === 0) continue;
    const scope = chooseScope(form.get("scope"), grants);
    if (!(scope instanceof OAuthError)) return { policy, scope };
    beyond ??= { policy, scope };
  }
  return beyond ?? "no policy covers the user";
}

async function grant(
  room: GrantRoom,
  { client, proof }: GrantCall,
  tx: Transaction,
  { draft, target, policy, scope }: { draft: Draft; target: Target; policy: Policy; scope: string },
): Promise<Granted> {
  const { account } = client;
  const { person, standing } = target;
  const before = standing?.row.actor;
  const actor: Actor = { clientId: account.clientId, ...(before && { actor: before }) };
  room.audit.record(tx, authorOf(client, person, actor), {
    action: "impersonate",
    outcome: "success",
    detail: { scope, policy: policy.id, actors: actorsOf(actor) },
  });
  const left = standing ? standing.row.expiresAt - room.clock.now() : Number.POSITIVE_INFINITY;
  const issued = await room.maker.insert(tx, draft, {
    ...{ account, userId: person.id, actor, scope },
    familyId: standing?.row.familyId ?? null,
    policies: [policy.id, ...(standing?.row.policies ?? [])],
    dpopJkt: proof?.jkt ?? null,
    // It ends no later than the token it came of, and never has a refresh token.
    life: Math.min(account.tokenLife, policy.life, left),
    apiToken: client.token,
    earlierApiTokens: standing ? apiTokensOf(standing) : null,
  });
  return { issued, more: { issued_token_type: ACCESS_TOKEN_TYPE } };
}

/** The API tokens without which a token is worthless: none is known of those from before that was noted. */
function apiTokensOf({ row: { apiTokenId, earlierApiTokens } }: TokenStanding): string[] | null {
  const ids = [...(apiTokenId === null ? [] : [apiTokenId]), ...(earlierApiTokens ?? [])];
  return ids.length === 0 ? null : [...new Set(ids)];
}

/** The one denial: it must not tell who there is, who manages whom, and what policies there are. */
function refuse({ client }: GrantCall, reason: Denial, person: Person | undefined): Refused {
  const { account } = client;
  return {
    error: new OAuthError("invalid_request", "the subject token is not acceptable"),
    entry: {
      ...denied("impersonate", account, reason),
      // A name that nobody has is not written down: it may be a secret in the wrong place.
      ...(person && { target: `user:${person.username}` }),
    },
  };
}

async function standingOfHash(
  { access, accounts, people }: GrantRoom,
  reader: Reader,
  hash: string | undefined,
): Promise<TokenStanding | undefined> {
  const [row] = hash === undefined ? [] : await reader.run(accessTokenByHash, { hash });
  const standing = row && (await standingOf(reader, row, { accounts, people }));
  return typeof standing === "object" && access.objection(standing) === undefined ? standing : undefined;
}

/** Whether a token is bound to no key, or to the one whose possession was shown. */
function isHeld({ row }: TokenStanding, proof: GrantCall["proof"]): boolean {
  return row.dpopJkt === null || row.dpopJkt === proof?.jkt;
}
