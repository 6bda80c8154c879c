/**
 * Reads beside the event loop: on a thread with a connection of its own, for what may look at many rows (a word that is
 * in every record is counted in 30 ms, and nobody else shall wait for that). A question costs two messages, 0.1 ms.
 */
import { workerUrl } from "../../assets.ts";
import { Problem } from "../../problem.ts";

/** A statement for the thread, with its parameters; `close` ends it. */
export type AsideRequest =
  { id: number; path: string; sql: string; values: unknown[] } | { id: number; close: true };

export type AsideReply =
  { id: number; rows: unknown[][]; message?: never } | { id: number; message: string; rows?: never };

/** Who comes when so many wait already is better told so than kept waiting. */
const MAX_WAITING = 200;

interface Waiting {
  resolve: (rows: unknown[][]) => void;
  reject: (error: Error) => void;
}

export class Aside {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The rows of a statement that reads. @throws Problem `unavailable` where too many wait */
  values(sql: string, values: unknown[]): Promise<unknown[][]> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    if (this.#waiting.size >= MAX_WAITING) {
      const headers = { "retry-after": "1" };
      return Promise.reject(new Problem("unavailable", "Too many searches are under way.", { headers }));
    }
    return this.#ask({ path: this.#path, sql, values });
  }

  #ask(request: { path: string; sql: string; values: unknown[] } | { close: true }): Promise<unknown[][]> {
    this.#worker ??= this.#start();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, ...request } satisfies AsideRequest);
    });
  }

  #start(): Worker {
    const worker = new Worker(workerUrl("store/sqlite/aside-worker.ts"));
    worker.onmessage = ({ data }: MessageEvent<AsideReply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.rows) waiting?.resolve(data.rows);
      else waiting?.reject(new Error(data.message));
    };
    // It answers errors of statements itself: this is the end of the thread. The next question starts another.
    worker.onerror = ({ message }) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const all = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of all) reject(new Error(`the reading thread ended: ${message}`));
      worker.terminate();
    };
    return worker;
  }

  /** Waits for what has been asked, and for the connection to be closed: it would keep the log's file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#worker) return;
    await this.#ask({ close: true }).catch(() => {});
    this.#worker?.terminate();
  }
}
