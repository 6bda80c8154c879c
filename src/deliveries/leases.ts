/** Leases: how long a claim holds, and giving claims back. */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Claimed } from "./attempt.ts";
import { release } from "./queries.ts";

export interface LeaseOptions {
  store: Pick<Store, "write">;
  clock: Clock;
  log: Pick<Logger, "error">;
  /** One attempt's time limit, ms. */
  timeout: number;
}

/** Beyond an attempt's own time, ms: what a claim may wait in the queue and its result may take to be written. */
const LEASE_MARGIN = 60_000;

export class Leases {
  readonly #o: LeaseOptions;

  constructor(options: LeaseOptions) {
    this.#o = options;
  }

  /** When a lease ends that begins now, milliseconds since 1970. */
  end(): number {
    return this.#o.clock.now() + this.#o.timeout + LEASE_MARGIN;
  }

  /** Gives claims back unsent, to be due at `at`. Never rejects. @returns when they are due */
  async giveBack(claims: readonly Claimed[], at: number): Promise<number> {
    try {
      await this.#o.store.write((tx) =>
        Promise.all(claims.map(({ id }) => tx.run(release, { id, now: at }))),
      );
      return at;
    } catch (error) {
      this.#o.log.error("deliveries could not be put back", { error });
      return this.end();
    }
  }
}
