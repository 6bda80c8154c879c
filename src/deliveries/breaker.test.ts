import { describe, expect, test } from "bun:test";

import { CircuitBreaker, OPENS_AFTER } from "./breaker.ts";

const now = 1_000_000;

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (let i = 0; i < OPENS_AFTER; i++) breaker.failed(now, breaker.begin(), 0);
  return breaker;
}

describe("a circuit breaker", () => {
  test("opens at the fifth failure in a row", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < OPENS_AFTER - 1; i++) breaker.failed(now, breaker.begin(), 0);
    breaker.succeeded();
    for (let i = 0; i < OPENS_AFTER - 1; i++) breaker.failed(now, breaker.begin(), 0);
    expect(breaker.state).toBe("closed");
    breaker.failed(now, breaker.begin(), 0);
    expect([breaker.state, breaker.failures, breaker.probeAt]).toEqual(["open", 5, now + 5_000]);
  });

  test("lets one probe through, and waits twice as long after each that fails, up to five minutes", () => {
    const breaker = opened();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      expect(breaker.begin()).toBe(true);
      expect(breaker.state).toBe("half_open");
      expect(breaker.begin()).toBe(false);
      breaker.failed(now, true, 0);
      waits.push((breaker.probeAt - now) / 1_000);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("closes at the first success, also of an attempt that had begun before it opened", () => {
    const breaker = opened();
    breaker.succeeded();
    expect([breaker.state, breaker.failures]).toEqual(["closed", 0]);
  });

  test("does not wait longer for failures of attempts that had begun before it opened", () => {
    const breaker = opened();
    const { probeAt } = breaker;
    breaker.failed(now + 1_000, false, 0);
    expect([breaker.probeAt, breaker.failures]).toEqual([probeAt, 6]);
  });

  test("waits as long again for a probe that told nothing", () => {
    const breaker = opened();
    breaker.begin();
    breaker.undecided(now + 7_000);
    expect([breaker.state, breaker.probeAt]).toEqual(["open", now + 12_000]);
  });
});
