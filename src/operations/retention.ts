/** Removes operations that ended long ago, with what they have left. */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { endedBefore, nextEnded, removeOperations } from "./queries.ts";
import type { OperationService } from "./service.ts";

/** Operations that one transaction removes. */
const CHUNK = 200;
/** When nothing is known to come of age. */
const LOOK_MS = 3_600_000;

export interface RetentionOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
  operations: OperationService;
  /** How long they stay after their end, ms. */
  retention: number;
}

export class OperationRetention {
  readonly #o: RetentionOptions;
  readonly rounds: Rounds;

  constructor(options: RetentionOptions) {
    this.#o = options;
    this.rounds = new Rounds({
      ...{ clock: options.clock, log: options.log, pause: pauseFor(options.retention) },
      failure: "old operations could not be removed",
      round: () => this.sweep(),
    });
  }

  /** From here on it works until {@link stop}. */
  start(): void {
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** Removes what is to go. @returns when more may be, milliseconds since 1970 */
  async sweep(): Promise<number> {
    const { store, clock, operations, retention } = this.#o;
    while (!this.rounds.stopped) {
      const before = clock.now() - retention;
      const old = await store.read((reader) => reader.run(endedBefore, { before, limit: CHUNK }));
      if (old.length === 0) break;
      // What they left goes first: of one that is gone nobody knows what it left.
      for (const { id, kind } of old) await operations.kindOf(kind)?.removed?.(id);
      await store.write((tx) => tx.query(removeOperations(old.map(({ id }) => id))));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const now = clock.now();
    const [next] = await store.read((reader) => reader.run(nextEnded, { after: now - retention - 1 }));
    return Math.min(now + LOOK_MS, (next?.at ?? now) + retention + 1);
  }
}
