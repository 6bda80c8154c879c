/**
 * What came of attempts, judged and written in batches: the log's row of the attempt and the delivery's new state.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Store } from "../store/store.ts";
import { type Claimed, loggedHeaders, type Outcome } from "./attempt.ts";
import { insertAttempt, settle } from "./queries.ts";
import type { ReceiverQueue } from "./queue.ts";
import { nextAttempt } from "./retry.ts";

/** While much is under way, results gather for this long, ms, or until there are so many. */
const GATHER_MS = 10;
const MANY_RESULTS = 64;

export interface Result {
  queue: ReceiverQueue;
  delivery: Claimed;
  outcome: Outcome;
}

export interface ResultWriterOptions {
  store: Pick<Store, "write">;
  clock: Clock;
  log: Pick<Logger, "error">;
  /** 0 to 1, for the jitter of retries. */
  random: () => number;
  /** Whether so much is under way that results should wait for each other: a commit each costs more than sending. */
  busy: () => boolean;
  /** Called for each result that is stored. @param retryAt  when it is tried again; null: it is at rest */
  stored: (result: Result, retryAt: number | null) => void;
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
      const results = this.#results;
      this.#results = [];
      await this.#writeBatch(results);
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
    const now = this.#o.clock.now();
    const judged = results.map(({ queue, delivery, outcome }) =>
      judge(queue.receiver, delivery, outcome, { now, random: this.#o.random() }),
    );
    try {
      await this.#o.store.write(async (tx) => {
        const settled = await Promise.all(judged.map(({ row }) => tx.run(settle, row)));
        const counted = judged.filter((_, i) => settled[i]?.[0]);
        await Promise.all(counted.map(({ attempt }) => tx.run(insertAttempt, attempt)));
      });
    } catch (error) {
      // Sent twice at worst, never lost.
      this.#o.log.error("results of deliveries could not be stored", { count: results.length, error });
      for (const result of results) this.#o.lost(result);
      return;
    }
    results.forEach((result, i) => this.#o.stored(result, judged[i]?.row.nextAttemptAt ?? null));
  }
}

/** What an outcome means: the delivery's new state and the log's row of the attempt. */
export function judge(
  receiver: Pick<Receiver, "retry" | "headers">,
  delivery: Claimed,
  outcome: Outcome,
  { now, random }: { now: number; random: number },
) {
  const number = delivery.attempts + 1;
  const retryAt = retryTime(receiver, number - delivery.scheduleFrom, outcome, now, random);
  return {
    row: {
      id: delivery.id,
      number,
      status: statusOf(outcome, retryAt),
      statusCode: outcome.status ?? null,
      nextAttemptAt: retryAt ?? null,
    },
    attempt: {
      deliveryId: delivery.id,
      number,
      at: outcome.at,
      durationMs: outcome.durationMs,
      statusCode: outcome.status ?? null,
      error: outcome.error ?? null,
      detail: outcome.detail ?? null,
      requestHeaders: loggedHeaders(receiver, outcome.requestHeaders),
      responseBody: outcome.body === "" ? null : outcome.body,
    },
  };
}

function retryTime(
  { retry }: Pick<Receiver, "retry">,
  failures: number,
  { delivered, error, status, retryAfter }: Outcome,
  now: number,
  random: number,
): number | undefined {
  const final = delivered || error === "rights" || status === 410;
  return final ? undefined : nextAttempt(retry, { failures, now, retryAfter, random });
}

function statusOf({ delivered, error }: Outcome, retryAt: number | undefined): string {
  if (delivered) return "delivered";
  if (error === "rights") return "cancelled";
  return retryAt === undefined ? "failed" : "retrying";
}
