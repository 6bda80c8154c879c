/** Makes a backup. It blocks the thread that it runs on, so that is one of its own: `backup-worker.ts`. */
import { Database } from "bun:sqlite";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";

import type { DatabaseConfig } from "../config/types.ts";
import { Problem } from "../problem.ts";
import { SqliteConnection } from "../store/sqlite/connection.ts";
import { sqliteTarget } from "../store/open.ts";
import { migrate, readMigrations } from "../store/migrate.ts";
import { assetPath } from "../assets.ts";
import { postgresSize, postgresToSqlite } from "../transfer/transfer.ts";
import { version } from "../version.ts";
import { migrationsOf, openStill, rowsOf } from "./database.ts";
import { FORMAT } from "./format.ts";
import { sealKey } from "./key.ts";
import { pack, syncName } from "./pack.ts";
import { isFull, needRoom } from "./space.ts";

export interface BackupOrder {
  database: DatabaseConfig;
  /** Absolute; it must not be there. */
  file: string;
  /** The key file goes in sealed. */
  key: { file: string; passphrase: string } | null;
  /** Milliseconds since 1970. */
  now: number;
}

export interface BackupResult {
  file: string;
  /** Bytes of the file, and of the database in it. */
  bytes: number;
  database_bytes: number;
  /** Of all tables. */
  rows: number;
  key: boolean;
}

/** `copy`: of the database; `pack`: into the file. In bytes; rows where PostgreSQL is copied. */
export interface BackupProgress {
  phase: "copy" | "pack";
  done: number;
  total: number;
}

/** How long another process's lock is waited for. */
const BUSY_MS = 10_000;
/**
 * The part of its size that the packed copy is reckoned to have. Measured: 0.09 of short records and deliveries, 0.2 of
 * records that are found by words, 0.27 of long texts. Attachments keep all of theirs: then the disk that becomes full
 * on the way is told.
 */
const PACKED_PART = 0.2;

export const partOf = (file: string): string => `${file}.part`;
/** The copy of the database, until it is packed. */
export const copyOf = (file: string): string => `${file}.part-database`;

/** Removes what a backup that was cut short has left. */
export function removeParts(file: string): void {
  for (const left of [partOf(file), copyOf(file), `${copyOf(file)}-journal`, `${copyOf(file)}-wal`])
    rmSync(left, { force: true });
  rmSync(`${copyOf(file)}-shm`, { force: true });
}

/**
 * Nobody waits for it: on SQLite it reads a snapshot beside the writer, on PostgreSQL in a transaction that only reads.
 * @throws Problem `conflict` where the file is there, `storage_full`
 */
export async function make(
  order: BackupOrder,
  progress: (progress: BackupProgress) => void,
): Promise<BackupResult> {
  const { database, file, key, now } = order;
  if (existsSync(file))
    throw new Problem("conflict", `${file} is there already; a backup overwrites nothing.`);
  refuseFolder(dirname(file));
  removeParts(file);
  const copy = copyOf(file);
  try {
    closeSync(openSync(copy, "wx", 0o600));
    if (database.kind === "sqlite") copySqlite(database.path, copy, file, progress);
    else await copyPostgres(database.url, copy, file, now, progress);
    const total = statSync(copy).size;
    const still = openStill(copy);
    const rows = rowsOf(still);
    const manifest = {
      ...{ format: FORMAT, koppla: version, created_at: new Date(now).toISOString() },
      ...{ database: database.kind, migrations: migrationsOf(still), rows },
    };
    still.close();
    const sealed = key && (await sealKey(await Bun.file(key.file).bytes(), key.passphrase));
    let done = 0;
    await pack(partOf(file), { manifest, database: copy, key: sealed ?? undefined }, (bytes) =>
      progress({ phase: "pack", done: (done += bytes), total }),
    );
    renameSync(partOf(file), file);
    await syncName(file);
    const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
    return { file, bytes: statSync(file).size, database_bytes: total, rows: all, key: key !== null };
  } catch (error) {
    if (!isFull(error) || error instanceof Problem) throw error;
    throw new Problem("storage_full", `The disk that ${file} would stand on is full. No backup was made.`);
  } finally {
    removeParts(file);
  }
}

/** @throws Problem `not_found`, `forbidden` */
function refuseFolder(folder: string): void {
  if (!existsSync(folder)) throw new Problem("not_found", `There is no folder ${folder}.`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Problem("forbidden", `Nothing can be written in ${folder}.`);
  }
}

function copySqlite(
  path: string,
  copy: string,
  file: string,
  progress: (progress: BackupProgress) => void,
): void {
  if (!existsSync(path)) throw new Problem("not_found", `There is no database ${path} yet.`);
  // Able to write, although it only reads: of a server that was killed it takes up the log.
  const source = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    source.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    const read = (pragma: string) =>
      Number(source.query<Record<string, number>, []>(`PRAGMA ${pragma}`).values()[0]?.[0]);
    const total = (read("page_count") - read("freelist_count")) * read("page_size");
    needRoom(
      file,
      total * (1 + PACKED_PART),
      "The copy of the database, which is removed when it is packed,",
    );
    progress({ phase: "copy", done: 0, total });
    // The copy is not there to last: what of it the disk never sees keeps nobody's sync waiting.
    source.run("PRAGMA synchronous = OFF");
    source.run("VACUUM INTO ?", [copy]);
    // The last one to close the database brings its log in.
    source.run("PRAGMA synchronous = FULL");
  } finally {
    source.close();
  }
}

async function copyPostgres(
  url: string,
  copy: string,
  file: string,
  now: number,
  progress: (progress: BackupProgress) => void,
): Promise<void> {
  needRoom(
    file,
    (await postgresSize(url)) * (1 + PACKED_PART),
    "The copy of the database, which is removed when it is packed,",
  );
  const connection = new SqliteConnection(copy, "write");
  try {
    await migrate(sqliteTarget(connection, copy), readMigrations(assetPath("db/sqlite")), now);
  } finally {
    connection.close();
  }
  await postgresToSqlite(url, copy, (done, total) => progress({ phase: "copy", done, total }));
}
