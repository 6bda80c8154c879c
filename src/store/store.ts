/**
 * The store: the only room that knows which database there is.
 *
 * Features read with `store.read` and write with `store.write`, in drizzle's query language. Writes that arrive in
 * the same tick share one transaction, and their promises resolve when it is on disk.
 */
import type { Room, Statement } from "./statement.ts";
import type { WordExpression } from "./words.ts";

export interface Reader {
  /** Runs a prepared statement. */
  run<P, R>(statement: Statement<P, R>, params: P): Promise<R>;
  /** Builds and runs a query whose shape is only known now. */
  query<R>(build: (room: Room) => PromiseLike<R>): Promise<R>;
}

/** For statements of which each may look at many rows, and sees what was committed when it was asked. */
export interface AsideReader extends Pick<Reader, "run"> {
  /**
   * As `run`, for a statement that looks at more rows than others may be kept waiting for: above 10 ms or so. Those wait
   * for each other alone, and may be refused.
   * @param tenant  the organisation's id: one of them does not take all places
   * @throws Problem `unavailable` where too many wait
   */
  runLong<P, R>(tenant: number, statement: Statement<P, R>, params: P): Promise<R>;
}

/**
 * One write, inside a transaction that others may share. Its function may run again (after a conflict), so it must
 * not have effects of its own, and must await nothing but the database: the transaction stays open meanwhile.
 */
export interface Transaction extends Reader {
  /** Hands `item` to a stage that runs once for the whole transaction, last thing before it commits. */
  defer<T>(stage: Stage<T>, item: T): void;
  /** Tells other processes on the same database, when this transaction has committed (PostgreSQL: NOTIFY). */
  announce(message: Announcement): void;
}

/** What else a write does, told what it has made. It may run again, as the write itself. */
export type Also<T> = (tx: Transaction, made: T) => Promise<void>;

/** A transaction that is never committed: see {@link Rehearsal} (`rehearsal.ts`). */
export interface Held {
  /** Sees what was written in it. */
  readonly session: Reader;
  /** As {@link Store.write}, except that nobody is told and nothing lasts. After it has thrown, only `end` is left. */
  write<R>(fn: (tx: Transaction) => Promise<R>): Promise<R>;
  /** Undoes everything. May be called more than once. */
  end(): Promise<void>;
}

/** Work that many writes of one transaction share, such as giving out sequences of the change feed. */
export interface Stage<T> {
  /**
   * Stages run from the lowest to the highest; not given, it is 0. Those that lock rows which other transactions lock
   * too have one each: in the same order everywhere, nobody waits crosswise.
   */
  readonly order?: number;
  /** Before the commit. */
  apply(tx: Transaction, items: readonly T[]): Promise<void>;
  /** When the transaction is on disk. Must not throw. */
  committed?(items: readonly T[]): void;
}

/** What processes on one database tell each other. `all`: something changed, nobody knows what. */
export type Announcement =
  | { kind: "feed"; organisationId: number }
  | { kind: "receivers"; id: string }
  /** Some were started or have ended; or one is to end. */
  | { kind: "operations"; cancelled?: string }
  | { kind: "all" };

/** For whoever counts. */
export interface StoreObserver {
  /** So many writes were committed together. */
  committed(writes: number): void;
  /** The sync of a commit took so long, ms. */
  synced(ms: number): void;
}

/** Bytes of the database's file: those that hold nothing, and all of them. */
export interface FreeSpace {
  free: number;
  whole: number;
}

/** Room that nothing uses any more, in a database that is one file. */
export interface Space {
  /** Whether it can be given back piece by piece. */
  readonly gradual: boolean;
  look(): FreeSpace;
  /** Gives so many bytes back to the disk, in a transaction that others share. */
  giveBack(bytes: number): Promise<void>;
}

/** Told of what becomes of the session by which a process is seen. */
export interface PresenceListener {
  /** It is seen: from now on claims may bear this number. */
  seen(number: number): void;
  /** It was seen by this number and is not any more, though it lives. Another number follows when it is again. */
  lost(number: number): void;
  /** It cannot be seen at present; that is tried again. */
  failed(error: unknown): void;
  /** It cannot be seen by others at all: what is between it and the database keeps no sessions. */
  unseen(): void;
}

/**
 * Whether this process lives, as others on its database see it: by a number that is there for as long as the process is,
 * and gone at once when it dies. `nodes/watch.ts` says what for.
 */
export interface Presence {
  /** What claims bear that are made now; null: nobody can see who has them, and only time ends them. */
  readonly number: number | null;
  /** From here on this process is to be seen, until the store is closed. Resolves after the first try. */
  appear(listener: PresenceListener): Promise<void>;
  /** The numbers of the processes that live, by the database. */
  alive(): Promise<ReadonlySet<number>>;
}

export interface Store {
  readonly dialect: "sqlite" | "postgres";
  /** Undefined where no other process can have claims (SQLite). */
  readonly presence: Presence | undefined;
  /** Undefined where the database sees to its room itself (PostgreSQL: autovacuum). */
  readonly space: Space | undefined;
  read<R>(fn: (reader: Reader) => Promise<R>): Promise<R>;
  /**
   * As `read`, for what may take long: on SQLite it does not hold the event loop up, and costs 0.1 ms more. There each
   * statement waits for those asked before it, but for the long ones. @throws Problem `unavailable` where too many wait
   */
  readAside<R>(fn: (reader: AsideReader) => Promise<R>): Promise<R>;
  /** An expression of words as the database's full text takes it, for `words.matches` of a {@link Room}. */
  wordText(expression: WordExpression): string;
  /**
   * Runs `fn` in a transaction and resolves with its result when that is durable (`database.durability`).
   * @param committed  for who writes piece after piece: called as soon as this is committed, when the next one may be begun;
   *   it may not be on disk yet, and what depends on that waits for the result
   * @throws what `fn` throws, its writes undone; {@link Problem} `storage_full` or `unavailable` from the database
   */
  write<R>(fn: (tx: Transaction) => Promise<R>, committed?: () => void): Promise<R>;
  /**
   * A number that moves when another process has written, for what is kept in memory; at most 5 ms late. Undefined
   * where that cannot be known without asking the database: nothing may be kept then.
   */
  epoch(): number | undefined;
  /** Calls `listener` for what other processes on the same database announce. */
  subscribe(listener: (message: Announcement) => void): void;
  /** Has somebody told of commits; without, nobody is. */
  observe(observer: StoreObserver): void;
  /** How large it is, bytes: the database, and the write-ahead log where that is a file beside it. */
  size(): Promise<{ database: number; wal: number | undefined }>;
  /** The clock of the database's server, milliseconds since 1970; undefined where that is this machine's own. */
  time(): Promise<number | undefined>;
  /** Resolves when the database answers and can be written; rejects otherwise. */
  ready(): Promise<void>;
  /** Waits for writes under way, then lets go of the database. */
  close(): Promise<void>;
}

/** Thrown by a write that lost a race with another process's: the store runs it again. */
export class WriteConflict extends Error {
  override readonly name = "WriteConflict";
}
