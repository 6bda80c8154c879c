import { describe, expect, test } from "bun:test";

import { CronPlan, cronFault, isTimezone } from "./cron.ts";

const STOCKHOLM = "Europe/Stockholm";
const times = (pattern: string, from: string, count: number, zone = STOCKHOLM) =>
  new CronPlan(pattern, zone).upcoming(Date.parse(from), count).map((ms) => new Date(ms).toISOString());

describe("a time of the day", () => {
  test("is that of its time zone, in winter and in summer", () => {
    expect(times("0 3 * * *", "2026-01-10T00:00:00Z", 1)).toEqual(["2026-01-10T02:00:00.000Z"]);
    expect(times("0 3 * * *", "2026-07-10T00:00:00Z", 1)).toEqual(["2026-07-10T01:00:00.000Z"]);
  });

  test("that the clock skips in spring comes at the first moment after the gap, once", () => {
    // 2026-03-29: 02:00 becomes 03:00.
    expect(times("30 2 * * *", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  test("that the clock shows twice in autumn comes once", () => {
    // 2026-10-25: 03:00 becomes 02:00.
    expect(times("30 2 * * *", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
    expect(times("30 2,14 * * *", "2026-10-24T13:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T13:30:00.000Z",
    ]);
  });
});

describe("every so often", () => {
  test("follows real time through both changes", () => {
    const apart = (from: string) => {
      const found = new CronPlan("*/30 * * * *", STOCKHOLM).upcoming(Date.parse(from), 12);
      return new Set(found.slice(1).map((at, index) => at - (found[index] ?? 0)));
    };
    expect(apart("2026-03-28T23:00:00Z")).toEqual(new Set([1_800_000]));
    expect(apart("2026-10-24T23:00:00Z")).toEqual(new Set([1_800_000]));
  });

  test("may be seconds, where there are six fields", () => {
    expect(times("*/20 * * * * *", "2026-01-10T00:00:01Z", 2)).toEqual([
      "2026-01-10T00:00:20.000Z",
      "2026-01-10T00:00:40.000Z",
    ]);
  });
});

test.each(["0 3 * * *", "*/5 8-17 * * MON-FRI", "@daily", "0 0 L * *", "0 0 29 2 *"])(
  "%s is a pattern",
  (pattern) => {
    expect(cronFault(pattern)).toBeUndefined();
  },
);

test.each([
  ["61 * * * *", "Invalid value for minute: 61"],
  ["every night", "invalid configuration format"],
  ["", "invalid configuration format"],
  ["* * * * * * *", "has 7 parts"],
  ["0 0 30 2 *", "which never comes"],
  ["*/0 * * * *", ""],
])("%s is none", (pattern, words) => {
  expect(cronFault(pattern)).toContain(words);
});

test("time zones are those of the IANA; an offset is none", () => {
  expect(["UTC", STOCKHOLM, "America/Sao_Paulo"].filter(isTimezone)).toHaveLength(3);
  expect(["Europe/Stockhlm", "+02:00", "", "Mars/Phobos"].filter(isTimezone)).toEqual([]);
});
