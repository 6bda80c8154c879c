/** Work that comes round by the clock, such as the removal of what is too old: one timer, set to when there is more. */
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

export interface RoundsOptions {
  clock: Clock;
  log: Pick<Logger, "error">;
  /** The least time between two rounds, milliseconds. */
  pause: number;
  /** What the log says when a round fails; the next one comes after `pause`. */
  failure: string;
  /** Does what there is to do. @returns when there may be more, milliseconds since 1970 */
  round: () => Promise<number>;
}

/** Nothing is removed the moment it grows old: it waits for a hundredth of its retention, between these. */
const SHORTEST_MS = 100;
const LONGEST_MS = 3_600_000;

/** The pause between rounds that remove what is older than `retention`. Both in milliseconds. */
export function pauseFor(retention: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, retention / 100));
}

export class Rounds {
  readonly #o: RoundsOptions;
  #running: Promise<unknown> | undefined;
  #cancel = (): void => {};
  #stopped = false;
  /** A round is under way; and there was more to do while it was. */
  #busy = false;
  #again = false;
  /** Somebody else says when. */
  #left = false;
  #nextAt: number | undefined;
  #lastAt: number | undefined;

  constructor(options: RoundsOptions) {
    this.#o = options;
  }

  /** Whether it was told to stop: a round in many steps looks between them. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** When the next round begins by itself, milliseconds since 1970; undefined while none is planned. */
  get nextAt(): number | undefined {
    return this.#nextAt;
  }

  /** When the last round that did all it had to do ended; undefined before the first one. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** To be called before {@link start}: rounds begin by {@link now} alone. */
  leaveToOthers(): void {
    this.#left = true;
  }

  /** The first round begins now, and others follow until {@link stop}. */
  start(): void {
    if (!this.#left) this.#running = this.#round();
  }

  /** A round of its own, after the one that is under way. @throws what goes wrong in it */
  async now(): Promise<void> {
    while (this.#busy) await this.#running;
    if (this.#stopped) return;
    this.#cancel();
    const round = this.#round();
    this.#running = round;
    const error = await round;
    if (error) throw error.thrown;
  }

  /** There is something to do now: a round begins, or follows the one that is under way. */
  nudge(): void {
    if (this.#stopped || this.#left) return;
    if (this.#busy) this.#again = true;
    else {
      this.#cancel();
      this.#running = this.#round();
    }
  }

  /** Resolves when the round that is under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  /** @returns what went wrong, if anything did */
  async #round(): Promise<{ thrown: unknown } | undefined> {
    const { clock, log, pause, failure, round } = this.#o;
    let wait = pause;
    let failed: { thrown: unknown } | undefined;
    this.#busy = true;
    this.#again = false;
    this.#nextAt = undefined;
    try {
      wait = Math.max(pause, (await round()) - clock.now());
      this.#lastAt = clock.now();
    } catch (error) {
      failed = { thrown: error };
      log.error(failure, { error });
    }
    this.#busy = false;
    if (this.#stopped || this.#left) return failed;
    if (this.#again) wait = pause;
    this.#nextAt = clock.now() + wait;
    this.#cancel = clock.after(wait, () => {
      this.#running = this.#round();
    });
    return failed;
  }
}
