/**
 * Whose turn it is: the operations that a process takes up, in the order of their submission, within the limits of
 * their kinds. Limits hold for all nodes together, because who gives out operations does so alone.
 */
import type { Stage, Store, Transaction } from "../store/store.ts";
import type { OperationKind, OperationRow } from "./operation.ts";
import {
  claimOperation,
  type FullLanes,
  nextOperations,
  openOperations,
  runningLanes,
  takeTurn,
} from "./queries.ts";

export interface Claim {
  now: number;
  /** Until when those taken are the taker's, milliseconds since 1970. */
  lease: number;
  /** The taker's number (`nodes/watch.ts`). */
  node: number | null;
  /** How many it has room for. */
  places: number;
  /** How many of an organisation's this process can take on, whatever their kind. */
  room: (organisationId: number) => number;
  limits: (kind: string) => OperationKind["limits"];
  /** Not given: any. */
  only?: string | undefined;
  /** Those that the taker runs already. */
  own: readonly string[];
}

export interface Claimed {
  row: OperationRow;
  /** The name of the run. */
  runner: string;
}

interface Pending {
  claim: Claim;
  dialect: Store["dialect"];
  claimed: Claimed[];
}

/** Takes up what may begin now. */
export async function claimOperations(store: Store, claim: Claim): Promise<Claimed[]> {
  const pending = await store.write(async (tx) => {
    const item: Pending = { claim, dialect: store.dialect, claimed: [] };
    tx.defer(stage, item);
    return item;
  });
  return pending.claimed;
}

/** A stage, because it may lock a row that other nodes' transactions lock: after the feed's. */
const stage: Stage<Pending> = {
  order: 10,
  apply: async (tx, items) => {
    for (const item of items) {
      // One writer alone needs no lock.
      if (item.dialect === "postgres") await tx.run(takeTurn, { at: item.claim.now });
      item.claimed = await take(tx, item.claim);
    }
  },
};

async function take(tx: Transaction, claim: Claim): Promise<Claimed[]> {
  const { now, lease, node, places, limits } = claim;
  const lanes = new Lanes(claim, await tx.run(runningLanes, { now }));
  const claimed: Claimed[] = [];
  while (claimed.length < places) {
    const limit = places - claimed.length;
    const isPlain = lanes.isFree && claim.own.length === 0 && claim.only === undefined;
    const open = isPlain
      ? await tx.run(nextOperations, { now, limit })
      : await tx.query(openOperations(now, limit, { ...lanes.full, ids: claim.own }, claim.only));
    let passed = false;
    for (const { id, kind, organisationId } of open) {
      // Became full by those before it: looked for anew, without its like.
      if (!lanes.enter(kind, organisationId, limits(kind))) {
        passed = true;
        continue;
      }
      const runner = Bun.randomUUIDv7();
      const [row] = await tx.run(claimOperation, { id, now, lease, node, runner });
      if (row) claimed.push({ row, runner });
    }
    if (!passed) break;
  }
  return claimed;
}

/** How many run in each lane, and which are full. */
class Lanes {
  readonly #claim: Claim;
  readonly #kinds = new Map<string, number>();
  readonly #lanes = new Map<string, number>();
  readonly #organisations = new Map<number, number>();
  readonly full: { [K in Exclude<keyof FullLanes, "ids">]: FullLanes[K][number][] } = {
    kinds: [],
    organisations: [],
    lanes: [],
  };

  constructor(claim: Claim, running: readonly { kind: string; organisationId: number; count: number }[]) {
    this.#claim = claim;
    for (const { kind, organisationId, count } of running) {
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + count);
      this.#lanes.set(`${organisationId}/${kind}`, count);
    }
  }

  /** Nothing is full, as far as is known. */
  get isFree(): boolean {
    return Object.values(this.full).every((list) => list.length === 0);
  }

  /** Counts one in; false where there is no room, which is noted in `full`. */
  enter(kind: string, organisationId: number, limits: OperationKind["limits"]): boolean {
    const lane = `${organisationId}/${kind}`;
    const ofKind = this.#kinds.get(kind) ?? 0;
    const ofLane = this.#lanes.get(lane) ?? 0;
    const taken = this.#organisations.get(organisationId) ?? 0;
    if (ofKind >= (limits?.total ?? Infinity)) return this.#note(this.full.kinds, kind);
    if (taken >= this.#claim.room(organisationId)) return this.#note(this.full.organisations, organisationId);
    if (ofLane >= (limits?.perOrganisation ?? Infinity)) {
      const known = this.full.lanes.some((one) => one.kind === kind && one.organisationId === organisationId);
      if (!known) this.full.lanes.push({ kind, organisationId });
      return false;
    }
    this.#kinds.set(kind, ofKind + 1);
    this.#lanes.set(lane, ofLane + 1);
    this.#organisations.set(organisationId, taken + 1);
    return true;
  }

  #note<T>(list: T[], value: T): false {
    if (!list.includes(value)) list.push(value);
    return false;
  }
}
