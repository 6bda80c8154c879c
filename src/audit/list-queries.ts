/** The statements that read the audit log, newest first: each is one stretch of one index. */
import { and, asc, type Column, desc, eq, getTableColumns, gt, lt, type SQL, sql } from "drizzle-orm";

import { type Params, type Room, statement } from "../store/statement.ts";
import type { EventRow } from "./queries.ts";

/** Where a page may end: the columns that every index ends in. */
export interface Position {
  at: number;
  sequence: number;
}

/** Which part of an organisation's log: one range of one index. */
export interface Stretch {
  organisationId: number;
  /** What all of its events have in common; nothing: it is the whole log. */
  by?: { target: string } | { subject: string } | { action: string } | { outcome: "denied" };
  /** From when, milliseconds since 1970 (included). */
  since: number;
  /** Up to where (excluded). */
  before: Position;
}

/** What the stretch's index does not know: each of its events is looked at. */
export interface Residual {
  subject?: string | undefined;
  /** Such as `account.create` or `account.*`. */
  action?: string | undefined;
  outcome?: EventRow["outcome"] | undefined;
}

/** The column that the stretch's index has after the organisation, and the condition of a partial one. */
function leading({ by }: Stretch): {
  column?: "target" | "subject" | "action";
  value?: string;
  within?: SQL;
} {
  if (by === undefined) return {};
  // A partial index is only taken when its own condition stands in the query, word for word.
  if ("outcome" in by) return { within: sql.raw("outcome = 'denied'") };
  if ("target" in by) return { column: "target", value: by.target, within: sql.raw("target is not null") };
  return "subject" in by ? { column: "subject", value: by.subject } : { column: "action", value: by.action };
}

/**
 * Bounds and order name all columns of the index, also those that are the same throughout: planners are told nothing
 * else (as in `deliveries/log-queries.ts`).
 */
function stretchOf({ t }: Room, stretch: Stretch) {
  const { organisationId, since, before } = stretch;
  const { column, value, within } = leading(stretch);
  const names = ["organisationId", ...(column ? [column] : []), "at", "sequence"] as const;
  const values = [organisationId, ...(value === undefined ? [] : [value])];
  const index = tuple(names.map((name) => t.auditEvents[name]));
  const bounds = sql`${index} >= ${tuple([...values, since, 0])} and ${index} < ${tuple([...values, before.at, before.sequence])}`;
  return {
    within: within === undefined ? bounds : sql`${bounds} and ${within}`,
    /** @param of  the table, or a subquery with its columns */
    newestFirst: (of: Record<(typeof names)[number], Column>) => names.map((name) => desc(of[name])),
  };
}

function tuple(parts: readonly (Column | string | number)[]): SQL {
  return sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;
}

/** The newest `limit` events of the stretch that pass, of its newest `scan`. */
export function eventPage(stretch: Stretch, residual: Residual, limit: number, scan: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretchOf(room, stretch);
    const { auditEvents } = room.t;
    const scanned = room.db
      .select(getTableColumns(auditEvents))
      .from(auditEvents)
      .where(within)
      .orderBy(...newestFirst(auditEvents))
      .limit(scan)
      .as("scanned");
    const { subject, action, outcome } = residual;
    return room.db
      .select()
      .from(scanned)
      .where(
        and(
          subject === undefined ? undefined : eq(scanned.subject, subject),
          action === undefined ? undefined : isAction(scanned.action, action),
          outcome === undefined ? undefined : eq(scanned.outcome, outcome),
        ),
      )
      .orderBy(...newestFirst(scanned))
      .limit(limit);
  };
}

/** `account.*` is what lies between `account.` and `account/`, the next character after the dot. */
export function actionRange(pattern: string): { after: string; before: string } | undefined {
  if (!pattern.endsWith(".*")) return undefined;
  const prefix = pattern.slice(0, -1);
  return { after: prefix, before: `${prefix.slice(0, -1)}/` };
}

function isAction(column: Column, pattern: string): SQL | undefined {
  const range = actionRange(pattern);
  return range ? and(gt(column, range.after), lt(column, range.before)) : eq(column, pattern);
}

/** Where a bounded scan ended: the stretch's event number `scan`. Nothing: it saw all. */
export function scanEnd(stretch: Stretch, scan: number) {
  return (room: Room) => {
    const { within, newestFirst } = stretchOf(room, stretch);
    const { auditEvents } = room.t;
    return room.db
      .select({ at: auditEvents.at, sequence: auditEvents.sequence })
      .from(auditEvents)
      .where(within)
      .orderBy(...newestFirst(auditEvents))
      .limit(1)
      .offset(scan - 1);
  };
}

/** The first action that was recorded between two names: a step through an index, not through the events. */
export const nextAction = statement(
  ({ db, t }, p: Params<{ organisationId: number; after: string; before: string }>) =>
    db
      .select({ action: t.auditEvents.action })
      .from(t.auditEvents)
      .where(
        and(
          eq(t.auditEvents.organisationId, p.organisationId),
          gt(t.auditEvents.action, p.after),
          lt(t.auditEvents.action, p.before),
        ),
      )
      .orderBy(asc(t.auditEvents.action))
      .limit(1),
);
