/**
 * Removes publications that the log need not keep any longer (`webhooks.log_retention`), by the clock. What is still to
 * be tried stays, however old.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { oldPublications, removePublicationAttempts, removePublications } from "./queries.ts";

/** Rows that one transaction removes, beside their attempts. */
const CHUNK = 100;

export class PublicationRetention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #retention: number;
  readonly rounds: Rounds;

  /** @param collaborators  `retention`: how long publications stay after they were made, ms */
  constructor(collaborators: { store: Store; clock: Clock; log: Logger; retention: number }) {
    const { store, clock, log, retention } = collaborators;
    this.#store = store;
    this.#clock = clock;
    this.#retention = retention;
    this.rounds = new Rounds({
      ...{ clock, log, pause: pauseFor(retention) },
      failure: "old publications could not be removed",
      round: () => this.#prune(),
    });
  }

  start(): void {
    this.rounds.start();
  }

  /** Resolves when the round that is under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.rounds.settled();
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** @returns when more may be old enough, milliseconds since 1970 */
  async #prune(): Promise<number> {
    const now = this.#clock.now();
    const before = firstIdAt(now - this.#retention);
    for (let after = ""; !this.rounds.stopped;) {
      const page = { after, before, limit: CHUNK };
      const old = await this.#store.read((reader) => reader.run(oldPublications, page));
      const ids = old.filter(({ nextAttemptAt }) => nextAttemptAt === null).map(({ id }) => id);
      if (ids.length > 0) {
        const started = performance.now();
        await this.#store.write(async (tx) => {
          const gone = await tx.query(removePublications(ids));
          if (gone.length > 0) await tx.query(removePublicationAttempts(gone.map(({ id }) => id)));
        });
        // Half of the time is the others'.
        await Bun.sleep(Math.min(50, performance.now() - started));
      }
      after = old.at(-1)?.id ?? after;
      if (old.length < CHUNK) break;
    }
    return now + this.#retention / 100;
  }
}

/** The least UUIDv7 (RFC 9562, 5.7) of a time. */
function firstIdAt(ms: number): string {
  const digits = Math.max(Math.ceil(ms), 0).toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}
