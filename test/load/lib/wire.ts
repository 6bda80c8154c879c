/** Just enough HTTP/1.1 for peers that we know: requests and answers with a Content-Length, kept alive. */

const blankLine = Buffer.from("\r\n\r\n");
const content = Buffer.from("ontent-");
const chunked = Buffer.from("hunked\r\n");
const LOWER_L = 108;

/** The length of the body that the header between `start` and `end` announces. */
function contentLength(bytes: Buffer, start: number, end: number): number {
  for (let at = bytes.indexOf(content, start); at >= 0 && at < end; at = bytes.indexOf(content, at + 7)) {
    // Content-Length or content-length, but not Content-Type.
    if (((bytes[at + 7] ?? 0) | 32) !== LOWER_L) continue;
    return Number.parseInt(bytes.toString("latin1", bytes.indexOf(":", at) + 1, bytes.indexOf("\r", at)), 10);
  }
  const chunks = bytes.indexOf(chunked, start);
  if (chunks >= 0 && chunks < end) throw new Error("a chunked message cannot be read here");
  return 0;
}

/**
 * Cuts what a socket delivers into messages. `onMessage` gets the bytes and where in them the message, its body and
 * its end are; the bytes are only valid during the call.
 */
export class MessageReader {
  #rest: Buffer | undefined;
  /** Bytes that must be there before another look is worth it: a large body arrives in many pieces. */
  #wanted = 0;

  constructor(readonly onMessage: (bytes: Buffer, start: number, body: number, end: number) => void) {}

  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#rest) bytes = this.#rest = Buffer.concat([this.#rest, chunk]);
    if (bytes.length < this.#wanted) return;
    let start = 0;
    this.#wanted = 0;
    while (start < bytes.length) {
      const header = bytes.indexOf(blankLine, start);
      if (header < 0) break;
      const body = header + 4;
      const end = body + contentLength(bytes, start, body);
      if (end > bytes.length) {
        this.#wanted = end - start;
        break;
      }
      this.onMessage(bytes, start, body, end);
      start = end;
    }
    this.#rest = start < bytes.length ? Buffer.from(bytes.subarray(start)) : undefined;
  }
}

/** The status code of an answer that begins at `start`. */
export function statusCode(bytes: Buffer, start: number): number {
  return Number.parseInt(bytes.toString("latin1", start + 9, start + 12), 10);
}

/** Writes all of `bytes` to a socket, the rest when it drains; one write per socket at a time. */
export class Outbox {
  #left: Buffer | undefined;

  send(socket: { write(bytes: Buffer): number }, bytes: Buffer): void {
    const written = socket.write(bytes);
    this.#left = written < bytes.length ? bytes.subarray(Math.max(0, written)) : undefined;
  }

  drain(socket: { write(bytes: Buffer): number }): void {
    if (this.#left) this.send(socket, this.#left);
  }
}
