import { expect, test } from "bun:test";

import { Buckets } from "./buckets.ts";

test("a value is counted where it is at most the bound, and beyond the last in none of them", () => {
  const buckets = new Buckets([1, 2, 5]);
  for (const value of [0, 1, 1.5, 5, 6, 600]) buckets.observe(value);
  expect([...buckets.counts]).toEqual([2, 1, 1, 2]);
  expect(buckets.count).toBe(6);
  expect(buckets.sum).toBe(613.5);
});
