/** Too much, too long, or not HTTP at all: refused within bounds, and the server lives on. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { rawRequest } from "./raw.ts";
import { checkProblem, expectNothingInternal, expectNothingStored } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

// Whatever a test sent, nothing of it may be stored or announced.
afterEach(() => expectNothingStored(partner));

/** `total` bytes of JSON-looking body in pieces of 64 KiB, never held at once. */
function* flood(total: number): Generator<Uint8Array> {
  const piece = new TextEncoder().encode(`{"name":"${"x".repeat(65_536 - 9)}`);
  for (let sent = 0; sent < total; sent += piece.byteLength) yield piece;
}

function* chunked(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces)
    yield Buffer.concat([Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
  yield Buffer.from("0\r\n\r\n");
}

/** Peak resident memory of the server so far, bytes. */
const peakMemory = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${koppla.pid}/status`, "utf8"))?.[1]) * 1024;

describe("too much", () => {
  const size = 200 * 2 ** 20;
  const head = (more: string) =>
    `PUT /api/v1/articles/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${partner.token}\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  test("a body of 200 MB and more that says so is 413 without being taken in", async () => {
    const before = peakMemory();
    for (const announced of [size, 3_000_000_000]) {
      const answer = await rawRequest(koppla.url, head(`Content-Length: ${announced}`), flood(size));
      expect(answer.status).toBe(413);
      checkProblem(413, answer.headers["content-type"] ?? null, answer.body);
    }
    expect(peakMemory() - before).toBeLessThan(100 * 2 ** 20);
    expect((await partner.get("/api/v1/articles")).status).toBe(200);
  });

  test("a body of 200 MB in chunks without a length is 413 and not kept", async () => {
    const before = peakMemory();
    const answer = await rawRequest(koppla.url, head("Transfer-Encoding: chunked"), chunked(flood(size)));
    expect(answer.status).toBe(413);
    checkProblem(413, answer.headers["content-type"] ?? null, answer.body);
    expect(peakMemory() - before).toBeLessThan(150 * 2 ** 20);
  });

  test("a header bomb is refused and the server lives on", async () => {
    for (const bomb of [
      `X-Bomb: ${"x".repeat(1_000_000)}`,
      Array.from({ length: 20_000 }, (_, n) => `X-${n}: y`).join("\r\n"),
    ]) {
      const answer = await rawRequest(koppla.url, head(`Content-Length: 2\r\n${bomb}`), [Buffer.from("{}")]);
      expect([0, 400, 413, 431]).toContain(answer.status);
      expectNothingInternal(answer.body);
    }
    expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);
  });

  test("a URL of 100 kB is refused and the server lives on", async () => {
    const answer = await rawRequest(
      koppla.url,
      `GET /api/v1/${"x".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect([0, 400, 401, 404, 414, 431]).toContain(answer.status);
    expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);
  });
});

describe("HTTP that is broken", () => {
  test.each([
    ["a request line that is none", "NONSENSE\r\n\r\n"],
    [
      "two lengths that differ",
      "POST /api/v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
    ],
    [
      "length and chunks at once",
      "POST /api/v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a length that is no number",
      "POST /api/v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n{}",
    ],
  ])("%s ends without harm", async (_, text) => {
    const answer = await rawRequest(koppla.url, text);
    expect(answer.status === 0 || answer.status >= 400).toBeTrue();
    expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);
  });

  test("a body that is broken off is no error of the server's", async () => {
    const { hostname, port } = new URL(koppla.url);
    const form = "application/x-www-form-urlencoded";
    const begun = [
      `POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: ${form}\r\ncontent-length: 100\r\n\r\ngrant`,
      `POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: ${form}\r\ntransfer-encoding: chunked\r\n\r\n5\r\ngr`,
      `PUT /api/v1/articles/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${partner.token}\r\n` +
        'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"title"',
    ];
    for (let round = 0; round < 20; round++) {
      const gone = begun.map(async (text) => {
        const socket = connect({ host: hostname, port: Number(port) });
        await once(socket, "connect");
        socket.write(text);
        // By then, the server has it: it answers one request after the other.
        await (await fetch(`${koppla.url}/healthz`)).text();
        socket.destroy();
        await once(socket, "close");
      });
      await Promise.all(gone);
    }
    await (await fetch(`${koppla.url}/healthz`)).text();
    expect(
      koppla.log.lines.filter(({ json }) => json?.["level"] === "error").map(({ text }) => text),
    ).toEqual([]);
  });
});
