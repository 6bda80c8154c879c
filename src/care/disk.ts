/**
 * The disk of SQLite, watched: with less free than the reserve nothing large is taken in, so that what has to be written
 * (a delivery's attempt, a login, a removal) still can be. A database on a disk that is really full can do none of it,
 * and a log that cannot grow cannot be brought into its file either.
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

import type { DatabaseConfig } from "../config/types.ts";
import { formatSize } from "../config/kinds.ts";
import type { Logger } from "../log.ts";

export interface DiskOptions {
  database: DatabaseConfig;
  /** Bytes. */
  reserve: number;
  /** What is free in a folder, bytes; for tests. */
  free?: (folder: string) => Promise<number>;
}

/** Back to normal when there is so much more than the reserve: it does not come and go with each page. */
const EASE = 1.1;

export class DiskWatch {
  readonly #folder: string | undefined;
  readonly #free: (folder: string) => Promise<number>;
  #reserve: number;
  #low = false;
  #seen: number | undefined;

  constructor({ database, reserve, free = freeIn }: DiskOptions) {
    // Where PostgreSQL keeps its files is not ours to know.
    this.#folder = database.kind === "sqlite" ? dirname(database.path) : undefined;
    this.#reserve = reserve;
    this.#free = free;
  }

  /** Whether the reserve is all that is left, by the last look. */
  get low(): boolean {
    return this.#low;
  }

  /** What was free at the last look, and the reserve, bytes; undefined before it, and on PostgreSQL. */
  get seen(): { free: number; reserve: number } | undefined {
    return this.#seen === undefined ? undefined : { free: this.#seen, reserve: this.#reserve };
  }

  /** From the next look on. @param reserve  bytes */
  keep(reserve: number): void {
    this.#reserve = reserve;
  }

  async look(log: Logger): Promise<void> {
    if (this.#folder === undefined) return;
    const free = await this.#free(this.#folder);
    this.#seen = free;
    const was = this.#low;
    this.#low = free < this.#reserve * (was ? EASE : 1);
    if (was === this.#low) return;
    const fields = { free: roundly(free), reserve: formatSize(this.#reserve), folder: this.#folder };
    if (this.#low) log.error("the disk is nearly full: pushes, messages and imports are refused", fields);
    else log.info("the disk has room again", fields);
  }
}

async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function roundly(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)}MB`;
}
