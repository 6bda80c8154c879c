/**
 * When to checkpoint SQLite's write-ahead log, and what to do so that it never grows without end.
 *
 * A checkpoint can only start the log over when nothing was appended meanwhile. Under constant load that never
 * happens by itself, so there are two steps: from `SOFT` pages a checkpoint runs beside the writes; from `HARD`
 * pages the next group of writes waits for a last, short one, after which the log starts over.
 */
import { workerUrl } from "../../assets.ts";

export type CheckpointReply = { ok: true; left: number } | { ok: false; message: string };

/** Pages of 4 KB: 16 MB and 128 MB. */
const SOFT = 4_000;
const HARD = 32_000;

export class Checkpointer {
  readonly #path: string;
  readonly #pending: () => number;
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;

  /** @param pending  how many pages of the log are not yet in the database file */
  constructor(path: string, pending: () => number) {
    this.#path = path;
    this.#pending = pending;
  }

  /** To be called between two groups of writes; resolves at once unless the log has grown past the hard limit. */
  async between(): Promise<void> {
    const pending = this.#pending();
    if (pending >= HARD) {
      await this.#running;
      await this.#run();
    } else if (pending >= SOFT && !this.#running) void this.#run();
  }

  #run(): Promise<void> {
    this.#running ??= new Promise<void>((resolve) => {
      this.#worker ??= new Worker(workerUrl("store/sqlite/checkpoint-worker.ts"));
      // A failure (disk full) leaves the log as it is; the next group asks again.
      this.#worker.onmessage = () => resolve();
      this.#worker.onerror = () => resolve();
      this.#worker.postMessage(this.#path);
    }).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    await this.#running;
    this.#worker?.terminate();
  }
}
