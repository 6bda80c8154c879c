import { describe, expect, test } from "bun:test";

import { expiredPrefix } from "./retention-rule.ts";

const NOW = 1_000;
const BEFORE = 500;
const expired = (...times: number[]) =>
  expiredPrefix(
    times.map((at) => ({ at })),
    BEFORE,
    NOW,
  );

describe("of the oldest events may be removed", () => {
  test("those that are older than the retention", () => {
    expect(expired()).toBe(0);
    expect(expired(1, 2, 499, 500, 501)).toBe(3);
    expect(expired(1, 2)).toBe(2);
  });

  test("none behind one that is not, whatever a clock said then", () => {
    expect(expired(600, 1, 2)).toBe(0);
    expect(expired(1, 600, 2)).toBe(1);
  });

  test("one whose time lies ahead, with the next one that is expired: it keeps nothing for ever", () => {
    expect(expired(1, 9_999, 2, 600)).toBe(3);
    expect(expired(9_999, 9_999, 2)).toBe(3);
  });

  test("one whose time lies ahead not while nothing after it is expired", () => {
    expect(expired(9_999)).toBe(0);
    expect(expired(9_999, 600)).toBe(0);
    expect(expired(1, 9_999)).toBe(1);
  });
});
