/** What a grant is: a resource, what may be done with it, and optionally with which of its records and fields. */
import type { StoredGrant } from "../../db/schema.ts";
import { type GrantAction, isDelegable, isManagement, isWithinAll } from "./resources.ts";

export { GRANT_ACTIONS, type GrantAction } from "./resources.ts";

/**
 * As it is stored, and what working on grants adds to it. The members that a `StoredGrant` does not have are never
 * stored and never taken from outside.
 */
export interface Grant extends StoredGrant {
  /** Of `fields`, only those that the type calls public: what is left of a list and `public` together. */
  publicOnly?: true;
  /** Held in another's name: `*` does not cover what is never delegated (`resources.ts`). */
  delegated?: true;
}

/**
 * Whether the grants allow `action` on `resource`, on all of it or on a part. A type's name is a resource; `*` stands
 * for all of either. `manage` covers `read` and `write` where the resource is one of management.
 */
export function allows(grants: readonly Grant[], resource: string, action: GrantAction): boolean {
  return grants.some((grant) => speaksOf(grant, resource) && permits(grant, resource, action));
}

/** Whether a grant is about the resource. */
export function speaksOf(grant: Grant, resource: string): boolean {
  if (grant.resource === resource) return true;
  if (grant.resource !== "*" || !isWithinAll(resource)) return false;
  return grant.delegated === undefined || isDelegable(resource);
}

/** Whether a grant that is about the resource has the action. */
export function permits({ actions }: Grant, resource: string, action: GrantAction): boolean {
  if (actions.includes(action) || actions.includes("*")) return true;
  return (action === "read" || action === "write") && actions.includes("manage") && isManagement(resource);
}
