/**
 * When to checkpoint SQLite's write-ahead log, so that it stays short.
 *
 * A long log costs every read: a page is looked for in each of its segments of 4 096 frames (a look-up took 25 µs with
 * 90 000 frames, 2 µs with 4 000). The log can only start over when all of it is in the database file and nothing was
 * appended meanwhile, which under constant load never happens by itself. So there are two steps, both on the
 * checkpoint thread: one beside the writes, which does nearly all of the work, and right after it a short one for
 * which the next group of writes waits.
 */
import { workerUrl } from "../../assets.ts";

/** What a checkpoint left undone, in frames. */
export type CheckpointReply = { ok: true; left: number } | { ok: false; message: string };

/** The state of the log, in frames (pages of 4 KB). */
export interface LogState {
  log: number;
  checkpointed: number;
}

/** 16 MB. */
const LONG = 4_000;
/** A group of writes waits only for a last step of at most so many frames, or when the log is this many times LONG. */
const SHORT_STEP = 1_000;
const FAR_TOO_LONG = 8;

export class Checkpointer {
  readonly #path: string;
  readonly #state: () => LogState;
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;

  constructor(path: string, state: () => LogState) {
    this.#path = path;
    this.#state = state;
  }

  /** To be called between two groups of writes; they wait for it. */
  async between(): Promise<void> {
    const { log, checkpointed } = this.#state();
    // A log that is wholly in the database starts over with the next write.
    if (log < LONG || log === checkpointed) return;
    const left = log - checkpointed;
    if (log >= LONG * FAR_TOO_LONG || (left <= SHORT_STEP && !this.#running)) {
      await this.#running;
      await this.#run();
    } else if (!this.#running) void this.#run();
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
