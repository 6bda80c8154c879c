/**
 * Dry runs: a request is carried out whole, in one transaction that is rolled back when it ends, and what would go out
 * is noted instead of sent.
 *
 * The rehearsal is bound to the request's asynchronous context, so that no service has to hand it on. What outlives the
 * request, or is shared by requests, must not run in that context: the store begins its groups and reads outside of it,
 * and a rehearsal that has ended binds nobody any more, whoever still has its context.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import { Problem } from "./problem.ts";
import type { Held, Reader, Transaction } from "./store/store.ts";
import { WriteConflict } from "./store/store.ts";

/** What would have gone out. */
export interface Unsent {
  method: string;
  url: string;
}

/** While it is open, others cannot write (SQLite). A request that takes longer is refused, milliseconds. */
const LONGEST_MS = 5_000;
const MAX_TRIES = 5;

export class Rehearsal {
  readonly unsent: Unsent[] = [];
  #held: Promise<Held> | undefined;
  #timer: Timer | undefined;
  #ended = false;
  #late = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Reads what the request itself has written so far, and what is stored. @param real  how it reads otherwise */
  async read<R>(fn: (reader: Reader) => Promise<R>, real: () => Promise<R>): Promise<R> {
    this.#demandTime();
    const held = await this.#held;
    return held ? await fn(held.session) : await outside(real);
  }

  /**
   * @param hold  opens a transaction that is never committed
   * @param done  called when it has written, as if that were committed
   */
  async write<R>(
    fn: (tx: Transaction) => Promise<R>,
    hold: () => Promise<Held>,
    done?: () => void,
  ): Promise<R> {
    for (let tries = 1; ; tries++) {
      this.#demandTime();
      this.#held ??= this.#open(hold);
      const held = await this.#held;
      try {
        const result = await held.write(fn);
        done?.();
        return result;
      } catch (error) {
        // What it has written cannot be undone alone.
        await this.release();
        if (!(error instanceof WriteConflict) || tries === MAX_TRIES) throw error;
      }
    }
  }

  /** Undoes what was written so far: others may write. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await (await held?.catch(() => undefined))?.end();
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.release();
  }

  async #open(hold: () => Promise<Held>): Promise<Held> {
    const held = await outside(hold);
    this.#timer ??= setTimeout(() => {
      this.#late = true;
      void held.end();
    }, LONGEST_MS);
    return held;
  }

  #demandTime(): void {
    if (this.#late) throw new Problem("unavailable", "The dry run took too long.");
  }
}

const context = new AsyncLocalStorage<Rehearsal | undefined>();

/** That of the request at hand; undefined where it is carried out for real. */
export function rehearsal(): Rehearsal | undefined {
  const found = context.getStore();
  return found === undefined || found.ended ? undefined : found;
}

/** Carries out `fn` without any effect that lasts. */
export async function rehearse<R>(fn: () => R | Promise<R>): Promise<R> {
  const run = new Rehearsal();
  try {
    return await context.run(run, fn);
  } finally {
    await run.end();
  }
}

/** What must last, dry run or not: failed logins and their place in the audit log. What was rehearsed so far is undone. */
export async function forReal<R>(fn: () => Promise<R>): Promise<R> {
  // It would wait for the rehearsal's transaction, which waits for it.
  await rehearsal()?.release();
  return await outside(fn);
}

function outside<R>(fn: () => R): R {
  return context.getStore() === undefined ? fn() : context.run(undefined, fn);
}
