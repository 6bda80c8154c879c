/** One SQLite connection with drizzle over it and its prepared statements. */
import { Database, type SQLQueryBindings, type Statement as SqlStatement } from "bun:sqlite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";

import { tables } from "../../../db/tables.sqlite.ts";
import { compile, type Compiled } from "../compiled.ts";
import type { Room, Statement } from "../statement.ts";
import type { Reader } from "../store.ts";
import { sqliteWords } from "../words.ts";

/** How long a connection waits for another process's lock. It blocks the event loop: see `SqliteEngine.begin`. */
const BUSY_MS = 10_000;

interface Prepared {
  compiled: Compiled;
  native: SqlStatement<Record<string, unknown>, SQLQueryBindings[]>;
}

type Command = SqlStatement<unknown, []>;

export class SqliteConnection implements Reader {
  readonly raw: Database;
  /** How many statements have run that may have written. */
  writes = 0;
  readonly #room: Room;
  readonly #prepared: Prepared[] = [];
  readonly #mode: "write" | "read";
  #snapshot: { begin: Command; end: Command; open: boolean } | undefined;

  constructor(path: string, mode: "write" | "read") {
    this.#mode = mode;
    this.raw = new Database(path, {
      strict: true,
      ...(mode === "read" ? { readonly: true } : { readwrite: true, create: true }),
    });
    // First of all: another process may be making the file at this moment.
    this.raw.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    // 48 MB of page cache keep a look-up in a large log from touching the disk; with 64 an import of 1 GB takes 198 MB.
    this.raw.run("PRAGMA cache_size = -49152");
    this.raw.run("PRAGMA temp_store = MEMORY");
    this.#room = {
      ...{ db: drizzle(this.raw), t: tables, skipLocked: sql.raw(""), words: sqliteWords },
      member: (json, name) => sql`${json} -> ('$."' || ${name} || '"')`,
    };
  }

  /**
   * Begins a read transaction that lasts until the turn of the event loop ends, or {@link endSnapshot}. All reads of a
   * turn share it: outside of one each takes and gives back the file's locks, 20 µs of the 88 µs that a request for one
   * record took (measured).
   */
  #beginSnapshot(): void {
    this.#snapshot ??= { begin: this.raw.prepare("BEGIN"), end: this.raw.prepare("COMMIT"), open: false };
    if (this.#snapshot.open) return;
    this.#snapshot.begin.run();
    this.#snapshot.open = true;
    setImmediate(() => this.endSnapshot());
  }

  /** What has been committed meanwhile is seen from here on. */
  endSnapshot(): void {
    if (!this.#snapshot?.open) return;
    this.#snapshot.open = false;
    this.#snapshot.end.run();
  }

  run<P, R>(statement: Statement<P, R>, params: P): Promise<R> {
    try {
      return Promise.resolve(this.#run(statement, params));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #prepare<P, R>(statement: Statement<P, R>): Prepared {
    const known = this.#prepared[statement.index];
    if (known) return known;
    const compiled = compile(statement.build(this.#room).prepare());
    const prepared: Prepared = { compiled, native: this.raw.prepare(compiled.sql) };
    this.#prepared[statement.index] = prepared;
    return prepared;
  }

  #run<P, R>(statement: Statement<P, R>, params: P): R {
    const { compiled, native } = this.#prepare(statement);
    if (compiled.writes) this.writes++;
    if (this.#mode === "read") this.#beginSnapshot();
    const filled = compiled.fill(params as Record<string, unknown>) as SQLQueryBindings[];
    if (compiled.row) return native.values(...filled).map(compiled.row) as R;
    native.run(...filled);
    return undefined as R;
  }

  /** A statement taken apart, for another connection to run. */
  compile<P, R>(statement: Statement<P, R>): Compiled {
    return this.#prepare(statement).compiled;
  }

  async query<R>(build: (room: Room) => PromiseLike<R>): Promise<R> {
    this.writes++; // it may
    return await build(this.#room);
  }

  close(): void {
    this.endSnapshot();
    this.raw.close(true);
  }
}
