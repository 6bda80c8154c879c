/** Counts by key in fixed windows: each begins with a key's first request and is forgotten when it is over. */

interface Count {
  used: number;
  /** When it is over, milliseconds since 1970. */
  ends: number;
}

export interface Standing {
  /** How much is left in this window. */
  remaining: number;
  /** Until it is over, milliseconds. */
  left: number;
}

/** So many keys are kept before those are looked for whose windows are over. */
const SWEEP_FROM = 1_000;

export class FixedWindows {
  readonly #limit: number;
  readonly #length: number;
  readonly #counts = new Map<string, Count>();
  #sweepAt = SWEEP_FROM;

  /** @param limit  requests in each window @param length  of a window, milliseconds */
  constructor(limit: number, length: number) {
    this.#limit = limit;
    this.#length = length;
  }

  /** Keys in memory. */
  get size(): number {
    return this.#counts.size;
  }

  standing(key: string, now: number): Standing {
    const { used, ends } = this.#count(key, now);
    return { remaining: Math.max(0, this.#limit - used), left: ends - now };
  }

  /** To be asked only where something remains. */
  take(key: string, now: number): Standing {
    this.#count(key, now).used++;
    return this.standing(key, now);
  }

  #count(key: string, now: number): Count {
    let count = this.#counts.get(key);
    // Also where the clock was set back: a window is never further away than its length.
    if (!count || now >= count.ends || now < count.ends - this.#length) {
      if (!count && this.#counts.size >= this.#sweepAt) this.#sweep(now);
      count = { used: 0, ends: now + this.#length };
      this.#counts.set(key, count);
    }
    return count;
  }

  /** What is left is at most one count for each account that was used in a window. */
  #sweep(now: number): void {
    for (const [key, { ends }] of this.#counts) if (ends <= now) this.#counts.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, this.#counts.size * 2);
  }
}
