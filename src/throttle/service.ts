/**
 * Slows down those who guess: failures are counted by key (`keys.ts`), and beyond what is free (`policy.ts`) a key is
 * blocked for a while that doubles. Kept in the database, so that a restart forgives nothing and every node knows.
 *
 * Blocked means not looked at: a right secret is refused too until the block has passed. Which keys an attempt has is
 * therefore a matter of who could be kept out: an account is never blocked as such, only together with an address.
 */
import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";
import type { Reader, Stage, Transaction } from "../store/store.ts";
import { blockAfter, FORGET_MS, policyOf } from "./policy.ts";
import { addFailures, blockKey, forgetExpired, forgetKey, throttleOf } from "./queries.ts";

export { addressKey, clientKey, userKey } from "./keys.ts";

/** Rows of forgotten keys that a failure takes away: more than it adds, so they do not gather. */
const SWEEP = 20;

interface Item {
  key: string;
  failed: boolean;
}

export class Throttle {
  readonly #clock: Clock;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /**
   * To be asked before a secret is looked at, and again after a wait (a queue of password checks, say): those who come
   * side by side have not failed yet when they are let in.
   * @returns those of the keys that have failures, which a success may {@link clear}
   * @throws Problem `too_many_requests` with `Retry-After` when any of the keys is blocked now
   */
  async check(reader: Reader, keys: readonly string[]): Promise<string[]> {
    const now = this.#clock.now();
    const rows = await Promise.all(keys.map((key) => reader.run(throttleOf, { key })));
    let until = 0;
    const failed = keys.filter((key, index) => {
      const [row] = rows[index] ?? [];
      if (!row || row.expiresAt <= now) return false;
      // One that would last longer than any block was made by a clock that ran ahead.
      if (row.blockedUntil <= now + policyOf(key).longest) until = Math.max(until, row.blockedUntil);
      return true;
    });
    if (until > now) throw tooMany(until - now);
    return failed;
  }

  /** Counts a failure of each key; last thing before the commit. */
  async fail(tx: Transaction, keys: readonly string[]): Promise<void> {
    for (const key of keys) tx.defer(this.#stage, { key, failed: true });
  }

  /** Forgets the failures of each key: of those that {@link check} has told. */
  async clear(tx: Transaction, keys: readonly string[]): Promise<void> {
    for (const key of keys) tx.defer(this.#stage, { key, failed: false });
  }

  readonly #stage: Stage<Item> = {
    // One order of stages, and in it one order of keys: two nodes never wait for each other crosswise.
    order: 3,
    apply: async (tx, items) => {
      const now = this.#clock.now();
      for (const [key, { clear, failures }] of [...sums(items)].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (clear) await tx.run(forgetKey, { key });
        if (failures > 0) await count(tx, key, failures, now);
      }
      if (items.some(({ failed }) => failed)) await tx.run(forgetExpired, { now, limit: SWEEP });
    },
  };
}

async function count(tx: Transaction, key: string, count: number, now: number): Promise<void> {
  const [row] = await tx.run(addFailures, { key, count, now, expiresAt: now + FORGET_MS });
  const block = blockAfter(row?.failures ?? count, policyOf(key));
  if (block === 0) return;
  await tx.run(blockKey, { key, blockedUntil: now + block, expiresAt: now + block + FORGET_MS });
}

/** What many writes of one transaction come to, for each key. */
function sums(items: readonly Item[]): Map<string, { clear: boolean; failures: number }> {
  const keys = new Map<string, { clear: boolean; failures: number }>();
  for (const { key, failed } of items) {
    const sum = keys.get(key) ?? { clear: false, failures: 0 };
    keys.set(key, failed ? { ...sum, failures: sum.failures + 1 } : { clear: true, failures: 0 });
  }
  return keys;
}

function tooMany(ms: number): Problem {
  const headers = { "retry-after": String(Math.ceil(ms / 1000)) };
  return new Problem("too_many_requests", "Too many failed attempts; try again later.", { headers });
}
