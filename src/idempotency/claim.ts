/** One request that bears an `Idempotency-Key`, while it runs. */
import { AsyncLocalStorage } from "node:async_hooks";

import type { SecretBox } from "../secrets/seal.ts";
import type { Store, Transaction } from "../store/store.ts";
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
  #ended = false;

  constructor(run: Run, { store, box }: { store: Store; box: SecretBox }) {
    this.#run = run;
    this.#store = store;
    this.#box = box;
  }

  /** Runs what the request asks for: each write of it notes that it was done, in its own transaction. */
  around<R>(work: () => Promise<R>): Promise<R> {
    return current.run(this, work);
  }

  /** Notes in the request's own transaction that it was done. */
  async mark(tx: Transaction): Promise<void> {
    // What was begun on its behalf and goes on by itself is another matter.
    if (!this.#ended) await tx.query(markWritten(this.#run));
  }

  /**
   * Notes in the request's own transaction what will be answered, where that is known already: should the process die
   * before it answers, that is the answer.
   */
  async promise(tx: Transaction, answer: KeptAnswer): Promise<void> {
    await tx.query(keepAnswer(this.#run, { state: "written", ...this.#sealed(answer) }));
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
  store.write = (fn) => {
    const claim = current.getStore();
    if (!claim) return write(fn);
    return write(async (tx) => {
      const result = await fn(tx);
      await claim.mark(tx);
      return result;
    });
  };
  return store;
}
