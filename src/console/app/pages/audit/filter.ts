/** What the audit log is narrowed by, as it stands in the address bar. */
import type { Schemas } from "../../api/client.ts";

export type AuditEvent = Schemas["AuditEvent"];

/** Times are those of the clock on the wall, as `datetime-local` has them. */
export const noFilters = { subject: "", action: "", target: "", outcome: "", since: "", until: "" };
export type AuditFilters = Record<keyof typeof noFilters, string>;

export const isFiltered = (filters: AuditFilters): boolean =>
  Object.values(filters).some((value) => value !== "");

/** As the API has them. */
export function queryOf({ since, until, ...rest }: AuditFilters): Record<string, string> {
  const query: Record<string, string> = { since: instant(since), until: instant(until) };
  for (const [name, value] of Object.entries(rest)) query[name] = value.trim();
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

function instant(local: string): string {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

/** The actions that were seen, and those of which several were, such as `account.*`. */
export function actionsIn(events: readonly AuditEvent[]): string[] {
  const actions = [...new Set(events.map(({ action }) => action))];
  const families = actions
    .filter((action) => action.includes("."))
    .map((action) => action.replace(/[^.]+$/, "*"));
  return [...new Set([...families, ...actions])].sort();
}
