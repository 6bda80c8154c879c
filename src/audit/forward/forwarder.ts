/**
 * Copies the audit log to where nobody who breaks in here can change it: a file that is collected, a syslog server.
 * Each event at least once, in the order of its organisation's chain; how far a copy is stands in the database, so
 * nothing is left out over a restart or while the target was away.
 */
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import { Rounds } from "../../rounds.ts";
import type { Store } from "../../store/store.ts";
import { show } from "../list.ts";
import { eventsAfter } from "../queries.ts";
import { chainEnds, forwarded, putForwarded } from "./queries.ts";
import type { Target } from "./target.ts";

export interface ForwarderOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error" | "warn">;
  organisations: Pick<OrganisationService, "byId">;
  target: Target;
}

/** The least between two looks, and the longest without one, for what other processes have written; milliseconds. */
const PAUSE_MS = 200;
const LOOK_MS = 5_000;
const AT_ONCE = 200;

export class AuditForwarder {
  readonly #o: ForwarderOptions;
  readonly rounds: Rounds;

  constructor(options: ForwarderOptions) {
    this.#o = options;
    const { clock, log } = options;
    this.rounds = new Rounds({
      ...{ clock, log, pause: PAUSE_MS, failure: "the audit log could not be copied" },
      round: async () => {
        await this.#round();
        return clock.now() + LOOK_MS;
      },
    });
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
    await this.#o.target.close();
  }

  async #round(): Promise<void> {
    const { store, target } = this.#o;
    const [ends, done] = await store.read((reader) =>
      Promise.all([reader.run(chainEnds, {}), reader.run(forwarded, { target: target.name })]),
    );
    const reached = new Map(done.map(({ organisationId, sequence }) => [organisationId, sequence]));
    for (const { organisationId, sequence, pruned } of ends) {
      // What retention had removed before it was copied is gone.
      const after = Math.max(reached.get(organisationId) ?? 0, pruned);
      if (after < sequence) await this.#copy(organisationId, after);
    }
  }

  async #copy(organisationId: number, begin: number): Promise<void> {
    const { store, target, organisations } = this.#o;
    // Of what belongs to none: a token was sent that nobody has.
    const organisation = organisationId === 0 ? null : (await organisations.byId(organisationId)).code;
    for (let after = begin; !this.rounds.stopped;) {
      const rows = await store.read((reader) =>
        reader.run(eventsAfter, { organisationId, after, limit: AT_ONCE }),
      );
      const last = rows.at(-1);
      if (!last) return;
      await target.write(
        rows.map((row) => {
          const { at, outcome } = row;
          return { at, outcome, json: JSON.stringify({ organisation, ...show(row) }) };
        }),
      );
      after = last.sequence;
      await store.write((tx) =>
        tx.run(putForwarded, { target: target.name, organisationId, sequence: last.sequence }),
      );
    }
  }
}
