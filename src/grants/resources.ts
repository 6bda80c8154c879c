/** What grants speak of beside the YAML's types: the resources that are always there, and what may be done with each. */
export const GRANT_ACTIONS = ["read", "write", "delete", "run", "manage"] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];

/** Resources of the server itself: to look at them is `read`, to change them `manage`, which covers the rest. */
export const MANAGEMENT = [
  "receivers",
  "deliveries",
  "operations",
  "schedules",
  "accounts",
  "users",
  "organisations",
  "audit",
  "system",
] as const;

const DATA: readonly GrantAction[] = ["read", "write", "delete"];

const FIXED: ReadonlyMap<string, readonly GrantAction[]> = new Map([
  ...MANAGEMENT.map((name): [string, GrantAction[]] => [name, ["read", "manage"]]),
  // To send again what was sent is no change of it, nor is to send a receiver a test.
  ["deliveries", ["read", "write", "manage"]],
  ["receivers", ["read", "write", "manage"]],
  ["webmessages", DATA],
  ["impersonate", ["run"]],
]);

export const FIXED_RESOURCES: readonly string[] = [...FIXED.keys()];

/** `action:` and the name of one of the YAML's actions. */
export const ACTION_PREFIX = "action:";

export function isManagement(resource: string): boolean {
  return (MANAGEMENT as readonly string[]).includes(resource);
}

/** The actions that mean something for a resource; of what is no fixed one, those of a type. */
export function actionsOf(resource: string): readonly GrantAction[] {
  if (resource === "*") return GRANT_ACTIONS;
  if (resource.startsWith(ACTION_PREFIX)) return ["run"];
  return FIXED.get(resource) ?? DATA;
}

/**
 * What nobody may do in another's name, whatever both may: it would let an account make its stay permanent, or hide
 * what it did.
 */
const NEVER_DELEGATED = new Set(["accounts", "users", "organisations", "impersonate", "audit", "system"]);

export function isDelegable(resource: string): boolean {
  return !NEVER_DELEGATED.has(resource);
}

/** Whether `*` stands for it, too. What belongs to the whole server and not to one organisation must be named. */
export function isWithinAll(resource: string): boolean {
  return resource !== "system";
}
