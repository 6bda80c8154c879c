import { expect, test } from "bun:test";

import { lockedUntil } from "./lock.ts";

test("codes are refused for 15 seconds, doubled by each wrong one, at most 15 minutes", () => {
  const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 5_000].map((wrong) => (lockedUntil(wrong, 7) - 7) / 1_000);
  expect(seconds).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
});
