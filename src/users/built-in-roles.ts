/** The roles that are there without the YAML saying so. */
import type { Grant } from "../grants/grant.ts";
import { ACTION_PREFIX } from "../grants/resources.ts";

/** Looks after the whole server: every organisation, and the settings of all. The YAML cannot change what it is. */
export const SUPERADMINISTRATOR = "superadministrator";

export const BUILT_IN_ROLES = [SUPERADMINISTRATOR, "administrator", "operator", "reader"] as const;

/**
 * What each of them may do.
 * @param actions  the names of the YAML's actions
 */
export function builtInRoles(actions: readonly string[]): Record<(typeof BUILT_IN_ROLES)[number], Grant[]> {
  const everything: Grant = { resource: "*", actions: ["*"] };
  const reader: Grant[] = [{ resource: "*", actions: ["read"] }];
  return {
    // What is the whole server's is no part of `*`.
    superadministrator: [everything, { resource: "system", actions: ["*"] }],
    administrator: [everything],
    operator: [
      ...reader,
      // To send again, and to send a test.
      { resource: "deliveries", actions: ["write"] },
      { resource: "receivers", actions: ["write"] },
      // To cancel.
      { resource: "operations", actions: ["manage"] },
      ...actions.map((name) => ({ resource: ACTION_PREFIX + name, actions: ["run"] })),
    ],
    reader,
  };
}
