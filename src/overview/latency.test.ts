import { expect, test } from "bun:test";

import { addDurations, countDuration, noDurations, percentile } from "./latency.ts";

const of = (...ms: number[]): number[] => {
  const durations = noDurations();
  for (const one of ms) countDuration(durations, one);
  return durations;
};

test("of no attempts there is no percentile", () => {
  expect(percentile(noDurations(), 0.5)).toBeNull();
});

test("a percentile is right to within a third of the duration", () => {
  const durations = of(...Array.from({ length: 1_000 }, (_, index) => index + 1));
  for (const part of [0.1, 0.5, 0.95, 0.99]) {
    const found = percentile(durations, part) ?? 0;
    expect(Math.abs(found - part * 1_000) / (part * 1_000)).toBeLessThan(1 / 3);
  }
});

test("a few slow ones show in the 95th percentile, and not in the median", () => {
  const durations = of(...Array.from({ length: 90 }, () => 20), ...Array.from({ length: 10 }, () => 5_000));
  expect(percentile(durations, 0.5)).toBeLessThanOrEqual(20);
  expect(percentile(durations, 0.95)).toBeGreaterThan(3_000);
});

test("what took longer than all bounds counts as the longest bound", () => {
  expect(percentile(of(10_000_000), 0.5)).toBe(60_000);
});

test("counts of several processes add up to those of one", () => {
  const sum = of(1, 40, 700);
  addDurations(sum, of(3, 90_000));
  expect(sum).toEqual(of(1, 40, 700, 3, 90_000));
});
