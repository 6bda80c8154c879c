/**
 * The places for attempts in flight, of which there are so many for all receivers together.
 *
 * Who fails or gives no answer gets half of them at most, and so do retries. Who has yet to be sent to for the first
 * time gets one place until its answer tells more, and these together with the half above leave a quarter free: that is
 * kept for first attempts to receivers that work. Of the new, only so many are begun at a time that the answers of all
 * can be dealt with in one turn of the event loop: 10 000 receivers with one delivery each are no burst. Of these, too, nobody takes the last quarter beyond the few places that
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
/**
 * New ones that may be in flight before it is seen which of them hang, and after how long, milliseconds, one that has no
 * answer is taken for one that does: the next has its turn then.
 */
const NEWCOMERS = 128;
const NO_NEWS_AFTER = 500;

export interface SlotsOptions<H> {
  /** How many places there are. */
  limit: number;
  /** Calls `fn` after `ms` milliseconds. */
  after: (ms: number, fn: () => void) => void;
  /** Calls one that waited: there may be a place for it. */
  use: (holder: H) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

export class Slots<H extends Holder> {
  readonly limit: number;
  readonly #share: number;
  readonly #reserve: number;
  #inFlight = 0;
  #restricted = 0;
  /** New ones in flight, oldest first, with when they began; and those of which nothing has been heard for long. */
  readonly #begun = new Map<H, number>();
  readonly #silent = new Set<H>();
  #waking = false;
  readonly #o: SlotsOptions<H>;
  /** Holders of no place that want one, in the order in which they came. */
  readonly #waiting: Record<Room, Set<H>> = { any: new Set(), new: new Set(), restricted: new Set() };

  constructor(options: SlotsOptions<H>) {
    const { limit } = options;
    this.#o = options;
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
    const stuck = standing === "proven" && hangs(holder, now);
    if (stuck) this.#count(holder);
    const room = stuck ? "restricted" : roomOf(standing, retry);
    if (this.#isFree(room, now)) {
      if (inFlight === 0) return true;
      if (stuck || standing === "troubled") {
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
    if (holder.inFlight === 0) {
      holder.progressAt = now;
      // It may have come by its place otherwise than by being called. Thousands of those would be called for nothing.
      this.forget(holder);
    }
    holder.inFlight++;
    this.#inFlight++;
    if (room === "new") this.#begun.set(holder, now);
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
    if (room === "new" && !this.#begun.delete(holder)) this.#silent.delete(holder);
    const left = Math.min(holder.restricted - (room === "restricted" ? 1 : 0), holder.inFlight);
    this.#restricted -= holder.restricted - left;
    holder.restricted = left;
  }

  /** It wants no place any more. */
  forget(holder: H): void {
    for (const waiting of Object.values(this.#waiting)) waiting.delete(holder);
  }

  /** Calls those that wait, in their turn, for as long as there are places. @param now  milliseconds since 1970 */
  serve(now: number): void {
    this.#serve("any", now);
    this.#serve("new", now);
    this.#serve("restricted", now);
  }

  #serve(room: Room, now: number): void {
    const waiting = this.#waiting[room];
    for (let left = waiting.size; left > 0 && this.#isFree(room, now); left--) {
      const [next] = waiting;
      if (!next) return;
      waiting.delete(next);
      this.#o.use(next);
    }
  }

  #isFree(room: Room, now: number): boolean {
    if (this.#inFlight >= this.limit) return false;
    if (room === "any") return true;
    const taken = this.#restricted + this.#begun.size + this.#silent.size;
    if (taken >= this.limit - this.#reserve) return false;
    return room === "new" ? this.#mayBegin(now) : this.#restricted < this.#share;
  }

  #mayBegin(now: number): boolean {
    if (this.#begun.size < NEWCOMERS) return true;
    for (const [holder, at] of this.#begun) {
      if (now - at < NO_NEWS_AFTER) break;
      this.#begun.delete(holder);
      this.#silent.add(holder);
    }
    if (this.#begun.size < NEWCOMERS) return true;
    this.#wakeLater();
    return false;
  }

  /** Where nobody answers, nothing that ends gives the next its turn. */
  #wakeLater(): void {
    if (this.#waking) return;
    this.#waking = true;
    this.#o.after(NO_NEWS_AFTER, () => {
      this.#waking = false;
      this.serve(this.#o.now());
    });
  }

  #count(holder: H): void {
    this.#restricted += holder.inFlight - holder.restricted;
    holder.restricted = holder.inFlight;
  }
}

/** Whether nothing has come of the attempts in flight for too long. @param now  milliseconds since 1970 */
export function hangs(
  { inFlight, progressAt }: Pick<Holder, "inFlight" | "progressAt">,
  now: number,
): boolean {
  return inFlight > 0 && now - progressAt > HANGS_AFTER;
}

function roomOf(standing: Standing, retry: boolean): Room {
  if (retry || standing === "troubled") return "restricted";
  return standing === "new" ? "new" : "any";
}
