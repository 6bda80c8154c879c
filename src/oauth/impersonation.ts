/**
 * Whether an account may act in a person's name, and with what power. Everything is denied that no policy allows;
 * the rules are asked again at every use of a token, so that what is taken away is gone at once.
 */
import type { Actor } from "../accounts/principal.ts";
import { allows, type Grant } from "../grants/grant.ts";
import { intersect } from "../grants/algebra.ts";
import { narrow } from "../grants/scope.ts";
import { usernameKey } from "../users/input.ts";
import type { AccountRow, Person, Policy } from "./collaborators.ts";

/** Who acts, at most: an account, through another, through a third. */
export const MAX_ACTORS = 3;

/** Why it is denied. For the audit log alone: outside every denial is the same. */
export type Denial =
  | "no such user"
  | "the user is disabled"
  | "the user manages others"
  | "no policy covers the user"
  | "the subject token is not good"
  | "the subject token speaks for no user"
  | "the subject token is bound to another key"
  | "too many act in each other's name";

/** Whether the account has the right to act for anybody at all. */
export function mayImpersonate({ grants }: Pick<AccountRow, "grants">): boolean {
  return allows(grants, "impersonate", "run");
}

/** Why nobody may act in this person's name; undefined where a policy decides. */
export function untouchable(person: Person | undefined): Denial | undefined {
  if (!person) return "no such user";
  if (!person.active) return "the user is disabled";
  return person.manager ? "the user manages others" : undefined;
}

/** Whether a policy names the person, or a group that it belongs to. */
export function covers(
  policy: Pick<Policy, "users" | "groups">,
  { username, groups }: Pick<Person, "username" | "groups">,
): boolean {
  const key = usernameKey(username);
  return (
    policy.users.some((name) => usernameKey(name) === key) ||
    policy.groups.some((group) => groups.includes(group))
  );
}

/**
 * What may be done: what each account that acts, the person and every policy allow, and never management of accounts
 * or people.
 */
export function powers(
  person: Pick<Person, "grants">,
  acting: readonly Pick<AccountRow, "grants">[],
  policies: readonly Pick<Policy, "scopes">[],
): Grant[] {
  let grants: Grant[] = [...person.grants];
  for (const account of acting) grants = intersect(account.grants, grants, { management: false });
  for (const { scopes } of policies) grants = narrow(grants, scopes);
  return grants;
}

/** The client ids of those who act, the one that does it first. */
export function actorsOf(actor: Actor | null | undefined): string[] {
  return actor ? [actor.clientId, ...actorsOf(actor.actor)] : [];
}
