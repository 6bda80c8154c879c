import { describe, expect, test } from "bun:test";

import type { RetrySchedule } from "../config/types.ts";
import { nextAttempt, retryAfterMs } from "./retry.ts";

const now = Date.UTC(2026, 10, 21, 12);
const minutes = 60_000;
const table: RetrySchedule = { steps: [60 * minutes, 120 * minutes], then: "fail" };

describe("the next attempt", () => {
  test("follows the schedule's steps and then ends", () => {
    const waits = [1, 2, 3].map((failures) => nextAttempt(table, { failures, now, random: 0 }));
    expect(waits).toEqual([now + 60 * minutes, now + 120 * minutes, undefined]);
  });

  test("repeats the last step for ever where the schedule says so", () => {
    const schedule: RetrySchedule = { steps: [1000, 5000], then: "repeat" };
    expect(nextAttempt(schedule, { failures: 900, now, random: 0 })).toBe(now + 5000);
  });

  test("is up to a tenth later by chance, never earlier", () => {
    const at = (random: number) => nextAttempt(table, { failures: 1, now, random });
    expect(at(0)).toBe(now + 60 * minutes);
    expect(at(1)).toBe(now + 66 * minutes);
  });

  test("waits longer when the receiver asks for it, never shorter", () => {
    const at = (retryAfter: string) => nextAttempt(table, { failures: 1, now, random: 0, retryAfter });
    expect(at("7200")).toBe(now + 120 * minutes);
    expect(at("5")).toBe(now + 60 * minutes);
  });
});

test.each([
  ["120", 120_000],
  ["0", 0],
  ["999999999", 86_400_000],
  ["Sat, 21 Nov 2026 12:00:30 GMT", 30_000],
  ["Sat, 21 Nov 2020 12:00:30 GMT", 0],
  ["Saturday, 21-Nov-26 12:00:30 GMT", 30_000],
  ["Sat Nov 21 12:00:30 2026", 30_000],
  ["99999999999999999999999999", 86_400_000],
  ["Sat, 21 Nov 2999 12:00:30 GMT", 86_400_000],
  ["2026-11-21T12:00:30Z", 0],
  ["1e9", 0],
  ["soon", 0],
  ["-5", 0],
  ["", 0],
])("Retry-After: %s is %d ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
