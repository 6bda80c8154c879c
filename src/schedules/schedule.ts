/** A schedule: something that runs by the clock, for whom, and how it is shown. */
import type { Organisation } from "../accounts/principal.ts";
import type { ScheduleConfig } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import type { OperationRow } from "../operations/operation.ts";
import type { Chore } from "./chores.ts";
import type { CronPlan } from "./cron.ts";
import type { LastRun } from "./queries.ts";

/** A schedule of the YAML. */
export interface PlannedSchedule extends ScheduleConfig {
  plan: CronPlan;
  /** What tells one plan from another, across starts. */
  planText: string;
}

/** What is shown as a schedule and can be run by hand: one of the YAML, or a chore that has its own timer. */
export type Entry =
  { name: string; planned: PlannedSchedule; chore?: never } | { name: string; chore: Chore; planned?: never };

export interface ShownSchedule {
  name: string;
  description: string;
  /** The action that it runs, or the chore: the other one is null. */
  action: string | null;
  chore: string | null;
  /** Null: a chore that finds its times itself. */
  cron: string | null;
  timezone: string | null;
  catch_up: ScheduleConfig["catchUp"] | null;
  enabled: boolean;
  /** The next times; none where it is not enabled. */
  next_runs: string[];
  /** The last run that is an operation. */
  last_run: {
    operation_id: string;
    /** By the schedule; null: it was run by hand. */
    due_at: string | null;
    started_at: string;
    completed_at: string | null;
    status: OperationRow["status"];
    message: string;
  } | null;
  /** When a run was left out last: the one before was still under way, or too many were waiting. */
  skipped_at: string | null;
  /** Of a chore that finds its times itself: when it was done last by this server. */
  last_round_at: string | null;
}

/** How many of the next times are shown. */
const SHOWN_RUNS = 5;

/**
 * @param last  the last run for the organisation that asks, with its operation, where that is still there
 * @param now  milliseconds since 1970
 */
export function showSchedule(
  { name, planned, chore }: Entry,
  description: string,
  last: LastRun | undefined,
  now: number,
): ShownSchedule {
  const times = planned
    ? planned.enabled
      ? planned.plan.upcoming(now, SHOWN_RUNS)
      : []
    : [chore.rounds.nextAt].filter((at) => at !== undefined);
  const runs = planned?.runs;
  return {
    name,
    description,
    action: runs?.kind === "action" ? runs.action : null,
    chore: chore?.name ?? (runs?.kind === "chore" ? runs.chore : null),
    cron: planned?.cron ?? null,
    timezone: planned?.timezone ?? null,
    catch_up: planned?.catchUp ?? null,
    enabled: planned?.enabled ?? true,
    next_runs: times.map(isoTime),
    last_run: last ? showRun(last) : null,
    skipped_at: orNull(last?.skippedAt),
    last_round_at: orNull(chore?.rounds.lastAt),
  };
}

function showRun(last: LastRun): ShownSchedule["last_run"] {
  const { operationId, status, message, submittedAt } = last;
  if (operationId === null || status === null || message === null || submittedAt === null) return null;
  return {
    operation_id: operationId,
    due_at: orNull(last.dueAt),
    started_at: isoTime(submittedAt),
    completed_at: orNull(last.completedAt),
    status,
    message,
  };
}

function orNull(time: number | null | undefined): string | null {
  return time === null || time === undefined ? null : isoTime(time);
}

/**
 * Chores are the server's own: their runs belong to the organisation that was made first, whose sysadmin is the
 * server's.
 */
export function firstOf(organisations: readonly Organisation[]): Organisation | undefined {
  return organisations.toSorted((a, b) => a.id - b.id)[0];
}
