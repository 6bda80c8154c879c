/**
 * What the server counts while it works, for `GET /metrics`: plain numbers, so that counting costs nothing worth
 * naming. What can be read when somebody asks (queues, sizes, memory) is read then (`registry.ts`).
 */
import type { Observer } from "../deliveries/dispatcher.ts";
import type { StoreObserver } from "../store/store.ts";
import { Buckets } from "./buckets.ts";
import { HttpCounts } from "./http.ts";

/** Seconds: a sync of the disk takes 50 µs where it is quick, 5 ms on usual disks, and more where something is wrong. */
const SYNCS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

export class Metrics {
  readonly http = new HttpCounts();
  /** Seconds that a sync of the disk took; writes that shared a commit. */
  readonly syncs = new Buckets(SYNCS);
  readonly batches = new Buckets(BATCHES);
  /** Changes that were accepted, each time an object changed. */
  changesRecorded = 0;
  /** Changes that bundles have told of, each receiver's by itself. */
  changesBundled = 0;
  deliveriesMade = 0;
  deliveriesDelivered = 0;
  /** Failed attempts by the class of their error. */
  readonly attemptsFailed = new Map<string, number>();

  /** For the pipeline of deliveries. */
  readonly deliveries: Observer & { closed: (deliveries: number, changes: number) => void } = {
    delivered: () => {
      this.deliveriesDelivered++;
    },
    failed: (error) => {
      this.attemptsFailed.set(error, (this.attemptsFailed.get(error) ?? 0) + 1);
    },
    closed: (deliveries, changes) => {
      this.deliveriesMade += deliveries;
      this.changesBundled += changes;
    },
  };

  /** For the store. */
  readonly store: StoreObserver = {
    committed: (writes) => this.batches.observe(writes),
    synced: (ms) => this.syncs.observe(ms / 1000),
  };

  /** For the feed's listeners. @param topics  how many changes of each were committed here */
  recorded({ topics }: { topics: ReadonlyMap<string, number> }): void {
    for (const count of topics.values()) this.changesRecorded += count;
  }
}
