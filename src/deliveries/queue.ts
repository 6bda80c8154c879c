/** What the dispatcher knows of one receiver: its work at hand, and how it behaves. In memory only. */
import type { Receiver } from "../receivers/receiver.ts";
import type { Claimed } from "./attempt.ts";

/** The most deliveries that are claimed at once for a receiver that answers quickly. */
const MAX_CLAIM = 64;
/** A claim is to be sent within about this time, milliseconds. */
const CLAIM_HORIZON = 2_000;

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

  constructor(receiver: Receiver) {
    this.receiver = receiver;
  }

  /** Notes that one that is not claimed may be due at `at`. */
  dueBy(at: number): void {
    this.dueAt = Math.min(this.dueAt ?? at, at);
  }

  /** How many deliveries to claim: one burst, as many as are sent soon; a few when it fails or is slow. */
  claimSize(concurrency: number): number {
    if (this.failing) return Math.max(0, concurrency - this.ready.length);
    const soon = Math.floor((concurrency * CLAIM_HORIZON) / Math.max(this.latency, 1));
    return Math.max(0, Math.min(MAX_CLAIM, Math.max(concurrency, soon)) - this.ready.length);
  }

  /** Notes how an attempt went. */
  learn(delivered: boolean, durationMs: number): void {
    this.failing = !delivered;
    this.latency = this.latency * 0.8 + durationMs * 0.2;
  }
}
