/**
 * Whether this process lives, as the others on the database see it: a session of its own holds an advisory lock on the
 * process's number for as long as it lasts. PostgreSQL lets go of the lock with the session: at once when the process
 * dies, and within eleven seconds when its host or the network between them does (measured: 7 s after a cut).
 *
 * Each session has a number of its own, chosen at random and never used again: one that comes back is somebody new.
 */
import { SQL } from "bun";

import type { Presence, PresenceListener } from "../store.ts";

/** The first half of the lock's key, "node" as a number; the second is the process's. */
const KEY = 0x6e_6f_64_65;
/** A session that was lost is made anew this soon, ms, again and again. */
const RETRY_MS = 500;
/** Seconds for a connection to come about. */
const CONNECT_S = 5;

/**
 * Of the session, as far as the server knows them (`idle_session_timeout` came with PostgreSQL 14): when it asks whether
 * a connection that is silent is still there, and that it does not end it for being silent.
 */
const SETTINGS = `select set_config(name, wanted.value, false) from (values ('tcp_keepalives_idle', '5'),
  ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3'), ('idle_session_timeout', '0')
  ) as wanted (name, value) join pg_settings using (name)`;

/** Locks of processes on this database. `shared`: held by the very session that asks, which no lock of ours is. */
const LOCKS = `select objid::bigint as number, pid, pid = pg_backend_pid() as shared from pg_locks
  where locktype = 'advisory' and classid = ${KEY} and objsubid = 2 and granted
  and database = (select oid from pg_database where datname = current_database())`;

interface Lock {
  number: number;
  /** Of the backend that holds it. */
  pid: number;
  shared: boolean;
}

interface Session extends Pick<Lock, "number" | "pid"> {
  client: SQL;
}

export class PostgresPresence implements Presence {
  readonly #url: string;
  readonly #ask: (text: string) => Promise<Record<string, unknown>[]>;
  #listener: PresenceListener | undefined;
  #session: Session | undefined;
  /** The try that is under way, or was last. */
  #trying: Promise<void> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Of the session that is being made. */
  #opening: SQL | undefined;
  #closed = false;

  /** @param ask  has another session of the same database answer */
  constructor(url: string, ask: (text: string) => Promise<Record<string, unknown>[]>) {
    this.#url = url;
    this.#ask = ask;
  }

  get number(): number | null {
    return this.#session?.number ?? null;
  }

  async appear(listener: PresenceListener): Promise<void> {
    this.#listener = listener;
    this.#trying = this.#try(true);
    await this.#trying;
  }

  async alive(): Promise<ReadonlySet<number>> {
    const mine = this.#session;
    const locks = await this.#locks();
    // The session may have ended without our hearing of it.
    if (mine && !isSeen(mine, locks)) this.#lost(mine);
    return new Set(locks.map(({ number }) => number));
  }

  /** Is not seen any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#opening?.close({ timeout: 0 });
    await this.#trying;
    await this.#session?.client.close({ timeout: 0 });
    this.#session = undefined;
  }

  /** @param isFirst  a fault is told; those of further tries are more of the same */
  async #try(isFirst: boolean): Promise<void> {
    try {
      const session = await this.#begin();
      if (!session) return this.#listener?.unseen();
      this.#session = session;
      this.#listener?.seen(session.number);
    } catch (error) {
      if (this.#closed) return;
      if (isFirst) this.#listener?.failed(error);
      this.#again();
    }
  }

  #again(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => (this.#trying = this.#try(false)), RETRY_MS);
  }

  /** @returns undefined where its lock is not seen from other sessions as its own */
  async #begin(): Promise<Session | undefined> {
    const state = { ended: false };
    const client = new SQL(this.#url, {
      max: 1,
      connectionTimeout: CONNECT_S,
      onclose: () => {
        state.ended = true;
        if (this.#session?.client === client) this.#lost(this.#session);
      },
    });
    this.#opening = client;
    try {
      await client.unsafe(SETTINGS);
      const session = { client, ...(await takeNumber(client)) };
      const isKept = isSeen(session, await this.#locks());
      if (state.ended || this.#closed) throw new Error("the session was lost as soon as it was made");
      if (isKept) return session;
      await client.unsafe("select pg_advisory_unlock_all()");
      await client.close({ timeout: 0 });
      return undefined;
    } catch (error) {
      await client.close({ timeout: 0 });
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  #lost(session: Session): void {
    if (this.#session !== session || this.#closed) return;
    this.#session = undefined;
    // Should it be there after all, it is not to be seen.
    session.client.close({ timeout: 0 }).catch(() => {});
    this.#listener?.lost(session.number);
    this.#again();
  }

  async #locks(): Promise<Lock[]> {
    const rows = await this.#ask(LOCKS);
    return rows.map((row) => {
      return { number: Number(row["number"]), pid: Number(row["pid"]), shared: row["shared"] === true };
    });
  }
}

async function takeNumber(client: SQL): Promise<Pick<Lock, "number" | "pid">> {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    // 1 to 2^31 - 1: the lock's key is two integers of 32 bits.
    const number = random >>> 1 || 1;
    const [row] = await client.unsafe(
      `select pg_backend_pid() as pid, pg_try_advisory_lock(${KEY}, ${number}) as taken`,
    );
    if (row?.taken === true) return { number, pid: Number(row.pid) };
  }
}

/**
 * Whether a session's lock is held by its own backend. Behind a pooler that lends backends out for a transaction it is
 * held by one that others use, too: it would outlive this process.
 */
function isSeen({ number, pid }: Pick<Lock, "number" | "pid">, locks: readonly Lock[]): boolean {
  const lock = locks.find((one) => one.number === number);
  return lock !== undefined && lock.pid === pid && !lock.shared;
}
