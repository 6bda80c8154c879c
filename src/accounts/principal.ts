/** Who a request comes from and what it may do: the one seam between authentication and everything else. */
import type { StoredGrant } from "../../db/schema.ts";
import { Problem } from "../problem.ts";

export interface Organisation {
  id: number;
  code: string;
  name: string;
}

export interface Principal {
  organisation: Organisation;
  subject: { kind: "account"; id: string; clientId: string; name: string };
  /** Who acts in the subject's name, where that is somebody else. */
  actor?: string;
  grants: readonly StoredGrant[];
}

export type GrantAction = "read" | "write" | "delete" | "run" | "manage";

/** Whether the grants allow `action` on `resource`. A type's name is a resource; `*` stands for all. */
export function allows(grants: readonly StoredGrant[], resource: string, action: GrantAction): boolean {
  return grants.some(
    (grant) =>
      (grant.resource === resource || grant.resource === "*") &&
      (grant.actions.includes(action) || grant.actions.includes("*")),
  );
}

/** @throws Problem `forbidden` naming what is missing */
export function demand(principal: Principal, resource: string, action: GrantAction): void {
  if (!allows(principal.grants, resource, action)) {
    throw new Problem("forbidden", `The account has no grant ${resource}:${action}.`);
  }
}
