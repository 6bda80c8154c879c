/** One SQLite connection with drizzle over it and its prepared statements. */
import { Database } from "bun:sqlite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";

import { tables } from "../../../db/tables.sqlite.ts";
import type { Room, Statement } from "../statement.ts";
import type { Reader } from "../store.ts";

interface Prepared {
  execute(params: unknown): { sync(): unknown };
}

export class SqliteConnection implements Reader {
  readonly raw: Database;
  readonly #room: Room;
  readonly #prepared: Prepared[] = [];

  constructor(path: string, mode: "write" | "read") {
    this.raw = new Database(path, {
      strict: true,
      ...(mode === "read" ? { readonly: true } : { readwrite: true, create: true }),
    });
    // 64 MB of page cache and mapped reads keep a look-up in a large log from touching the disk.
    this.raw.run("PRAGMA cache_size = -65536");
    this.raw.run("PRAGMA temp_store = MEMORY");
    this.#room = { db: drizzle(this.raw), t: tables, skipLocked: sql.raw("") };
  }

  async run<P, R>(statement: Statement<P, R>, params: P): Promise<R> {
    let prepared = this.#prepared[statement.index];
    if (!prepared) {
      prepared = statement.build(this.#room).prepare() as Prepared;
      this.#prepared[statement.index] = prepared;
    }
    return prepared.execute(params).sync() as R;
  }

  async query<R>(build: (room: Room) => PromiseLike<R>): Promise<R> {
    return await build(this.#room);
  }

  close(): void {
    this.raw.close(true);
  }
}
