/** At most so many attempts in a window: a token bucket. It lives in memory and begins anew with the process. */
export interface Rate {
  requests: number;
  /** Milliseconds. */
  window: number;
}

/**
 * A tenth of the window's attempts may come at once, the rest is spread. A bucket of `c` tokens, refilled with
 * `n - c + 1` in a window, gives out no more than `n` in any window, wherever that begins: a partner who counts by
 * the minute never counts more, which a bucket of `n` would not keep (it gives 2n in the first).
 */
export class TokenBucket {
  readonly #capacity: number;
  /** Tokens in a millisecond. */
  readonly #refill: number;
  #tokens: number;
  #at: number;

  constructor({ requests, window }: Rate, now: number) {
    this.#capacity = Math.max(1, Math.floor(requests / 10));
    this.#refill = (requests - this.#capacity + 1) / window;
    this.#tokens = this.#capacity;
    this.#at = now;
  }

  /** How many attempts may begin now. */
  available(now: number): number {
    // A clock that was set back gives nothing, and counts from there.
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, now - this.#at) * this.#refill);
    this.#at = now;
    // Sums of fractions fall short of whole ones by some 1e-16.
    return Math.floor(this.#tokens + 1e-9);
  }

  /** An attempt begins: {@link available} must have said so. */
  take(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  /** Milliseconds until the next attempt may begin, at least 1. */
  wait(now: number): number {
    return this.available(now) > 0 ? 0 : Math.max(1, Math.ceil((1 - this.#tokens) / this.#refill));
  }
}
