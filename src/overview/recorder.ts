/**
 * Writes what was counted, once a minute while there is something: so the overview shows what other processes have
 * counted, and a restart loses nothing. (A process that is killed takes its last minute with it.)
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { type Batch, type DeliveryCounts, MINUTE, type MinuteCount, SLOT } from "./counts.ts";
import {
  addCounts,
  addReceiverCounts,
  dropHours,
  dropMinutes,
  dropReceiverCounts,
  raisePulse,
} from "./queries.ts";

const HOUR = 60 * MINUTE;
/** For so long minutes, hours and a receiver's counts are kept, ms: a little longer than they are shown. */
const KEPT = { minutes: 2 * HOUR, hours: 26 * HOUR, receivers: HOUR + 2 * SLOT };
/** Rows of a transaction: 500 upserts hold others up for about 5 ms. */
const CHUNK = 500;

export interface RecorderOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "warn">;
  counts: DeliveryCounts;
  /** Of this process. */
  node?: string;
}

export class Recorder {
  readonly #o: RecorderOptions;
  readonly #node: string;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RecorderOptions) {
    this.#o = options;
    this.#node = options.node ?? crypto.randomUUID().slice(0, 8);
  }

  /** From now on what is counted is written when its minute is over. */
  start(): void {
    this.#o.counts.onFirst = () => this.#arm();
    if (!this.#o.counts.unwritten.every((batch) => batch.isEmpty)) this.#arm();
  }

  /** Writes what there is. Never rejects: what could not be written is tried again with the next minute. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.flush();
  }

  #arm(): void {
    if (this.#cancel || this.#stopped) return;
    const { clock } = this.#o;
    this.#cancel = clock.after(MINUTE - (clock.now() % MINUTE), () => {
      this.#cancel = undefined;
      void this.flush();
    });
  }

  async #write(): Promise<void> {
    const { clock, counts, log } = this.#o;
    const now = clock.now();
    const batch = counts.leave(this.#stopped ? Infinity : now - (now % MINUTE));
    if (!batch) return;
    try {
      await this.#writeMinutes(batch);
      await this.#writeReceivers(batch);
      await this.#removeOld();
    } catch (error) {
      log.warn("what was counted could not be stored", { error });
    }
    counts.stay(clock.now() - KEPT.minutes);
    if (!counts.unwritten.every((left) => left.isEmpty)) this.#arm();
  }

  /** What a transaction has written is taken out of the batch. */
  async #writeMinutes({ minutes }: Batch): Promise<void> {
    const { store } = this.#o;
    const node = this.#node;
    for (const organisations of chunks([...minutes], CHUNK / 10)) {
      await store.write(async (tx) => {
        for (const [organisationId, counted] of organisations) {
          for (const [at, { durations, ...count }] of counted) {
            await tx.run(addCounts, { ...count, durations, organisationId, span: "minute", at, node });
          }
          for (const [at, count] of byHour(counted))
            await tx.run(addCounts, { ...count, durations: [], organisationId, span: "hour", at, node });
        }
      });
      for (const [organisationId] of organisations) minutes.delete(organisationId);
    }
  }

  async #writeReceivers({ receivers }: Batch): Promise<void> {
    const { store } = this.#o;
    // In the same order everywhere: two processes that write of the same receivers do not wait crosswise.
    const sorted = [...receivers].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const chunk of chunks(sorted, CHUNK)) {
      await store.write(async (tx) => {
        for (const [receiverId, { slots, lastDeliveredAt }] of chunk) {
          for (const [at, fared] of slots) await tx.run(addReceiverCounts, { receiverId, at, ...fared });
          if (lastDeliveredAt > 0) await tx.run(raisePulse, { receiverId, at: lastDeliveredAt });
        }
      });
      for (const [receiverId] of chunk) receivers.delete(receiverId);
    }
  }

  async #removeOld(): Promise<void> {
    const now = this.#o.clock.now();
    await this.#o.store.write(async (tx) => {
      await tx.run(dropMinutes, { before: now - KEPT.minutes });
      await tx.run(dropHours, { before: now - KEPT.hours });
      await tx.run(dropReceiverCounts, { before: now - KEPT.receivers });
    });
  }
}

function byHour(minutes: Map<number, MinuteCount>): Map<number, Omit<MinuteCount, "durations">> {
  const hours = new Map<number, Omit<MinuteCount, "durations">>();
  for (const [at, { attempts, delivered, failed, givenUp }] of minutes) {
    const hour = at - (at % HOUR);
    const sum = hours.get(hour) ?? { attempts: 0, delivered: 0, failed: 0, givenUp: 0 };
    hours.set(hour, {
      attempts: sum.attempts + attempts,
      delivered: sum.delivered + delivered,
      failed: sum.failed + failed,
      givenUp: sum.givenUp + givenUp,
    });
  }
  return hours;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}
