/**
 * Connections, counted. Bun has no limit of its own: when the process may open no more files, it can neither accept a
 * connection nor reach a receiver nor open the database. So idle connections are closed before that, and then requests
 * refused.
 */
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";

import type { Logger } from "../log.ts";

export interface ConnectionOptions {
  /** null: as many as there may be, at most {@link MOST}. */
  limit: number | null;
  /** Closes those on which no request is under way. @returns how many */
  closeIdle: () => number;
  /** Ends at most so many of those that have never said anything. @returns how many */
  endSilent: (most: number, files: number) => number;
  /** Open files of the process, and how many it may have; for tests. */
  open?: () => Promise<number>;
  allowed?: number;
}

export const MOST = 25_000;
/** Open files for everything else: deliveries in flight, the database, certificates. */
const KEPT = 1_500;
/** Of a small allowance at most this share is kept for that. */
const KEPT_SHARE = 0.3;
/** When silent ones are ended, so many are left at most. */
const EASE = 0.9;
/** Looks (seconds) between two lines about the same. */
const TELL_EVERY = 60;

export class ConnectionWatch {
  readonly #closeIdle: () => number;
  readonly #endSilent: ConnectionOptions["endSilent"];
  readonly #open: () => Promise<number>;
  readonly #allowed: number;
  #wanted: number | null;
  /** Files that are no connections. */
  #own = 0;
  #crowded = false;
  #silent = 0;
  #files = 0;

  constructor({
    limit,
    closeIdle,
    endSilent,
    open = openFiles,
    allowed = allowedFiles(),
  }: ConnectionOptions) {
    this.#closeIdle = closeIdle;
    this.#endSilent = endSilent;
    this.#open = open;
    this.#allowed = allowed;
    this.#wanted = limit;
  }

  /** Whether there were too many at the last look, with a request on each. */
  get crowded(): boolean {
    return this.#crowded;
  }

  /** How many there may be. */
  get limit(): number {
    const possible = Math.floor(this.#allowed - Math.min(KEPT, this.#allowed * KEPT_SHARE));
    return Math.min(this.#wanted ?? MOST, possible);
  }

  /** Open files at the last look (0: not known), and how many there may be. */
  get files(): { open: number; allowed: number } {
    return { open: this.#files, allowed: this.#allowed };
  }

  /** From the next look on. */
  keep(limit: number | null): void {
    this.#wanted = limit;
  }

  async start(log: Logger): Promise<void> {
    this.#own = await this.#open();
    if (this.#wanted === null || this.limit >= this.#wanted) return;
    log.warn("fewer connections than server.limits.connections", {
      ...{ wanted: this.#wanted, possible: this.limit },
      cause: `the process may open ${this.#allowed} files (ulimit -n; LimitNOFILE of the unit)`,
    });
  }

  async look(log: Logger): Promise<void> {
    const { limit } = this;
    const files = await this.#open();
    this.#files = files;
    const before = files - this.#own;
    if (this.#silent > 0) this.#silent--;
    if (before <= limit) {
      this.#crowded = false;
      return;
    }
    let closed = this.#closeIdle();
    // Some more than needed: others come at once.
    if (before - closed > limit * EASE) closed += this.#endSilent(before - closed - limit * EASE, files);
    this.#crowded = before - closed > limit;
    if (this.#silent > 0) return;
    this.#silent = TELL_EVERY;
    log.warn("too many connections", { open: before, limit, closed_idle: closed, refusing: this.#crowded });
  }
}

/** Since Linux 6.2 the folder's size is the number of files; before, they are counted. */
async function openFiles(): Promise<number> {
  const folder = "/proc/self/fd";
  const found = await stat(folder).catch(() => undefined);
  if (!found) return 0;
  return found.size > 0 ? found.size : (await readdir(folder)).length;
}

function allowedFiles(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
