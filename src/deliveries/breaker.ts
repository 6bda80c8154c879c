/**
 * A receiver's circuit breaker: after some failures in a row nothing is sent but one probe at a time, at growing
 * intervals, until one succeeds. What waits meanwhile uses up no attempts.
 */

/** So many failures in a row open it. */
export const OPENS_AFTER = 5;
/** The wait before the first probe, and the longest that it grows to, milliseconds; it doubles. */
const FIRST_PROBE = 5_000;
const LONGEST_PROBE = 300_000;

export type BreakerState = "closed" | "open" | "half_open";

export class CircuitBreaker {
  /** Failures since the last success, of this process's attempts. */
  failures = 0;
  #state: BreakerState = "closed";
  #interval = FIRST_PROBE;
  #probeAt = 0;

  get state(): BreakerState {
    return this.#state;
  }

  /** While it is open: before when no probe is sent, milliseconds since 1970; 0 once that has been reached. */
  get probeAt(): number {
    return this.#probeAt;
  }

  /** Open from the start, for one that was failing when the last process ended: its first attempt is a probe. */
  beOpen(): void {
    if (this.#state === "closed") this.#state = "open";
  }

  /** The time of the probe has come, whatever the clock says now (it may have been set back). */
  arrive(): void {
    this.#probeAt = 0;
  }

  /** The clock has been set back by so many milliseconds. */
  shift(by: number): void {
    this.#probeAt = Math.max(0, this.#probeAt - by);
  }

  /** An attempt begins. @returns whether it is the probe */
  begin(): boolean {
    if (this.#state !== "open") return false;
    this.#state = "half_open";
    return true;
  }

  /** @param probe  what {@link begin} said @param random  0 to 1, for the spread */
  failed(now: number, probe: boolean, random: number): void {
    this.failures++;
    if (this.#state === "closed") {
      if (this.failures < OPENS_AFTER) return;
      this.#interval = FIRST_PROBE;
    } else if (probe) this.#interval = Math.min(this.#interval * 2, LONGEST_PROBE);
    else return; // it began before the breaker opened
    this.#state = "open";
    this.#probeAt = Math.round(now + this.#interval * (1 + 0.1 * random));
  }

  succeeded(): void {
    this.failures = 0;
    this.#state = "closed";
    this.#probeAt = 0;
  }

  /** The probe came to nothing that says anything of the receiver. */
  undecided(now: number): void {
    if (this.#state !== "half_open") return;
    this.#state = "open";
    this.#probeAt = now + this.#interval;
  }
}
