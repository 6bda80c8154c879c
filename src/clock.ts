/**
 * The one way to read the clock and to wait. It is passed in, so that tests move time instead of waiting for it.
 * Times are milliseconds since 1970 (UTC).
 */
export interface Clock {
  now(): number;
  /** Runs `fn` once, `ms` milliseconds from now, and returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** setTimeout overflows above 2^31-1 ms (24.8 days) and would fire at once; longer waits are taken in steps. */
const LONGEST_TIMER = 2_000_000_000;

export const systemClock: Clock = {
  now: Date.now,
  after(ms, fn) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: number) => {
      timer =
        left > LONGEST_TIMER
          ? setTimeout(() => arm(left - LONGEST_TIMER), LONGEST_TIMER)
          : setTimeout(fn, Math.max(0, left));
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until told to move. For tests. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<{ at: number; fn: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time by `ms` and runs what became due, in order of its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: { at: number; fn: () => void } | undefined;
      for (const timer of this.#timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }
}
