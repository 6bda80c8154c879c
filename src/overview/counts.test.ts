import { expect, test } from "bun:test";

import { type Attempted, DeliveryCounts, MINUTE } from "./counts.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const attempt = (more: Partial<Attempted> = {}): Attempted => ({
  ...{ organisationId: 1, receiverId: "r", at: NOON, durationMs: 10, delivered: true, givenUp: false },
  ...more,
});

const minutes = (counts: DeliveryCounts) =>
  counts.unwritten.flatMap((batch) =>
    [...(batch.minutes.get(1) ?? [])].map(([at, { attempts }]) => [at - NOON, attempts]),
  );

test("attempts count in their minute, each organisation's by itself", () => {
  const counts = new DeliveryCounts();
  counts.add(attempt());
  counts.add(attempt({ at: NOON + MINUTE - 1, delivered: false }));
  counts.add(attempt({ at: NOON + MINUTE, delivered: false, givenUp: true }));
  counts.add(attempt({ organisationId: 2 }));
  const [batch] = counts.unwritten;
  expect(batch?.minutes.get(1)?.get(NOON)).toMatchObject({
    attempts: 2,
    delivered: 1,
    failed: 1,
    givenUp: 0,
  });
  expect(batch?.minutes.get(1)?.get(NOON + MINUTE)).toMatchObject({ attempts: 1, failed: 1, givenUp: 1 });
  expect(batch?.minutes.get(2)?.get(NOON)).toMatchObject({ attempts: 1 });
  expect(batch?.receivers.get("r")?.lastDeliveredAt).toBe(NOON);
});

test("a minute that has yet to end stays, and what leaves is still seen until it is written", () => {
  const counts = new DeliveryCounts();
  counts.add(attempt());
  counts.add(attempt({ at: NOON + MINUTE }));
  const leaving = counts.leave(NOON + MINUTE);
  expect([...(leaving?.minutes.get(1)?.keys() ?? [])]).toEqual([NOON]);
  expect(minutes(counts)).toEqual([
    [0, 1],
    [MINUTE, 1],
  ]);
  leaving?.minutes.clear();
  leaving?.receivers.clear();
  counts.stay(0);
  expect(minutes(counts)).toEqual([[MINUTE, 1]]);
});

test("what could not be written comes back, with what was counted meanwhile", () => {
  const counts = new DeliveryCounts();
  counts.add(attempt());
  counts.leave(Infinity);
  counts.add(attempt());
  expect(counts.leave(Infinity)).toBeUndefined();
  counts.stay(0);
  expect(minutes(counts)).toEqual([[0, 2]]);
  expect(counts.unwritten[0]?.receivers.get("r")?.slots.get(NOON)).toEqual({ delivered: 2, failed: 0 });
});

test("minutes of a database that was away too long are given up", () => {
  const counts = new DeliveryCounts();
  counts.add(attempt());
  counts.leave(Infinity);
  counts.stay(NOON + 1);
  expect(minutes(counts)).toEqual([]);
});

test("whoever waits for the first count is told once", () => {
  const counts = new DeliveryCounts();
  let told = 0;
  counts.onFirst = () => told++;
  counts.add(attempt());
  counts.add(attempt());
  expect(told).toBe(1);
});
