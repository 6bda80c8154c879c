/** The audit log: who did what, on what, from where; also what was denied. Only ever added to. */
import type { Clock } from "../clock.ts";
import { forReal } from "../rehearsal.ts";
import { chunksOfMany, SEVERAL } from "../store/many.ts";
import type { Stage, Store, Transaction } from "../store/store.ts";
import { canonicalJson, type ChainedEvent, genesis, hashOf } from "./chain.ts";
import { DenialBudget } from "./denial-budget.ts";
import type { AuditEntry, Author } from "./entry.ts";
import {
  insertEvent,
  insertEvents,
  openHead,
  removeEvents,
  setAnchor,
  setHead,
  takeHead,
  oldestEvents,
} from "./queries.ts";
import { clean, cleanJson, cleanOrNull } from "./redact.ts";
import { expiredPrefix } from "./retention-rule.ts";

/** Events that one transaction removes at most: 0.6 ms (field notes). */
export const PRUNE_CHUNK = 500;

type Item = { organisationId: number } & (
  | { event: Omit<ChainedEvent, "sequence"> }
  /** `removed` is told when it has run. */
  | { prune: { before: number; now: number; removed: number } }
);

export class AuditLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #denials: DenialBudget;
  readonly #listeners: (() => void)[] = [];

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
    this.#denials = new DenialBudget(clock);
  }

  /** Has `listener` called whenever this process has written events. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Writes an event inside the caller's write. It gets its place in the chain last thing before the commit, so that
   * transactions wait for each other no longer than that.
   */
  record(tx: Transaction, author: Author, entry: AuditEntry): void {
    tx.defer(this.#stage, this.#item(author, entry));
  }

  /**
   * Writes an event in a write of its own: for what was denied, where there is nothing else to write. Of what one
   * subject or address is denied, a few a minute are written and the others counted (`suppressed` in the detail of
   * the next), so that nobody can fill the disk by being refused.
   * Never for what succeeds: that must be recorded with what it did.
   */
  async note(author: Author, entry: AuditEntry): Promise<void> {
    const { organisationId, subject, origin } = author;
    const admitted = this.#denials.admit(organisationId, entry.action, subject, origin.address);
    if (!admitted) return;
    const detail = { ...entry.detail, ...admitted };
    await forReal(() => this.#store.write(async (tx) => this.record(tx, author, { ...entry, detail })));
  }

  /**
   * Removes the oldest events of a chain that are older than `before`, at most {@link PRUNE_CHUNK}, and moves the
   * chain's anchor to the last of them.
   * @param before  milliseconds since 1970
   * @returns how many were removed
   */
  async prune(organisationId: number, before: number): Promise<number> {
    const prune = { before, now: this.#clock.now(), removed: 0 };
    // In the stage, as events are: what locks a chain must do so last, and in one order.
    await this.#store.write(async (tx) => tx.defer(this.#stage, { organisationId, prune }));
    return prune.removed;
  }

  #item(author: Author, entry: AuditEntry): Item {
    return {
      organisationId: author.organisationId,
      event: {
        at: this.#clock.now(),
        action: entry.action,
        outcome: entry.outcome,
        subject: cleanOrNull(author.subject),
        actor: cleanOrNull(author.actor),
        client: cleanOrNull(author.client),
        target: cleanOrNull(entry.target),
        address: author.origin.address,
        requestId: author.origin.requestId === null ? null : clean(author.origin.requestId),
        detail: canonicalJson(cleanJson({ ...entry.detail, ...author.via })),
      },
    };
  }

  readonly #stage: Stage<Item> = {
    // After the change feed's, in every transaction: two nodes never wait for each other crosswise.
    order: 2,
    apply: async (tx, items) => {
      const chains = [...Map.groupBy(items, ({ organisationId }) => organisationId)];
      for (const [organisationId, own] of chains.sort(([a], [b]) => a - b)) {
        const events = own.flatMap((item) => ("event" in item ? [item.event] : []));
        const head = await takeSequences(tx, organisationId, events.length);
        await append(tx, organisationId, head, events);
        for (const item of own) {
          if ("prune" in item) item.prune.removed = await removeOldest(tx, organisationId, item.prune);
        }
      }
    },
    committed: () => {
      for (const listener of this.#listeners) listener();
    },
  };
}

interface Head {
  /** After the sequences that were taken. */
  sequence: number;
  /** The last one's before them. */
  hash: string;
}

async function takeSequences(tx: Transaction, organisationId: number, count: number): Promise<Head> {
  const [head] = await tx.run(takeHead, { organisationId, count });
  if (head) return head;
  await tx.run(openHead, { organisationId, hash: genesis(organisationId) });
  const [opened] = await tx.run(takeHead, { organisationId, count });
  if (!opened) throw new Error(`the audit log of organisation ${organisationId} cannot be opened`);
  return opened;
}

async function append(
  tx: Transaction,
  organisationId: number,
  head: Head,
  events: readonly Omit<ChainedEvent, "sequence">[],
): Promise<void> {
  if (events.length === 0) return;
  let { hash } = head;
  const first = head.sequence - events.length + 1;
  const rows = events.map((event, index) => {
    const chained = { ...event, sequence: first + index };
    hash = hashOf(hash, chained);
    return { ...chained, organisationId, hash };
  });
  const { chunks, rest } = chunksOfMany(rows, SEVERAL);
  await Promise.all([
    ...chunks.map((several) => tx.run(insertEvents, { organisationId, rows: several })),
    ...rest.map((row) => tx.run(insertEvent, row)),
    tx.run(setHead, { organisationId, hash }),
  ]);
}

async function removeOldest(
  tx: Transaction,
  organisationId: number,
  { before, now }: { before: number; now: number },
): Promise<number> {
  const [head] = await tx.run(takeHead, { organisationId, count: 0 });
  if (!head) return 0;
  const oldest = await tx.run(oldestEvents, {
    organisationId,
    after: head.prunedSequence,
    limit: PRUNE_CHUNK,
  });
  const expired = oldest.slice(0, expiredPrefix(oldest, before, now));
  const last = expired.at(-1);
  if (!last) return 0;
  await tx.run(removeEvents, { organisationId, from: head.prunedSequence + 1, to: last.sequence });
  await tx.run(setAnchor, { organisationId, sequence: last.sequence, hash: last.hash });
  return expired.length;
}
