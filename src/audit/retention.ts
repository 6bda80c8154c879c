/** Removes what the audit log need not keep any longer (`audit.retention`), by the clock. */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { allHeads, oldestEvents } from "./queries.ts";
import { type AuditLog, PRUNE_CHUNK } from "./service.ts";

/** Events are not removed one by one as they grow old: it waits for a hundredth of the retention, between these. */
const SHORTEST_MS = 100;
const LONGEST_MS = 3_600_000;

export class AuditRetention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #log: Logger;
  /** ms */
  readonly #retention: number;
  readonly #pause: number;
  #running: Promise<void> | undefined;
  #cancel = (): void => {};
  #stopped = false;

  constructor(collaborators: {
    store: Store;
    clock: Clock;
    audit: AuditLog;
    log: Logger;
    retention: number;
  }) {
    this.#store = collaborators.store;
    this.#clock = collaborators.clock;
    this.#audit = collaborators.audit;
    this.#log = collaborators.log;
    this.#retention = collaborators.retention;
    this.#pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, this.#retention / 100));
  }

  /** From here on it works until {@link stop}. */
  start(): void {
    this.#running = this.#round();
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  async #round(): Promise<void> {
    let wait = this.#pause;
    try {
      const next = await this.#prune();
      wait = Math.max(this.#pause, next - this.#clock.now());
    } catch (error) {
      this.#log.error("old audit events could not be removed", { error });
    }
    if (this.#stopped) return;
    // One timer for all chains, set to when the next event will be old enough; an empty log costs nothing.
    this.#cancel = this.#clock.after(wait, () => {
      this.#running = this.#round();
    });
  }

  /** Removes what is old enough. @returns when more will be, milliseconds since 1970 */
  async #prune(): Promise<number> {
    // What is written from now on is kept for as long at least.
    let next = this.#clock.now() + this.#retention;
    for (const { organisationId } of await this.#store.read((reader) => reader.run(allHeads, {}))) {
      for (let more = true; more && !this.#stopped;) {
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
