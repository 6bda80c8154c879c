import { describe, expect, test } from "bun:test";

import { blockAfter, policyOf } from "./policy.ts";

/** Seconds of block after each failure. */
const blocks = (key: string, count: number) =>
  Array.from({ length: count }, (_, i) => blockAfter(i + 1, policyOf(key)) / 1000);

describe("a key is blocked", () => {
  test("of a client at an address after five failures, twice as long for each, up to 15 minutes", () => {
    expect(blocks("client:192.0.2.7 a", 17)).toEqual([
      ...[0, 0, 0, 0, 0],
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900],
    ]);
  });

  test("of a whole address later", () => {
    expect(blocks("address:192.0.2.7", 52).slice(48)).toEqual([0, 0, 1, 2]);
  });

  test("of a person never for longer than a minute, so that nobody is kept out by others", () => {
    expect(blocks("user:demo anna", 20).slice(9)).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  test("of a kind that has no rules of its own as strictly as any", () => {
    expect(policyOf("password:x")).toEqual(policyOf("client:x"));
    expect(policyOf("nothing")).toEqual(policyOf("client:x"));
  });

  test("never for longer than its longest, however often it failed", () => {
    expect(blockAfter(1_000_000, policyOf("client:x"))).toBe(900_000);
  });
});
