/** Writes the file of a backup: members one after the other, what they hash to behind them. */
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, zstdCompressSync } from "node:zlib";

import { createTarPacker } from "modern-tar";

import { DATABASE, KEY, MANIFEST, type Manifest, SUMS } from "./format.ts";

export interface Contents {
  manifest: Omit<Manifest, "members">;
  /** Path of the copy of the database. */
  database: string;
  key: Uint8Array | undefined;
}

/** 3 is zstd's own choice: a core packs some hundred MB a second. Each level above costs more than it saves here. */
const LEVEL = 3;
const PIECE = 1_048_576;
/** What is packed at once. */
const FRAME = 4 * PIECE;

/** Writes `file`, which must not be there, for its owner alone; it is on disk when this resolves. */
export async function pack(
  file: string,
  { manifest, database, key }: Contents,
  progress: (bytes: number) => void,
): Promise<void> {
  const { size } = statSync(database);
  const members = { [DATABASE]: size, ...(key && { [KEY]: key.byteLength }) };
  const { readable, controller } = createTarPacker();
  const tar = readable as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  const written = pipeline(
    Readable.from(tar, { objectMode: false }),
    packed,
    createWriteStream(file, { flags: "wx", mode: 0o600, highWaterMark: PIECE }),
  );
  written.catch(() => {}); // it is awaited below
  const sums: string[] = [];
  const mtime = new Date(manifest.created_at);
  const add = async (name: string, bytes: number, pieces: AsyncIterable<Uint8Array> | Uint8Array[]) => {
    const hasher = new Bun.CryptoHasher("sha256");
    const writer = controller.add({ name, size: bytes, mode: 0o600, mtime }).getWriter();
    for await (const piece of pieces) {
      hasher.update(piece);
      await writer.write(piece);
      progress(piece.byteLength);
    }
    await writer.close();
    sums.push(`${hasher.digest("hex")}  ${name}\n`);
  };
  const addText = (name: string, text: string) => {
    const bytes = Buffer.from(text);
    return add(name, bytes.byteLength, [bytes]);
  };
  try {
    await addText(MANIFEST, `${JSON.stringify({ ...manifest, members }, null, 2)}\n`);
    await add(DATABASE, size, createReadStream(database, { highWaterMark: PIECE }));
    if (key) await add(KEY, key.byteLength, [key]);
    await addText(SUMS, sums.join(""));
    controller.finalize();
  } catch (error) {
    controller.error(error);
    // Where the disk is full, that is why the members could not be added.
    await written;
    throw error;
  }
  await written;
  await sync(file);
}

/**
 * Frames of zstd one after the other are one file (RFC 8878, 3). They are packed on this thread, not on one of the
 * process's pool, because this one steps back for those who answer requests.
 */
async function* packed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
  let kept: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    kept.push(piece);
    size += piece.byteLength;
    if (size < FRAME) continue;
    yield zstdCompressSync(Buffer.concat(kept), { params });
    kept = [];
    size = 0;
  }
  if (size > 0) yield zstdCompressSync(Buffer.concat(kept), { params });
}

/** Puts a file, or a folder's list of names, on the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}

/** The file's name, too. */
export const syncName = (file: string): Promise<void> => sync(dirname(file));
