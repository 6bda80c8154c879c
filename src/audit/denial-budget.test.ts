import { beforeEach, describe, expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { DenialBudget, type Suppressed } from "./denial-budget.ts";

const MINUTE = 60_000;

describe("denials are written", () => {
  let clock: ManualClock;
  let budget: DenialBudget;
  beforeEach(() => {
    clock = new ManualClock();
    budget = new DenialBudget(clock);
  });

  const deny = (subject: string | null, address: string | null = "192.0.2.7", organisation = 1) =>
    budget.admit(organisation, "access.denied", subject, address);
  const times = (count: number, fn: () => Suppressed | undefined) =>
    Array.from({ length: count }, fn).filter((admitted) => admitted !== undefined);

  test("ten in a minute for one subject, and the next one says how many were not", () => {
    expect(times(250, () => deny("account:a"))).toEqual(Array(10).fill({}));
    clock.advance(MINUTE);
    expect(deny("account:a")).toEqual({ suppressed: 240 });
    expect(deny("account:a")).toEqual({});
  });

  test("ten for each subject, action and organisation, and each address where nobody is known", () => {
    times(20, () => deny("account:a"));
    expect(deny("account:b")).toEqual({});
    expect(deny("account:a", null, 2)).toEqual({});
    expect(budget.admit(1, "login.denied", "account:a", null)).toEqual({});
    times(20, () => deny(null, "192.0.2.8"));
    expect(deny(null, "192.0.2.8")).toBeUndefined();
    expect(deny(null, "192.0.2.9")).toEqual({});
  });

  test("a hundred in a minute for an organisation, however many addresses there are", () => {
    let next = 0;
    expect(times(5_000, () => deny(null, `2001:db8::${next++}`))).toHaveLength(100);
    clock.advance(MINUTE);
    expect(deny(null, "192.0.2.1")).toEqual({ suppressed_others: 4_900 });
    expect(deny(null, "192.0.2.1", 2)).toEqual({});
  });

  test("ten thousand in a day for an organisation, however long it goes on", () => {
    let written = 0;
    let next = 0;
    for (let minute = 0; minute < 24 * 60; minute++) {
      written += times(200, () => deny(null, `address-${next++}`)).length;
      clock.advance(MINUTE);
    }
    expect(written).toBe(10_000);
    expect(deny(null, "192.0.2.1")).toMatchObject({ suppressed_others: expect.any(Number) });
  });

  test("with a count that is not lost when a subject is forgotten for others", () => {
    times(15, () => deny("account:a"));
    clock.advance(MINUTE);
    for (let next = 0; next < 10_001; next++) deny(null, `address-${next}`, 2);
    expect(deny("account:b")).toEqual({ suppressed_others: 5 });
  });

  test("also after the clock was set back", () => {
    times(20, () => deny("account:a"));
    clock.advance(-86_400_000);
    expect(deny("account:a")).toEqual({ suppressed: 10 });
  });
});
