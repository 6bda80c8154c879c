/**
 * Reads that look at very many rows: few at once, and those who come then wait, or are told to come again. A statement
 * that runs is not broken off, since SQLite in Bun knows no interrupt; so what it may hold up is bounded instead: nothing
 * but others of its kind, and of those at most so many, and none for longer than a client waits.
 */
import { Problem } from "../problem.ts";
import type { AsideReader, Reader } from "./store.ts";

/** How many may wait, and how many of them for one tenant. */
const WAITING = 24;
const OF_ONE = 8;
/** Who has waited for so long, ms, is told so in his turn, and costs nothing more. */
const LONGEST = 10_000;

interface Place {
  tenant: number;
  since: number;
  enter: () => void;
  refuse: (problem: Problem) => void;
}

export class LongReads {
  readonly #atOnce: number;
  readonly #now: () => number;
  readonly #queue: Place[] = [];
  #running = 0;

  /** @param now  milliseconds of a clock that only goes forward */
  constructor(atOnce: number, now = () => performance.now()) {
    this.#atOnce = atOnce;
    this.#now = now;
  }

  /** Runs it in its turn. @throws Problem `unavailable` where too many wait, or it has waited too long */
  async run<R>(tenant: number, read: () => Promise<R>): Promise<R> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#wait(tenant);
    try {
      return await read();
    } finally {
      this.#next();
    }
  }

  /** A reader that others read with, too, and its long reads in their turn. */
  over(reader: Pick<Reader, "run">): AsideReader {
    return {
      run: (statement, params) => reader.run(statement, params),
      runLong: (tenant, statement, params) => this.run(tenant, () => reader.run(statement, params)),
    };
  }

  #wait(tenant: number): Promise<void> {
    const own = this.#queue.filter((place) => place.tenant === tenant).length;
    if (this.#queue.length >= WAITING || own >= OF_ONE) return Promise.reject(busy());
    return new Promise((enter, refuse) => this.#queue.push({ tenant, since: this.#now(), enter, refuse }));
  }

  /** Who ends hands its place on, so nobody slips in between. */
  #next(): void {
    const now = this.#now();
    for (let place = this.#queue.shift(); place; place = this.#queue.shift()) {
      if (now - place.since <= LONGEST) return place.enter();
      place.refuse(busy());
    }
    this.#running--;
  }
}

function busy(): Problem {
  const headers = { "retry-after": "2" };
  return new Problem("unavailable", "Too many large searches are under way.", { headers });
}
