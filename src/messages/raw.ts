/** An attachment as it is: its bytes, all or a range of them (RFC 9110, 14), never as something that a browser runs. */
import { NOT_SHARED, requestId } from "../http/respond.ts";
import type { Attachment } from "./message.ts";
import { s3Problem } from "./wire.ts";

/** Bytes from `from` up to and without `to`. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * What `Range` asks for of `size` bytes.
 * @returns undefined: all of it, since nothing was asked for, several ranges, or what nobody understands;
 *   `unsatisfiable`: nothing of it is there
 */
export function parseRange(header: string | null, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, to: size };
  }
  const from = Number(first);
  const to = last === "" ? size : Math.min(size, Number(last) + 1);
  if (last !== "" && Number(last) < from) return undefined;
  return from >= size ? "unsatisfiable" : { from, to };
}

/**
 * `Content-Disposition` (RFC 6266) of a file to be saved. What of the name is a path, or would be something else to a
 * file system, is left out; who cannot read the whole name has one in ASCII.
 */
export function disposition(fileName: string): string {
  const last = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1);
  // What Windows refuses, what turns the reading direction round (a .exe that looks like a .pdf), dots at the ends.
  const clean = last
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"|?*]/gu, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const name = clean === "" ? "attachment" : clean;
  const ascii = name.replaceAll(/[^\x20-\x7e]|[%"\\]/g, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*!]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** @param read  the bytes of a range */
export async function rawAnswer(
  request: Request,
  { fileName, mimeType, size, blob }: Attachment,
  read: (range: ByteRange) => AsyncIterable<Uint8Array>,
): Promise<Response> {
  // The bytes of a blob never change.
  const etag = `"${blob}"`;
  const headers: Record<string, string> = {
    "content-type": mimeType,
    "content-disposition": disposition(fileName),
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "accept-ranges": "bytes",
    "cache-control": NOT_SHARED,
    etag,
    "x-request-id": requestId(request),
  };
  if (matches(request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers });
  const condition = request.headers.get("if-range");
  const asked = condition === null || condition === etag ? request.headers.get("range") : null;
  const range = parseRange(asked, size);
  if (range === "unsatisfiable") {
    return s3Problem(
      request,
      { title: "Range Not Satisfiable", status: 416, detail: `The attachment has ${size} bytes.` },
      { "content-range": `bytes */${size}`, "accept-ranges": "bytes" },
    );
  }
  const { from, to } = range ?? { from: 0, to: size };
  if (range) headers["content-range"] = `bytes ${from}-${to - 1}/${size}`;
  if (request.method === "HEAD") headers["content-length"] = String(to - from);
  const body = request.method === "HEAD" ? null : await gathered(read({ from, to }), to - from);
  return new Response(body, { status: range ? 206 : 200, headers });
}

function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  const tags = header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/** At most an attachment's 10 MB; a stream would be sent without its length, and who fetches ranges wants that. */
async function gathered(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
