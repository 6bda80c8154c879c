/** What the dispatcher knows of one receiver: its work at hand, and how it behaves. In memory only. */
import { parseDuration } from "../config/kinds.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Claimed } from "./attempt.ts";
import { CircuitBreaker } from "./breaker.ts";
import type { Lease } from "./leases.ts";
import { TokenBucket } from "./rate.ts";
import { hangs, type Holder, type Standing } from "./slots.ts";

/** The most deliveries that are claimed at once for a receiver that answers quickly. */
const MAX_CLAIM = 128;
/** A claim is to be sent within about this time, milliseconds. */
const CLAIM_HORIZON = 2_000;
/** A receiver that answers in less, milliseconds, is given more at a time; in more than twice that, less. */
const QUICK = 50;
/** One that answers in less, milliseconds, gives its place back soon enough to take turns with others (`slots.ts`). */
const SOON = 500;
/** The most attempts in flight to a receiver that answers quickly: as many connections as Bun keeps alive. */
const MAX_WINDOW = 64;
/** Deliveries not at rest before no further bundle is closed: while it fails, and while it works. */
const MAX_OPEN_FAILING = 3;
/** How soon open deliveries that others may have sent are counted anew, ms. */
export const RECOUNT_MS = 500;
const MAX_OPEN = 1_000;

export class ReceiverQueue implements Holder {
  receiver: Receiver;
  /** Claimed and not yet begun. */
  ready: (Lease & { delivery: Claimed })[] = [];
  inFlight = 0;
  /** See {@link Holder}. */
  restricted = 0;
  standing: Standing = "new";
  progressAt = 0;
  /** When the next delivery that is not claimed is due; undefined when there is none. */
  dueAt: number | undefined;
  /** Deliveries not at rest, claimed ones included. */
  open = 0;
  /** Whether its last attempt failed. */
  failing = false;
  claiming = false;
  /** Moving average of the time an attempt takes, milliseconds. */
  latency = 50;
  readonly breaker = new CircuitBreaker();
  /** It asked to be left alone (429, 503) until then. */
  heldUntil: number | undefined;
  /** Why nothing may be sent to it, though it is enabled. */
  paused: string | undefined;
  /** As in the database: since when every attempt has failed. */
  failingSince: number | null;
  /** The last mark of its patience that it was told of, percent. */
  warned: number;
  /** `status 500`, `timeout`, ... */
  lastError: string | undefined;
  cancelTimer: (() => void) | undefined;
  cancelPatience: (() => void) | undefined;
  /** Its open deliveries are to be counted anew, so soon; ms. */
  cancelRecount: (() => void) | undefined;
  recountGap = RECOUNT_MS;

  /**
   * How many attempts may be in flight. It begins at the configured number, grows by one with each quick success (so it
   * doubles with every round, as TCP's slow start does), and falls back to it at the first failure.
   */
  window: number;
  readonly #concurrency: number;
  #rate: TokenBucket | undefined;
  #rateText = "";

  /** @param concurrency  attempts in flight to a receiver of which nothing is known */
  constructor(receiver: Receiver, concurrency: number, now = 0) {
    this.receiver = receiver;
    this.#concurrency = concurrency;
    this.failingSince = receiver.failingSince ?? null;
    this.warned = receiver.warned;
    if (this.failingSince !== null) {
      this.breaker.beOpen();
      this.standing = "troubled";
    }
    this.window = concurrency;
    this.change(receiver, now);
  }

  /** The receiver was changed. */
  change(receiver: Receiver, now: number): void {
    const { enabled } = this.receiver;
    this.receiver = receiver;
    const { rate } = receiver;
    const text = JSON.stringify(rate ?? null);
    if (text !== this.#rateText) {
      this.#rateText = text;
      this.#rate = rate
        ? new TokenBucket({ requests: rate.requests, window: parseDuration(rate.window) ?? 1 }, now)
        : undefined;
    }
    if (receiver.enabled && !enabled) this.#begin(receiver);
  }

  /** Enabled by somebody: what it did before is forgotten. */
  #begin(receiver: Receiver): void {
    this.breaker.succeeded();
    this.heldUntil = undefined;
    this.failing = false;
    this.standing = "new";
    this.failingSince = receiver.failingSince;
    this.warned = receiver.warned;
  }

  get quick(): boolean {
    return this.latency < SOON;
  }

  /** Attempts in flight that it may have while others have enough. */
  get least(): number {
    return this.receiver.ordered ? 1 : this.#concurrency;
  }

  /** How many attempts may be in flight now. */
  get most(): number {
    return this.receiver.ordered || this.breaker.state !== "closed" ? 1 : this.window;
  }

  /** Notes that one that is not claimed may be due at `at`. */
  dueBy(at: number): void {
    this.dueAt = Math.min(this.dueAt ?? at, at);
  }

  /** Until when nothing may be sent to it; undefined: at once. */
  closedUntil(now: number): number | undefined {
    const { breaker } = this;
    const probeAt = breaker.state === "open" ? breaker.probeAt : 0;
    const at = Math.max(this.heldUntil ?? 0, probeAt);
    if (at > now) return at;
    return this.#rate && this.#rate.available(now) < 1 ? now + this.#rate.wait(now) : undefined;
  }

  /** The clock has been set back by so many milliseconds. */
  shift(by: number): void {
    if (this.dueAt !== undefined) this.dueAt -= by;
    if (this.heldUntil !== undefined) this.heldUntil -= by;
    this.breaker.shift(by);
  }

  /** It asks to be left alone until `until`, milliseconds since 1970. */
  hold(until: number | null): void {
    if (until !== null) this.heldUntil = Math.max(this.heldUntil ?? 0, until);
  }

  /**
   * The time `at` has come, whatever the clock says now: it may have been set back meanwhile.
   * @returns whether something that kept it waiting has ended
   */
  arrive(at: number): boolean {
    const held = this.heldUntil !== undefined && this.heldUntil <= at;
    if (held) this.heldUntil = undefined;
    const probe = this.breaker.state === "open" && this.breaker.probeAt > 0 && this.breaker.probeAt <= at;
    if (probe) this.breaker.arrive();
    return held || probe;
  }

  /** Whether another bundle may be closed for it, or is better left to go on merging. */
  wants(now: number, open = this.open): boolean {
    const { breaker, heldUntil = 0, paused, receiver } = this;
    if (paused !== undefined || heldUntil > now) return false;
    // The probe is of what was closed before; only where there is no such thing is it of something new.
    if (breaker.state !== "closed") return open === 0 && breaker.state === "open" && breaker.probeAt <= now;
    // Of one that has yet to answer, or does not any more, what comes goes on merging as if it failed.
    if (this.standing !== "proven" || hangs(this, now))
      return open < (receiver.ordered ? 1 : MAX_OPEN_FAILING);
    return open < MAX_OPEN;
  }

  /** Whether it would want another bundle if none of its deliveries were open. */
  isCrowded(now: number): boolean {
    return !this.wants(now) && this.wants(now, 0);
  }

  /** How many deliveries to claim: one burst, as many as are sent soon; a few when it fails or is slow. */
  claimSize(now = 0): number {
    const { length: ready } = this.ready;
    if (this.most === 1) return Math.max(0, 1 - ready - this.inFlight);
    const allowed = this.#rate ? this.#rate.available(now) : MAX_CLAIM;
    if (this.failing) return Math.max(0, Math.min(this.#concurrency, allowed) - ready);
    const soon = Math.floor((this.window * CLAIM_HORIZON) / Math.max(this.latency, 1));
    const most = Math.min(MAX_CLAIM, allowed, 2 * Math.max(this.window, MAX_CLAIM / 4));
    return Math.max(0, Math.min(most, Math.max(this.window, soon)) - ready);
  }

  /** Whether so many new deliveries may be sent without being claimed: nothing that is stored should be before them. */
  mayTake(count: number, now: number): boolean {
    const first = this.receiver.ordered ? this.open === 0 : !this.claiming && (this.dueAt ?? Infinity) > now;
    return first && count <= this.claimSize(now);
  }

  /** An attempt begins. @returns whether it is the breaker's probe */
  begin(): boolean {
    this.#rate?.take();
    return this.breaker.begin();
  }

  /** Notes how an attempt went. */
  learn(delivered: boolean, durationMs: number): void {
    this.failing = !delivered;
    this.standing = delivered ? "proven" : "troubled";
    this.latency = this.latency * 0.8 + durationMs * 0.2;
    if (!delivered) this.window = this.#concurrency;
    else if (this.latency < QUICK) {
      this.window = Math.max(this.#concurrency, Math.min(MAX_WINDOW, this.window + 1));
    } else if (this.latency > 2 * QUICK) this.window = Math.max(this.#concurrency, this.window >> 1);
  }
}
