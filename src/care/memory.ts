/** Memory, watched: above the ceiling no new work that needs much of it is begun, until what is under way has ended. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

import type { Logger } from "../log.ts";

export interface MemoryOptions {
  /** Bytes; null: {@link defaultCeiling}. */
  ceiling: number | null;
  /** What the process has, bytes; for tests. */
  resident?: () => number;
  /** Gives back what is not used; for tests. */
  collect?: () => void;
}

/** Of what there is. The rest is for what is under way, and for the page cache that reads live on. */
const SHARE = 0.8;
/** Back to normal below so much of the ceiling. */
const EASE = 0.95;
/** Looks (seconds) between two collections while it is above: each holds the event loop. */
const COLLECT_EVERY = 10;

export class MemoryWatch {
  readonly #resident: () => number;
  readonly #collect: () => void;
  #ceiling: number;
  #high = false;
  #wait = 0;

  constructor({ ceiling, resident = residentBytes, collect = () => Bun.gc(true) }: MemoryOptions) {
    this.#ceiling = ceiling ?? defaultCeiling();
    this.#resident = resident;
    this.#collect = collect;
  }

  /** Whether it was above the ceiling at the last look. */
  get high(): boolean {
    return this.#high;
  }

  /** From the next look on. @param ceiling  as {@link MemoryOptions.ceiling} */
  keep(ceiling: number | null): void {
    this.#ceiling = ceiling ?? defaultCeiling();
  }

  look(log: Logger): void {
    const was = this.#high;
    const limit = this.#ceiling * (was ? EASE : 1);
    let resident = this.#resident();
    if (resident > limit && --this.#wait <= 0) {
      // The collector waits for a better moment as long as there is memory; there is none now.
      this.#collect();
      this.#wait = COLLECT_EVERY;
      resident = this.#resident();
    }
    this.#high = resident > limit;
    if (!this.#high) this.#wait = 0;
    if (was === this.#high) return;
    const fields = { resident: inMegabytes(resident), ceiling: inMegabytes(this.#ceiling) };
    if (this.#high)
      log.warn("much memory is in use: imports, exports, messages and long bodies wait", fields);
    else log.info("there is memory again", fields);
  }
}

/** Four fifths of what the machine, or the group that the process runs in, may have. */
export function defaultCeiling(total = totalmem(), group = groupLimit()): number {
  return Math.floor(SHARE * Math.min(total, group));
}

/** The least `memory.max` of the process's control group (version 2) and those above it, bytes; Infinity without. */
function groupLimit(): number {
  const path = /^0::(\/.*)$/m.exec(textOf("/proc/self/cgroup"))?.[1] ?? "/";
  let least = Number.POSITIVE_INFINITY;
  for (let at = path; ; at = at.slice(0, at.lastIndexOf("/"))) {
    const limit = Number(textOf(`/sys/fs/cgroup${at === "/" ? "" : at}/memory.max`).trim() || "none");
    if (limit > 0) least = Math.min(least, limit);
    if (at === "" || at === "/") return least;
  }
}

let known = 0;

function residentBytes(): number {
  try {
    known = process.memoryUsage.rss();
  } catch {
    // No file can be opened: it is as it was.
  }
  return known;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}MB`;
}
