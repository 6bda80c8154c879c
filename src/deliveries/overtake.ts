/**
 * The order of an object's changes: what a receiver has been told of an object is never followed by something older.
 *
 * A new bundle may hold an object of which an older delivery tells that has yet to come to rest. Is that one being
 * sent, or about to be, the bundle ends before the object, and the rest waits. Does it wait for another attempt, it is
 * superseded: cancelled, and what else it told goes on without the objects of which there is news. (To wait for it as
 * well would let one delivery that always fails keep back all that comes after, for as long as its schedule goes.)
 * An ordered receiver needs none of this: there, each waits for the one before.
 *
 * What is sent again by hand comes when it comes; its id tells that it is older.
 */
import type { ChangeRow } from "../changes/service.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { TypeRegistry } from "../records/types.ts";
import { type Store, type Transaction, WriteConflict } from "../store/store.ts";
import { nameOf, partsOf } from "./parts.ts";
import { deliveryWithBody, openOnes, withdraw } from "./queries.ts";
import { succeed } from "./succeed.ts";

interface Dependencies {
  store: Pick<Store, "dialect">;
  types: TypeRegistry;
}

/** What the open deliveries of a receiver leave of a bundle. */
export interface Passage {
  /** How many of the rows may be closed now. */
  count: number;
  /** Deliveries that these supersede. */
  superseded: string[];
}

export class Overtaking {
  readonly #o: Dependencies;
  /** By receiver, the objects of its open deliveries by their ids, of those that were asked for. */
  readonly #names = new Map<string, Map<string, readonly string[]>>();

  constructor(deps: Dependencies) {
    this.#o = deps;
  }

  /** Nothing of the receiver is open. */
  forget(receiverId: string): void {
    this.#names.delete(receiverId);
  }

  async passage(tx: Transaction, receiverId: string, rows: readonly ChangeRow[]): Promise<Passage> {
    const open = await tx.run(openOnes, { receiverId });
    const known = this.#names.get(receiverId);
    const names = new Map<string, readonly string[]>();
    this.#names.set(receiverId, names);
    const holders = new Map<string, (typeof open)[number]>();
    for (const delivery of open) {
      const mine = known?.get(delivery.id) ?? (await this.#namesIn(tx, delivery.id));
      names.set(delivery.id, mine);
      for (const name of mine) holders.set(name, delivery);
    }
    const superseded = new Set<string>();
    for (const [index, { object, key }] of rows.entries()) {
      const holder = holders.get(`${object}/${key}`);
      if (!holder) continue;
      if (holder.status !== "retrying") return { count: index, superseded: [...superseded] };
      superseded.add(holder.id);
    }
    return { count: rows.length, superseded: [...superseded] };
  }

  async #namesIn(tx: Transaction, id: string): Promise<readonly string[]> {
    const [delivery] = await tx.run(deliveryWithBody, { id });
    if (!delivery) return [];
    return partsOf(delivery.body).list.flatMap((part) => nameOf(this.#o.types, part) ?? []);
  }

  /**
   * Cancels deliveries that are superseded, and stores what they tell of other objects than those of `rows`.
   * @returns how many were stored, and when the first of them is due
   */
  async supersede(
    tx: Transaction,
    { id: receiverId }: Pick<Receiver, "id">,
    ids: readonly string[],
    rows: readonly ChangeRow[],
  ): Promise<{ made: number; dueAt: number | undefined }> {
    const { store, types } = this.#o;
    const news = new Set(rows.map(({ object, key }) => `${object}/${key}`));
    let made = 0;
    let dueAt: number | undefined;
    for (const id of ids) {
      const [delivery] = await tx.run(deliveryWithBody, { id });
      const [withdrawn] = await tx.run(withdraw, { id, status: "retrying", error: "superseded" });
      // Claimed in this moment: then it has to be waited for.
      if (!delivery || !withdrawn) throw new WriteConflict();
      const parts = partsOf(delivery.body);
      const left = parts.list.filter((part) => !news.has(nameOf(types, part) ?? ""));
      if (left.length === 0) continue;
      const due = delivery.nextAttemptAt ?? 0;
      const body = parts.body(left.map(({ text }) => text));
      const before = { ...delivery, receiverId };
      await succeed(tx, { types, dialect: store.dialect }, before, [body], { dueAt: due });
      made++;
      dueAt = Math.min(dueAt ?? due, due);
    }
    return { made, dueAt };
  }
}
