/**
 * One server for one SQLite database: two would wait for each other with their event loops, and each would deliver
 * what the other has claimed.
 *
 * The lock is an open write transaction on a small database beside the big one. The system ends it with the process
 * whatever way that dies, so nothing stale is left to clean up; and who asks for it can read who has it.
 */
import { Database } from "bun:sqlite";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";

import type { Clock } from "../clock.ts";
import type { DatabaseConfig } from "../config/types.ts";
import { isoTime } from "../http/query.ts";
import { Problem } from "../problem.ts";

/** Who has a database. */
export interface Holder {
  pid: number;
  host: string;
  /** What it does with it: `serve`, `restore`. */
  what: string;
  /** ISO 8601. */
  started_at: string;
  /** Its control socket, where it has one. */
  socket: string | null;
}

export interface DatabaseLock {
  release(): void;
}

/** A connection that nobody refers to is closed with the next garbage collection, and its lock with it. */
const held = new Set<Database>();

/** The file that holds the lock. It stays when the lock is given back: removing it could take another's away. */
export function lockFile({ path }: { path: string }): string {
  return `${path}.lock`;
}

/**
 * Takes the database for this process, until it ends or gives it back. PostgreSQL is for several nodes: nothing is
 * taken there.
 * @param what  what it is taken for, such as `serve`
 * @param socket  where this process will be reached
 * @throws Problem `conflict` that says who has it
 */
export function takeDatabase(
  database: DatabaseConfig,
  { clock, what, socket = null }: { clock: Clock; what: string; socket?: string | null },
): DatabaseLock {
  if (database.kind !== "sqlite") return { release: () => {} };
  const lock = open(database);
  try {
    const holder: Holder = {
      ...{ pid: process.pid, host: hostname(), what, started_at: isoTime(clock.now()), socket },
    };
    take(lock, holder);
  } catch (error) {
    const holder = isBusy(error) ? holderOf(database) : undefined;
    lock.close();
    if (isBusy(error)) throw new Problem("conflict", refusal(database.path, holder));
    throw error;
  }
  held.add(lock);
  return {
    release: () => {
      held.delete(lock);
      lock.close();
    },
  };
}

/** @throws Problem `unavailable` where the database's folder cannot be written */
function open(database: { path: string }): Database {
  const file = lockFile(database);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const lock = new Database(file, { create: true, readwrite: true, strict: true });
    chmodSync(file, 0o600);
    return lock;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const detail = `${file} cannot be written (${reason}): koppla must be able to write in the database's folder.`;
    throw new Problem("unavailable", detail);
  }
}

/** Who has the database now; undefined when nobody has. */
export function holderOf(database: DatabaseConfig): Holder | undefined {
  if (database.kind !== "sqlite" || !existsSync(lockFile(database))) return undefined;
  const lock = new Database(lockFile(database), { readwrite: true, strict: true });
  try {
    lock.run("BEGIN IMMEDIATE");
    lock.run("ROLLBACK");
    return undefined;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return written(lock) ?? { pid: 0, host: "", what: "", started_at: "", socket: null };
  } finally {
    lock.close();
  }
}

function take(lock: Database, holder: Holder): void {
  // Asked for first: nothing of the present holder is to be written over.
  lock.run("BEGIN IMMEDIATE");
  try {
    lock.run("CREATE TABLE IF NOT EXISTS holder (json TEXT NOT NULL)");
    lock.run("DELETE FROM holder");
    lock.run("INSERT INTO holder (json) VALUES (?)", [JSON.stringify(holder)]);
    lock.run("COMMIT");
  } catch (error) {
    if (lock.inTransaction) lock.run("ROLLBACK");
    if (isBusy(error)) throw error;
    // On a full disk there is nobody's name on it, and it is taken all the same: that writes nothing.
  }
  lock.run("BEGIN IMMEDIATE");
}

function written(lock: Database): Holder | undefined {
  try {
    const row = lock.query<{ json: string }, []>("SELECT json FROM holder").get();
    return row ? (JSON.parse(row.json) as Holder) : undefined;
  } catch {
    return undefined; // its holder is writing it at this moment, or could not
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}

function refusal(path: string, holder: Holder | undefined): string {
  if (!holder || holder.pid === 0) return `The database ${path} is in use by another koppla.`;
  const { pid, host, what, started_at: since, socket } = holder;
  const reached = socket === null ? "" : `, control socket ${socket}`;
  const where = host === hostname() ? "" : ` on ${host}`;
  return (
    `The database ${path} is in use by koppla ${what}: process ${pid}${where}, since ${since}${reached}. ` +
    "Stop that one first, or give this one a database of its own."
  );
}
