/**
 * When to checkpoint SQLite's write-ahead log, so that it stays short.
 *
 * A long log costs every read: a page is looked for in each of its segments of 4 096 frames (a look-up took 25 µs with
 * 90 000 frames, 2 µs with 4 000). A short one costs the writes, which wait 10 to 20 ms each time: with 8 000 frames
 * pushes took 0.94 of the CPU that they take with 4 000, and reads beside a log of that length 1.06. So it may become
 * that long, and where nobody writes it is brought into the database, from where reads are quickest.
 *
 * The log can only start over when all of it is in the database file and nothing was
 * appended meanwhile, which under constant load never happens by itself. So there are two steps, both on the
 * checkpoint thread: one beside the writes, which does nearly all of the work, and right after it a short one for
 * which the next group of writes waits.
 */
import { workerUrl } from "../../assets.ts";
import type { Clock } from "../../clock.ts";

/** What a checkpoint left undone, in frames. */
export type CheckpointReply = { ok: true; left: number } | { ok: false; message: string };

/** The state of the log, in frames (pages of 4 KB). */
export interface LogState {
  log: number;
  checkpointed: number;
}

/** 32 MB. */
const LONG = 8_000;
/** A group of writes waits only for a last step of at most so many frames, or when the log is this many times LONG. */
const SHORT_STEP = 1_000;
const FAR_TOO_LONG = 4;
/** How long nobody has written when the log is brought into the database, ms; a few frames are not worth two syncs. */
const REST = 2_000;
const FEW = 200;

export interface CheckpointerOptions {
  /** Of the database. */
  path: string;
  state: () => LogState;
  clock: Pick<Clock, "after">;
  /** Told when all of the log is in the database and nobody writes: who begins to read now need not look into it. */
  rested: () => void;
}

export class Checkpointer {
  readonly #o: CheckpointerOptions;
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;
  /** Groups that have come since it was last looked whether any come. */
  #groups = 0;
  #unwatch: (() => void) | undefined;
  #closed = false;

  constructor(options: CheckpointerOptions) {
    this.#o = options;
  }

  /** To be called between two groups of writes; they wait for it. */
  async between(): Promise<void> {
    this.#groups++;
    this.#unwatch ??= this.#o.clock.after(REST, () => void this.#rest());
    const { log, checkpointed } = this.#o.state();
    // A log that is wholly in the database starts over with the next write.
    if (log < LONG || log === checkpointed) return;
    const left = log - checkpointed;
    if (log >= LONG * FAR_TOO_LONG || (left <= SHORT_STEP && !this.#running)) {
      await this.#running;
      await this.#run();
    } else if (!this.#running) void this.#run();
  }

  async #rest(): Promise<void> {
    this.#unwatch = undefined;
    const busy = this.#groups > 0;
    this.#groups = 0;
    if (busy) {
      this.#unwatch = this.#o.clock.after(REST, () => void this.#rest());
      return;
    }
    const { log, checkpointed } = this.#o.state();
    if (log - checkpointed < FEW) return;
    await this.#run();
    if (this.#groups === 0 && !this.#closed) this.#o.rested();
  }

  #run(): Promise<void> {
    this.#running ??= new Promise<void>((resolve) => {
      this.#worker ??= new Worker(workerUrl("store/sqlite/checkpoint-worker.ts"));
      // A failure (disk full) leaves the log as it is; the next group asks again.
      this.#worker.onmessage = () => resolve();
      this.#worker.onerror = () => resolve();
      this.#worker.postMessage(this.#o.path);
    }).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    await this.#running;
    this.#worker?.terminate();
  }
}
