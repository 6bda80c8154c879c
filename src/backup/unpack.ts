/** Reads the file of a backup, and holds every member against what it should hash to. */
import { createReadStream, existsSync, openSync, closeSync, readSync, statSync } from "node:fs";
import { createZstdDecompress } from "node:zlib";

import { createTarDecoder } from "modern-tar";

import { Problem } from "../problem.ts";
import { DATABASE, KEY, MANIFEST, type Manifest, notOne, parseManifest, SUMS } from "./format.ts";
import { isFull } from "./space.ts";

export interface Unpacking {
  /** Before anything else is read: what it throws ends the reading. */
  manifest?: (manifest: Manifest) => void;
  /** Is given the database, piece by piece. */
  database?: (piece: Uint8Array) => void | Promise<void>;
  /** So many bytes of the file have been read. */
  progress?: (bytes: number) => void;
}

export interface Unpacked {
  manifest: Manifest;
  /** The key file, sealed. */
  key: Uint8Array | undefined;
}

const PIECE = 1_048_576;
/** What is not the database is held in memory. */
const SMALL = 1_048_576;

/** @throws Problem `invalid` where a byte of the file is not as it was; `not_found` */
export async function unpack(
  file: string,
  { manifest: told, database, progress }: Unpacking,
): Promise<Unpacked> {
  const decoder = createTarDecoder({ strict: true });
  const source = createReadStream(file, { highWaterMark: PIECE });
  source.on("data", (piece) => progress?.(piece.length));
  const plain = source.pipe(createZstdDecompress());
  source.on("error", (error) => plain.destroy(error));
  const writer = decoder.writable.getWriter();
  const fed = (async () => {
    try {
      for await (const piece of plain) await writer.write(piece as Uint8Array);
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    }
  })();
  fed.catch(() => {}); // it is awaited below
  let manifest: Manifest | undefined;
  let sums: string | undefined;
  const small = new Map<string, Uint8Array>();
  const found = new Map<string, string>();
  try {
    const entries = decoder.readable as typeof decoder.readable &
      AsyncIterable<{ header: Header; body: Body }>;
    for await (const { header, body } of entries) {
      const { name, size } = header;
      if (name !== MANIFEST && !manifest) throw notOne("it does not begin with a manifest");
      const isDatabase = name === DATABASE;
      if (!isDatabase && size > SMALL) throw notOne(`${name} is too large`);
      const kept: Uint8Array[] = [];
      const hasher = new Bun.CryptoHasher("sha256");
      for await (const piece of body) {
        hasher.update(piece);
        if (!isDatabase) kept.push(piece.slice());
        else await database?.(piece);
      }
      const bytes = Buffer.concat(kept);
      if (name === SUMS) sums = bytes.toString("utf8");
      else found.set(name, hasher.digest("hex"));
      if (name === MANIFEST) {
        manifest = parseManifest(bytes.toString("utf8"));
        told?.(manifest);
      } else small.set(name, bytes);
    }
    await fed;
  } catch (error) {
    plain.destroy();
    source.destroy();
    if (error instanceof Problem || isFull(error)) throw error;
    if (!existsSync(file)) throw new Problem("not_found", `There is no file ${file}.`);
    throw notOne(error instanceof Error ? error.message.replace(/\.$/, "") : String(error));
  }
  if (!manifest || sums === undefined) throw notOne("its end is missing");
  compare(sums, found);
  return { manifest, key: small.get(KEY) };
}

type Header = { name: string; size: number };
type Body = AsyncIterable<Uint8Array>;

/** @param sums  lines as `sha256sum` writes them */
function compare(sums: string, found: ReadonlyMap<string, string>): void {
  const named = sums.split("\n").flatMap((line) => {
    const [, sum = "", name = ""] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    return name === "" ? [] : [{ name, sum }];
  });
  for (const { name, sum } of named)
    if (found.get(name) !== sum) throw notOne(`${name} is not what it was: its SHA-256 differs`);
  for (const name of [MANIFEST, DATABASE]) if (!found.has(name)) throw notOne(`${name} is missing`);
  for (const name of found.keys())
    if (!named.some((one) => one.name === name)) throw notOne(`${name} is not in ${SUMS}`);
}

/** What a file is, by its first bytes. @throws Problem `not_found` */
export function kindOfFile(file: string): "backup" | "sqlite" | "other" {
  if (!existsSync(file)) throw new Problem("not_found", `There is no file ${file}.`);
  if (!statSync(file).isFile()) return "other";
  const start = Buffer.alloc(16);
  const handle = openSync(file, "r");
  try {
    readSync(handle, start);
  } finally {
    closeSync(handle);
  }
  if (start.toString("latin1") === "SQLite format 3\0") return "sqlite";
  return start.readUInt32LE() === 0xfd2fb528 ? "backup" : "other";
}
