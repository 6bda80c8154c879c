/** How the backups by the clock stand: seen from their folder, in which there are only whole ones. */
import { readdir } from "node:fs/promises";

import { timeOf } from "../backup/format.ts";
import type { Config } from "../config/types.ts";
import { isoTime } from "../http/query.ts";

/** Times are ISO 8601. */
export interface ShownBackups {
  last_at: string | null;
  /** Whether there is a whole one; null: none is looked for. */
  last_ok: boolean | null;
  /** The folder. */
  path: string | null;
  /** As a cron expression. */
  schedule: string | null;
}

export async function backupsOf({
  backup,
  schedules,
}: Pick<Config, "backup" | "schedules">): Promise<ShownBackups> {
  if (!backup) return { last_at: null, last_ok: null, path: null, schedule: null };
  const { folder: path } = backup;
  // There is none before the first backup.
  const names = await readdir(path).catch(() => []);
  const times = names.map(timeOf).filter((time) => time !== undefined);
  const newest = times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
  const own = Object.values(schedules).find(
    ({ runs, enabled }) => enabled && runs.kind === "chore" && runs.chore === "backup",
  );
  return {
    last_at: newest === undefined ? null : isoTime(newest),
    last_ok: newest !== undefined,
    path,
    schedule: own?.cron ?? null,
  };
}
