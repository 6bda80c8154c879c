import { describe, expect, test } from "bun:test";

import { agreed } from "./numbered.ts";
import { cheapest, countIsLong, type Extent, passingIsLong } from "./numbered-cost.ts";

const extent = (more: Partial<Extent> = {}): Extent => ({ rows: 200_000, begun: 2_000, more: 0, ...more });
const first = { end: 50, byId: false };

describe("a page of what filters leave", () => {
  test("is gathered where that is little, and looked for in the order where it is much", () => {
    expect(cheapest(extent(), { end: 1_050, found: 2_000, byId: false })).toEqual({
      way: "fetch",
      long: false,
    });
    expect(cheapest(extent(), { ...first, found: 2_000 })).toEqual({ way: "set", long: false });
    expect(cheapest(extent({ begun: 10 }), { ...first, found: 10 }).way).toBe("fetch");
    expect(cheapest(extent({ begun: 20_000 }), { ...first, found: 100_000 })).toEqual({
      ...{ way: "index", long: false },
    });
    expect(cheapest(extent(), { end: 50, found: 2_000, byId: true })).toEqual({ way: "fetch", long: false });
  });

  test("is never put in order here where that holds others up, and is then long", () => {
    const deep = { end: 10_050, found: 19_000, byId: false };
    expect(cheapest(extent({ begun: 19_000 }), deep)).toEqual({ way: "set", long: true });
    expect(cheapest(extent({ begun: 20_000 }), { ...deep, found: 90_000 })).toEqual({
      way: "index",
      long: true,
    });
  });

  test("that is far into a short list is no longer than its end", () => {
    const near = cheapest(extent({ begun: 100 }), { end: 100, found: 100, byId: false });
    expect(cheapest(extent({ begun: 100 }), { end: 1e9, found: 100, byId: false })).toEqual(near);
  });
});

test("how many there are agrees with the page, whatever was written since they were counted", () => {
  const at = (skip: number, limit: number) => ({ skip, limit });
  expect(agreed(25, at(0, 0), 0)).toBe(25);
  expect(agreed(25, at(10, 10), 10)).toBe(25);
  expect(agreed(19, at(10, 10), 10)).toBe(20);
  expect(agreed(25, at(20, 10), 6)).toBe(26);
  expect(agreed(25, at(20, 10), 4)).toBe(24);
  expect(agreed(25, at(20, 10), 0)).toBe(20);
  expect(agreed(3, at(20, 10), 0)).toBe(3);
  expect(agreed(3, at(0, 10), 0)).toBe(0);
});

test("counting is long for a million rows, and for many that are held against others", () => {
  expect(countIsLong(extent(), false)).toBe(false);
  expect(countIsLong(extent({ rows: 1_000_000 }), false)).toBe(true);
  expect(countIsLong(extent({ begun: 19_000 }), true)).toBe(false);
  expect(countIsLong(extent({ begun: 19_000, more: 1 }), true)).toBe(true);
  // 20 000 is as far as anybody has looked: it may be all of them.
  expect(countIsLong(extent({ begun: 20_000 }), true)).toBe(true);
});

test("passing over rows is long for very many, or where few of them fit", () => {
  expect(passingIsLong(extent(), 100_000, 200_000)).toBe(false);
  expect(passingIsLong(extent({ rows: 1_000_000 }), 500_000, 1_000_000)).toBe(true);
  expect(passingIsLong(extent({ more: 1 }), 50, 200_000)).toBe(false);
  expect(passingIsLong(extent({ more: 1 }), 50, 100)).toBe(true);
  expect(passingIsLong(extent({ more: 1 }), 50, 0)).toBe(false);
});
