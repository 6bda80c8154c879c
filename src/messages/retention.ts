/**
 * Removes messages that are older than their organisation keeps them (`web_messages.keep`), by the clock: a few in each
 * transaction, with their references and changes; their attachments go afterwards, in pieces.
 */
import { server } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { pauseFor, Rounds } from "../rounds.ts";
import type { Store } from "../store/store.ts";
import { oldestMessage, oldestMessages } from "./queries.ts";
import type { MessageService } from "./service.ts";

export interface RetentionOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  messages: MessageService;
  organisations: Pick<OrganisationService, "all">;
  rules: Pick<Config["webMessages"], "keep" | "organisations">;
}

const DAY_MS = 24 * 3_600_000;
/**
 * Messages that one transaction removes, each from nine B-trees, those of its change among them. At half of the time
 * that is 4 700 a second, beside which a read takes 10 ms at the 99th percentile (test/load, `messages`).
 */
export const CHUNK = 50;

export class MessageRetention {
  readonly #o: RetentionOptions;
  readonly rounds: Rounds;
  /** What is made now, wherever, goes after this at the soonest; a day, where all is kept for longer. */
  readonly #shortest: number;

  constructor(options: RetentionOptions) {
    this.#o = options;
    const { clock, log, rules } = options;
    const all = [rules, ...Object.values(rules.organisations)].map(({ keep }) => keep);
    this.#shortest = Math.min(DAY_MS, ...all.filter((keep) => keep > 0));
    this.rounds = new Rounds({
      ...{ clock, log, pause: pauseFor(this.#shortest) },
      failure: "old messages could not be removed",
      round: () => this.#prune(),
    });
  }

  /** From here on it works until {@link stop}. */
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

  /** @returns when more may be, milliseconds since 1970 */
  async #prune(): Promise<number> {
    const { clock, organisations, rules } = this.#o;
    let next = clock.now() + this.#shortest;
    for (const { id, code } of await organisations.all()) {
      const { keep } = rules.organisations[code] ?? rules;
      if (keep === 0) continue;
      await this.#pruneOne(id, clock.now() - keep);
      if (this.rounds.stopped) break;
      next = Math.min(next, ((await this.#oldest(id)) ?? clock.now()) + keep + 1);
    }
    return next;
  }

  /** Removes what an organisation had before a time. */
  async #pruneOne(organisationId: number, until: number): Promise<void> {
    const { store, messages } = this.#o;
    const before = firstIdAt(until);
    const by = server(organisationId);
    while (!this.rounds.stopped) {
      const started = performance.now();
      const count = await store.write(async (tx) => {
        const old = await tx.run(oldestMessages, { organisationId, before, limit: CHUNK });
        if (old.length === 0) return 0;
        return await messages.removeMany(
          tx,
          by,
          old.map(({ id }) => id),
          undefined,
        );
      });
      if (count < CHUNK) return;
      // Half of the time is the others'.
      await Bun.sleep(Math.min(50, performance.now() - started));
    }
  }

  async #oldest(organisationId: number): Promise<number | undefined> {
    const [oldest] = await this.#o.store.read((reader) => reader.run(oldestMessage, { organisationId }));
    return oldest?.createdAt;
  }
}

/** The lowest id that a message of that time can have. */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
