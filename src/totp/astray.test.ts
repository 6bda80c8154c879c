import { expect, test } from "bun:test";

import { setRight } from "./astray.ts";
import { stepAt } from "./totp.ts";

const MINUTE = 60_000;
const now = Date.UTC(2026, 10, 21, 19, 5);
const at = (ms: number) => stepAt(now + ms);

test("what a right clock can have left stays", () => {
  for (const state of [
    { totpStep: 0, totpLockedUntil: 0 },
    { totpStep: at(30_000), totpLockedUntil: now + 15 * MINUTE },
    // Set back by a few minutes: a code that was used stays used.
    { totpStep: at(10 * MINUTE), totpLockedUntil: 0 },
  ])
    expect([state, setRight(state, now)]).toEqual([state, undefined]);
});

test("codes used up hours ahead are used up to now, and no further", () => {
  expect(setRight({ totpStep: at(120 * MINUTE), totpLockedUntil: now + MINUTE }, now)).toEqual({
    ...{ totpStep: at(0), totpLockedUntil: now + MINUTE },
  });
});

test("a lock that is longer than any is none", () => {
  expect(setRight({ totpStep: at(0), totpLockedUntil: now + 120 * MINUTE }, now)).toEqual({
    ...{ totpStep: at(0), totpLockedUntil: 0 },
  });
});
