/** The feed of changes, by polling. */
import { type Operations, routes, type Schemas } from "./api.ts";
import type { Koppla } from "./client.ts";

/** Of any type, those too of which this package cannot know. */
export type Change = Omit<Schemas["Change"], "topic"> & { topic: string };

export interface ChangesOptions {
  /** A cursor, or the `sequence` of the last change that was dealt with; `beginning` (default); `now`. */
  since?: string | number;
  /** Those only, such as `Trainings.*`. */
  topics?: readonly string[];
  /** Waits for news at the end of the feed, for ever (default); else it ends there. */
  follow?: boolean;
  /** Seconds (60 at most) that the server holds a request for which there is no news. */
  wait?: number;
  pageSize?: number;
  signal?: AbortSignal;
}

/**
 * Changes, oldest first: `for await (const change of changes)`.
 *
 * `cursor` says where to go on: after each change, behind that change. Keep it together with what was done about it.
 */
export class Changes implements AsyncIterable<Change> {
  readonly #koppla: Pick<Koppla<never>, "request" | "timeout">;
  readonly #options: ChangesOptions;
  cursor: string;

  constructor(koppla: Pick<Koppla<never>, "request" | "timeout">, options: ChangesOptions) {
    this.#koppla = koppla;
    this.#options = options;
    this.cursor = String(options.since ?? "beginning");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Change> {
    const { follow = true } = this.#options;
    for (;;) {
      const since = this.cursor;
      const { items, next_cursor: next } = await this.#page(since, follow);
      for (const [at, change] of items.entries()) {
        // Before it is given out: who breaks off here has it.
        this.cursor = at === items.length - 1 ? next : String(change.sequence);
        yield change;
      }
      this.cursor = next;
      // A page may be empty though more lies beyond: then its cursor is another.
      if (items.length === 0 && next === since && !follow) return;
    }
  }

  async #page(since: string, follow: boolean): Promise<{ items: Change[]; next_cursor: string }> {
    const { topics = [], wait = 30, pageSize = 500, signal } = this.#options;
    const [method, path] = routes.getChanges;
    const query: Operations["getChanges"]["query"] = {
      since,
      limit: pageSize,
      ...(topics.length > 0 && { topics: topics.join(",") }),
      ...(follow && { wait }),
    };
    // The server answers after `wait` at the latest.
    const timeout = this.#koppla.timeout + (follow ? wait * 1000 : 0);
    const { text } = await this.#koppla.request(method, path, { query, timeout, signal });
    return JSON.parse(text) as { items: Change[]; next_cursor: string };
  }
}
