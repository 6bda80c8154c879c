/** Whether a soak is flat: its last third held against its first. */
import { median } from "../lib/stats.ts";

/** One interval. */
export interface Sample {
  /** Since the load began. */
  seconds: number;
  rss_mb: number;
  files: number;
  wal_mb: number;
  database_mb: number;
  /** Deliveries that are not at rest, those of failing receivers included. */
  queued: number;
  pushes_per_second: number;
  push_p50_ms: number;
  push_p99_ms: number;
  read_p50_ms: number;
  read_p99_ms: number;
  /** How late the generator was at the end of the interval. */
  behind_ms: number;
  /** Share of the machine that others used. */
  others: number;
}

export interface Verdict {
  what: keyof Sample;
  /** Medians of the first and of the last third. */
  first: number;
  last: number;
  /** The last third is flat up to here. */
  allowed: number;
  flat: boolean;
}

/** How much more than the first third the last may have: a share of it, and something for what is small anyway. */
const SLACK: Partial<Record<keyof Sample, { share: number; more: number }>> = {
  rss_mb: { share: 0.1, more: 15 },
  files: { share: 0.1, more: 10 },
  wal_mb: { share: 0.25, more: 16 },
  push_p50_ms: { share: 0.25, more: 0.5 },
  push_p99_ms: { share: 0.25, more: 5 },
  read_p50_ms: { share: 0.25, more: 0.5 },
  read_p99_ms: { share: 0.25, more: 5 },
};

/** @param samples  in the order of time @returns one for each series that is to be flat */
export function judgeSoak(samples: readonly Sample[]): Verdict[] {
  const third = Math.floor(samples.length / 3);
  const names = Object.keys(SLACK) as (keyof Sample)[];
  return names.map((what) => {
    const of = (part: readonly Sample[]) => median(part.map((sample) => sample[what]));
    const [first, last] = [of(samples.slice(0, third)), of(samples.slice(-third))];
    const { share, more } = SLACK[what] ?? { share: 0, more: 0 };
    const allowed = first * (1 + share) + more;
    // Without samples there is no median, and nothing is flat.
    return { what, first, last, allowed, flat: third > 0 && last <= allowed };
  });
}
