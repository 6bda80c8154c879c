/** Which scope a token gets: what is asked for, all of it or nothing. */
import { actionsOf } from "../grants/resources.ts";
import { allows, type Grant, GRANT_ACTIONS } from "../grants/grant.ts";
import { parseScope, scopesOf } from "../grants/scope.ts";
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

/** What grants come to as a scope. An account's are the same object for as long as its client is known. */
const wholes = new WeakMap<readonly Grant[], string>();

function wholeScope(grants: readonly Grant[]): string {
  let scope = wholes.get(grants);
  if (scope === undefined) wholes.set(grants, (scope = scopesOf(grants).join(" ")));
  return scope;
}

/**
 * @param asked  the parameter `scope`; not given: everything
 * @param grants  what may be had
 * @returns the scope, or the error `invalid_scope` for what is none, or more than what may be had
 */
export function chooseScope(asked: string | undefined, grants: readonly Grant[]): string | OAuthError {
  if (asked === undefined) return wholeScope(grants);
  const scopes = parseScope(asked);
  if (!scopes) return new OAuthError("invalid_scope", "the scope is no list of resource:action");
  if (!scopes.every((scope) => permits(grants, scope))) {
    return new OAuthError("invalid_scope", "the scope is more than what may be had here");
  }
  return scopes.join(" ");
}
