/**
 * Signs of life of work that others must not take up while it is under way, on a database that several processes share:
 * its lease is short, and renewed for as long as this process goes on with it. So what a process that died has left can
 * be taken up after {@link LEASE} instead of after the longest time that such work may take.
 *
 * A process that lives and could not say so (its database was away) is taken for dead. Whoever uses this has to bear
 * that: what it writes in the end must notice.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import type { Clock } from "./clock.ts";

/** After its last sign of life a process is taken for dead, milliseconds. */
export const LEASE = 20_000;
const RENEW = 5_000;

export interface HeartbeatOptions {
  clock: Clock;
  /** Puts off the end of the leases of all that is under way. @param until  milliseconds since 1970 */
  renew: (names: readonly string[], until: number) => Promise<unknown>;
  /** Told when that failed; it is tried again. */
  failed: (error: unknown) => void;
}

export class Heartbeat {
  readonly #o: HeartbeatOptions;
  readonly #names = new Set<string>();
  /** What renews is nobody's request: no dry run, no claim. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #cancel = (): void => {};

  constructor(options: HeartbeatOptions) {
    this.#o = options;
  }

  /** @param name  of a lease that ends in {@link LEASE} at the soonest */
  async during<R>(name: string, work: () => Promise<R>): Promise<R> {
    this.#names.add(name);
    if (this.#names.size === 1) this.#wait();
    try {
      return await work();
    } finally {
      this.#names.delete(name);
      if (this.#names.size === 0) this.#cancel();
    }
  }

  #wait(): void {
    this.#cancel();
    this.#cancel = this.#outside(() => this.#o.clock.after(RENEW, () => void this.#renew()));
  }

  async #renew(): Promise<void> {
    if (this.#names.size === 0) return;
    const { clock, renew, failed } = this.#o;
    try {
      await renew([...this.#names], clock.now() + LEASE);
    } catch (error) {
      failed(error);
    }
    if (this.#names.size > 0) this.#wait();
  }
}
