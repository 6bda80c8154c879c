import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { request, type OutgoingRequest } from "./request.ts";

/** What a test opened, ended after it. */
const opened: (() => void)[] = [];
afterEach(() => opened.splice(0).forEach((end) => end()));

const send = (url: string, more: Partial<OutgoingRequest> = {}) =>
  request({ url, method: "POST", headers: { "x-test": "1" }, body: "{}", timeout: 5_000, ...more });

/** A server that speaks HTTP. */
function server(answer: (request: Request) => Response | Promise<Response>): string {
  const listening = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  opened.push(() => void listening.stop(true));
  return `http://127.0.0.1:${listening.port}/`;
}

type Socket = Bun.Socket<{ requests: number }>;

/** A server that says whatever `answer` writes when a request came. `number` counts them on one connection. */
function rawServer(answer: (socket: Socket, number: number) => void) {
  const seen = { connections: 0, requests: 0 };
  const closed = Promise.withResolvers<void>();
  const listening = Bun.listen<{ requests: number }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        seen.connections++;
        socket.data = { requests: 0 };
      },
      data: (socket, bytes) => {
        // Head and body may come apart; the head alone counts.
        if (!bytes.toString("latin1").startsWith("POST ")) return;
        seen.requests++;
        answer(socket, ++socket.data.requests);
      },
      close: () => closed.resolve(),
      error: () => {},
    },
  });
  opened.push(() => listening.stop(true));
  return { url: `http://127.0.0.1:${listening.port}/`, port: listening.port, seen, closed: closed.promise };
}

const head = (...lines: string[]): string => `HTTP/1.1 ${lines.join("\r\n")}\r\n\r\n`;

describe("an answer", () => {
  test("without a body is whole", async () => {
    const url = server(() => new Response(null, { status: 204 }));
    expect(await send(url)).toEqual({ status: 204, body: "" });
  });

  test("is told with its status, its text and its Retry-After, whatever the status", async () => {
    const url = server(() => new Response("för många", { status: 429, headers: { "retry-after": "120" } }));
    expect(await send(url)).toEqual({ status: 429, body: "för många", retryAfter: "120" });
  });

  test("that is a redirect is not followed", async () => {
    let followed = 0;
    const second = server(() => {
      followed++;
      return new Response("here");
    });
    const url = server(() => Response.redirect(second, 307));
    expect(await send(url)).toEqual({ status: 307, body: "" });
    expect(followed).toBe(0);
  });

  test("has its NULs replaced, which PostgreSQL does not take for text", async () => {
    const url = server(() => new Response("a\0b"));
    expect((await send(url)).body).toBe("a\ufffdb");
  });

  test("that never ends is read for 16 KB and then hung up on", async () => {
    const { url, closed } = rawServer((socket) => {
      socket.write(head("200 OK", "transfer-encoding: chunked"));
      const chunk = `2000\r\n${"x".repeat(0x2000)}\r\n`;
      const timer = setInterval(() => socket.write(chunk), 1);
      opened.push(() => clearInterval(timer));
    });
    const { status, body, error } = await send(url);
    expect({ status, length: body.length, error }).toEqual({ status: 200, length: 16_384, error: undefined });
    await closed;
  });

  test("that is a gzip bomb is not unpacked", async () => {
    const bomb = Bun.gzipSync(new Uint8Array(10_000_000));
    const url = server(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
    const { status, body } = await send(url);
    expect(status).toBe(200);
    expect(body.length).toBeLessThanOrEqual(bomb.length);
  });

  test("that drips is cut off when the time is over, and keeps what came", async () => {
    const { url } = rawServer((socket) => {
      socket.write(head("410 Gone", "transfer-encoding: chunked"));
      const timer = setInterval(() => socket.write("1\r\na\r\n"), 5);
      opened.push(() => clearInterval(timer));
    });
    const { body, ...rest } = await send(url, { timeout: 300 });
    expect(rest).toEqual({ status: 410, error: "timeout", detail: "no whole answer within 0.3 s" });
    expect(body).toMatch(/^a+$/);
  });

  test("that breaks off keeps its status, and is none that counts", async () => {
    const { url } = rawServer((socket) => {
      socket.write(`${head("200 OK", "content-length: 100")}abc`);
      socket.end();
    });
    expect(await send(url)).toMatchObject({ status: 200, error: "body" });
  });

  test.each([
    ["another protocol", "220 mail.example ESMTP ready\r\n\r\n"],
    ["a header line without a colon", "HTTP/1.1 200 OK\r\nbroken header line\r\n\r\n"],
    ["an upgrade nobody asked for", head("101 Switching Protocols", "upgrade: x", "connection: upgrade")],
    ["10 MB of headers", head("200 OK", `x: ${"y".repeat(10_000_000)}`)],
  ])("that is %s is none: body", async (_, text) => {
    const { url } = rawServer((socket) => {
      socket.write(text);
      socket.end();
    });
    expect(await send(url)).toMatchObject({ body: "", error: "body" });
  });

  test("with chunks that are none keeps its status: body", async () => {
    const { url } = rawServer((socket) => {
      socket.write(`${head("200 OK", "transfer-encoding: chunked")}ZZZ\r\n`);
    });
    expect(await send(url)).toMatchObject({ status: 200, error: "body" });
  });
});

describe("no answer", () => {
  test("within the time is: timeout", async () => {
    const { url, closed } = rawServer(() => {});
    const started = performance.now();
    const result = await send(url, { timeout: 200 });
    expect(result).toEqual({ body: "", error: "timeout", detail: "no whole answer within 0.2 s" });
    expect(performance.now() - started).toBeGreaterThanOrEqual(199);
    await closed;
  });

  test("because nobody listens is: connect", async () => {
    const { url } = rawServer(() => {});
    opened.splice(0).forEach((end) => end());
    expect(await send(url)).toMatchObject({ body: "", error: "connect", detail: "ECONNREFUSED" });
  });

  test("because nobody knows the host is: dns", async () => {
    // RFC 6761, 6.4: there is no such name, ever.
    expect(await send("http://nonesuch.invalid/")).toMatchObject({ body: "", error: "dns" });
  });

  test("because the sender was told to stop is: aborted, also before it began", async () => {
    const stop = new AbortController();
    const { url, seen } = rawServer(() => stop.abort());
    expect(await send(url, { signal: stop.signal })).toEqual({ body: "", error: "aborted" });
    expect(await send(url, { signal: stop.signal })).toEqual({ body: "", error: "aborted" });
    expect(seen.requests).toBe(1);
  });

  test("but a reset is tried once again at once, and then is: connect", async () => {
    const { url, seen } = rawServer((socket) => socket.terminate());
    expect(await send(url)).toMatchObject({ body: "", error: "connect", detail: "ECONNRESET" });
    expect(seen).toEqual({ connections: 2, requests: 2 });
  });

  test("on a connection that had been kept alive and is stale is made good on a new one", async () => {
    const { url, seen } = rawServer((socket, number) => {
      // The first request of a connection is answered, the second finds it closed.
      if (number === 1) socket.write(head("204 No Content"));
      else socket.terminate();
    });
    expect(await send(url)).toEqual({ status: 204, body: "" });
    expect(await send(url)).toEqual({ status: 204, body: "" });
    expect(seen).toEqual({ connections: 2, requests: 3 });
  });
});

describe("TLS", () => {
  let certificate: { key: string; cert: string } | undefined;
  beforeAll(async () => {
    if (!Bun.which("openssl")) return;
    const folder = mkdtempSync(join(tmpdir(), "koppla-tls-"));
    const files = { key: join(folder, "key.pem"), cert: join(folder, "cert.pem") };
    const made = Bun.spawnSync([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", files.key, "-out", files.cert, "-days", "2", "-subj", "/CN=localhost"],
    ]);
    if (made.success)
      certificate = { key: await Bun.file(files.key).text(), cert: await Bun.file(files.cert).text() };
    rmSync(folder, { recursive: true });
  });

  test.skipIf(!Bun.which("openssl"))(
    "with a certificate that nobody vouches for is: tls, and nothing is sent",
    async () => {
      let requests = 0;
      const listening = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        ...(certificate && { tls: certificate }),
        fetch: () => {
          requests++;
          return new Response();
        },
      });
      opened.push(() => void listening.stop(true));
      expect(certificate).toBeDefined();
      expect(await send(`https://localhost:${listening.port}/`)).toMatchObject({ body: "", error: "tls" });
      expect(requests).toBe(0);
    },
  );

  test("where the other side speaks none is: tls", async () => {
    const listening = server(() => new Response());
    expect(await send(listening.replace("http:", "https:"))).toMatchObject({ body: "", error: "tls" });
  });
});
