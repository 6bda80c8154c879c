/**
 * The dispatcher: sends due deliveries, each receiver from a queue of its own, and has written what came of them.
 *
 * It sleeps until the next due time or a nudge and never polls. Claims and results go to the store in batches. A
 * claim is a lease in the row itself: should this process die, the delivery is due again when the lease ends, or when
 * others see that it has died (`nodes/watch.ts`).
 *
 * When a receiver may be sent to is for its queue (`queue.ts`: a hold, the circuit breaker, its rate), how many
 * attempts there may be at once for the slots of all (`slots.ts`), and what an outcome means for `verdict.ts`.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { NodeWatch } from "../nodes/watch.ts";
import type { Send } from "../outgoing/request.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { AttemptContext, Claimed, Outcome } from "./attempt.ts";
import { Attempts, type AttemptsOptions, type Observer } from "./attempts.ts";
import { claim, type ClaimDependencies } from "./claim.ts";
import {
  type DispatchState,
  type Health,
  healthOf,
  type ReceiverStanding,
  standingsOf,
  stateOf,
  type WaitingReceiver,
  waitingOf,
} from "./health.ts";
import { Leases } from "./leases.ts";
import type { Patience } from "./patience.ts";
import { nextDue, openDeliveries, shiftDue } from "./queries.ts";
import { RECOUNT_MS, ReceiverQueue } from "./queue.ts";
import { type Result, ResultWriter } from "./results.ts";
import { SetBack } from "./set-back.ts";
import { Slots } from "./slots.ts";
import { TakeOver } from "./take-over.ts";

export type { Observer } from "./attempts.ts";

export interface DispatcherOptions extends ClaimDependencies {
  clock: Clock;
  log: Logger;
  send: Send;
  tokens: AttemptContext["tokens"];
  random: () => number;
  /** One attempt's time limit, ms. */
  timeout: number;
  /** Attempts in flight to one receiver, unless it answers quickly (`queue.ts`). */
  concurrency: number;
  /** Attempts in flight to all receivers. Bun's fetch queues silently above its own limit (field notes). */
  maxInFlight: number;
  patience: Patience;
  nodes: Pick<NodeWatch, "register">;
  observer?: Observer;
  /** Where traces are wanted. */
  traces?: AttemptsOptions["traces"];
  /** Called when a receiver's deliveries came to rest or it failed: the bundler may close another bundle. */
  progressed: (receiverId: string) => void;
  /** Called when a receiver answers 410. */
  gone: (receiver: Receiver) => Promise<void>;
}

/** A claim that failed (database away) is tried again after this long, ms. */
const RETRY_CLAIM_MS = 5_000;
/** No timer hears that the clock is set: it is looked at so often, at least, ms. */
const CLOCK_LOOK_MS = 60_000;
/** Beyond this nobody counts how many deliveries of a receiver are open. */
const COUNTED = 1_000;
/** The longest time between two counts of what is open, where the one before has changed nothing, ms. */
const LONGEST_RECOUNT_MS = 30_000;
/** From so many attempts in flight, results gather before they are written. */
const FEW_IN_FLIGHT = 3;

export class Dispatcher {
  readonly #o: DispatcherOptions;
  readonly #queues = new Map<string, ReceiverQueue>();
  readonly #slots: Slots<ReceiverQueue>;
  readonly #results: ResultWriter;
  readonly #leases: Leases;
  readonly #attempts: Attempts;
  readonly #takeOver: TakeOver;
  readonly #setBack: SetBack;
  /** Writes under way that stopping has to wait for. */
  readonly #writes = new Set<Promise<unknown>>();
  #stopping = false;
  #idle: (() => void) | undefined;
  #cancelWatch = (): void => {};

  constructor(options: DispatcherOptions) {
    this.#o = options;
    const { clock, maxInFlight: limit } = options;
    this.#slots = new Slots({
      limit,
      after: (ms, fn) => clock.after(ms, fn),
      use: (queue) => this.#pump(queue),
      now: () => clock.now(),
    });
    this.#leases = new Leases(options);
    this.#setBack = new SetBack(options.clock);
    this.#results = new ResultWriter({
      ...options,
      busy: () => this.#slots.inFlight >= FEW_IN_FLIGHT,
      stored: (result) => this.#stored(result),
      lost: ({ queue }) => {
        queue.dueBy(this.#leases.end());
        this.#pump(queue);
      },
    });
    this.#attempts = new Attempts({
      ...options,
      // A reload may change it.
      get timeout() {
        return options.timeout;
      },
      ...{ slots: this.#slots, results: this.#results },
      putBack: (queue, claims) => this.#putBack(queue, claims),
      failed: (queue) => this.#mindFailure(queue),
      ended: (queue, at) => this.#ended(queue, at),
    });
    this.#takeOver = new TakeOver({
      ...options,
      queues: this.#queues,
      found: (queue) => {
        this.#o.progressed(queue.receiver.id);
        this.#pump(queue);
      },
      doubted: () => {
        for (const queue of this.#queues.values()) this.#putBackReady(queue);
      },
      track: (look) => this.#track(look),
    });
  }

  /** Takes up what an earlier process left. `receivers` are all that are not removed. */
  async start(receivers: readonly Receiver[]): Promise<void> {
    for (const receiver of receivers) this.update(receiver);
    await this.#takeOver.start();
    this.#watchClock();
  }

  /** A receiver is new or changed. */
  update(receiver: Receiver): void {
    const now = this.#o.clock.now();
    let queue = this.#queues.get(receiver.id);
    const enabledNow = queue !== undefined && receiver.enabled && !queue.receiver.enabled;
    if (queue) queue.change(receiver, now);
    else {
      queue = new ReceiverQueue(receiver, this.#o.concurrency, now);
      this.#queues.set(receiver.id, queue);
    }
    // Another account may be its now.
    queue.paused = undefined;
    this.#o.patience.watch(queue);
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
    queue.cancelRecount?.();
    queue.cancelPatience?.();
    this.#queues.delete(receiverId);
    this.#slots.forget(queue);
  }

  /** Accounts have changed: receivers that were paused for theirs are tried again. */
  resume(): void {
    for (const [receiverId, queue] of this.#queues) {
      if (queue.paused === undefined) continue;
      queue.paused = undefined;
      void this.nudge(receiverId);
    }
  }

  /** The bundler found that nothing may be sent to a receiver at the moment. @param reason  why */
  pause(receiverId: string, reason: string): void {
    const queue = this.#queues.get(receiverId);
    if (queue && this.#sendable(queue)) queue.paused = reason;
  }

  /** Something of this receiver may be due: looks, and sends. */
  async nudge(receiverId: string): Promise<void> {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    try {
      const [counted, due] = await this.#o.store.read((reader) =>
        Promise.all([
          reader.run(openDeliveries, { receiverId, most: COUNTED }),
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
    if (!queue || !this.#sendable(queue)) return false;
    const now = this.#o.clock.now();
    if (queue.isCrowded(now)) this.#recountSoon(queue);
    return queue.wants(now);
  }

  /**
   * Where several processes share the database, deliveries that this one stored may be sent by another, of which nobody
   * tells: a receiver that seems to have too many open, none of which is at hand here, is counted anew.
   */
  #recountSoon(queue: ReceiverQueue): void {
    if (!this.#o.store.presence || queue.cancelRecount) return;
    if (queue.inFlight + queue.ready.length > 0 || queue.claiming) return;
    queue.cancelRecount = this.#o.clock.after(queue.recountGap, () => {
      queue.cancelRecount = undefined;
      const { open } = queue;
      void this.nudge(queue.receiver.id).then(() => {
        // What waits for its retry is counted in vain.
        queue.recountGap =
          queue.open < open ? RECOUNT_MS : Math.min(2 * queue.recountGap, LONGEST_RECOUNT_MS);
      });
    });
  }

  /** How many of a receiver's deliveries are not at rest, as far as this process knows. */
  open(receiverId: string): number {
    return this.#queues.get(receiverId)?.open ?? 0;
  }

  /**
   * The end of a lease under which the bundler may hand over `count` new deliveries without their being claimed;
   * undefined when the receiver has enough at hand, or others that are stored come first: then they are to be stored as
   * pending. A claim costs as much as all else that is done for a delivery.
   */
  lease(receiverId: string, count: number): number | undefined {
    const queue = this.#queues.get(receiverId);
    if (!queue || !this.#sendable(queue)) return undefined;
    // Where nothing is claimed any more, nobody else would.
    this.#noticeClock();
    const now = this.#o.clock.now();
    return queue.mayTake(count, now) ? this.#leases.end() : undefined;
  }

  /** When a lease ends that begins now, milliseconds since 1970. */
  leaseEnd(): number {
    return this.#leases.end();
  }

  /** New deliveries are stored: handed over under a lease, or pending where `lease` is undefined. */
  accept(receiverId: string, deliveries: readonly Claimed[], lease: number | undefined): void {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    queue.open += deliveries.length;
    if (lease === undefined) queue.dueBy(this.#o.clock.now());
    else {
      const since = this.#o.clock.now();
      for (const delivery of deliveries) queue.ready.push({ delivery, lease, since });
    }
    // It may have been switched off while they were being stored.
    if (this.#sendable(queue)) this.#pump(queue);
    else this.#putBackReady(queue);
  }

  /** Older deliveries were superseded: so many are gone, so many stored instead. @param dueAt  of the first of these */
  superseded(receiverId: string, gone: number, made: number, dueAt: number | undefined): void {
    const queue = this.#queues.get(receiverId);
    if (!queue) return;
    queue.open = Math.max(0, queue.open - gone + made);
    if (dueAt !== undefined) queue.dueBy(dueAt);
  }

  /** Sends a delivery that is stored under a lease, past the queue and once. Resolves when its result is stored. */
  async sendNow(receiver: Receiver, delivery: Claimed): Promise<Outcome> {
    const { concurrency, clock } = this.#o;
    const queue = this.#queues.get(receiver.id) ?? new ReceiverQueue(receiver, concurrency, clock.now());
    queue.open++;
    const { promise: isStored, resolve: done } = Promise.withResolvers<void>();
    const outcome = await this.#attempts.make(queue, receiver, delivery, false, done);
    if (!outcome) throw new Error("the attempt could not be made");
    if (outcome.error !== "aborted") await isStored;
    return outcome;
  }

  /** How a receiver fares, as this process sees it; undefined: it is not known here. */
  health(receiverId: string): Health | undefined {
    const queue = this.#queues.get(receiverId);
    return queue && healthOf(queue);
  }

  /** What all of it comes to at this moment. Looks at every receiver. */
  state(): DispatchState {
    return stateOf(this.#queues.values(), this.#slots.inFlight, this.#o.clock.now());
  }

  /** Receivers with something waiting, the worst first. */
  waiting(limit: number): WaitingReceiver[] {
    return waitingOf(this.#queues.values(), this.#o.clock.now(), limit);
  }

  /** How an organisation's receivers stand. Looks at every receiver. */
  standings(organisationId: number): ReceiverStanding[] {
    return standingsOf(this.#queues.values(), organisationId);
  }

  /** Begins nothing more, waits up to `ms` for what is in flight, and puts the rest back. */
  async stop(ms: number): Promise<void> {
    this.#stopping = true;
    this.#results.hurry();
    this.#takeOver.stop();
    this.#cancelWatch();
    for (const queue of this.#queues.values()) {
      queue.cancelTimer?.();
      queue.cancelRecount?.();
      this.#putBackReady(queue);
    }
    if (this.#slots.inFlight > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      const cancel = this.#o.clock.after(ms, () => this.#attempts.abort());
      await idle;
      cancel();
    }
    await this.#results.idle();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    // Last, for the last failures set it: days from now, it would keep the process from ending.
    for (const queue of this.#queues.values()) queue.cancelPatience?.();
  }

  /** What was being reckoned while the clock was set may wait by the old one, on a server where nothing else comes up. */
  #watchClock(): void {
    if (this.#stopping) return;
    this.#cancelWatch = this.#o.clock.after(CLOCK_LOOK_MS, () => {
      this.#noticeClock();
      this.#watchClock();
    });
  }

  /**
   * A clock that is set back must not make what waits wait for so much longer. The times of what waits are set back
   * with it, here and in the database. (Where several servers are set back together, some retries come too early.)
   */
  #noticeClock(): void {
    const back = this.#setBack.look();
    if (back === 0) return;
    const { log, store } = this.#o;
    log.warn("the clock was set back", { seconds: Math.round(back / 1_000) });
    for (const queue of this.#queues.values()) queue.shift(back);
    const again = () => {
      for (const [receiverId, queue] of this.#queues) if (queue.open > 0) void this.nudge(receiverId);
    };
    const failed = (error: unknown) =>
      log.error("what waits could not be set back with the clock", { error });
    this.#track(store.write((tx) => tx.run(shiftDue, { by: back })).then(again, failed));
  }

  #sendable(queue: ReceiverQueue): boolean {
    return queue.receiver.enabled && queue.receiver.deletedAt === null && !this.#stopping;
  }

  /**
   * Does whatever there is to do for a receiver now: send, claim, or set the timer.
   * @param reached  the time that a timer was set for, which it is then, whatever the clock says
   * @param at  the time now
   */
  #pump(queue: ReceiverQueue, reached = 0, at = this.#o.clock.now()): void {
    if (!this.#sendable(queue) || queue.paused !== undefined) return;
    const now = Math.max(at, reached);
    const [oldest] = queue.ready;
    if (oldest && this.#leases.isStale(oldest, now)) this.#putBackReady(queue);
    while (queue.ready.length > 0 && queue.inFlight < queue.most) {
      const closedUntil = queue.closedUntil(now);
      if (closedUntil !== undefined) return this.#wakeAt(queue, closedUntil, now);
      const [next] = queue.ready;
      if (!next) break;
      const retry = next.delivery.attempts > next.delivery.scheduleFrom;
      if (!this.#slots.may(queue, retry, now)) return;
      queue.ready.shift();
      // A claim that waited too long may be taken by another process: it is ours only when claimed anew.
      if (this.#leases.isOver(next, now)) queue.dueBy(next.lease);
      else void this.#attempts.make(queue, queue.receiver, next.delivery, retry);
    }
    const closedUntil = queue.closedUntil(now);
    if (closedUntil !== undefined) return this.#wakeAt(queue, closedUntil, now);
    if (queue.dueAt === undefined || queue.claiming) return;
    if (queue.dueAt > now) this.#wakeAt(queue, queue.dueAt, now);
    else if (queue.ready.length < queue.most) this.#track(this.#claim(queue, now));
  }

  #wakeAt(queue: ReceiverQueue, at: number, now: number): void {
    queue.cancelTimer?.();
    queue.cancelTimer = this.#o.clock.after(at - now, () => {
      queue.cancelTimer = undefined;
      this.#noticeClock();
      // A hold has ended, or the time for a probe has come: where nothing waits for that, it is for a new bundle.
      if (queue.arrive(at)) this.#o.progressed(queue.receiver.id);
      this.#pump(queue, at);
    });
  }

  async #claim(queue: ReceiverQueue, now: number): Promise<void> {
    const limit = queue.claimSize(now);
    if (limit === 0) return;
    this.#noticeClock();
    queue.claiming = true;
    // What is noted from here on may have come too late for the look below, and stays.
    queue.dueAt = undefined;
    const receiverId = queue.receiver.id;
    try {
      const lease = this.#leases.end();
      const { ready, forbidden, due, replaced, paused } = await claim(this.#o, queue, { now, lease, limit });
      queue.paused = paused;
      const since = this.#o.clock.now();
      for (const delivery of ready) queue.ready.push({ delivery, lease, since });
      for (const delivery of forbidden) this.#attempts.forbid(queue, delivery);
      if (due !== undefined) queue.dueBy(due);
      if (replaced > 0) queue.dueBy(this.#o.clock.now());
      if (paused !== undefined) queue.dueBy(now);
      const none = ready.length + forbidden.length + replaced === 0;
      if (none && due === undefined && paused === undefined && queue.inFlight === 0) {
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

  #ended(queue: ReceiverQueue, at: number): void {
    if (this.#slots.inFlight === 0) this.#idle?.();
    this.#slots.serve(at);
    this.#pump(queue, 0, at);
  }

  /** What is at hand is not to be sent now: the breaker is open, the receiver asked for rest, or order is kept. */
  #mindFailure(queue: ReceiverQueue): void {
    if (queue.receiver.ordered || queue.closedUntil(this.#o.clock.now()) !== undefined)
      this.#putBackReady(queue);
  }

  #track(write: Promise<unknown>): void {
    this.#writes.add(write);
    void write.finally(() => this.#writes.delete(write));
  }

  #stored({ queue, outcome, verdict }: Result): void {
    const { patience, log, clock } = this.#o;
    if (verdict.split) queue.open++;
    if (verdict.split) queue.dueBy(clock.now());
    else if (verdict.retryAt === null) queue.open = Math.max(0, queue.open - 1);
    else queue.dueBy(verdict.retryAt);
    // The next in line may be due at any time.
    if (queue.receiver.ordered && verdict.retryAt === null && queue.open > 0) queue.dueBy(clock.now());
    if (outcome.status === 410 && this.#queues.get(queue.receiver.id) === queue) {
      this.update({ ...queue.receiver, enabled: false });
      const gone = this.#o.gone(queue.receiver);
      this.#track(gone.catch((error: unknown) => log.error("receiver could not be disabled", { error })));
    }
    if (queue.failingSince !== null && !outcome.delivered) this.#track(patience.judge(queue));
    const watched = queue.cancelPatience !== undefined;
    if (watched !== (queue.failingSince !== null)) patience.watch(queue);
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
    const back = this.#leases.giveBack(claims, again).then((dueAt) => {
      queue.dueBy(dueAt);
      this.#pump(queue);
    });
    this.#track(back);
  }
}
