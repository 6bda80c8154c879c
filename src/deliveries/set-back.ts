/** Notices that the clock was set back, by the time that the process has been running, which only grows. */
import type { Clock } from "../clock.ts";

/** Less than this, milliseconds, is a clock that is being corrected, and not worth a write. */
const LEAST = 60_000;

export class SetBack {
  readonly #clock: Pick<Clock, "now">;
  readonly #running: () => number;
  #offset: number;

  /** @param running  milliseconds since some time that stays the same */
  constructor(clock: Pick<Clock, "now">, running: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#running = running;
    this.#offset = clock.now() - running();
  }

  /** By how many milliseconds it was set back since the last look; 0: it was not. */
  look(): number {
    const offset = this.#clock.now() - this.#running();
    const back = this.#offset - offset;
    // Forward is no matter: what waits is due earlier.
    if (back < LEAST && back > -LEAST) return 0;
    this.#offset = offset;
    return back > 0 ? Math.round(back) : 0;
  }
}
