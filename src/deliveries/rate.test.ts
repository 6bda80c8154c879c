import { expect, test } from "bun:test";

import { TokenBucket } from "./rate.ts";

/** The times at which attempts begin that are made as soon as may be, for so long. */
function times(requests: number, window: number, long: number): number[] {
  const bucket = new TokenBucket({ requests, window }, 0);
  const taken: number[] = [];
  for (let now = 0; now < long; now += bucket.wait(now)) {
    while (bucket.available(now) > 0) {
      bucket.take();
      taken.push(now);
    }
  }
  return taken;
}

test.each([
  [1, 1_000],
  [60, 60_000],
  [100, 1_000],
  [7, 3_000],
])(
  "%d attempts in %d ms are never more in any such window, and nearly as many in the long run",
  (requests, window) => {
    const taken = times(requests, window, 20 * window);
    const most = taken.map((from) => taken.filter((at) => at >= from && at < from + window).length);
    expect(Math.max(...most)).toBe(requests);
    expect(taken.length / 20).toBeGreaterThan(requests * 0.85);
  },
);

test("a clock that is set back gives no attempts away, and goes on from there", () => {
  const bucket = new TokenBucket({ requests: 1, window: 1_000 }, 10_000);
  bucket.take();
  expect(bucket.wait(4_000)).toBe(1_000);
  expect(bucket.available(5_000)).toBe(1);
});
