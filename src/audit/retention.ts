/** Removes what the audit log need not keep any longer (`audit.retention`), by the clock. */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { allHeads, oldestEvents } from "./queries.ts";
import { type AuditLog, PRUNE_CHUNK } from "./service.ts";

export class AuditRetention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  /** ms */
  readonly #retention: number;
  readonly rounds: Rounds;

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    audit: AuditLog;
    log: Logger;
    retention: number;
  }) {
    const { store, clock, audit, log, retention } = collaborators;
    this.#store = store;
    this.#clock = clock;
    this.#audit = audit;
    this.#retention = retention;
    this.rounds = new Rounds({
      ...{ clock, log, pause: pauseFor(retention) },
      failure: "old audit events could not be removed",
      // One timer for all chains; an empty log costs nothing.
      round: () => this.#prune(),
    });
  }

  /** From here on it works until {@link stop}. */
  start(): void {
    this.rounds.start();
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** Removes what is old enough. @returns when more will be, milliseconds since 1970 */
  async #prune(): Promise<number> {
    // What is written from now on is kept for as long at least.
    let next = this.#clock.now() + this.#retention;
    for (const { organisationId } of await this.#store.read((reader) => reader.run(allHeads, {}))) {
      for (let more = true; more && !this.rounds.stopped;) {
        more = (await this.#audit.prune(organisationId, this.#clock.now() - this.#retention)) === PRUNE_CHUNK;
      }
      const [oldest] = await this.#store.read((reader) =>
        reader.run(oldestEvents, { organisationId, after: 0, limit: 1 }),
      );
      // A time that lies ahead is a clock's that went wrong: nothing follows from it.
      if (oldest && oldest.at <= this.#clock.now()) next = Math.min(next, oldest.at + this.#retention);
    }
    return next;
  }
}
