/** Knows which objects the demo's receiver has heard of, so that the demo can wait for the news instead of for time. */
import type { Change } from "../listen/contents.ts";
import type { Received } from "../listen/listener.ts";

export function keyOf(change: Pick<Change, "object" | "id">): string {
  return `${change.object} ${change.id}`;
}

export class Arrivals {
  bundles = 0;
  changes = 0;
  readonly #heard = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /** Takes note of a webhook. One that is not verified, or a repeat, brings no news. */
  add(received: Received): void {
    if (!received.verified || received.attempt > 1) return;
    this.bundles++;
    this.changes += received.contents.changes.length;
    for (const change of received.contents.changes) this.#heard.add(keyOf(change));
    for (const look of this.#waiting) look();
  }

  /** Resolves when every one of the objects has been heard of. @param keys  see {@link keyOf} */
  allOf(keys: Iterable<string>): Promise<void> {
    const missing = new Set(keys);
    return new Promise((resolve) => {
      const look = () => {
        for (const key of missing) if (this.#heard.has(key)) missing.delete(key);
        if (missing.size > 0) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
