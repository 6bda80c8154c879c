/**
 * The store on PostgreSQL, for several nodes on one database.
 *
 * A few lanes, each a transaction on a reserved connection, shared by the writes that wait (group commit as on
 * SQLite: a commit's sync is PostgreSQL's own). Isolation is READ COMMITTED; writers check what they replace and
 * throw {@link WriteConflict} when another node was quicker.
 */
import { SQL } from "bun";
import { sql, type SQLWrapper } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sql";

import { tables } from "../../../db/tables.postgres.ts";
import { Problem } from "../../problem.ts";
import { rehearsal } from "../../rehearsal.ts";
import { type Engine, GroupCommit, type Session } from "../group-commit.ts";
import { compile, type Compiled } from "../compiled.ts";
import type { Room, Statement } from "../statement.ts";
import type { Announcement, AsideReader, Reader, Store, StoreObserver, Transaction } from "../store.ts";
import { LongReads } from "../long-reads.ts";
import { postgresWords } from "../words.ts";
import { PostgresPresence } from "./presence.ts";

export interface PostgresOptions {
  url: string;
  durability: "full" | "normal";
}

const LANES = 4;
const READERS = 8;
/** Of all connections so many may be busy with what looks at very many rows. */
const LONG = 2;
/** Every process on the database listens on this channel. */
const CHANNEL = "koppla";

/** What a connection, a pool and a reserved connection have in common. */
type Client = Pick<SQL, "unsafe">;

export class PostgresStore implements Store {
  readonly space = undefined;
  readonly dialect = "postgres";
  readonly presence: PostgresPresence;
  readonly #pool: SQL;
  readonly #reader: PostgresReader;
  readonly #commits: GroupCommit;
  readonly #longReads = new LongReads(LONG);
  readonly #listeners: ((message: Announcement) => void)[] = [];
  readonly #node = crypto.randomUUID();
  #subscription: Awaited<ReturnType<SQL["listen"]>> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(pool: SQL, { url, durability }: PostgresOptions) {
    this.#pool = pool;
    this.presence = new PostgresPresence(url, async (text) => await pool.unsafe(text));
    const prepared = new PreparedStatements(pool);
    this.#reader = new PostgresReader(pool, prepared);
    this.#commits = new GroupCommit(new PostgresEngine(pool, prepared, durability, this.#node), LANES);
  }

  static async open(options: PostgresOptions, migrate: (pool: SQL) => Promise<void>): Promise<PostgresStore> {
    const pool = new SQL(options.url, { max: LANES + READERS, connectionTimeout: 10 });
    try {
      await migrate(pool);
      const store = new PostgresStore(pool, options);
      store.#subscription = await pool.listen(CHANNEL, (payload) => store.#hear(payload));
      return store;
    } catch (error) {
      await pool.close({ timeout: 0 });
      throw error;
    }
  }

  #hear(payload: string): void {
    const { node, messages } = JSON.parse(payload) as { node: string; messages: Announcement[] };
    if (node === this.#node) return;
    for (const message of messages) for (const listener of this.#listeners) listener(message);
  }

  read<R>(fn: (reader: Reader) => Promise<R>): Promise<R> {
    const rehearsed = rehearsal();
    return rehearsed ? rehearsed.read(fn, () => fn(this.#reader)) : fn(this.#reader);
  }

  readAside<R>(fn: (reader: AsideReader) => Promise<R>): Promise<R> {
    return this.read((reader) => fn(this.#longReads.over(reader)));
  }

  wordText = postgresWords.text;

  write<R>(fn: (tx: Transaction) => Promise<R>, committed?: () => void): Promise<R> {
    const rehearsed = rehearsal();
    return rehearsed
      ? rehearsed.write(fn, () => this.#commits.hold(), committed)
      : this.#commits.write(fn, committed);
  }

  epoch(): undefined {
    return undefined;
  }

  subscribe(listener: (message: Announcement) => void): void {
    this.#listeners.push(listener);
  }

  /** How long a sync takes is known to PostgreSQL only. */
  observe(observer: StoreObserver): void {
    this.#commits.committed = (writes) => observer.committed(writes);
  }

  async size(): Promise<{ database: number; wal: undefined }> {
    const [row] = await this.#pool.unsafe("select pg_database_size(current_database()) as bytes");
    return { database: Number(row?.bytes), wal: undefined };
  }

  async time(): Promise<number> {
    const [row] = await this.#pool.unsafe("select extract(epoch from clock_timestamp()) * 1000 as now");
    return Number(row?.now);
  }

  async ready(): Promise<void> {
    const [row] = await this.#pool.unsafe("select pg_is_in_recovery() as readonly");
    if (row?.readonly) throw new Error("the database is a read-only standby");
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#commits.drain();
      // Not before: until its last write has ended, nobody is to take what it has.
      await this.presence.close();
      await this.#subscription?.unlisten();
      await this.#pool.close({ timeout: 5 });
    })();
    return this.#closed;
  }
}

function roomOn(client: Client): Room {
  // The one place where PostgreSQL's builder is said to be SQLite's: see db/columns.ts.
  const db = drizzle({ client: client as SQL });
  return {
    db,
    t: tables,
    skipLocked: sql.raw(" for update skip locked"),
    words: postgresWords,
    member: (json: SQLWrapper, name: SQLWrapper) => sql`(${json}::json -> ${name}::text)::text`,
  } as unknown as Room;
}

/** Statements are built once, for all connections; the driver prepares their text on each. */
class PreparedStatements {
  readonly #compiled: Compiled[] = [];
  readonly #room: Room;

  constructor(pool: SQL) {
    this.#room = roomOn(pool);
  }

  of<P, R>(statement: Statement<P, R>): Compiled {
    let compiled = this.#compiled[statement.index];
    if (!compiled) {
      compiled = compile(statement.build(this.#room).prepare());
      this.#compiled[statement.index] = compiled;
    }
    return compiled;
  }
}

class PostgresReader implements Reader {
  readonly #client: Client;
  readonly #prepared: PreparedStatements;
  #room: Room | undefined;
  /** How many statements have run that may have written. */
  writes = 0;

  constructor(client: Client, prepared: PreparedStatements) {
    this.#client = client;
    this.#prepared = prepared;
  }

  async run<P, R>(statement: Statement<P, R>, params: P): Promise<R> {
    const { sql: text, fill, row, writes } = this.#prepared.of(statement);
    if (writes) this.writes++;
    const rows: unknown[][] = await this.#client
      .unsafe(text, fill(params as Record<string, unknown>))
      .values();
    return (row ? rows.map((values) => row(values)) : undefined) as R;
  }

  async query<R>(build: (room: Room) => PromiseLike<R>): Promise<R> {
    this.writes++; // it may
    this.#room ??= roomOn(this.#client);
    return await build(this.#room);
  }
}

class PostgresEngine implements Engine {
  readonly #pool: SQL;
  readonly #prepared: PreparedStatements;
  readonly #begin: string;
  readonly #node: string;

  constructor(pool: SQL, prepared: PreparedStatements, durability: "full" | "normal", node: string) {
    this.#pool = pool;
    this.#prepared = prepared;
    this.#node = node;
    const commit = durability === "full" ? "on" : "off";
    this.#begin = `BEGIN; SET LOCAL synchronous_commit = ${commit}`;
  }

  async begin(): Promise<Session> {
    const connection = await this.#pool.reserve();
    try {
      await connection.unsafe(this.#begin).simple();
    } catch (error) {
      connection.release();
      throw error;
    }
    const reader = new PostgresReader(connection, this.#prepared);
    const command = async (text: string) => {
      await connection.unsafe(text).simple();
    };
    const end = async (text: string) => {
      try {
        await command(text);
      } finally {
        connection.release();
      }
    };
    let ended = false;
    return {
      get writes() {
        return reader.writes;
      },
      run: (statement, params) => reader.run(statement, params),
      query: (build) => reader.query(build),
      announce: async (messages) => {
        await connection.unsafe("select pg_notify($1, $2)", [
          CHANNEL,
          JSON.stringify({ node: this.#node, messages }),
        ]);
      },
      commit: () => {
        ended = true;
        return end("COMMIT");
      },
      durable: async () => {}, // PostgreSQL's own commit has waited for that
      rollback: async () => {
        if (!ended) {
          ended = true;
          await end("ROLLBACK");
        }
      },
    };
  }

  problem(error: unknown): Problem | undefined {
    const { code, errno } = codesOf(error);
    if (errno === "53100")
      return new Problem("storage_full", "The database's disk is full; nothing was stored.");
    const away =
      /^ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)/.test(code) ||
      /^(08|53|57P|58|25006)/.test(errno) ||
      code === "ECONNREFUSED";
    return away
      ? new Problem("unavailable", "The database cannot be reached at the moment.", {
          headers: { "retry-after": "5" },
        })
      : undefined;
  }

  /** After an error PostgreSQL takes nothing more in the same transaction. */
  spoils(error: unknown): boolean {
    const { code, errno } = codesOf(error);
    return errno !== "" || code.startsWith("ERR_POSTGRES");
  }

  transient(error: unknown): boolean {
    return /^(40001|40P01|23505)$/.test(codesOf(error).errno);
  }
}

/** `code` is Bun's (`ERR_POSTGRES_...`), `errno` the server's SQLSTATE. */
function codesOf(error: unknown): { code: string; errno: string } {
  if (!(error instanceof Error)) return { code: "", errno: "" };
  const read = (name: "code" | "errno") => {
    const value = (error as Error & Record<string, unknown>)[name];
    return value === undefined || value === null ? "" : String(value);
  };
  const own = { code: read("code"), errno: read("errno") };
  return own.code === "" && error.cause ? codesOf(error.cause) : own;
}
