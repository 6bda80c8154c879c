/** An account's row, and whether it may be used: now, and from where. */
import type { Tables } from "../../db/schema.ts";
import { Networks } from "../http/networks.ts";

export type AccountRow = Tables["accounts"]["$inferSelect"];

/** What of an account decides whether it may be used. */
export type Standing = Pick<AccountRow, "expiresAt" | "disabledAt" | "deletedAt">;

/** False when it is disabled, deleted or expired: it then may do nothing. @param now  milliseconds since 1970 */
export function isActive({ expiresAt, disabledAt, deletedAt }: Standing, now: number): boolean {
  return disabledAt === null && deletedAt === null && (expiresAt === null || expiresAt > now);
}

/** Where a request comes from: asked for only where there is a list to hold it against. */
export type Address = string | null | (() => string | null);

/** Whether an account may be used from an address: its own list and its organisation's must both contain it. */
export function mayUseFrom(
  { allowedIps }: Pick<AccountRow, "allowedIps">,
  organisationAllowedIps: readonly string[],
  address: Address,
): boolean {
  // Most have none, and most requests ask.
  if (allowedIps.length === 0 && organisationAllowedIps.length === 0) return true;
  const lists = [allowedIps, organisationAllowedIps].filter((list) => list.length > 0);
  const from = typeof address === "function" ? address() : address;
  return lists.every((list) => new Networks(list).contains(from));
}
