import { describe, expect, test } from "bun:test";

import { FixedWindows } from "./window.ts";

describe("a fixed window", () => {
  test("counts from a key's first request on, and begins anew when it is over", () => {
    const windows = new FixedWindows(3, 1_000);
    expect(windows.take("a", 10_000)).toEqual({ remaining: 2, left: 1_000 });
    expect(windows.take("a", 10_400)).toEqual({ remaining: 1, left: 600 });
    expect(windows.take("a", 10_999)).toEqual({ remaining: 0, left: 1 });
    expect(windows.standing("a", 10_999)).toEqual({ remaining: 0, left: 1 });
    expect(windows.standing("a", 11_000)).toEqual({ remaining: 3, left: 1_000 });
  });

  test("is each key's own", () => {
    const windows = new FixedWindows(1, 1_000);
    windows.take("a", 0);
    expect(windows.standing("b", 0).remaining).toBe(1);
  });

  test("is not longer after the clock was set back", () => {
    const windows = new FixedWindows(1, 1_000);
    windows.take("a", 100_000);
    expect(windows.standing("a", 50_000)).toEqual({ remaining: 1, left: 1_000 });
  });

  test("is forgotten when it is over: memory has those of the last window", () => {
    const windows = new FixedWindows(1, 1_000);
    for (let key = 0; key < 100_000; key++) windows.take(String(key), key);
    expect(windows.size).toBeLessThan(3_100);
    expect(windows.standing("99999", 99_999).remaining).toBe(0);
  });
});
