/**
 * The dispatcher: sends due deliveries, each receiver from a queue of its own, and writes what came of them.
 *
 * It sleeps until the next due time or a nudge and never polls. Claims and results go to the store in batches. A
 * claim is a lease in the row itself: should this process die, the delivery is due again when the lease ends.
 */
import type { AccountService } from "../accounts/service.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import type { Send } from "../outgoing/request.ts";
import { type AttemptContext, type Claimed, makeAttempt, type Outcome } from "./attempt.ts";
import { mayReceive } from "./rights.ts";
import { claimDue, dueByReceiver, nextDue, openDeliveries, release, releaseAll } from "./queries.ts";
import { ReceiverQueue } from "./queue.ts";
import { type Result, ResultWriter } from "./results.ts";

export interface DispatcherOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  accounts: AccountService;
  types: TypeRegistry;
  send: Send;
  tokens: AttemptContext["tokens"];
  random: () => number;
  /** One attempt's time limit, ms. */
  timeout: number;
  /** Attempts in flight to one receiver, unless it answers quickly (`queue.ts`). */
  concurrency: number;
  /** Called when a receiver's deliveries came to rest or it failed: the bundler may close another bundle. */
  progressed: (receiverId: string) => void;
  /** Called when a receiver answers 410. */
  gone: (receiver: Receiver) => Promise<void>;
}

/** Attempts in flight to all receivers. Bun's fetch queues silently above 256 (field notes). */
const MAX_IN_FLIGHT = 240;
/** A claim that failed (database away) is tried again after this long, ms. */
const RETRY_CLAIM_MS = 5_000;
/** Beyond an attempt's own time, ms: what a claim may wait in the queue and its result may take to be written. */
const LEASE_MARGIN = 60_000;
/** The part of it that is kept for the result, ms: an attempt that ends with its lease would be made twice. */
const RESULT_MARGIN = 10_000;
/** On a database that others may send from as well: how often to look for what one that is gone has left, ms. */
const TAKE_OVER_MS = 60_000;
/** A bundle's deliveries not at rest before no further bundle is closed: while it fails, and while it works. */
const MAX_OPEN_FAILING = 3;
const MAX_OPEN = 1_000;

/** From so many attempts in flight, results gather before they are written. */
const FEW_IN_FLIGHT = 3;

export class Dispatcher {
  readonly #o: DispatcherOptions;
  readonly #queues = new Map<string, ReceiverQueue>();
  /** Queues that have work and wait for a free place among all attempts in flight. */
  readonly #waiting = new Set<ReceiverQueue>();
  #inFlight = 0;
  readonly #results: ResultWriter;
  /** Writes under way that stopping has to wait for. */
  readonly #writes = new Set<Promise<void>>();
  #stopping = false;
  readonly #abort = new AbortController();
  #idle: (() => void) | undefined;
  #cancelTakeOver: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#o = options;
    const { store, clock, log, random } = options;
    this.#results = new ResultWriter({
      store,
      clock,
      log,
      random,
      busy: () => this.#inFlight >= FEW_IN_FLIGHT,
      stored: (result, retryAt) => this.#stored(result, retryAt),
      lost: ({ queue }) => {
        queue.dueBy(this.#leaseEnd());
        this.#pump(queue);
      },
    });
  }

  /** Takes up what an earlier process left. `receivers` are all that may be sent to. */
  async start(receivers: readonly Receiver[]): Promise<void> {
    const { store, clock } = this.#o;
    for (const receiver of receivers) this.update(receiver);
    // On SQLite this is the only process that sends; elsewhere another node may be at it, and its lease tells.
    if (store.dialect === "sqlite") await store.write((tx) => tx.run(releaseAll, { now: clock.now() }));
    for (const row of await store.read((reader) => reader.run(dueByReceiver, {}))) {
      const queue = this.#queues.get(row.receiverId);
      if (!queue) continue;
      queue.dueBy(row.at);
      queue.open = row.open;
      queue.failing = row.failing === 1;
      this.#pump(queue);
    }
    if (store.dialect !== "sqlite") this.#takeOverLater();
  }

  #takeOverLater(): void {
    if (this.#stopping) return;
    this.#cancelTakeOver = this.#o.clock.after(TAKE_OVER_MS, () => {
      this.#track(this.#takeOver().finally(() => this.#takeOverLater()));
    });
  }

  /**
   * Finds what a node that is gone had claimed, stored or meant to try again: it tells nobody. Also sets right how
   * many deliveries are not at rest, since each node counts only its own.
   */
  async #takeOver(): Promise<void> {
    try {
      const rows = await this.#o.store.read((reader) => reader.run(dueByReceiver, {}));
      const byReceiver = new Map(rows.map((row) => [row.receiverId, row]));
      for (const [receiverId, queue] of this.#queues) {
        const row = byReceiver.get(receiverId);
        queue.open = row?.open ?? 0;
        if (row) queue.dueBy(row.at);
        this.#o.progressed(receiverId);
        this.#pump(queue);
      }
    } catch (error) {
      this.#o.log.error("deliveries could not be looked for", { error });
    }
  }

  /** A receiver is new or changed. */
  update(receiver: Receiver): void {
    const queue = this.#queues.get(receiver.id);
    if (!queue) {
      this.#queues.set(receiver.id, new ReceiverQueue(receiver, this.#o.concurrency));
      return;
    }
    const enabledNow = receiver.enabled && !queue.receiver.enabled;
    queue.receiver = receiver;
    if (!this.#sendable(queue)) this.#putBackReady(queue);
    else if (enabledNow) void this.nudge(receiver.id);
  }

  /** A receiver is removed: what is in flight ends, nothing more is begun. */
  remove(receiverId: string): void {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    queue.receiver = { ...queue.receiver, enabled: false };
    queue.ready = [];
    queue.dueAt = undefined;
    queue.cancelTimer?.();
    this.#queues.delete(receiverId);
    this.#waiting.delete(queue);
  }

  /** Something of this receiver may be due: looks, and sends. */
  async nudge(receiverId: string): Promise<void> {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    try {
      const [counted, due] = await this.#o.store.read((reader) =>
        Promise.all([
          reader.run(openDeliveries, { receiverId, most: MAX_OPEN }),
          reader.run(nextDue, { receiverId }),
        ]),
      );
      queue.open = counted[0]?.count ?? 0;
      const at = due[0]?.at ?? undefined;
      if (at !== undefined) queue.dueBy(at);
    } catch (error) {
      this.#o.log.error("deliveries could not be looked for", { receiver_id: receiverId, error });
      queue.dueBy(this.#o.clock.now() + RETRY_CLAIM_MS);
    }
    this.#o.progressed(receiverId);
    this.#pump(queue);
  }

  /** Whether another bundle may be closed for a receiver, or is better left to go on merging. */
  wants(receiverId: string): boolean {
    const queue = this.#queues.get(receiverId);
    return (
      queue !== undefined &&
      this.#sendable(queue) &&
      queue.open < (queue.failing ? MAX_OPEN_FAILING : MAX_OPEN)
    );
  }

  /**
   * The end of a lease under which the bundler may hand over `count` new deliveries without their being claimed;
   * undefined when the receiver has enough at hand and they are to be stored as pending.
   */
  lease(receiverId: string, count: number): number | undefined {
    const queue = this.#queues.get(receiverId);
    const idle = queue && queue.open === 0 && queue.ready.length === 0 && this.#sendable(queue);
    return idle && count <= queue.claimSize() ? this.#leaseEnd() : undefined;
  }

  /** New deliveries are stored: handed over under a lease, or pending where `lease` is undefined. */
  accept(receiverId: string, deliveries: readonly Claimed[], lease: number | undefined): void {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    queue.open += deliveries.length;
    if (lease === undefined) queue.dueBy(this.#o.clock.now());
    else for (const delivery of deliveries) queue.ready.push({ delivery, lease });
    // It may have been switched off while they were being stored.
    if (this.#sendable(queue)) this.#pump(queue);
    else this.#putBackReady(queue);
  }

  /** Begins nothing more, waits up to `ms` for what is in flight, and puts the rest back. */
  async stop(ms: number): Promise<void> {
    this.#stopping = true;
    this.#results.hurry();
    this.#cancelTakeOver?.();
    for (const queue of this.#queues.values()) {
      queue.cancelTimer?.();
      this.#putBackReady(queue);
    }
    if (this.#inFlight > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      const cancel = this.#o.clock.after(ms, () => this.#abort.abort());
      await idle;
      cancel();
    }
    await this.#results.idle();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #sendable(queue: ReceiverQueue): boolean {
    return queue.receiver.enabled && queue.receiver.deletedAt === null && !this.#stopping;
  }

  #leaseEnd(): number {
    return this.#o.clock.now() + this.#o.timeout + LEASE_MARGIN;
  }

  /** Does whatever there is to do for a receiver now: send, claim, or set the timer. */
  #pump(queue: ReceiverQueue): void {
    if (!this.#sendable(queue)) return;
    const { clock } = this.#o;
    while (queue.ready.length > 0 && queue.inFlight < queue.window) {
      if (this.#inFlight >= MAX_IN_FLIGHT) {
        this.#waiting.add(queue);
        return;
      }
      const next = queue.ready.shift();
      if (!next) break;
      // A claim that waited too long may be taken by another process: it is ours only when claimed anew.
      if (next.lease - clock.now() >= this.#o.timeout + RESULT_MARGIN) void this.#send(queue, next.delivery);
      else queue.dueBy(next.lease);
    }
    if (queue.dueAt === undefined || queue.claiming) return;
    const wait = queue.dueAt - clock.now();
    if (wait <= 0) {
      if (queue.ready.length < queue.window) this.#track(this.#claim(queue));
      return;
    }
    queue.cancelTimer?.();
    queue.cancelTimer = clock.after(wait, () => {
      queue.cancelTimer = undefined;
      this.#pump(queue);
    });
  }

  async #claim(queue: ReceiverQueue): Promise<void> {
    const limit = queue.claimSize();
    if (limit === 0) return;
    queue.claiming = true;
    // What is noted from here on may have come too late for the look below, and stays.
    queue.dueAt = undefined;
    const receiverId = queue.receiver.id;
    try {
      const lease = this.#leaseEnd();
      const { claimed, due, rights } = await this.#o.store.write(async (tx) => {
        const rows = await tx.run(claimDue, { receiverId, now: this.#o.clock.now(), lease, limit });
        const [next] = rows.length < limit ? await tx.run(nextDue, { receiverId }) : [];
        return {
          claimed: rows,
          due: rows.length < limit ? next?.at : this.#o.clock.now(),
          rights: await this.#o.accounts.rights(tx, queue.receiver.accountId),
        };
      });
      claimed.sort((a, b) => (a.id < b.id ? -1 : 1));
      for (const delivery of claimed) {
        const may = mayReceive(this.#o, rights, delivery);
        if (may instanceof Promise ? await may : may) queue.ready.push({ delivery, lease });
        else this.#results.add({ queue, delivery, outcome: forbidden(this.#o.clock.now()) });
      }
      if (typeof due === "number") queue.dueBy(due);
      else if (claimed.length === 0 && queue.inFlight === 0) {
        queue.open = 0;
        this.#o.progressed(receiverId);
      }
    } catch (error) {
      this.#o.log.error("deliveries could not be claimed", { receiver_id: receiverId, error });
      queue.dueBy(this.#o.clock.now() + RETRY_CLAIM_MS);
    } finally {
      queue.claiming = false;
    }
    if (this.#sendable(queue)) this.#pump(queue);
    else this.#putBackReady(queue);
  }

  async #send(queue: ReceiverQueue, delivery: Claimed): Promise<void> {
    queue.inFlight++;
    this.#inFlight++;
    try {
      const outcome = await makeAttempt(queue.receiver, delivery, {
        now: this.#o.clock.now(),
        timeout: this.#o.timeout,
        signal: this.#abort.signal,
        send: this.#o.send,
        tokens: this.#o.tokens,
      });
      if (outcome.error === "aborted") this.#putBack(queue, [delivery]);
      else {
        queue.learn(outcome.delivered, outcome.durationMs);
        this.#results.add({ queue, delivery, outcome });
      }
    } catch (error) {
      this.#o.log.error("delivery could not be attempted", { delivery_id: delivery.id, error });
      this.#putBack(queue, [delivery]);
    } finally {
      queue.inFlight--;
      this.#inFlight--;
      if (this.#inFlight === 0) this.#idle?.();
      // Some of those that wait have nothing to send any more: the place is for the next one then.
      for (const next of this.#waiting) {
        if (this.#inFlight >= MAX_IN_FLIGHT) break;
        this.#waiting.delete(next);
        this.#pump(next);
      }
      this.#pump(queue);
    }
  }

  #track(write: Promise<void>): void {
    this.#writes.add(write);
    void write.finally(() => this.#writes.delete(write));
  }

  #stored({ queue, outcome }: Result, retryAt: number | null): void {
    if (retryAt === null) queue.open = Math.max(0, queue.open - 1);
    else queue.dueBy(retryAt);
    if (outcome.status === 410 && this.#queues.get(queue.receiver.id) === queue) {
      this.update({ ...queue.receiver, enabled: false });
      this.#track(
        this.#o
          .gone(queue.receiver)
          .catch((error: unknown) => this.#o.log.error("receiver could not be disabled", { error })),
      );
    }
    this.#o.progressed(queue.receiver.id);
    this.#pump(queue);
  }

  #putBackReady(queue: ReceiverQueue): void {
    this.#putBack(
      queue,
      queue.ready.splice(0).map(({ delivery }) => delivery),
    );
  }

  /** Gives claims back unsent; they are due again in a second, so that a fault does not spin. */
  #putBack(queue: ReceiverQueue, claims: readonly Claimed[]): void {
    if (claims.length === 0) return;
    const again = this.#o.clock.now() + (this.#stopping ? 0 : 1_000);
    const write = this.#o.store
      .write((tx) => Promise.all(claims.map(({ id }) => tx.run(release, { id, now: again }))))
      .then(() => queue.dueBy(again))
      .catch((error: unknown) => {
        this.#o.log.error("deliveries could not be put back", { error });
        queue.dueBy(this.#leaseEnd());
      })
      .then(() => this.#pump(queue));
    this.#track(write);
  }
}

/** The outcome of a delivery that its account may no longer see: nothing was sent. */
function forbidden(now: number): Outcome {
  return {
    delivered: false,
    at: now,
    durationMs: 0,
    requestHeaders: {},
    body: "",
    error: "rights",
    detail: "the receiver's account may no longer read this",
  };
}
