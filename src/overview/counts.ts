/**
 * What deliveries come to, counted where they are attempted: by minute for each organisation, by ten minutes for each
 * receiver. In memory, until `recorder.ts` has written it; counting costs two look-ups.
 */
import { addDurations, countDuration, noDurations } from "./latency.ts";

export const MINUTE = 60_000;
/** Of a receiver's counts, ms. */
export const SLOT = 10 * MINUTE;

/** An attempt that has ended. */
export interface Attempted {
  organisationId: number;
  receiverId: string;
  /** When it ended, milliseconds since 1970. */
  at: number;
  durationMs: number;
  delivered: boolean;
  /** Its delivery is not tried again. */
  givenUp: boolean;
}

export interface MinuteCount {
  attempts: number;
  delivered: number;
  /** Attempts. */
  failed: number;
  /** Deliveries. */
  givenUp: number;
  durations: number[];
}

export interface Fared {
  delivered: number;
  failed: number;
}

interface ReceiverCount {
  slots: Map<number, Fared>;
  /** Milliseconds since 1970; 0: never here. */
  lastDeliveredAt: number;
}

/** What is yet to be written. */
export class Batch {
  /** By organisation and the beginning of a minute. */
  readonly minutes = new Map<number, Map<number, MinuteCount>>();
  readonly receivers = new Map<string, ReceiverCount>();

  get isEmpty(): boolean {
    return this.minutes.size === 0 && this.receivers.size === 0;
  }

  minute(organisationId: number, at: number): MinuteCount {
    let minutes = this.minutes.get(organisationId);
    if (!minutes) this.minutes.set(organisationId, (minutes = new Map()));
    let count = minutes.get(at);
    if (!count) {
      count = { attempts: 0, delivered: 0, failed: 0, givenUp: 0, durations: noDurations() };
      minutes.set(at, count);
    }
    return count;
  }

  receiver(id: string): ReceiverCount {
    let count = this.receivers.get(id);
    if (!count) this.receivers.set(id, (count = { slots: new Map(), lastDeliveredAt: 0 }));
    return count;
  }

  /** Takes what another one holds as well. Minutes from before `since` are left out. */
  take(other: Batch, since: number): void {
    for (const [organisationId, minutes] of other.minutes)
      for (const [at, count] of minutes) if (at >= since) addMinute(this.minute(organisationId, at), count);
    for (const [id, { slots, lastDeliveredAt }] of other.receivers) {
      const mine = this.receiver(id);
      mine.lastDeliveredAt = Math.max(mine.lastDeliveredAt, lastDeliveredAt);
      for (const [at, fared] of slots) addFared(fared, mine.slots, at);
    }
  }
}

export class DeliveryCounts {
  #batch = new Batch();
  /** Being written: still to be seen here. */
  #leaving: Batch | undefined;
  readonly #versions = new Map<number, number>();
  /** Called with the first count after {@link leave}. */
  onFirst: () => void = () => {};

  add({ organisationId, receiverId, at, durationMs, delivered, givenUp }: Attempted): void {
    const batch = this.#batch;
    const first = batch.isEmpty;
    const minute = batch.minute(organisationId, at - (at % MINUTE));
    minute.attempts++;
    if (delivered) minute.delivered++;
    else minute.failed++;
    if (givenUp) minute.givenUp++;
    countDuration(minute.durations, durationMs);
    const receiver = batch.receiver(receiverId);
    addFared({ delivered: delivered ? 1 : 0, failed: delivered ? 0 : 1 }, receiver.slots, at - (at % SLOT));
    if (delivered) receiver.lastDeliveredAt = Math.max(receiver.lastDeliveredAt, at);
    this.#versions.set(organisationId, this.version(organisationId) + 1);
    if (first) this.onFirst();
  }

  /** A number that moves with every count of the organisation. */
  version(organisationId: number): number {
    return this.#versions.get(organisationId) ?? 0;
  }

  /** What is not written yet, of a receiver or of an organisation. */
  get unwritten(): readonly Batch[] {
    return this.#leaving ? [this.#leaving, this.#batch] : [this.#batch];
  }

  /**
   * Hands over what is to be written. What is taken out of it is written; the rest comes back by {@link stay}.
   * @param before  minutes that begin then or later, milliseconds since 1970, have yet to end and stay
   * @returns undefined where there is nothing, or the last is still being written
   */
  leave(before: number): Batch | undefined {
    if (this.#leaving || this.#batch.isEmpty) return undefined;
    const leaving = this.#batch;
    this.#leaving = leaving;
    this.#batch = new Batch();
    for (const [organisationId, minutes] of leaving.minutes) {
      for (const [at, count] of minutes) {
        if (at < before) continue;
        addMinute(this.#batch.minute(organisationId, at), count);
        minutes.delete(at);
      }
      if (minutes.size === 0) leaving.minutes.delete(organisationId);
    }
    return leaving;
  }

  /** The writing has ended. @param since  minutes from before, milliseconds since 1970, are given up */
  stay(since: number): void {
    const left = this.#leaving;
    this.#leaving = undefined;
    if (left && !left.isEmpty) this.#batch.take(left, since);
  }
}

export function addMinute(sum: MinuteCount, more: MinuteCount): void {
  sum.attempts += more.attempts;
  sum.delivered += more.delivered;
  sum.failed += more.failed;
  sum.givenUp += more.givenUp;
  addDurations(sum.durations, more.durations);
}

function addFared(more: Fared, slots: Map<number, Fared>, at: number): void {
  const slot = slots.get(at);
  if (!slot) slots.set(at, { ...more });
  else {
    slot.delivered += more.delivered;
    slot.failed += more.failed;
  }
}
