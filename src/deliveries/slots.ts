/**
 * The places for attempts in flight, of which there are so many for all receivers together.
 *
 * Who fails, gives no answer or has yet to be sent to for the first time gets half of them at most, and so do
 * retries: the rest is kept for first attempts to receivers that work. Of these, too, nobody takes the last quarter
 * beyond the few places that each may have. Without, 300 receivers that never answer would hold all places for as long
 * as an attempt may take.
 *
 * Those that answer quickly are served one after the other rather than all at once: beyond some two hundred requests in
 * flight each costs more (they share an abort signal, and Bun keeps 64 connections).
 */

/** Who may hold places. */
export interface Holder {
  inFlight: number;
  /** How many of these count as restricted. */
  restricted: number;
  /** Places that it may have while others have enough. */
  readonly least: number;
  /** Whether its last attempt was good. */
  readonly proven: boolean;
  /** Whether it answers so quickly that a place is soon free again. */
  readonly quick: boolean;
  /** When an attempt of it ended last, or the first in flight began; milliseconds since 1970. */
  progressAt: number;
}

/** One that has ended no attempt for so long, milliseconds, is taken for one that hangs. */
const HANGS_AFTER = 2_000;
/** With so many in flight, who answers quickly is given one place at a time. */
const CROWD = 192;

export class Slots<H extends Holder> {
  readonly limit: number;
  readonly #share: number;
  readonly #reserve: number;
  #inFlight = 0;
  #restricted = 0;
  /** Holders of no place that want one, in the order in which they came. */
  readonly #waiting = new Set<H>();
  readonly #waitingRestricted = new Set<H>();

  constructor(limit: number) {
    this.limit = limit;
    this.#share = Math.max(1, Math.floor(limit / 2));
    this.#reserve = Math.floor(limit / 4);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether an attempt may begin now. If not, and the holder has no place, it is told when there is one. */
  may(holder: H, retry: boolean, now: number): boolean {
    const hangs = holder.inFlight > 0 && now - holder.progressAt > HANGS_AFTER;
    if (hangs) this.#count(holder);
    const trouble = hangs || !holder.proven;
    const restricted = trouble || retry;
    const free = this.limit - this.#inFlight;
    if (free > 0 && !(restricted && this.#restricted >= this.#share)) {
      if (holder.inFlight === 0) return true;
      if (trouble) {
        if (this.#inFlight < this.#reserve) return true;
      } else if (!holder.quick || this.#inFlight < CROWD) {
        if (holder.inFlight < holder.least || free > this.#reserve) return true;
      }
    }
    // Who holds places asks again as soon as it gives one back.
    if (holder.inFlight === 0) (restricted ? this.#waitingRestricted : this.#waiting).add(holder);
    return false;
  }

  /** @returns what {@link end} is to be told */
  begin(holder: H, retry: boolean, now: number): boolean {
    const restricted = retry || !holder.proven;
    if (holder.inFlight === 0) holder.progressAt = now;
    holder.inFlight++;
    this.#inFlight++;
    if (restricted) {
      holder.restricted++;
      this.#restricted++;
    }
    return restricted;
  }

  end(holder: H, restricted: boolean, now: number): void {
    holder.progressAt = now;
    holder.inFlight--;
    this.#inFlight--;
    const left = Math.min(holder.restricted - (restricted ? 1 : 0), holder.inFlight);
    this.#restricted -= holder.restricted - left;
    holder.restricted = left;
  }

  /** It wants no place any more. */
  forget(holder: H): void {
    this.#waiting.delete(holder);
    this.#waitingRestricted.delete(holder);
  }

  /** Calls `use` with those that wait, in their turn, for as long as there are places. */
  serve(use: (holder: H) => void): void {
    if (this.#waiting.size > 0) this.#serve(this.#waiting, use);
    if (this.#waitingRestricted.size > 0) this.#serve(this.#waitingRestricted, use);
  }

  #serve(waiting: Set<H>, use: (holder: H) => void): void {
    for (let left = waiting.size; left > 0 && this.#inFlight < this.limit; left--) {
      if (waiting === this.#waitingRestricted && this.#restricted >= this.#share) return;
      const [next] = waiting;
      if (!next) return;
      waiting.delete(next);
      use(next);
    }
  }

  #count(holder: H): void {
    this.#restricted += holder.inFlight - holder.restricted;
    holder.restricted = holder.inFlight;
  }
}
