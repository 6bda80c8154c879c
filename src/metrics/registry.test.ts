import { expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { stateOf } from "../deliveries/health.ts";
import { Metrics } from "./metrics.ts";
import { createRegistry } from "./registry.ts";

const sources = () => {
  const metrics = new Metrics();
  const clock = new ManualClock();
  let sized = 0;
  return {
    ...{ metrics, clock },
    sized: () => sized,
    store: {
      size: () => {
        sized++;
        return Promise.resolve({ database: 4096, wal: undefined });
      },
    },
    dispatch: () => stateOf([], 3, 0),
    waiting: (limit: number) =>
      Array.from({ length: Math.min(limit, 500) }, (_, index) => {
        return { id: `r${index}`, name: 'a "b"\n\\', queued: index + 1, oldestDue: 1_500 };
      }),
    logged: () => ({ count: undefined, bytes: undefined }),
    house: {
      disk: () => undefined,
      backups: () => Promise.resolve(undefined),
      backupFailures: () => undefined,
      certificateEnd: () => undefined,
      reload: () => ({ ok: true, takenAt: undefined }),
      files: () => ({ open: 0, allowed: 0 }),
    },
  };
};

test("what is not known is not told", async () => {
  const text = await createRegistry(sources()).metrics();
  expect(text).toContain("\nkoppla_database_bytes 4096\n");
  expect(text).not.toMatch(/^koppla_database_wal_bytes /m);
  expect(text).not.toMatch(/^koppla_log_(deliveries|bytes) /m);
  expect(text).toContain("\nkoppla_attempts_in_flight 3\n");
});

test("receivers are told of with their names escaped, and of no more than a hundred", async () => {
  const text = await createRegistry(sources()).metrics();
  expect(text.match(/^koppla_receiver_queued\{/gm)).toHaveLength(100);
  expect(text).toContain(
    String.raw`koppla_receiver_oldest_due_seconds{receiver="r0",name="a \"b\"\n\\"} 1.5`,
  );
});

test("a histogram tells how many were at most as large, and asking does not change it", async () => {
  const given = sources();
  given.metrics.store.committed(1);
  given.metrics.store.committed(3);
  given.metrics.store.committed(1_000);
  const registry = createRegistry(given);
  for (const text of [await registry.metrics(), await registry.metrics()]) {
    expect(text).toContain('\nkoppla_store_batch_writes_bucket{le="1"} 1\n');
    expect(text).toContain('\nkoppla_store_batch_writes_bucket{le="4"} 2\n');
    expect(text).toContain('\nkoppla_store_batch_writes_bucket{le="+Inf"} 3\n');
    expect(text).toContain("\nkoppla_store_batch_writes_sum 1004\n");
    expect(text).toContain("# TYPE koppla_store_batch_writes histogram");
  }
});

test("counters are what was counted, by class where there is one", async () => {
  const given = sources();
  given.metrics.recorded({ topics: new Map([["Trainings.Update", 3]]) });
  given.metrics.deliveries.closed(2, 5);
  given.metrics.deliveries.delivered?.();
  given.metrics.deliveries.failed?.("dns");
  given.metrics.deliveries.failed?.("dns");
  const registry = createRegistry(given);
  await registry.metrics();
  const text = await registry.metrics();
  for (const line of [
    "koppla_changes_recorded_total 3",
    "koppla_deliveries_made_total 2",
    "koppla_changes_bundled_total 5",
    "koppla_deliveries_delivered_total 1",
    'koppla_attempts_failed_total{error="dns"} 2',
  ])
    expect(text).toContain(`\n${line}\n`);
});

test("the database's size is looked up every 15 seconds at most", async () => {
  const given = sources();
  const registry = createRegistry(given);
  await registry.metrics();
  await registry.metrics();
  expect(given.sized()).toBe(1);
  given.clock.advance(15_001);
  await registry.metrics();
  expect(given.sized()).toBe(2);
});
