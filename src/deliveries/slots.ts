/**
 * The places for attempts in flight, of which there are so many for all receivers together.
 *
 * Who fails or gives no answer gets half of them at most, and so do retries. Who has yet to be sent to for the first
 * time gets one place until its answer tells more, and these together with the half above leave a quarter free: that is
 * kept for first attempts to receivers that work. Of these, too, nobody takes the last quarter beyond the few places that
 * each may have. Without, 300 receivers that never answer would hold all places for as long as an attempt may take.
 *
 * Those that answer quickly are served one after the other rather than all at once: beyond some two hundred requests in
 * flight each costs more (they share an abort signal, and Bun keeps 64 connections).
 */

/** What is known of a holder: nothing yet; its last attempt was good; it was not. */
export type Standing = "new" | "proven" | "troubled";

/** Which of the places an attempt takes: those of the troubled and of retries, of the new, or any. */
export type Room = "restricted" | "new" | "any";

/** Who may hold places. */
export interface Holder {
  inFlight: number;
  /** How many of these count as restricted. */
  restricted: number;
  /** Places that it may have while others have enough. */
  readonly least: number;
  readonly standing: Standing;
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
  #new = 0;
  /** Holders of no place that want one, in the order in which they came. */
  readonly #waiting: Record<Room, Set<H>> = { any: new Set(), new: new Set(), restricted: new Set() };

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
    const { standing, inFlight } = holder;
    const hangs = standing === "proven" && inFlight > 0 && now - holder.progressAt > HANGS_AFTER;
    if (hangs) this.#count(holder);
    const room = hangs ? "restricted" : roomOf(standing, retry);
    if (this.#isFree(room)) {
      if (inFlight === 0) return true;
      if (hangs || standing === "troubled") {
        if (this.#inFlight < this.#reserve) return true;
      } else if (standing === "proven" && (!holder.quick || this.#inFlight < CROWD)) {
        if (inFlight < holder.least || this.limit - this.#inFlight > this.#reserve) return true;
      }
    }
    // Who holds places asks again as soon as it gives one back.
    if (inFlight === 0) this.#waiting[room].add(holder);
    return false;
  }

  /** @returns what {@link end} is to be told */
  begin(holder: H, retry: boolean, now: number): Room {
    const room = roomOf(holder.standing, retry);
    if (holder.inFlight === 0) holder.progressAt = now;
    holder.inFlight++;
    this.#inFlight++;
    if (room === "new") this.#new++;
    if (room === "restricted") {
      holder.restricted++;
      this.#restricted++;
    }
    return room;
  }

  end(holder: H, room: Room, now: number): void {
    holder.progressAt = now;
    holder.inFlight--;
    this.#inFlight--;
    if (room === "new") this.#new--;
    const left = Math.min(holder.restricted - (room === "restricted" ? 1 : 0), holder.inFlight);
    this.#restricted -= holder.restricted - left;
    holder.restricted = left;
  }

  /** It wants no place any more. */
  forget(holder: H): void {
    for (const waiting of Object.values(this.#waiting)) waiting.delete(holder);
  }

  /** Calls `use` with those that wait, in their turn, for as long as there are places. */
  serve(use: (holder: H) => void): void {
    this.#serve("any", use);
    this.#serve("new", use);
    this.#serve("restricted", use);
  }

  #serve(room: Room, use: (holder: H) => void): void {
    const waiting = this.#waiting[room];
    for (let left = waiting.size; left > 0 && this.#isFree(room); left--) {
      const [next] = waiting;
      if (!next) return;
      waiting.delete(next);
      use(next);
    }
  }

  #isFree(room: Room): boolean {
    if (this.#inFlight >= this.limit) return false;
    if (room === "any") return true;
    if (this.#restricted + this.#new >= this.limit - this.#reserve) return false;
    return room === "new" || this.#restricted < this.#share;
  }

  #count(holder: H): void {
    this.#restricted += holder.inFlight - holder.restricted;
    holder.restricted = holder.inFlight;
  }
}

function roomOf(standing: Standing, retry: boolean): Room {
  if (retry || standing === "troubled") return "restricted";
  return standing === "new" ? "new" : "any";
}
