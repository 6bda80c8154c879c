/**
 * What another process has left: at the start, and where several servers share a database, again and again. A node that
 * is gone tells nobody what it had claimed, stored or meant to try again. That it is gone, `nodes/watch.ts` finds out.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { NodeWatch } from "../nodes/watch.ts";
import type { Store } from "../store/store.ts";
import { deliveringNodes, releaseDeliveriesOf, unnameDeliveries } from "./node-queries.ts";
import { dueByReceiver, failingReceivers, releaseAll } from "./queries.ts";
import type { ReceiverQueue } from "./queue.ts";

export interface TakeOverOptions {
  store: Store;
  clock: Clock;
  log: Pick<Logger, "error">;
  nodes: Pick<NodeWatch, "register">;
  queues: ReadonlyMap<string, ReceiverQueue>;
  /** A queue was set right: there may be something to send, or a bundle to close. */
  found: (queue: ReceiverQueue) => void;
  /** Others may take what is at hand: it is to be given back. */
  doubted: () => void;
  /** Has stopping wait for a look. */
  track: (look: Promise<void>) => void;
}

/** How often to look for what one that is gone has left, ms. */
const EVERY_MS = 60_000;

export class TakeOver {
  readonly #o: TakeOverOptions;
  #stopped = false;
  #cancel = (): void => {};

  constructor(options: TakeOverOptions) {
    this.#o = options;
  }

  /** Takes up what an earlier process left; goes on looking where others send from the same database. */
  async start(): Promise<void> {
    const { store, clock, queues, found, nodes, doubted } = this.#o;
    nodes.register({
      what: "deliveries",
      owners: deliveringNodes,
      release: releaseDeliveriesOf,
      unname: unnameDeliveries,
      gone: () => {
        if (!this.#stopped) this.#o.track(this.#look());
      },
      doubted,
    });
    // On SQLite this is the only process that sends; elsewhere another node may be at it, and its lease tells.
    if (store.dialect === "sqlite") await store.write((tx) => tx.run(releaseAll, { now: clock.now() }));
    for (const row of await store.read((reader) => reader.run(dueByReceiver, {}))) {
      const queue = queues.get(row.receiverId);
      if (!queue) continue;
      queue.dueBy(row.at);
      queue.open = row.open;
      queue.failing = row.failing === 1;
      queue.hold(row.heldUntil);
      found(queue);
    }
    if (store.dialect !== "sqlite") this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#cancel = this.#o.clock.after(EVERY_MS, () => {
      this.#o.track(this.#look().finally(() => this.#later()));
    });
  }

  /** Also sets right what each node knows only of its own attempts: how many are open, who fails, who is held. */
  async #look(): Promise<void> {
    const { store, log, queues, found } = this.#o;
    try {
      const [rows, failing] = await store.read((reader) =>
        Promise.all([reader.run(dueByReceiver, {}), reader.run(failingReceivers, {})]),
      );
      const byReceiver = new Map(rows.map((row) => [row.receiverId, row]));
      const failingSince = new Map(failing.map((row) => [row.id, row.failingSince]));
      for (const [receiverId, queue] of queues) {
        const row = byReceiver.get(receiverId);
        queue.open = row?.open ?? 0;
        queue.failingSince = failingSince.get(receiverId) ?? null;
        queue.paused = undefined;
        if (row) queue.dueBy(row.at);
        queue.hold(row?.heldUntil ?? null);
        found(queue);
      }
    } catch (error) {
      log.error("deliveries could not be looked for", { error });
    }
  }
}
