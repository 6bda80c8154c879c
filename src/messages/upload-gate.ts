/**
 * How many large requests are read at once. One that waits costs nothing: what is not read stays with its sender, whom
 * TCP tells to wait (measured: a request of 140 MB that nobody reads takes the server no memory).
 */
import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";

export interface GateOptions {
  clock: Clock;
  atOnce: number;
}

/** Bytes from which a request is a large one. */
const LARGE = 1_048_576;
/** Those that may wait, and how long, milliseconds. */
const WAITING = 32;
export const LONGEST_WAIT = 20_000;

export class UploadGate {
  readonly #o: GateOptions;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(options: GateOptions) {
    this.#o = options;
  }

  /**
   * Waits until the request may be read.
   * @param length  bytes of its body; undefined: not known
   * @returns what is to be called when it has been
   * @throws Problem `unavailable` with `Retry-After` when too many wait, or it has waited too long
   */
  async enter(length: number | undefined): Promise<() => void> {
    if (length !== undefined && length < LARGE) return () => {};
    if (this.#inside >= this.#o.atOnce) await this.#wait();
    else this.#inside++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      // A place is handed over: nobody who comes now gets before those who wait.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    };
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= WAITING) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const enter = () => {
      cancel();
      resolve();
    };
    const cancel = this.#o.clock.after(LONGEST_WAIT, () => {
      this.#waiting.splice(this.#waiting.indexOf(enter), 1);
      reject(busy());
    });
    this.#waiting.push(enter);
    return promise;
  }
}

function busy(): Problem {
  return new Problem("unavailable", "Too many large messages are being received; try again in a while.", {
    headers: { "retry-after": "10" },
  });
}
