/** A person, as other rooms see it: what it may do, and whether it may do anything. */
import type { Grant } from "../grants/grant.ts";
import { SUPERADMINISTRATOR } from "./built-in-roles.ts";
import type { UserRow } from "./queries.ts";
import type { Roles } from "./roles.ts";

export interface Person {
  id: string;
  organisationId: number;
  username: string;
  /** What to call it: its name, or its username where it has none. */
  name: string;
  /** Of its roles, as the YAML has them now. */
  grants: readonly Grant[];
  groups: readonly string[];
  /** False when it is disabled or deleted: it then may do nothing, and nobody in its name. */
  active: boolean;
  /** Has a right to manage accounts, people or the organisation: nobody may act in its name. */
  manager: boolean;
  /** Looks after all organisations, its own and the others. */
  superadministrator: boolean;
}

const OF_MANAGERS = new Set(["accounts", "users", "organisations", "impersonate", "*"]);

export function personOf(row: UserRow, roles: Roles): Person {
  const { id, organisationId, username, name, groups } = row;
  const grants = roles.grantsOf(row.roles);
  return {
    ...{ id, organisationId, username, groups, grants },
    name: name === "" ? username : name,
    active: isActive(row),
    manager: managesPeople(grants),
    superadministrator: row.roles.includes(SUPERADMINISTRATOR),
  };
}

export function isActive({ disabledAt, deletedAt }: Pick<UserRow, "disabledAt" | "deletedAt">): boolean {
  return disabledAt === null && deletedAt === null;
}

export function managesPeople(grants: readonly Pick<Grant, "resource" | "actions">[]): boolean {
  return grants.some(
    ({ resource, actions }) =>
      OF_MANAGERS.has(resource) && (actions.includes("manage") || actions.includes("*")),
  );
}
