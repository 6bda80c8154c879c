/**
 * The overview of each organisation, made while somebody looks: one for all who look at the same, once a second at most.
 */
import type { Clock } from "../clock.ts";
import type { ReceiverStanding } from "../deliveries/health.ts";
import type { OperationService } from "../operations/service.ts";
import type { Store } from "../store/store.ts";
import { DeliveryCounts } from "./counts.ts";
import { makeOverview, type Overview } from "./snapshot.ts";

export interface OverviewCollaborators {
  store: Store;
  clock: Clock;
  operations: Pick<OperationService, "list">;
}

type Standings = (organisationId: number) => ReceiverStanding[];

/** One is not made more often, ms. */
const LEAST_AGE = 1_000;
/** What other processes do, and how far operations are, is looked at this often, ms, where nothing is delivered here. */
const LOOK = 5_000;
/** The database's size is not looked up more often, ms. */
const SIZE_AGE = 15_000;
const OPERATIONS = 10;

interface Look {
  overview: Overview;
  /** Milliseconds since 1970. */
  at: number;
  /** Of the counts, when it was made. */
  version: number;
}

interface Watched {
  watchers: Set<(overview: Overview) => void>;
  /** What they were told last, without its time. */
  told: string;
  cancel: () => void;
}

export class OverviewService {
  /** What the dispatcher counts. */
  readonly counts = new DeliveryCounts();
  readonly #o: OverviewCollaborators;
  readonly #looks = new Map<number, Look>();
  readonly #making = new Map<number, Promise<Look>>();
  readonly #watched = new Map<number, Watched>();
  readonly #bound = Promise.withResolvers<Standings>();
  #size: { at: number; bytes: Promise<number> } | undefined;

  constructor(collaborators: OverviewCollaborators) {
    this.#o = collaborators;
  }

  /** The receivers are known from there. Who looks before, in the first moments of a server, waits for it. */
  bind({ standings }: { standings: Standings }): void {
    this.#bound.resolve(standings);
  }

  /** As it was at most a second ago. */
  async get(organisationId: number): Promise<Overview> {
    const known = this.#looks.get(organisationId);
    const age = known ? this.#o.clock.now() - known.at : LEAST_AGE;
    if (known && age >= 0 && age < LEAST_AGE) return known.overview;
    return (await this.#look(organisationId)).overview;
  }

  /**
   * Calls `watcher` with the overview whenever it has changed, once a second at most; at first with what there is.
   * @returns what ends it
   */
  watch(organisationId: number, watcher: (overview: Overview) => void): () => void {
    let watched = this.#watched.get(organisationId);
    if (!watched) {
      watched = { watchers: new Set(), told: "", cancel: () => {} };
      this.#watched.set(organisationId, watched);
      this.#later(organisationId, watched);
    }
    const { watchers } = watched;
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size > 0 || this.#watched.get(organisationId)?.watchers !== watchers) return;
      this.#watched.get(organisationId)?.cancel();
      this.#watched.delete(organisationId);
      this.#looks.delete(organisationId);
    };
  }

  #later(organisationId: number, watched: Watched): void {
    watched.cancel = this.#o.clock.after(LEAST_AGE, () => {
      // A look that failed (database away) is followed by another.
      void this.#tell(organisationId, watched)
        .catch(() => {})
        .finally(() => {
          if (this.#watched.get(organisationId) === watched) this.#later(organisationId, watched);
        });
    });
  }

  async #tell(organisationId: number, watched: Watched): Promise<void> {
    const known = this.#looks.get(organisationId);
    const idle = known && known.version === this.counts.version(organisationId);
    if (idle && Math.abs(this.#o.clock.now() - known.at) < LOOK) return;
    const { overview } = await this.#look(organisationId);
    const { at: _, ...rest } = overview;
    const text = JSON.stringify(rest);
    if (text === watched.told) return;
    watched.told = text;
    for (const watcher of watched.watchers) watcher(overview);
  }

  /** One at a time: who asks meanwhile waits for the same. */
  #look(organisationId: number): Promise<Look> {
    let making = this.#making.get(organisationId);
    if (!making) {
      making = this.#make(organisationId).finally(() => this.#making.delete(organisationId));
      this.#making.set(organisationId, making);
    }
    return making;
  }

  async #make(organisationId: number): Promise<Look> {
    const { store, clock, operations } = this.#o;
    const version = this.counts.version(organisationId);
    const [{ items }, bytes, standings] = await Promise.all([
      operations.list(organisationId, "all", { limit: OPERATIONS }),
      this.#bytes(),
      this.#bound.promise,
    ]);
    const now = clock.now();
    const overview = await store.read((reader) =>
      makeOverview(reader, {
        ...{ organisationId, now, operations: items, unwritten: this.counts.unwritten },
        standings: standings(organisationId),
        database: { kind: store.dialect, bytes },
      }),
    );
    const look = { overview, at: now, version };
    // Kept only for as long as it may be shown again: there may be very many organisations.
    this.#looks.set(organisationId, look);
    if (!this.#watched.has(organisationId)) {
      clock.after(LEAST_AGE, () => {
        if (!this.#watched.has(organisationId) && this.#looks.get(organisationId) === look)
          this.#looks.delete(organisationId);
      });
    }
    return look;
  }

  #bytes(): Promise<number> {
    const now = this.#o.clock.now();
    if (!this.#size || Math.abs(now - this.#size.at) > SIZE_AGE) {
      const bytes = this.#o.store.size().then(({ database, wal = 0 }) => database + wal);
      this.#size = { at: now, bytes };
      // A failure is not remembered.
      bytes.catch(() => (this.#size = undefined));
    }
    return this.#size.bytes;
  }
}
