/**
 * Removes what the webhook log need not keep any longer, by the clock: by age (`webhooks.log_retention`, and
 * `log_retention_failed` for what was given up), and by count (`webhooks.log_max`). With a delivery go its attempts and
 * what it is found by. What is not at rest stays, however old.
 *
 * Deliveries are walked through in order of their ids, which is that of their making. What a walk leaves behind
 * (failed, or not at rest) is not looked at again until the next day.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Reader, Store } from "../store/store.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import { firstIdAt } from "./log-search.ts";
import { type LogPart, logSize } from "./log-size.ts";
import {
  deliveriesAfter,
  deliveryContents,
  deliveryFurtherOn,
  oldestDeliveries,
  removeAttempts,
  removeDeliveries,
} from "./retention-queries.ts";
import { deleteTerms, termRun } from "./subject-queries.ts";
import { subjectsOf, termsOf, timeOf } from "./subjects.ts";

export interface RetentionRules {
  /** How long deliveries stay after they were made, ms. */
  logRetention: number;
  /** The same for failed ones; the longer of both counts for them. */
  logRetentionFailed: number;
  /** How many stay; null: as many as there are. */
  logMax: number | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * Rows that one transaction removes, of all tables together. A delivery with an attempt and two terms lies in nine
 * B-trees and takes 130 to 150 µs of CPU to remove, so that others wait about 5 ms: with 500 rows it was 15.
 */
const CHUNK = 150;
/** Deliveries that are looked at, and counted, in one go. */
const LOOK = 500;
const COUNT = 5_000;
/** How much room the log takes is not looked at more often, ms: 200 of its deliveries are read. */
const SIZE_AGE = 5 * 60_000;

interface Walk {
  /** Whether failed ones go, too. */
  failed: boolean;
  /** Up to which id it has come. */
  after: string;
}

interface Doomed {
  id: string;
  organisationId: number;
  terms: string[];
  /** How many rows go with it. */
  rows: number;
}

export class DeliveryRetention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #rules: RetentionRules;
  readonly rounds: Rounds;
  readonly #walks: [Walk, Walk] = [
    { failed: true, after: "" },
    { failed: false, after: "" },
  ];
  #begunAt: number;
  /** Deliveries there are, as far as it was counted: up to this id. */
  #counted = { count: 0, upTo: "" };
  /** The same in parts of {@link COUNT} or less, with those that have been removed since. */
  #parts: LogPart[] = [];
  #size: { at: number; bytes: number } | undefined;

  constructor(collaborators: { store: Store; clock: Clock; log: Logger; rules: RetentionRules }) {
    const { store, clock, log, rules } = collaborators;
    this.#store = store;
    this.#clock = clock;
    this.#rules = rules;
    this.#begunAt = clock.now();
    this.rounds = new Rounds({
      ...{ clock, log, pause: pauseFor(rules.logRetention) },
      failure: "old deliveries could not be removed",
      round: () => this.#prune(),
    });
  }

  /** Deliveries in the log when it looked last; undefined where they are not counted (`log_max` is not set). */
  get count(): number | undefined {
    return this.#rules.logMax === null ? undefined : this.#counted.count;
  }

  /** Bytes that the log took when it looked last, as an estimate; undefined where it is not counted. */
  get bytes(): number | undefined {
    return this.#size?.bytes;
  }

  /** From here on it works until {@link stop}. */
  start(): void {
    this.rounds.start();
  }

  /** Resolves when the round that is under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.rounds.settled();
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** Removes what is to go. @returns when more may be, milliseconds since 1970 */
  async #prune(): Promise<number> {
    const { logRetention, logRetentionFailed, logMax } = this.#rules;
    const now = this.#clock.now();
    if (now - this.#begunAt >= DAY_MS) {
      this.#begunAt = now;
      for (const walk of this.#walks) walk.after = "";
      // Other servers of the database remove some, too.
      this.#counted = { count: 0, upTo: "" };
      this.#parts = [];
    }
    const [all, others] = this.#walks;
    const longest = Math.max(logRetention, logRetentionFailed);
    await this.#walk(all, firstIdAt(now - longest), Number.POSITIVE_INFINITY);
    await this.#walk(others, firstIdAt(now - logRetention), Number.POSITIVE_INFINITY);
    if (logMax !== null) await this.#keepAtMost(logMax);
    if (logMax !== null) await this.#measure();
    const next = [await this.#dueAfter(all, longest), await this.#dueAfter(others, logRetention)];
    if (logMax !== null) next.push(now + HOUR_MS);
    return Math.min(...next);
  }

  /** When the first delivery after a walk's end will be old enough. */
  async #dueAfter({ after }: Walk, retention: number): Promise<number> {
    const [first] = await this.#store.read((reader) => reader.run(deliveryFurtherOn, { after, offset: 0 }));
    return (first ? timeOf(first.id) : this.#clock.now()) + retention + 1;
  }

  /** The oldest go first, whatever became of them. */
  async #keepAtMost(most: number): Promise<void> {
    await this.#count();
    const excess = this.#counted.count - most;
    if (excess > 0)
      await this.#walk({ failed: true, after: "" }, firstIdAt(Number.POSITIVE_INFINITY), excess);
  }

  async #measure(): Promise<void> {
    const at = this.#clock.now();
    if (this.#size && Math.abs(at - this.#size.at) < SIZE_AGE) return;
    const [first] = await this.#store.read((reader) =>
      reader.run(deliveryFurtherOn, { after: "", offset: 0 }),
    );
    // Parts of which nothing is left.
    this.#parts = this.#parts.filter(({ last }) => first !== undefined && last >= first.id);
    const { count } = this.#counted;
    const bytes = await logSize(this.#store, this.#parts, count, () => this.rounds.stopped);
    if (bytes !== undefined) this.#size = { at, bytes };
  }

  /** Counts what came since it was counted last. */
  async #count(): Promise<void> {
    for (; !this.rounds.stopped; await yields()) {
      const { upTo: after } = this.#counted;
      const [further] = await this.#store.read((reader) =>
        reader.run(deliveryFurtherOn, { after, offset: COUNT - 1 }),
      );
      if (!further) {
        const [rest] = await this.#store.read((reader) => reader.run(deliveriesAfter, { after }));
        if (rest?.last) this.#found(rest.count, rest.last);
        return;
      }
      this.#found(COUNT, further.id);
    }
  }

  #found(count: number, last: string): void {
    this.#counted = { count: this.#counted.count + count, upTo: last };
    const newest = this.#parts.at(-1);
    if (newest && newest.count + count <= COUNT) Object.assign(newest, { last, count: newest.count + count });
    else this.#parts.push({ last, count });
  }

  /** Removes up to `most` deliveries with ids before `before`, oldest first. */
  async #walk(walk: Walk, before: string, most: number): Promise<void> {
    let left = most;
    while (left > 0 && !this.rounds.stopped) {
      const looked = await this.#store.read((reader) =>
        reader.run(oldestDeliveries, { after: walk.after, before, limit: LOOK }),
      );
      const going = looked.filter(
        ({ status, nextAttemptAt }) => nextAttemptAt === null && (walk.failed || status !== "failed"),
      );
      for (const chunk of await this.#chunks(going.slice(0, left))) {
        if (this.rounds.stopped) return;
        const started = performance.now();
        const removed = await this.#remove(chunk, walk.failed);
        this.#counted.count -= removed.filter((id) => id <= this.#counted.upTo).length;
        left -= removed.length;
        // Half of the time is the others'.
        await Bun.sleep(Math.min(50, performance.now() - started));
      }
      walk.after = looked.at(-1)?.id ?? walk.after;
      if (looked.length < LOOK) return;
      await yields();
    }
  }

  /** What a transaction each is to remove. */
  async #chunks(
    going: readonly { id: string; organisationId: number; attempts: number }[],
  ): Promise<Doomed[][]> {
    const chunks: Doomed[][] = [];
    let room = 0;
    for (const [index, { id, organisationId, attempts }] of going.entries()) {
      if (index % 20 === 19) await yields();
      const [contents] = await this.#store.read((reader) => reader.run(deliveryContents, { id }));
      if (!contents) continue;
      const terms = termsOf(contents.topics, subjectsOf(contents.body));
      const rows = 1 + attempts + terms.length;
      if (room < rows) {
        chunks.push([]);
        room = CHUNK;
      }
      chunks.at(-1)?.push({ id, organisationId, terms, rows });
      room -= rows;
    }
    return chunks;
  }

  /** @returns the ids of those that were removed: some may have been sent again meanwhile */
  #remove(chunk: readonly Doomed[], failed: boolean): Promise<string[]> {
    const ids = chunk.map(({ id }) => id);
    return this.#store.write(async (tx) => {
      const removed = new Set((await tx.query(removeDeliveries(ids, failed))).map(({ id }) => id));
      const gone = chunk.filter(({ id }) => removed.has(id));
      if (gone.length === 0) return [];
      await tx.query(removeAttempts(gone.map(({ id }) => id)));
      for (const { id, organisationId, terms } of gone) {
        const run = await this.#runOf(tx, organisationId, id);
        await deleteTerms(tx, { organisationId, run, deliveryId: id }, terms);
      }
      return [...removed];
    });
  }

  async #runOf(reader: Reader, organisationId: number, id: string): Promise<number> {
    if (this.#store.dialect !== "sqlite") return 0;
    const [found] = await reader.run(termRun, { organisationId, time: timeOf(id) });
    return found?.run ?? 0;
  }
}

/** SQLite answers within the turn: others have theirs in between. */
const yields = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
