/**
 * The file of an import on its way into the store: in pieces, whatever its size. What comes plain is packed by zstd, so
 * that a file of 1 GB takes about a tenth of that; what comes packed is kept as it is.
 */
import { createZstdCompress, constants } from "node:zlib";

import type { BlobStore } from "../blobs/store.ts";
import type { BlobWriter } from "../blobs/writer.ts";
import { Problem } from "../problem.ts";
import { type Packing, packingOf } from "./source/bytes.ts";

export interface Uploaded {
  /** Undefined for a file that was only weighed. */
  writer: BlobWriter | undefined;
  packing: Packing;
  /** Bytes, as they came. */
  size: number;
  /** Lines of a file that came plain. */
  lines: number | undefined;
}

const NEWLINE = 10;

export interface UploadOptions {
  blobs: BlobStore;
  organisationId: number;
  /** The blob's id. */
  id: string;
  /** The most bytes. */
  most: number;
}

/** @throws Problem `too_large`, or `malformed` where the caller breaks off; nothing is kept then */
export async function upload(
  body: AsyncIterable<Uint8Array>,
  { blobs, organisationId, id, most }: UploadOptions,
): Promise<Uploaded> {
  const writer = blobs.writer(organisationId, id);
  try {
    return await store(body, writer, most);
  } catch (error) {
    await blobs.abandon([writer]);
    throw error;
  }
}

/** As {@link upload}, of a file that nobody will need: a dry run must not hold the database while one comes in. */
export async function weigh(body: AsyncIterable<Uint8Array>, most: number): Promise<Uploaded> {
  let [size, lines] = [0, 0];
  for await (const piece of limited(body, most)) {
    size += piece.byteLength;
    lines += countLines(piece);
  }
  return { writer: undefined, packing: "none", size, lines };
}

async function store(body: AsyncIterable<Uint8Array>, writer: BlobWriter, most: number): Promise<Uploaded> {
  let size = 0;
  let lines = 0;
  let sent: Packing | undefined;
  let packer: Packer | undefined;
  for await (const piece of limited(body, most)) {
    if (sent === undefined) {
      sent = packingOf(piece);
      if (sent === "none") packer = new Packer(writer);
    }
    size += piece.byteLength;
    if (packer) {
      lines += countLines(piece);
      await packer.write(piece);
    } else writer.push(piece);
    await writer.drain();
  }
  await packer?.end();
  await writer.drain();
  const packing = sent === undefined || sent === "none" ? (packer ? "zstd" : "none") : sent;
  return { writer, packing, size, lines: packer ? lines : undefined };
}

/** The pieces, the first of them long enough to tell what it is. */
async function* limited(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const piece of body) {
    size += piece.byteLength;
    if (size > most) {
      throw new Problem(
        "too_large",
        `The file is larger than ${most} bytes (setting operations.import_size).`,
      );
    }
    if (start === undefined) yield piece;
    else {
      start = start.byteLength === 0 ? piece : Buffer.concat([start, piece]);
      if (start.byteLength < 4) continue;
      yield start;
      start = undefined;
    }
  }
  if (start !== undefined && start.byteLength > 0) yield start;
}

function countLines(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** zstd on a thread of its own, level 1: quicker than a disk, and a tenth of the size. */
class Packer {
  readonly #zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  #error: unknown;

  constructor(writer: BlobWriter) {
    this.#zstd.on("data", (piece: Uint8Array) => writer.push(piece));
    this.#zstd.on("error", (error) => (this.#error = error));
  }

  async write(piece: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.#zstd.write(piece, () => resolve()));
    if (this.#error !== undefined) throw this.#error;
  }

  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#zstd.once("end", resolve).once("error", () => resolve());
      this.#zstd.end();
    });
    if (this.#error !== undefined) throw this.#error;
  }
}
