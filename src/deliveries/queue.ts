/** What the dispatcher knows of one receiver: its work at hand, and how it behaves. In memory only. */
import type { Receiver } from "../receivers/receiver.ts";
import type { Claimed } from "./attempt.ts";

/** The most deliveries that are claimed at once for a receiver that answers quickly. */
const MAX_CLAIM = 128;
/** A claim is to be sent within about this time, milliseconds. */
const CLAIM_HORIZON = 2_000;
/** A receiver that answers in less, milliseconds, is given more at a time; in more than twice that, less. */
const QUICK = 50;
/** The most attempts in flight to a receiver that answers quickly: as many connections as Bun keeps alive. */
const MAX_WINDOW = 64;

export class ReceiverQueue {
  receiver: Receiver;
  /** Claimed and not yet begun, with the end of the lease. */
  ready: { delivery: Claimed; lease: number }[] = [];
  inFlight = 0;
  /** When the next delivery that is not claimed is due; undefined when there is none. */
  dueAt: number | undefined;
  /** Deliveries not at rest, claimed ones included. */
  open = 0;
  /** Whether its last attempt failed. */
  failing = false;
  claiming = false;
  /** Moving average of the time an attempt takes, milliseconds. */
  latency = 50;
  cancelTimer: (() => void) | undefined;

  /**
   * How many attempts may be in flight. It begins at the configured number, grows by one with each quick success (so it
   * doubles with every round, as TCP's slow start does), and falls back to it at the first failure.
   */
  window: number;
  readonly #least: number;

  /** @param concurrency  attempts in flight to a receiver of which nothing is known */
  constructor(receiver: Receiver, concurrency: number) {
    this.receiver = receiver;
    this.#least = concurrency;
    this.window = concurrency;
  }

  /** Notes that one that is not claimed may be due at `at`. */
  dueBy(at: number): void {
    this.dueAt = Math.min(this.dueAt ?? at, at);
  }

  /** How many deliveries to claim: one burst, as many as are sent soon; a few when it fails or is slow. */
  claimSize(): number {
    if (this.failing) return Math.max(0, this.#least - this.ready.length);
    const soon = Math.floor((this.window * CLAIM_HORIZON) / Math.max(this.latency, 1));
    const most = Math.min(MAX_CLAIM, 2 * Math.max(this.window, MAX_CLAIM / 4));
    return Math.max(0, Math.min(most, Math.max(this.window, soon)) - this.ready.length);
  }

  /** Notes how an attempt went. */
  learn(delivered: boolean, durationMs: number): void {
    this.failing = !delivered;
    this.latency = this.latency * 0.8 + durationMs * 0.2;
    if (!delivered) this.window = this.#least;
    else if (this.latency < QUICK) this.window = Math.max(this.#least, Math.min(MAX_WINDOW, this.window + 1));
    else if (this.latency > 2 * QUICK) this.window = Math.max(this.#least, this.window >> 1);
  }
}
