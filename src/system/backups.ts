/** How the backups by the clock stand: seen from their folder, in which there are only whole ones, and their last run. */
import { readdir } from "node:fs/promises";

import { timeOf } from "../backup/format.ts";
import type { Config } from "../config/types.ts";
import { isoTime } from "../http/query.ts";

/** Times are ISO 8601. */
export interface ShownBackups {
  last_at: string | null;
  /** Whether there is a whole one, and none has failed since; null: none is looked for. */
  last_ok: boolean | null;
  /** The last run, where it has failed and no backup was made since. */
  last_failure: { at: string; reason: string } | null;
  /** The folder. */
  path: string | null;
  /** As a cron expression. */
  schedule: string | null;
}

/** How a run of the chore ended, times in milliseconds since 1970. */
export interface EndedRun {
  status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
  message: string;
  completedAt: number | null;
}

/** @param last  the run that ended last; undefined: none is known of */
export async function backupsOf(
  { backup, schedules }: Pick<Config, "backup" | "schedules">,
  last: EndedRun | undefined,
): Promise<ShownBackups> {
  if (!backup) return { last_at: null, last_ok: null, last_failure: null, path: null, schedule: null };
  const { folder: path } = backup;
  // There is none before the first backup.
  const names = await readdir(path).catch(() => []);
  const times = names.map(timeOf).filter((time) => time !== undefined);
  const newest = times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
  const own = Object.values(schedules).find(
    ({ runs, enabled }) => enabled && runs.kind === "chore" && runs.chore === "backup",
  );
  const failure = failureSince(newest, last);
  return {
    last_at: newest === undefined ? null : isoTime(newest),
    last_ok: newest !== undefined && failure === null,
    last_failure: failure,
    path,
    schedule: own?.cron ?? null,
  };
}

/** One that was made since, also by hand, makes up for it. */
function failureSince(newest: number | undefined, last: EndedRun | undefined): ShownBackups["last_failure"] {
  if (last?.status !== "ERROR" || last.completedAt === null) return null;
  if (newest !== undefined && newest > last.completedAt) return null;
  return { at: isoTime(last.completedAt), reason: last.message };
}
