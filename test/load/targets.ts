/** What the measurements are held against. */
import { type Result, show } from "./lib/report.ts";

interface Target {
  what: string;
  /** Name of a result, and which of its figures. */
  result: string;
  of: "value" | "ratio" | "p99";
  sense: "at least" | "at most" | "under";
  limit: number;
}

export const targets: Target[] = [
  {
    what: "push at 64 connections, of the bare program's rate",
    result: "push-64",
    of: "ratio",
    sense: "at least",
    limit: 0.5,
  },
  { what: "push, CPU of Elysia hello's", result: "push-64-cpu", of: "ratio", sense: "at most", limit: 3.5 },
  {
    what: "fsync 2 ms slower: rate at 64 connections of that at 1",
    result: "slow-disk-gain",
    of: "value",
    sense: "at least",
    limit: 20,
  },
  {
    what: "fsyncs for 64 concurrent pushes, fsync 2 ms slower",
    result: "syncs-slow-disk",
    of: "value",
    sense: "at most",
    limit: 4,
  },
  { what: "record read, CPU of Elysia hello's", result: "read", of: "ratio", sense: "at most", limit: 2.5 },
  {
    what: "access tokens issued, of the bare program's rate",
    result: "token-opaque",
    of: "ratio",
    sense: "at least",
    limit: 0.3,
  },
  {
    what: "filtered, sorted page of 200 000 records while pushes run, p95 in ms",
    result: "public-page-p95",
    of: "value",
    sense: "under",
    limit: 20,
  },
  {
    what: "text search of 200 000 records while pushes run, p95 in ms",
    result: "public-search-p95",
    of: "value",
    sense: "under",
    limit: 20,
  },
  {
    what: "public view when nothing changed, of a bare Bun.serve of the same bytes",
    result: "public-view",
    of: "ratio",
    sense: "at least",
    limit: 0.5,
  },
  {
    what: "drain to 1 receiver, of bare signed fetch's rate",
    result: "drain-1",
    of: "ratio",
    sense: "at least",
    limit: 0.4,
  },
  {
    what: "drain to 250 receivers, of the rate to 1",
    result: "drain-spread",
    of: "value",
    sense: "at least",
    limit: 0.5,
  },
  {
    what: "accepted to received at 1 000/s, p99 in ms",
    result: "latency-1000",
    of: "p99",
    sense: "under",
    limit: 25,
  },
  {
    what: "push with 10 000 receivers waiting, CPU of that with 1",
    result: "receivers-10000",
    of: "ratio",
    sense: "at most",
    limit: 1.1,
  },
  {
    what: "healthy receivers' p99 beside 300 that hang, of that without",
    result: "isolation-p99",
    of: "value",
    sense: "under",
    limit: 1.2,
  },
  {
    what: "reads while 10 000 receivers are due at once, p99 in ms",
    result: "due-at-once-10000",
    of: "p99",
    sense: "under",
    limit: 50,
  },
  {
    what: "web message of a million by id, p95 in ms",
    result: "messages-by-id-p95",
    of: "value",
    sense: "under",
    limit: 5,
  },
  {
    what: "web message of a million by party, p95 in ms",
    result: "messages-by-party-p95",
    of: "value",
    sense: "under",
    limit: 5,
  },
  {
    what: "web message of a million by reference, p95 in ms",
    result: "messages-by-reference-p95",
    of: "value",
    sense: "under",
    limit: 5,
  },
  {
    what: "reads while old web messages are removed, p99 in ms",
    result: "messages-retention",
    of: "p99",
    sense: "under",
    limit: 50,
  },
  {
    what: "reads while 400 MB of attachments are removed, p99 in ms",
    result: "messages-removal",
    of: "p99",
    sense: "under",
    limit: 50,
  },
  {
    what: "import, of the rate of the bare program that parses and inserts",
    result: "import",
    of: "ratio",
    sense: "at least",
    limit: 0.4,
  },
  {
    what: "reads while a large file is imported, p99 in ms",
    result: "import-reads",
    of: "p99",
    sense: "under",
    limit: 50,
  },
  {
    what: "memory for a large import, above idle, MB",
    result: "import-memory",
    of: "value",
    sense: "under",
    limit: 200,
  },
  {
    what: "quick operations a second",
    result: "operations-drain",
    of: "value",
    sense: "at least",
    limit: 1_000,
  },
  {
    what: "pushes beside operations that say how far they have come, of those without",
    result: "operations-notes",
    of: "ratio",
    sense: "at least",
    limit: 0.95,
  },
  {
    what: "peak RSS for a web message of 140 MB, of its body",
    result: "messages-body-memory",
    of: "value",
    sense: "under",
    limit: 4,
  },
  {
    what: "peak RSS for four such at once, MB",
    result: "messages-body-memory-4",
    of: "value",
    sense: "under",
    limit: 1_500,
  },
  { what: "first answer, new folder, ms", result: "start-new", of: "value", sense: "under", limit: 60 },
  { what: "first answer, empty database, ms", result: "start-empty", of: "value", sense: "under", limit: 60 },
  { what: "first answer, big database, ms", result: "start-big", of: "value", sense: "under", limit: 60 },
  { what: "idle RSS, MB", result: "memory-idle", of: "value", sense: "under", limit: 80 },
  {
    what: "idle RSS with 1 million deliveries in the log, MB",
    result: "memory-log",
    of: "value",
    sense: "under",
    limit: 200,
  },
  {
    what: "ingest, CPU in the big database of the small one's",
    result: "growth-ingest",
    of: "ratio",
    sense: "at most",
    limit: 1.1,
  },
  { what: "claim and delivery, likewise", result: "growth-claim", of: "ratio", sense: "at most", limit: 1.1 },
  {
    what: "newest page of the log, likewise",
    result: "growth-page",
    of: "ratio",
    sense: "at most",
    limit: 1.1,
  },
  { what: "start, likewise", result: "growth-start", of: "ratio", sense: "at most", limit: 1.1 },
  {
    what: "statements of requests and deliveries that scan a table",
    result: "scans",
    of: "value",
    sense: "at most",
    limit: 0,
  },
];

export interface Verdict {
  what: string;
  target: string;
  measured: number | null;
  met: "yes" | "no" | "INCONCLUSIVE" | "not measured";
}

/** Holds the results against the targets; of what was not run it says so. */
export function judge(results: readonly Result[]): Verdict[] {
  return targets.map(({ what, result: name, of, sense, limit }) => {
    const result = results.find((candidate) => candidate.name === name);
    const measured = result?.[of] ?? null;
    const target = `${sense} ${show(limit)}`;
    if (measured === null) return { what, target, measured, met: result ? "INCONCLUSIVE" : "not measured" };
    const met = { "at least": measured >= limit, "at most": measured <= limit, under: measured < limit }[
      sense
    ];
    return { what, target, measured, met: met ? "yes" : "no" };
  });
}
