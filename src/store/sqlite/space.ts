/**
 * Room in the file that nothing uses any more, and its return to the disk: SQLite's incremental vacuum. It moves pages
 * from the end of the file into the free ones and cuts the file off behind them. A whole `VACUUM` would do so at once,
 * with a lock for as long as copying the file takes.
 *
 * The file must not be opened here to have its end read beforehand: closing any descriptor of it takes all locks of the
 * process from it (POSIX), SQLite's too.
 *
 * Only files that were made with `auto_vacuum = INCREMENTAL` know where each page is pointed to from; older ones keep
 * their room until they are copied (docs/sysadmins/retention.md).
 */
import type { FreeSpace, Space } from "../store.ts";
import type { SqliteConnection } from "./connection.ts";

/** `PRAGMA auto_vacuum` */
const INCREMENTAL = 2;

/** Before anything is in the file: afterwards it has no effect without a `VACUUM`. */
export function prepareSpace(writer: SqliteConnection): void {
  writer.raw.run(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
}

export class SqliteSpace implements Space {
  readonly #writer: SqliteConnection;
  readonly #write: (work: () => Promise<void>) => Promise<void>;
  readonly #pageSize: number;
  readonly gradual: boolean;

  /** @param write  runs its work in a write transaction */
  constructor(writer: SqliteConnection, write: (work: () => Promise<void>) => Promise<void>) {
    this.#writer = writer;
    this.#write = write;
    this.#pageSize = this.#number("PRAGMA page_size");
    this.gradual = this.#number("PRAGMA auto_vacuum") === INCREMENTAL;
  }

  look(): FreeSpace {
    return {
      free: this.#number("PRAGMA freelist_count") * this.#pageSize,
      whole: this.#number("PRAGMA page_count") * this.#pageSize,
    };
  }

  async giveBack(bytes: number): Promise<void> {
    if (!this.gradual) return;
    const pages = Math.max(1, Math.floor(bytes / this.#pageSize));
    await this.#write(async () => {
      this.#writer.writes++;
      // A page is moved by each step: `run` would take one.
      this.#writer.raw.query(`PRAGMA incremental_vacuum(${pages})`).all();
    });
  }

  #number(pragma: string): number {
    const [value] = this.#writer.raw.query<[number], []>(pragma).values()[0] ?? [];
    return Number(value);
  }
}
