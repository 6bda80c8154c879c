import { expect, test } from "bun:test";

import { judgeSoak, type Sample } from "./verdict.ts";

const sample = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  ...{ seconds, rss_mb: 100, files: 50, wal_mb: 16, database_mb: 1, queued: 0, pushes_per_second: 1 },
  ...{ push_p50_ms: 1, push_p99_ms: 9, read_p50_ms: 1, read_p99_ms: 9, behind_ms: 0, others: 0 },
  ...more,
});
const unflat = (samples: Sample[]) =>
  judgeSoak(samples)
    .filter(({ flat }) => !flat)
    .map(({ what }) => what);

test("what stays as it is is flat, one spike included", () => {
  const samples = Array.from({ length: 30 }, (_, at) => sample(at, at === 25 ? { read_p99_ms: 500 } : {}));
  expect(unflat(samples)).toEqual([]);
});

test("memory and files that grow a little with each interval are not", () => {
  const samples = Array.from({ length: 30 }, (_, at) => sample(at, { rss_mb: 100 + 3 * at, files: 50 + at }));
  expect(unflat(samples)).toEqual(["rss_mb", "files"]);
});

test("a run that is too short for thirds proves nothing", () => {
  expect(unflat([sample(0), sample(1)])).toHaveLength(7);
});
