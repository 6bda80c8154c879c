/** One request that bears an `Idempotency-Key`, while it runs. */
import { AsyncLocalStorage } from "node:async_hooks";

import type { Heartbeat } from "../heartbeat.ts";
import { Problem } from "../problem.ts";
import { rehearsal } from "../rehearsal.ts";
import type { SecretBox } from "../secrets/seal.ts";
import type { Also, Store, Transaction } from "../store/store.ts";
import { dropRun, endRun, keepAnswer, type KeyRow, markWritten } from "./queries.ts";

/** An answer as it can be given again. */
export interface KeptAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Null: it has none. */
  body: string | null;
}

export type Run = Pick<KeyRow, "organisationId" | "subject" | "key" | "run">;

/** The claim on whose behalf something is done, wherever that is. */
const current = new AsyncLocalStorage<Claim>();

export class Claim {
  readonly #run: Run;
  readonly #store: Store;
  readonly #box: SecretBox;
  readonly #heartbeat: Heartbeat | undefined;
  #ended = false;

  /** @param collaborators.heartbeat  where another process could take this one for dead */
  constructor(run: Run, collaborators: { store: Store; box: SecretBox; heartbeat: Heartbeat | undefined }) {
    this.#run = run;
    this.#store = collaborators.store;
    this.#box = collaborators.box;
    this.#heartbeat = collaborators.heartbeat;
  }

  /** Runs what the request asks for: each write of it notes that it was done, in its own transaction. */
  around<R>(work: () => Promise<R>): Promise<R> {
    const marked = () => current.run(this, work);
    return this.#heartbeat ? this.#heartbeat.during(this.#run.run, marked) : marked();
  }

  /**
   * Notes in the request's own transaction that it was done.
   * @param dry  its row goes with what a write that failed has taken with it
   * @throws Problem `conflict` where this process was taken for dead and another does it by now: nothing is written then
   */
  async mark(tx: Transaction, dry: boolean): Promise<void> {
    // What was begun on its behalf and goes on by itself is another matter.
    if (this.#ended) return;
    const [mine] = await tx.query(markWritten(this.#run));
    if (!mine && !dry) throw underWay();
  }

  /**
   * Notes in the request's own transaction what will be answered, where that is known already: should the process die
   * before it answers, that is the answer.
   * @param state  `written`: something is still to come of which the answer depends, and it may be taken back
   */
  async promise(tx: Transaction, answer: KeptAnswer, state: "written" | "done"): Promise<void> {
    await tx.query(keepAnswer(this.#run, { state, ...this.#sealed(answer) }));
  }

  /** It was answered so. */
  async settle(answer: KeptAnswer): Promise<void> {
    this.#ended = true;
    const { state, ...kept } = { state: "done" as const, ...this.#sealed(answer) };
    await this.#store.write((tx) => tx.query(keepAnswer(this.#run, { state, ...kept })));
  }

  /**
   * It failed. The key may be used again, unless something of it was written.
   * @param undone  whatever was written has been taken back
   */
  async release(undone = false): Promise<void> {
    this.#ended = true;
    await this.#store.write(async (tx) => {
      await tx.query(dropRun(this.#run, undone ? "any" : "running"));
      if (!undone) await tx.query(endRun(this.#run));
    });
  }

  #sealed({ status, headers, body }: KeptAnswer): Pick<KeyRow, "status" | "headers" | "body"> {
    const sealed = body === null ? null : this.#box.seal(body, contextOf(this.#run));
    return { status, headers: { ...headers }, body: sealed };
  }
}

/**
 * For a write after which the answer to its request is known: with an `Idempotency-Key` it is kept in the write's own
 * transaction, so that nobody who asks again hears that it is lost.
 * @param answerOf  the answer to a request that has made it
 * @returns undefined where the request has no key
 */
export function promised<T>(answerOf: (made: T) => KeptAnswer): Also<T> | undefined {
  // Writes of several requests run in one transaction, in whosever context.
  const claim = current.getStore();
  return claim && (async (tx, made) => await claim.promise(tx, answerOf(made), "done"));
}

export function underWay(): Problem {
  const headers = { "retry-after": "1" };
  const detail = "A request with this Idempotency-Key is under way; ask again when it has been answered.";
  return new Problem("conflict", detail, { headers });
}

/** Where a sealed answer lies. */
export function contextOf({ organisationId, subject, key }: Omit<Run, "run">): string {
  return `idempotency:${organisationId}:${subject}:${key}`;
}

/**
 * Has every write that is done on behalf of a claim note that in its transaction. A write that was committed is thereby
 * never done a second time, whenever the process dies.
 * @returns the same store: its own methods are bound to it
 */
export function noteWrites(store: Store): Store {
  const write = store.write.bind(store);
  store.write = (fn, committed) => {
    const claim = current.getStore();
    if (!claim) return write(fn, committed);
    const dry = rehearsal() !== undefined;
    return write(async (tx) => {
      const result = await fn(tx);
      await claim.mark(tx, dry);
      return result;
    }, committed);
  };
  return store;
}
