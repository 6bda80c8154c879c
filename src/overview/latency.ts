/** How long attempts took, as counts by duration: what can be added up over processes, unlike percentiles. */

/** Upper bounds (included), ms: a percentile is right to within a third. */
const BOUNDS: readonly number[] = [
  ...[1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700],
  ...[1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 30_000, 60_000],
];

/** One for each bound, and one for what took longer than all. */
export function noDurations(): number[] {
  return Array.from({ length: BOUNDS.length + 1 }, () => 0);
}

/** Counts an attempt. @param ms  its duration */
export function countDuration(durations: number[], ms: number): void {
  let index = 0;
  while (ms > (BOUNDS[index] ?? Infinity)) index++;
  durations[index] = (durations[index] ?? 0) + 1;
}

/** Adds `more` to `durations`, which it changes. */
export function addDurations(durations: number[], more: readonly number[]): void {
  for (const [index, count] of more.entries()) durations[index] = (durations[index] ?? 0) + count;
}

/**
 * The duration that a part of the attempts took at most, ms; null where there were none. Within a bound's share it is
 * taken to be spread evenly.
 * @param part  0.5 for the median
 */
export function percentile(durations: readonly number[], part: number): number | null {
  const total = durations.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = part * total;
  let below = 0;
  for (const [index, count] of durations.entries()) {
    if (count === 0 || below + count < wanted) {
      below += count;
      continue;
    }
    const from = BOUNDS[index - 1] ?? 0;
    const to = BOUNDS[index] ?? from;
    return Math.round(from + (to - from) * ((wanted - below) / count));
  }
  return BOUNDS.at(-1) ?? null;
}
