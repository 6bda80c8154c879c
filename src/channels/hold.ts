/**
 * Says of publications that an answer waits for that their process lives, where others could take them over
 * (PostgreSQL): a short lease that is renewed while the channel is called. So what a process that died has left is
 * known in {@link HOLD} instead of in the longest time that a call may take, which is minutes.
 *
 * What the queue sends has long leases all the same: it is sent again where its process is taken for dead, and one that
 * lives, and only lost its database for half a minute, must not have Open-E tell a citizen twice.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { renewPublications } from "./queries.ts";

/** After its last sign of life a process is taken for dead, milliseconds. */
export const HOLD = 20_000;
const RENEW = 5_000;

export class PublicationHold {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: () => Pick<Logger, "warn">;
  readonly #held = new Set<string>();
  #cancel = (): void => {};

  constructor(collaborators: { store: Store; clock: Clock; log: () => Pick<Logger, "warn"> }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#log = collaborators.log;
  }

  /** Holds a publication while `work` is under way. @param id  as it is stored: its lease is {@link HOLD} */
  async during<R>(id: string, work: () => Promise<R>): Promise<R> {
    this.#held.add(id);
    if (this.#held.size === 1) this.#wait();
    try {
      return await work();
    } finally {
      this.#held.delete(id);
      if (this.#held.size === 0) this.#cancel();
    }
  }

  #wait(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(RENEW, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    if (this.#held.size === 0) return;
    try {
      const until = this.#clock.now() + HOLD;
      await this.#store.write((tx) => tx.query(renewPublications([...this.#held], until)));
    } catch (error) {
      // Another process may settle them as unknown meanwhile; what comes of the call is then said all the same.
      this.#log().warn("publications under way could not be held", { error });
    }
    if (this.#held.size > 0) this.#wait();
  }
}
