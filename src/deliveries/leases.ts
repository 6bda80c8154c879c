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
/** The part of it that is kept for the result, ms: an attempt that ends with its lease would be made twice. */
const RESULT_MARGIN = 10_000;
/**
 * A claim by which others see whether this server lives is begun within this time, ms, or not at all: a server that is
 * cut off from the database without noticing is missed after eleven seconds, and two looks later its claims are given
 * back (`nodes/watch.ts`).
 */
const AT_HAND = 10_000;

/** A claim at hand. Times are milliseconds since 1970. */
export interface Lease {
  delivery: Pick<Claimed, "node">;
  /** When its lease ends. */
  lease: number;
  /** When the database had said that it is this process's. */
  since: number;
}

export class Leases {
  readonly #o: LeaseOptions;

  constructor(options: LeaseOptions) {
    this.#o = options;
  }

  /** When a lease ends that begins now, milliseconds since 1970. */
  end(): number {
    return this.#o.clock.now() + this.#o.timeout + LEASE_MARGIN;
  }

  /** Whether another process may take it by the time that an attempt, begun now, has ended: its time is nearly over. */
  isOver({ lease }: Lease, now: number): boolean {
    return lease - now < this.#o.timeout + RESULT_MARGIN;
  }

  /** Whether it has been at hand for so long that it must be claimed anew. */
  isStale({ delivery, since }: Lease, now: number): boolean {
    return delivery.node !== null && now - since > AT_HAND;
  }

  /** Gives claims back unsent, to be due at `at`. Never rejects. @returns when they are due */
  async giveBack(claims: readonly Claimed[], at: number): Promise<number> {
    try {
      await this.#o.store.write((tx) =>
        Promise.all(claims.map(({ id, node }) => tx.run(release, { id, node, now: at }))),
      );
      return at;
    } catch (error) {
      this.#o.log.error("deliveries could not be put back", { error });
      return this.end();
    }
  }
}
