/**
 * A time limit for many short waits. They all have the same length, so they end in the order in which they began: one
 * timer for the oldest serves all of them, where a timer each costs a request 3 µs.
 */
interface Wait {
  ends: number;
  expire: (() => void) | undefined;
}

export class Deadline {
  readonly #ms: number;
  #waits: Wait[] = [];
  /** Where the waits begin that may still be under way. */
  #first = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms  how long each wait may take, milliseconds */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** As `promise`, but rejected with what `error` makes when it takes too long. */
  limit<T>(promise: Promise<T>, error: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const wait: Wait = { ends: performance.now() + this.#ms, expire: () => reject(error()) };
      const end = () => {
        wait.expire = undefined;
      };
      promise.then(
        (value) => {
          end();
          resolve(value);
        },
        (reason: unknown) => {
          end();
          reject(reason);
        },
      );
      this.#forget();
      this.#waits.push(wait);
      if (!this.#timer) this.#timer = this.#arm(this.#ms);
    });
  }

  /** Lets go of the oldest waits that have ended: at 30 000 requests/s they would be a million before the sweep. */
  #forget(): void {
    while (this.#first < this.#waits.length && !this.#waits[this.#first]?.expire) this.#first++;
    if (this.#first * 2 <= this.#waits.length) return;
    this.#waits.splice(0, this.#first);
    this.#first = 0;
  }

  #sweep(): void {
    const now = performance.now();
    for (const wait of this.#waits) if (wait.ends <= now) wait.expire?.();
    this.#waits = this.#waits.filter((wait) => wait.ends > now && wait.expire);
    this.#first = 0;
    const [next] = this.#waits;
    this.#timer = next && this.#arm(Math.max(1, next.ends - now));
  }

  // A server that has stopped does not stay for it.
  #arm(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#sweep(), ms).unref();
  }
}
