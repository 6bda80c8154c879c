/**
 * When tokens were last used, to the minute. A request only leaves a note; the notes of some seconds are written
 * together, by nobody's request.
 */
import type { Clock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import { tokenUsed } from "./queries.ts";

/** How old a token's last use must be to be written anew, milliseconds. */
export const LAST_USE_MS = 60_000;
const WRITE_AFTER_MS = 2_000;

export class LastUse {
  readonly #store: Store;
  readonly #clock: Clock;
  #notes = new Map<string, number>();
  #cancel: (() => void) | undefined;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @param before  what the database has: its last use, milliseconds since 1970 */
  note(tokenId: string, before: number | null, now: number): void {
    if (before !== null && now - before < LAST_USE_MS) return;
    const noted = this.#notes.get(tokenId);
    if (noted !== undefined && now - noted < LAST_USE_MS) return;
    this.#notes.set(tokenId, now);
    this.#cancel ??= this.#clock.after(WRITE_AFTER_MS, () => void this.write());
  }

  /** Writes what is noted. When the database takes no writes, that is told elsewhere, and the next use is noted. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#notes.size === 0) return;
    const notes = this.#notes;
    this.#notes = new Map();
    try {
      await this.#store.write(async (tx) => {
        // In one order: two servers never wait for each other's rows.
        for (const [id, at] of [...notes].sort(([a], [b]) => (a < b ? -1 : 1))) {
          await tx.run(tokenUsed, { id, at });
        }
      });
    } catch {
      // Nothing that is worth failing for.
    }
  }
}
