/** HTTP by hand over a socket, for requests that a proper client refuses to send. */
import { connect } from "node:net";

export interface RawAnswer {
  /** 0 when the server closed the connection without a word. */
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Sends `head` (request line and headers, ending in a blank line) and then pieces of body until they end or an answer
 * comes, and reads that answer. The server's closing of the connection half-way is not an error here.
 */
export function rawRequest(
  url: string,
  head: string,
  body: Iterable<Uint8Array> = [],
  limitMs = 20_000,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    let sent = 0;
    const pieces = body[Symbol.iterator]();
    const socket = connect({ host: hostname, port: Number(port) });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${limitMs} ms after ${sent} bytes of body`));
    }, limitMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parseAnswer(received.toString("latin1")));
    };
    const pump = () => {
      while (received.length === 0 && !socket.destroyed) {
        const piece = pieces.next();
        if (piece.done) return;
        sent += piece.value.byteLength;
        if (!socket.write(piece.value)) return;
      }
    };
    socket.on("connect", () => {
      socket.write(head);
      pump();
    });
    socket.on("drain", pump);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (isComplete(received.toString("latin1"))) finish();
    });
    socket.on("error", finish);
    socket.on("close", finish);
  });
}

function isComplete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length - end - 4 >= Number(length);
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end < 0 ? text.length : end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  return { status, headers, body: end < 0 ? "" : Buffer.from(text.slice(end + 4), "latin1").toString() };
}
