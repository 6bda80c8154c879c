/** Which scope a token gets: what is asked for, all of it or nothing. */
import { actionsOf } from "../grants/resources.ts";
import { allows, type Grant, GRANT_ACTIONS } from "../grants/grant.ts";
import { parseScope } from "../grants/scope.ts";
import { OAuthError } from "./error.ts";

/** A token's scopes as they are stored: separated by single spaces, each once. */
export function splitScope(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}

/**
 * Whether grants hold something of all that a scope says: `*` in a scope asks for `*` in a grant, or for each action
 * that the resource has.
 */
export function permits(grants: readonly Grant[], scope: string): boolean {
  const colon = scope.lastIndexOf(":");
  const resource = scope.slice(0, colon);
  const action = scope.slice(colon + 1);
  if (action === "*") return actionsOf(resource).every((each) => allows(grants, resource, each));
  const known = GRANT_ACTIONS.find((each) => each === action);
  return known !== undefined && allows(grants, resource, known);
}

/**
 * @param asked  the parameter `scope`; not given: everything
 * @param all  every scope that there is to have
 * @param permitted  whether a scope may be had; where it is not told, those of `all` may
 * @throws OAuthError `invalid_scope` for what is none, or more than what may be had
 */
export function chooseScope(
  asked: string | undefined,
  all: readonly string[],
  permitted: (scope: string) => boolean = (scope) => all.includes(scope),
): string {
  if (asked === undefined) return all.join(" ");
  const scopes = parseScope(asked);
  if (!scopes) throw new OAuthError("invalid_scope", "the scope is no list of resource:action");
  if (!scopes.every(permitted)) {
    throw new OAuthError("invalid_scope", "the scope is more than what may be had here");
  }
  return scopes.join(" ");
}
