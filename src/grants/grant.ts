/** What a grant is: a resource, what may be done with it, and optionally with which of its records and fields. */
import type { StoredGrant } from "../../db/schema.ts";

export type Grant = StoredGrant;

export const GRANT_ACTIONS = ["read", "write", "delete", "run", "manage"] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** Whether the grants allow `action` on `resource`. A type's name is a resource; `*` stands for all. */
export function allows(grants: readonly Grant[], resource: string, action: GrantAction): boolean {
  return grants.some(
    (grant) =>
      (grant.resource === resource || grant.resource === "*") &&
      (grant.actions.includes(action) || grant.actions.includes("*")),
  );
}
