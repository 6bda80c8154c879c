/**
 * The store on SQLite: one writing connection, one for reading, both in this process.
 *
 * Durability `full` is `synchronous = NORMAL` plus an asynchronous fdatasync of the write-ahead log between the
 * commit and the answer: the same sync that `synchronous = FULL` does inside the commit, but not on the event loop
 * (other requests wait 0.04 ms instead of 6-7 ms when the disk takes 2 ms; field notes). What `FULL` adds beside it
 * is only that readers cannot see a commit before it is on disk; here they can, for the length of that sync.
 */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { type FileHandle, open, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

import type { Clock } from "../../clock.ts";
import { Problem } from "../../problem.ts";
import { rehearsal } from "../../rehearsal.ts";
import { type Engine, GroupCommit, type Session } from "../group-commit.ts";
import type { Statement } from "../statement.ts";
import type { Announcement, AsideReader, Reader, Store, StoreObserver, Transaction } from "../store.ts";
import { LongReads } from "../long-reads.ts";
import { sqliteWords } from "../words.ts";
import { Aside } from "./aside.ts";
import { Checkpointer } from "./checkpoint.ts";
import { SqliteConnection } from "./connection.ts";
import { prepareSpace, SqliteSpace } from "./space.ts";

export interface SqliteOptions {
  path: string;
  durability: "full" | "normal";
  clock: Pick<Clock, "after">;
}

/** How long a write waits for another process (the command line) to end its own. */
const BUSY_MS = 10_000;
const BUSY_STEP_MS = 5;
/** With less free than this, bytes, the server calls itself not ready. */
const LEAST_FREE = 1_048_576;
/** How late another process's write may be noticed. */
const EPOCH_MS = 5;

export class SqliteStore implements Store {
  readonly dialect = "sqlite";
  readonly presence = undefined;
  readonly space: SqliteSpace;
  readonly writer: SqliteConnection;
  readonly #reader: SqliteConnection;
  readonly #engine: SqliteEngine;
  readonly #commits: GroupCommit;
  readonly #path: string;
  readonly #aside: Aside;
  /** A thread for what looks at very many rows, begun with the first of them. */
  readonly #longAside: Aside;
  readonly #longReads = new LongReads(1);
  /** Reads of this turn of the event loop. */
  #reads: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  private constructor(
    path: string,
    writer: SqliteConnection,
    reader: SqliteConnection,
    engine: SqliteEngine,
  ) {
    this.#path = path;
    this.#aside = new Aside(path);
    this.#longAside = new Aside(path);
    this.writer = writer;
    this.#reader = reader;
    this.#engine = engine;
    this.#commits = new GroupCommit(engine, 1);
    this.space = new SqliteSpace(writer, (work) => this.#commits.write(work));
  }

  /**
   * Opens (makes) the file, mode 0600 in a folder of mode 0700, and lets `migrate` bring it up to date.
   * @throws Problem where its disk is full or nothing can be written there
   */
  static async open(
    options: SqliteOptions,
    migrate: (writer: SqliteConnection) => Promise<void>,
  ): Promise<SqliteStore> {
    try {
      return await SqliteStore.#open(options, migrate);
    } catch (error) {
      throw unusable(error, options.path) ?? error;
    }
  }

  static async #open(
    options: SqliteOptions,
    migrate: (writer: SqliteConnection) => Promise<void>,
  ): Promise<SqliteStore> {
    const { path, durability, clock } = options;
    const isNew = !existsSync(path);
    if (isNew) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const writer = new SqliteConnection(path, "write");
    // An earlier try may have left an empty file; of one that holds something nothing changes.
    prepareSpace(writer);
    if (isNew) chmodSync(path, 0o600); // the -wal and -shm files take the mode of the database file
    writer.raw.run("PRAGMA journal_mode = WAL");
    writer.raw.run("PRAGMA synchronous = NORMAL");
    writer.raw.run("PRAGMA wal_autocheckpoint = 0");
    writer.raw.run("PRAGMA journal_size_limit = 67108864");
    await migrate(writer);
    writer.raw.run("PRAGMA wal_checkpoint(PASSIVE)");
    // From here on a busy lock is waited for without blocking the event loop (SqliteEngine.begin).
    writer.raw.run("PRAGMA busy_timeout = 0");
    const reader = new SqliteConnection(path, "read");
    const wal = durability === "full" ? await open(`${path}-wal`, "r+") : undefined;
    // The sync of a file does not bring its name to the disk; the folder's does.
    const folder = await open(dirname(path), "r");
    await folder.sync();
    await folder.close();
    return new SqliteStore(path, writer, reader, new SqliteEngine({ path, clock, writer, reader, wal }));
  }

  /**
   * The reads of a turn of the event loop run when it ends, one right after the other in one snapshot, and what waits
   * for them goes on after the last. With 64 connections a request for one record then takes 40 µs of CPU, not 72: its
   * code is at hand, and the answers leave together, so that the client is woken once for all of them.
   */
  read<R>(fn: (reader: Reader) => Promise<R>): Promise<R> {
    const rehearsed = rehearsal();
    return rehearsed ? rehearsed.read(fn, () => this.#read(fn)) : this.#read(fn);
  }

  #read<R>(fn: (reader: Reader) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const read = () => {
        try {
          fn(this.#reader).then(resolve, reject);
        } catch (error) {
          reject(error);
        }
      };
      if (this.#reads.push(read) === 1) setImmediate(() => this.#readAll());
    });
  }

  #readAll(): void {
    const reads = this.#reads;
    this.#reads = [];
    for (const read of reads) read();
  }

  readAside<R>(fn: (reader: AsideReader) => Promise<R>): Promise<R> {
    const aside = () =>
      fn({
        run: (statement, params) => this.#runAside(this.#aside, statement, params),
        runLong: (tenant, statement, params) =>
          this.#longReads.run(tenant, () => this.#runAside(this.#longAside, statement, params)),
      });
    const rehearsed = rehearsal();
    return rehearsed ? rehearsed.read((reader) => fn(this.#longReads.over(reader)), aside) : aside();
  }

  async #runAside<P, R>(aside: Aside, statement: Statement<P, R>, params: P): Promise<R> {
    const { sql, fill, row } = this.#reader.compile(statement);
    const rows = await aside.values(sql, fill(params as Record<string, unknown>));
    return (row ? rows.map(row) : undefined) as R;
  }

  wordText = sqliteWords.text;

  write<R>(fn: (tx: Transaction) => Promise<R>, committed?: () => void): Promise<R> {
    const rehearsed = rehearsal();
    return rehearsed
      ? rehearsed.write(fn, () => this.#commits.hold(), committed)
      : this.#commits.write(fn, committed);
  }

  epoch(): number {
    return this.#engine.epoch();
  }

  subscribe(listener: (message: Announcement) => void): void {
    this.#engine.listeners.push(listener);
  }

  observe(observer: StoreObserver): void {
    this.#commits.committed = (writes) => observer.committed(writes);
    this.#engine.synced = (ms) => observer.synced(ms);
  }

  async size(): Promise<{ database: number; wal: number }> {
    const [database, wal] = await Promise.all([stat(this.#path), stat(`${this.#path}-wal`)]);
    return { database: database.size, wal: wal.size };
  }

  async time(): Promise<undefined> {}

  /** Takes and gives back the write lock, and looks whether the disk has room for more than a few writes. */
  async ready(): Promise<void> {
    const session = await this.#engine.begin();
    await session.rollback();
    const { bavail, bsize } = await statfs(dirname(this.#path));
    if (bavail * bsize < LEAST_FREE) throw new Error("the database's disk is full");
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#commits.drain();
      await Promise.all([this.#aside.close(), this.#longAside.close()]);
      await this.#engine.close();
      this.#readAll();
      this.#reader.close();
      this.writer.raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
      this.writer.close();
    })();
    return this.#closed;
  }
}

interface EngineOptions {
  path: string;
  clock: Pick<Clock, "after">;
  writer: SqliteConnection;
  reader: SqliteConnection;
  wal: FileHandle | undefined;
}

class SqliteEngine implements Engine {
  readonly listeners: ((message: Announcement) => void)[] = [];
  synced: ((ms: number) => void) | undefined;
  readonly #writer: SqliteConnection;
  readonly #reader: SqliteConnection;
  readonly #wal: FileHandle | undefined;
  readonly #checkpointer: Checkpointer;
  readonly #session: Session;
  readonly #dataVersion;
  readonly #commands;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  #lastDataVersion: number;
  #noticedAt = 0;

  constructor({ path, clock, writer, reader, wal }: EngineOptions) {
    this.#writer = writer;
    this.#reader = reader;
    this.#wal = wal;
    const prepare = (text: string) => writer.raw.prepare(text);
    this.#commands = {
      begin: prepare("BEGIN IMMEDIATE"),
      commit: prepare("COMMIT"),
      rollback: prepare("ROLLBACK"),
    };
    const noop = writer.raw.prepare<{ log: number; checkpointed: number }, []>("PRAGMA wal_checkpoint(NOOP)");
    this.#checkpointer = new Checkpointer({
      ...{ path, clock, rested: () => reader.endSnapshot() },
      state: () => noop.get() ?? { log: 0, checkpointed: 0 },
    });
    this.#session = this.#makeSession();
    this.#dataVersion = writer.raw.prepare<{ data_version: number }, []>("PRAGMA data_version");
    this.#lastDataVersion = this.#dataVersion.get()?.data_version ?? 0;
  }

  async begin(): Promise<Session> {
    await this.#checkpointer.between();
    for (let waited = 0; ; waited += BUSY_STEP_MS) {
      try {
        this.#commands.begin.run();
        break;
      } catch (error) {
        if (codeOf(error) !== "SQLITE_BUSY" || waited >= BUSY_MS) throw error;
        await Bun.sleep(BUSY_STEP_MS);
      }
    }
    this.#noticeOthers();
    return this.#session;
  }

  epoch(): number {
    const now = performance.now();
    if (now - this.#noticedAt > EPOCH_MS) this.#noticeOthers();
    return this.#lastDataVersion;
  }

  /** `data_version` moves when another process has written (3 µs a group). */
  #noticeOthers(): void {
    this.#noticedAt = performance.now();
    const version = this.#dataVersion.get()?.data_version ?? 0;
    if (version === this.#lastDataVersion) return;
    this.#lastDataVersion = version;
    queueMicrotask(() => {
      for (const listener of this.listeners) listener({ kind: "all" });
    });
  }

  /** There is one writer, so one session serves all transactions. */
  #makeSession(): Session {
    const writer = this.#writer;
    return {
      get writes() {
        return writer.writes;
      },
      run: (statement, params) => writer.run(statement, params),
      query: (build) => writer.query(build),
      announce: () => {}, // others see it by data_version
      commit: () => {
        this.#commands.commit.run();
        this.#reader.endSnapshot();
      },
      durable: async () => {
        if (this.#wal) await this.#synced(this.#wal);
      },
      rollback: () => {
        if (writer.raw.inTransaction) this.#commands.rollback.run();
      },
    };
  }

  /** One at a time: what is committed while one is under way shares the next. */
  async #synced(wal: FileHandle): Promise<void> {
    if (this.#syncing) return await (this.#nextSync ??= this.#syncAfter(this.#syncing, wal));
    this.#syncing = this.#sync(wal);
    try {
      await this.#syncing;
    } finally {
      this.#syncing = undefined;
    }
  }

  async #syncAfter(running: Promise<void>, wal: FileHandle): Promise<void> {
    // What became of that one is told to those who share it.
    await running.catch(() => {});
    this.#nextSync = undefined;
    await this.#synced(wal);
  }

  async #sync(wal: FileHandle): Promise<void> {
    if (!this.synced) return await wal.datasync();
    const started = performance.now();
    await wal.datasync();
    this.synced(performance.now() - started);
  }

  problem(error: unknown): Problem | undefined {
    const code = codeOf(error);
    if (code === undefined) return undefined;
    if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
      return new Problem("storage_full", "The database's disk is full; nothing was stored.");
    }
    if (/^SQLITE_(BUSY|LOCKED|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM)/.test(code) || code === "EIO") {
      return new Problem("unavailable", "The database cannot be written at the moment; nothing was stored.", {
        headers: { "retry-after": "5" },
      });
    }
    return undefined;
  }

  transient(): boolean {
    return false; // one writer: nothing to deadlock with
  }

  spoils(): boolean {
    return false; // a statement that fails undoes itself alone
  }

  async close(): Promise<void> {
    await this.#checkpointer.close();
    await this.#wal?.close();
  }
}

/** What a sysadmin can do about a database that cannot be opened; undefined where that is not known. */
function unusable(error: unknown, path: string): Problem | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (["SQLITE_FULL", "ENOSPC", "EDQUOT"].includes(code))
    return new Problem(
      "storage_full",
      `The disk of ${dirname(path)} is full. Make room there and start again.`,
    );
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)|^(EROFS|EACCES|EPERM)$/.test(code)) {
    const detail = `${path} cannot be written: it or its folder is read-only, or belongs to another user.`;
    return new Problem("unavailable", detail);
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "string") return code;
  // drizzle wraps what the driver throws
  return error instanceof Error && error.cause instanceof Error ? codeOf(error.cause) : undefined;
}
