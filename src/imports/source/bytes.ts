/** The bytes of a file as they were before it was compressed, within their limit. */
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

import { Problem } from "../../problem.ts";

export type Packing = "none" | "gzip" | "zstd";

/** Bytes that are unpacked at once: each piece is a turn of the event loop. A thousand short rows. */
const PIECE = 65_536;

/** What the first bytes of a file say of it: RFC 1952, 2.3.1; RFC 8878, 3.1.1. */
export function packingOf(start: Uint8Array): Packing {
  const [a, b, c, d] = start;
  if (a === 0x1f && b === 0x8b) return "gzip";
  return a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd ? "zstd" : "none";
}

/**
 * @param most  bytes; what unpacks to more is refused where it does
 * @throws Problem `too_large`, or `malformed` where it cannot be unpacked
 */
export async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  packing: Packing,
  most: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of packing === "none" ? bytes : unpack(bytes, packing)) {
    size += piece.byteLength;
    if (size > most) {
      const detail = `The file has more than ${most} bytes unpacked (setting operations.import_unpacked).`;
      throw new Problem("too_large", detail);
    }
    yield piece;
  }
}

async function* unpack(
  bytes: AsyncIterable<Uint8Array>,
  packing: "gzip" | "zstd",
): AsyncGenerator<Uint8Array> {
  const options = { chunkSize: PIECE };
  const transform: Transform = packing === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  let fault: unknown;
  const source = Readable.from(bytes, { objectMode: false, highWaterMark: 262_144 });
  // What is wrong with the source is told by the transform, which ends with it.
  source.on("error", (error) => (fault = error));
  pipeline(source, transform, () => {});
  try {
    for await (const piece of transform) yield piece as Uint8Array;
  } catch (error) {
    if (fault !== undefined) throw fault;
    throw new Problem("malformed", `The file is no whole ${packing} file: ${reasonOf(error)}.`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "Z_BUF_ERROR" || code === "ZSTD_error_srcSize_wrong" || /end of file/i.test(String(error))
    ? "it ends before its end"
    : "its bytes are not what they should be";
}
