/**
 * So many in a window, and no more until it ends: for what is not wrong in itself but must not become a flood, such as
 * mails. Kept in the database beside the throttle's keys, so that a restart forgives nothing and every node knows.
 */
import { sql } from "drizzle-orm";

import type { Clock } from "../clock.ts";
import { Problem } from "../problem.ts";
import { type Params, statement } from "../store/statement.ts";
import type { Reader, Transaction } from "../store/store.ts";
import { throttleOf } from "./queries.ts";

export interface QuotaOf {
  /** Whose it is: text that every database bears. */
  key: string;
  requests: number;
  /** ms; it begins with the first one. */
  window: number;
}

/** One more, unless the window is full: then nothing is returned. */
const takeOne = statement(
  ({ db, t }, p: Params<{ key: string; requests: number; now: number; end: number }>) =>
    db
      .insert(t.throttles)
      .values({ key: p.key, failures: 1, blockedUntil: 0, expiresAt: p.end })
      .onConflictDoUpdate({
        target: t.throttles.key,
        set: {
          failures: sql`case when ${t.throttles.expiresAt} > ${p.now} then ${t.throttles.failures} + 1 else 1 end`,
          expiresAt: sql`case when ${t.throttles.expiresAt} > ${p.now} then ${t.throttles.expiresAt} else excluded.expires_at end`,
        },
        setWhere: sql`${t.throttles.expiresAt} <= ${p.now} or ${t.throttles.failures} < ${p.requests}`,
      })
      .returning({ failures: t.throttles.failures }),
);

export class Quota {
  readonly #clock: Clock;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /** @throws Problem `too_many_requests` where one of them is used up */
  async check(reader: Reader, quotas: readonly QuotaOf[]): Promise<void> {
    const wait = await this.#wait(reader, quotas);
    if (wait > 0) throw tooMany(wait);
  }

  /**
   * Counts one for each, unless one of them is used up.
   * @returns milliseconds until there is room; 0: it is counted. Not thrown, as other writes share the transaction.
   */
  async take(tx: Transaction, quotas: readonly QuotaOf[]): Promise<number> {
    const wait = await this.#wait(tx, quotas);
    if (wait > 0) return wait;
    const now = this.#clock.now();
    // In one order: two nodes never wait for each other crosswise.
    for (const { key, requests, window } of [...quotas].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const [taken] = await tx.run(takeOne, { key: stored(key), requests, now, end: now + window });
      // Another node was quicker to the last place.
      if (!taken) return Math.max(1, await this.#wait(tx, quotas));
    }
    return 0;
  }

  async #wait(reader: Reader, quotas: readonly QuotaOf[]): Promise<number> {
    const now = this.#clock.now();
    let until = now;
    for (const { key, requests, window } of quotas) {
      const [row] = await reader.run(throttleOf, { key: stored(key) });
      // A window that would last longer than any was made by a clock that ran ahead.
      if (!row || row.failures < requests || row.expiresAt > now + window) continue;
      until = Math.max(until, row.expiresAt);
    }
    return until - now;
  }
}

/** @param ms  until there is room */
export function tooMany(ms: number): Problem {
  const headers = { "retry-after": String(Math.max(1, Math.ceil(ms / 1000))) };
  return new Problem("too_many_requests", "Too many requests; try again later.", { headers });
}

function stored(key: string): string {
  return `quota:${key}`;
}
