/** Whether a backup can be restored: every byte is as it was written, and the database in it is whole. */
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";

import { Problem } from "../problem.ts";
import { checkWhole, migrationsOf, openStill, rowsOf, type Standing, standingOf } from "./database.ts";
import { DATABASE, type Manifest, notOne } from "./format.ts";
import { kindOfFile, unpack } from "./unpack.ts";
import { needRoom } from "./space.ts";

export interface Verified {
  /** Undefined of a plain database file. */
  manifest: Manifest | undefined;
  /** The key file in it, sealed. */
  key: Uint8Array | undefined;
  /** Of all tables. */
  rows: number;
  standing: Standing;
}

export interface VerifyOptions {
  progress?: (done: number, total: number) => void;
}

/**
 * Takes the database out of a backup, and looks whether it is whole.
 * @param target  where it is put, for its owner alone; what stands there is written over
 * @throws Problem `invalid` that says what is wrong; `storage_full`, with nothing left behind
 */
export async function extract(
  file: string,
  target: string,
  { progress }: VerifyOptions = {},
): Promise<Verified> {
  const kind = kindOfFile(file);
  if (kind === "other") throw new Problem("invalid", `${file} is neither a backup nor a database.`);
  const total = statSync(file).size;
  const out = openSync(target, "w", 0o600);
  let open = true;
  const close = () => {
    if (open) closeSync(out);
    open = false;
  };
  try {
    let read = 0;
    const count = (bytes: number) => progress?.((read += bytes), total);
    const write = (piece: Uint8Array) => {
      for (let from = 0; from < piece.byteLength;) from += writeSync(out, piece, from);
    };
    let manifest: Manifest | undefined;
    let key: Uint8Array | undefined;
    if (kind === "backup") {
      const room = ({ members }: Manifest) => needRoom(target, members[DATABASE] ?? 0, "The database in it");
      ({ manifest, key } = await unpack(file, { manifest: room, database: write, progress: count }));
    } else {
      refuseWithLog(file);
      needRoom(target, total, "A copy of the database");
      for await (const piece of Bun.file(file).stream() as AsyncIterable<Uint8Array> &
        ReadableStream<Uint8Array>) {
        write(piece);
        count(piece.byteLength);
      }
    }
    close();
    return { manifest, key, ...examine(target, manifest) };
  } catch (error) {
    close();
    rmSync(target, { force: true });
    throw error;
  }
}

/** A database that is open has its newest rows beside it. */
function refuseWithLog(file: string): void {
  const log = `${file}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  throw new Problem(
    "invalid",
    `${file} is not whole without ${log}: it is in use, or was when it was copied. Use koppla backup, or stop the server first.`,
  );
}

function examine(database: string, manifest: Manifest | undefined): { rows: number; standing: Standing } {
  const opened = openStill(database);
  try {
    checkWhole(opened);
    const rows = rowsOf(opened);
    for (const [table, count] of Object.entries(manifest?.rows ?? {})) {
      if (rows[table] !== count)
        throw notOne(`${table} should have ${count} rows and has ${rows[table] ?? 0}`);
    }
    const standing = standingOf(migrationsOf(opened));
    if (standing.state === "foreign") throw new Problem("invalid", "The database in it is not Koppla's.");
    return { rows: Object.values(rows).reduce((sum, count) => sum + count, 0), standing };
  } finally {
    opened.close();
  }
}

/** As {@link extract}, and nothing is left of it. It needs as much room beside `file` as the database takes. */
export async function verify(file: string, options: VerifyOptions = {}): Promise<Verified> {
  const target = `${file}.verifying`;
  try {
    return await extract(file, target, options);
  } finally {
    rmSync(target, { force: true });
  }
}
