/**
 * Removes blobs that nothing refers to: dropped ones, those whose writer has died, those that were kept for a time. A
 * few chunks in each transaction, because to remove one is to read all of its pages.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Rounds } from "../rounds.ts";
import type { Stage, Store } from "../store/store.ts";
import { chunksLeft, claimPurge, nextToPurge, removeBlob, removeChunks } from "./queries.ts";

/** Chunks that one transaction removes. */
const AT_ONCE = 8;
/** When nothing is known to be removed: another server's process may have died. */
const LOOK_MS = 3_600_000;
const PAUSE_MS = 100;

export class BlobSweeper {
  readonly #store: Store;
  readonly #clock: Clock;
  #rounds: Rounds | undefined;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Its work by the clock, once it is {@link start}ed. @param log  where it tells that it failed */
  rounds(log: Pick<Logger, "error">): Rounds {
    this.#rounds ??= new Rounds({
      ...{ clock: this.#clock, log, pause: PAUSE_MS },
      failure: "attachments could not be removed",
      round: () => this.sweep(),
    });
    return this.#rounds;
  }

  /** From here on it works until {@link stop}. */
  start(log: Pick<Logger, "error">): void {
    this.rounds(log).start();
  }

  async stop(): Promise<void> {
    await this.#rounds?.stop();
  }

  /** For transactions that drop blobs. */
  readonly stage: Stage<undefined> = {
    apply: async () => {},
    committed: () => this.#rounds?.nudge(),
  };

  /** Removes what is to go. @returns when more may be, milliseconds since 1970 */
  async sweep(): Promise<number> {
    while (!this.#rounds?.stopped) {
      const now = this.#clock.now();
      const [next] = await this.#store.read((reader) => reader.run(nextToPurge, {}));
      if (!next) return now + LOOK_MS;
      if (next.purgeAt !== null && next.purgeAt > now) return Math.min(next.purgeAt, now + LOOK_MS);
      const started = performance.now();
      await this.#removeSome(next.id, now);
      // Half of the time is the others'.
      await Bun.sleep(Math.min(50, performance.now() - started));
    }
    return this.#clock.now();
  }

  /** Removes all of a blob whose time has come. */
  async remove(id: string): Promise<void> {
    while (await this.#removeSome(id, this.#clock.now()))
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** Removes some chunks of it, or with the last ones the blob. @returns whether there are more */
  #removeSome(id: string, now: number): Promise<boolean> {
    return this.#store.write(async (tx) => {
      const [claimed] = await tx.run(claimPurge, { id, now });
      if (!claimed) return false;
      const left = await tx.run(chunksLeft, { blobId: id, limit: AT_ONCE + 1 });
      const last = left.slice(0, AT_ONCE).at(-1);
      if (last) await tx.run(removeChunks, { blobId: id, upTo: last.number });
      if (left.length > AT_ONCE) return true;
      await tx.run(removeBlob, { id });
      return false;
    });
  }
}
