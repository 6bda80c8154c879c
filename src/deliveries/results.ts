/**
 * What came of attempts, written in batches: the log's row of the attempt and the delivery's new state.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { Store, Transaction } from "../store/store.ts";
import { type Claimed, loggedHeaders, type Outcome } from "./attempt.ts";
import { beginFailing, endFailing, insertAttempt, settle } from "./queries.ts";
import type { ReceiverQueue } from "./queue.ts";
import { succeed } from "./succeed.ts";
import { isReceiversFault, type Verdict } from "./verdict.ts";

/** While much is under way, results gather for this long, ms, or until there are so many. */
const GATHER_MS = 10;
const MANY_RESULTS = 64;
/** So many are written at once: thousands would hold up everything else for a tenth of a second and more. */
const MOST_RESULTS = 256;

export interface Result {
  queue: ReceiverQueue;
  delivery: Claimed;
  outcome: Outcome;
  verdict: Verdict;
  /** Called when it is stored, or could not be. */
  done?: (() => void) | undefined;
}

export interface ResultWriterOptions {
  store: Pick<Store, "write" | "dialect">;
  clock: Clock;
  log: Pick<Logger, "error">;
  types: TypeRegistry;
  /** Whether so much is under way that results should wait for each other: a commit each costs more than sending. */
  busy: () => boolean;
  /** Called for each result that is stored. */
  stored: (result: Result) => void;
  /** Called for each result that could not be stored: its lease brings the delivery back. */
  lost: (result: Result) => void;
}

export class ResultWriter {
  readonly #o: ResultWriterOptions;
  #results: Result[] = [];
  #writing: Promise<void> | undefined;
  #stopping = false;
  /** Ends the gathering early. */
  #gathered = () => {};

  constructor(options: ResultWriterOptions) {
    this.#o = options;
  }

  add(result: Result): void {
    this.#results.push(result);
    if (this.#results.length >= MANY_RESULTS) this.#gathered();
    this.#writing ??= this.#write();
  }

  /** From here on results do not wait for others. */
  hurry(): void {
    this.#stopping = true;
    this.#gathered();
  }

  /** Resolves when every result given so far is stored or lost. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    // The turn's other answers join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#results.length > 0) {
      if (this.#o.busy() && this.#results.length < MANY_RESULTS) await this.#gather();
      await this.#writeBatch(this.#results.splice(0, MOST_RESULTS));
    }
    this.#writing = undefined;
  }

  async #gather(): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#o.clock.after(GATHER_MS, resolve);
      this.#gathered = () => {
        cancel();
        resolve();
      };
    });
  }

  async #writeBatch(results: readonly Result[]): Promise<void> {
    const standings = newStandings(results);
    try {
      await this.#o.store.write(async (tx) => {
        const settled = await Promise.all(results.map((result) => tx.run(settle, deliveryRow(result))));
        const counted = results.filter((_, i) => settled[i]?.[0]);
        await Promise.all(counted.map((result) => tx.run(insertAttempt, attemptRow(result))));
        for (const result of counted) if (result.verdict.split) await this.#split(tx, result);
        for (const [{ receiver }, at] of standings) {
          const { id } = receiver;
          await (at === null ? tx.run(endFailing, { id }) : tx.run(beginFailing, { id, at }));
        }
      });
    } catch (error) {
      // Sent twice at worst, never lost.
      this.#o.log.error("results of deliveries could not be stored", { count: results.length, error });
      for (const result of results) {
        this.#o.lost(result);
        result.done?.();
      }
      return;
    }
    for (const [queue, at] of standings) {
      queue.failingSince = at;
      queue.warned = 0;
    }
    for (const result of results) {
      this.#o.stored(result);
      result.done?.();
    }
  }

  async #split(tx: Transaction, { queue, delivery, verdict }: Result): Promise<void> {
    if (!verdict.split) return;
    const { id: receiverId, organisationId } = queue.receiver;
    const before = { ...delivery, receiverId, organisationId };
    const { types, store, clock } = this.#o;
    const made = { types, dialect: store.dialect };
    await succeed(tx, made, before, verdict.split, { dueAt: clock.now(), anew: true });
  }
}

/**
 * Since when receivers have failed, where a batch changes that: a write at the first failure after a success and at
 * the first success after a failure, and none for those between.
 */
export function newStandings(results: readonly Result[]): Map<ReceiverQueue, number | null> {
  const changed = new Map<ReceiverQueue, number | null>();
  for (const { queue, outcome } of results) {
    const since = changed.get(queue) ?? (changed.has(queue) ? null : queue.failingSince);
    if (outcome.delivered) {
      if (since !== null) changed.set(queue, null);
    } else if (since === null && isReceiversFault(outcome)) changed.set(queue, outcome.at);
  }
  // Failed and worked again within a batch: as before.
  for (const [queue, at] of changed) if (at === queue.failingSince) changed.delete(queue);
  return changed;
}

function deliveryRow({ delivery, outcome, verdict }: Result) {
  return {
    id: delivery.id,
    node: delivery.node,
    number: delivery.attempts + 1,
    status: verdict.status,
    statusCode: outcome.status ?? null,
    error: verdict.error,
    scheduleFrom: verdict.scheduleFrom,
    nextAttemptAt: verdict.retryAt,
  };
}

function attemptRow({ queue, delivery, outcome, verdict }: Result) {
  return {
    deliveryId: delivery.id,
    number: delivery.attempts + 1,
    at: outcome.at,
    durationMs: outcome.durationMs,
    statusCode: outcome.status ?? null,
    error: outcome.delivered ? null : (outcome.error ?? null),
    detail: verdict.split ? SPLIT : (outcome.detail ?? null),
    requestHeaders: loggedHeaders(queue.receiver, outcome.requestHeaders),
    responseBody: outcome.body === "" ? null : outcome.body,
    address: outcome.address ?? null,
  };
}

const SPLIT = "too large for the receiver: it goes on as two deliveries";
