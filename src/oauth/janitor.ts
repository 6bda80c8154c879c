/**
 * Removes what has expired, in small writes. It sleeps until something expires, and for good while there is nothing:
 * whoever makes a row wakes it.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { SigningKeys } from "./keys.ts";
import {
  expiredAccessTokens,
  expiredCodes,
  expiredProofs,
  expiredRefreshTokens,
  nextExpiry,
} from "./queries.ts";

/** Rows that one write removes: 0.6 ms (field notes). */
const CHUNK = 500;
/** Between two sweeps at least, milliseconds: what has expired is worthless, and in nobody's way. */
const PAUSE = 30_000;

export class Janitor {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #keys: Pick<SigningKeys, "sweep">;
  #log: Pick<Logger, "warn"> | undefined;
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  /** Somebody else says when. */
  #left = false;
  #nextAt: number | undefined;
  #lastAt: number | undefined;

  constructor(collaborators: { store: Store; clock: Clock; keys: Pick<SigningKeys, "sweep"> }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#keys = collaborators.keys;
  }

  /** When it sweeps next by itself, milliseconds since 1970; undefined while there is nothing that expires. */
  get nextAt(): number | undefined {
    return this.#nextAt;
  }

  /** When the last sweep ended. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** To be called before {@link start}: it sweeps by {@link now} alone. */
  leaveToOthers(): void {
    this.#left = true;
  }

  /** A sweep of its own, after the one that is under way. @throws what goes wrong in it */
  async now(): Promise<void> {
    while (this.#sweeping) await this.#sweeping;
    if (!this.#log) return;
    this.#cancel?.();
    this.#cancel = undefined;
    const error = await this.#sweep();
    if (error) throw error.thrown;
  }

  /** Removes what expired while no server ran, and goes on from there. */
  start(log: Pick<Logger, "warn">): void {
    this.#log = log;
    if (!this.#left) void this.#sweep();
  }

  /** To be called when a row was made that will expire. Costs nothing while it is awake. */
  wake(): void {
    if (this.#log && !this.#left && !this.#cancel && !this.#sweeping) this.#arm(PAUSE);
  }

  async stop(): Promise<void> {
    this.#log = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#sweeping;
  }

  #arm(ms: number): void {
    this.#nextAt = this.#clock.now() + ms;
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      void this.#sweep();
    });
  }

  #sweep(): Promise<{ thrown: unknown } | undefined> {
    this.#nextAt = undefined;
    const sweep = this.#remove();
    this.#sweeping = sweep.then(() => {
      this.#sweeping = undefined;
    });
    return sweep;
  }

  /** @returns what went wrong, if anything did */
  async #remove(): Promise<{ thrown: unknown } | undefined> {
    let wait: number | undefined = PAUSE;
    let failed: { thrown: unknown } | undefined;
    try {
      for (const statement of [expiredAccessTokens, expiredRefreshTokens, expiredCodes, expiredProofs]) {
        for (let removed = CHUNK; removed === CHUNK && this.#log;) {
          const now = this.#clock.now();
          const rows = await this.#store.write((tx) => tx.run(statement, { now, limit: CHUNK }));
          removed = rows.length;
        }
      }
      await this.#keys.sweep();
      const [next] = await this.#store.read((reader) => reader.run(nextExpiry, {}));
      const at = next?.at ?? null;
      wait = at === null ? undefined : Math.max(PAUSE, at - this.#clock.now());
      this.#lastAt = this.#clock.now();
    } catch (error) {
      failed = { thrown: error };
      this.#log?.warn("expired tokens could not be removed", { error });
    }
    if (this.#log && !this.#left && wait !== undefined) this.#arm(wait);
    return failed;
  }
}
