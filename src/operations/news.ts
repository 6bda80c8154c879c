/** Tells those who follow an operation that it has come further. */
import type { Stage } from "../store/store.ts";

export class OperationNews {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls `listener` when something about an operation was committed in this process; returns what ends that. */
  listen(id: string, listener: () => void): () => void {
    const known = this.#listeners.get(id);
    const listeners = known ?? new Set();
    if (!known) this.#listeners.set(id, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  tell(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  /** For transactions that change an operation: its followers are told when it is on disk. */
  readonly stage: Stage<string> = {
    apply: async () => {},
    committed: (ids) => {
      for (const id of new Set(ids)) this.tell(id);
    },
  };
}
