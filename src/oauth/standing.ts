/**
 * What a token stands for now. Its row says who it was given to; what it may do is found anew from accounts, person
 * and policies as they are, so that whatever is taken from one of them is taken from the token at once.
 */
import type { Actor, Principal, Subject } from "../accounts/principal.ts";
import { intersect } from "../grants/algebra.ts";
import type { Grant } from "../grants/grant.ts";
import { narrow } from "../grants/scope.ts";
import type { Reader } from "../store/store.ts";
import type { AccountRow, Accounts, People, Person, Policy } from "./collaborators.ts";
import { actorsOf, covers, mayImpersonate, powers, untouchable } from "./impersonation.ts";
import { type AccessTokenRow, type FoundAccessToken, organisationOf } from "./queries.ts";
import { splitScope } from "./scope.ts";

export interface TokenStanding {
  row: FoundAccessToken;
  /** The client that it was given to. */
  account: AccountRow;
  /** Who acts in the person's name, the account first. */
  acting: readonly AccountRow[];
  person: Person | undefined;
  /** Those that allow it; one for each who acts. */
  policies: readonly Policy[];
  /** From where it may be used, as the organisation says. */
  organisationAllowedIps: readonly string[];
  principal: Principal;
}

/** Who a token was given to, and for whom it speaks. */
type Owners = Pick<
  AccessTokenRow,
  "organisationId" | "accountId" | "userId" | "actor" | "scope" | "policies"
>;

export interface StandingCollaborators {
  accounts: Accounts;
  people: People;
}

/**
 * @returns why it is worthless, where it is. Whether it has expired, and whether its accounts have, changes by the
 *   clock and is not looked at.
 */
export async function standingOf(
  reader: Reader,
  row: FoundAccessToken,
  { accounts, people }: StandingCollaborators,
): Promise<TokenStanding | string> {
  const [account, person, [organisation], earlierThere] = await Promise.all([
    accounts.byId(reader, row.accountId),
    row.userId === null ? undefined : people.byId(reader, row.userId),
    reader.run(organisationOf, { id: row.organisationId }),
    row.earlierApiTokens === null || accounts.hasTokens(reader, row.earlierApiTokens),
  ]);
  if (!row.apiTokenThere || !earlierThere) return "its API token is not there any more";
  if (!account || !organisation) return "its account is not there";
  if (row.userId !== null && !person?.active) return "its user is disabled";
  if (person && person.organisationId !== row.organisationId) return "its user is of another organisation";
  const acting = person && row.actor ? await actingOf(reader, row, person, { accounts }) : undefined;
  if (typeof acting === "string") return acting;
  const { allowedIps, ...named } = organisation;
  return {
    row,
    account,
    acting: acting?.accounts ?? [],
    person,
    policies: acting?.policies ?? [],
    organisationAllowedIps: allowedIps,
    principal: {
      organisation: named,
      subject: subjectOf(account, person),
      ...(row.actor && { actor: row.actor }),
      client: { id: account.id, clientId: account.clientId },
      grants: narrow(grantsOf(account, person, acting), splitScope(row.scope)),
    },
  };
}

/** What a token of an account can do at most, in a person's name or its own, before its scope narrows it. */
export function grantsOf(
  account: Pick<AccountRow, "grants">,
  person: Pick<Person, "grants"> | undefined,
  acting?: { accounts: readonly AccountRow[]; policies: readonly Policy[] },
): readonly Grant[] {
  if (!person) return account.grants;
  if (acting) return powers(person, acting.accounts, acting.policies);
  return intersect(account.grants, person.grants);
}

/** The accounts that act, and the policies that let them; or why they may not any more. */
async function actingOf(
  reader: Reader,
  { organisationId, actor, policies: ids }: Owners,
  person: Person,
  { accounts }: Pick<StandingCollaborators, "accounts">,
): Promise<{ accounts: AccountRow[]; policies: Policy[] } | string> {
  const denied = untouchable(person);
  if (denied !== undefined) return denied;
  const found = await Promise.all(actorsOf(actor).map((id) => accounts.withClientId(reader, id)));
  const acting = found.filter((account) => account?.organisationId === organisationId) as AccountRow[];
  if (acting.length !== found.length || acting.length !== ids.length) return "who acts is not there";
  if (!acting.every(mayImpersonate)) return "who acts may not impersonate any more";
  const policies: Policy[] = [];
  for (const [index, account] of acting.entries()) {
    const known = await accounts.policies(reader, account.id);
    const policy = known.find(({ id }) => id === ids[index]);
    if (!policy || !covers(policy, person)) return "its policy is not there any more";
    policies.push(policy);
  }
  return { accounts: acting, policies };
}

function subjectOf(account: AccountRow, person: Person | undefined): Subject {
  if (person) return { kind: "user", id: person.id, username: person.username, name: person.name };
  return { kind: "account", id: account.id, clientId: account.clientId, name: account.name };
}

/** How the audit log names a token's owner and who acts in its name. */
export function namesOf(
  account: Pick<AccountRow, "clientId">,
  person: Pick<Person, "username"> | undefined,
  actor: Actor | null,
): { subject: string; actor: string | null; client: string } {
  return {
    subject: person ? `user:${person.username}` : `account:${account.clientId}`,
    actor: actor ? `account:${actor.clientId}` : null,
    client: account.clientId,
  };
}
