/** Which scheduled backups stay: the newest of each of the last days, and of each of the last weeks, that have one. */
import { timeOf } from "./format.ts";

export interface Keep {
  daily: number;
  weekly: number;
}

const DAY_MS = 86_400_000;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const MONDAY_OFFSET = 3;

/**
 * @param names  what is in the folder; what has another name than a scheduled backup is nobody's to remove
 * @returns those that are to go. The newest never does.
 */
export function toRemove(names: readonly string[], keep: Keep): string[] {
  const backups = names
    .flatMap((name) => {
      const time = timeOf(name);
      return time === undefined ? [] : [{ name, day: Math.floor(time / DAY_MS), time }];
    })
    .sort((a, b) => b.time - a.time);
  const kept = new Set(backups.slice(0, 1).map(({ name }) => name));
  newestOfEach(backups, ({ day }) => day, keep.daily, kept);
  newestOfEach(backups, ({ day }) => Math.floor((day + MONDAY_OFFSET) / 7), keep.weekly, kept);
  return backups.flatMap(({ name }) => (kept.has(name) ? [] : [name]));
}

/** Adds to `kept` the first of each of the first `count` periods. @param backups  the newest first */
function newestOfEach<T extends { name: string }>(
  backups: readonly T[],
  period: (backup: T) => number,
  count: number,
  kept: Set<string>,
): void {
  const seen = new Set<number>();
  for (const backup of backups) {
    const its = period(backup);
    if (seen.has(its)) continue;
    if (seen.size === count) return;
    seen.add(its);
    kept.add(backup.name);
  }
}
