/** Scopes: what a token may do of what its subject may, `resource:action` each, as OAuth 2.0 writes them. */
import { intersect } from "./algebra.ts";
import type { Grant } from "./grant.ts";

/** RFC 6749, 3.3: `scope-token *( SP scope-token )`, a token being printable ASCII without quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const MAX_SCOPES = 100;
const MAX_LENGTH = 4_000;

/**
 * The scopes of a `scope` parameter, each once and in their order.
 * @returns undefined for text that is none: the error `invalid_scope`. Empty text is no scope at all, and none too.
 */
export function parseScope(text: string): string[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const scopes = [...new Set(text.split(" "))];
  const wellFormed = scopes.every((scope) => SCOPE_TOKEN.test(scope) && scope.lastIndexOf(":") > 0);
  return wellFormed && scopes.length <= MAX_SCOPES ? scopes : undefined;
}

/** What `grants` allow within `scopes`. `*` stands for all, on either side; the last colon separates. */
export function narrow(grants: readonly Grant[], scopes: readonly string[]): Grant[] {
  return intersect(grants, scopes.map(grantOf));
}

/** The scopes that come to all that the grants allow: what a token has of which nothing was asked. */
export function scopesOf(grants: readonly Grant[]): string[] {
  return [
    ...new Set(grants.flatMap(({ resource, actions }) => actions.map((action) => `${resource}:${action}`))),
  ];
}

/** The scopes of those given of which the grants allow something. */
export function grantedScopes(grants: readonly Grant[], scopes: readonly string[]): string[] {
  return scopes.filter((scope) => narrow(grants, [scope]).length > 0);
}

function grantOf(scope: string): Grant {
  const colon = scope.lastIndexOf(":");
  return { resource: scope.slice(0, colon), actions: [scope.slice(colon + 1)] };
}
