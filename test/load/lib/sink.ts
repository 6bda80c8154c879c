/**
 * The receiver of webhooks: a process that answers 200 to everything and counts `webhook-id`s. It reads raw sockets,
 * because on two cores what the sink uses is taken from what is measured.
 *
 * Argument: the port. A line `{"expect": n}` on stdin starts a count and is answered when n different ids have arrived, or with what there
 * is after `timeout` ms.
 */
import { MessageReader } from "./wire.ts";

export interface Expectation {
  expect: number;
  timeout: number;
}

export interface Counted {
  distinct: number;
  /** Requests, the repeated ones included. */
  requests: number;
  /** Requests without a `webhook-signature`. */
  unsigned: number;
  /** From the first arrival to the last new one, in ms. */
  elapsed: number;
}

const OK = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const idHeader = Buffer.from("ebhook-id: ");
const signatureHeader = Buffer.from("ebhook-signature: v1,");

const seen = new Set<string>();
let requests = 0;
let unsigned = 0;
let firstAt = 0;
let lastAt = 0;
let expected = Infinity;
let onComplete = () => {};

function count(bytes: Buffer, start: number, body: number): void {
  const at = bytes.indexOf(idHeader, start) + idHeader.length;
  const id = bytes.toString("latin1", at, bytes.indexOf("\r", at));
  const signature = bytes.indexOf(signatureHeader, start);
  requests++;
  if (signature < 0 || signature > body) unsigned++;
  if (seen.has(id)) return;
  seen.add(id);
  lastAt = performance.now();
  if (seen.size === 1) firstAt = lastAt;
  if (seen.size === expected) onComplete();
}

const port = Number(process.argv[2]);
Bun.listen<MessageReader>({
  hostname: "127.0.0.1",
  port,
  socket: {
    open(socket) {
      socket.data = new MessageReader((bytes, start, body) => {
        count(bytes, start, body);
        socket.write(OK);
      });
    },
    data: (socket, chunk) => socket.data.push(chunk),
  },
});

async function collect({ expect, timeout }: Expectation): Promise<Counted> {
  seen.clear();
  requests = unsigned = 0;
  expected = expect;
  const complete = new Promise<void>((resolve) => (onComplete = resolve));
  await Promise.race([complete, Bun.sleep(timeout)]);
  return { distinct: seen.size, requests, unsigned, elapsed: lastAt - firstAt };
}

console.log(JSON.stringify({ port }));
for await (const line of console) console.log(JSON.stringify(await collect(JSON.parse(line))));
process.exit(0);
