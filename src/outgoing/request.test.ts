import { afterEach, beforeAll, describe, expect, test } from "bun:test";

import { type Authority, hasOpenssl, newAuthority } from "../../test/certificates.ts";
import { AddressRules } from "./addresses.ts";
import { TargetGuard } from "./guard.ts";
import { createSender, type OutgoingRequest } from "./request.ts";

/** What a test opened, ended after it. */
const opened: (() => void)[] = [];
afterEach(() => opened.splice(0).forEach((end) => end()));

const rules = new AddressRules(["127.0.0.1"]);
const names: Record<string, string[]> = {};
const guard = new TargetGuard({ rules, lookup: async (name) => names[name] ?? [] });
const request = createSender({ guard });

/** What came of a request, its address aside: that is always the same here. */
async function send(url: string, more: Partial<OutgoingRequest> = {}) {
  const sent = {
    url,
    method: "POST" as const,
    headers: { "x-test": "1" },
    body: "{}",
    timeout: 5_000,
    ...more,
  };
  const { address, ...result } = await request(sent);
  if (!/^(blocked|dns)$/.test(result.error ?? "")) expect(address).toBe("127.0.0.1");
  return result;
}

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

  test("of HTTP/1.0, which ends with the connection, is whole", async () => {
    const { url } = rawServer((socket) => {
      socket.write("HTTP/1.0 200 OK\r\n\r\nold");
      socket.end();
    });
    expect(await send(url)).toEqual({ status: 200, body: "old" });
  });

  test("that begins with 100 Continue and 103 Early Hints is what comes after", async () => {
    const { url } = rawServer((socket) => {
      socket.write(head("100 Continue") + head("103 Early Hints", "link: </x>"));
      socket.write(`${head("201 Created", "content-length: 2")}ok`);
    });
    expect(await send(url)).toEqual({ status: 201, body: "ok" });
  });

  test("with NULs in its headers is none, or none of them stays", async () => {
    const { url } = rawServer((socket) => {
      socket.write(`${head("200 OK", "x: a\0b", "retry-after: 1\0 2", "content-length: 0")}`);
      socket.end();
    });
    expect(JSON.stringify(await send(url))).not.toContain("\\u0000");
  });

  test("with chunks that are none keeps its status: body", async () => {
    const { url } = rawServer((socket) => {
      socket.write(`${head("200 OK", "transfer-encoding: chunked")}ZZZ\r\n`);
    });
    expect(await send(url)).toMatchObject({ status: 200, error: "body" });
  });
});

describe("a body that is made while it is sent", () => {
  const pieces = ["one ", "two ", "three"].map((text) => new TextEncoder().encode(text));
  const stream = {
    size: 13,
    async *open() {
      yield* pieces;
    },
  };

  test("arrives with its length, and as it is", async () => {
    const url = server(async (request) => {
      const length = request.headers.get("content-length");
      return new Response(`${length} ${request.headers.get("transfer-encoding")} ${await request.text()}`);
    });
    const { body: _, ...sent } = { body: undefined, stream };
    expect(await request({ url, method: "POST", headers: {}, timeout: 5_000, ...sent })).toMatchObject({
      ...{ status: 200, body: "13 null one two three" },
    });
  });

  test("that breaks off is no request that counts", async () => {
    const url = server(async (request) => new Response(await request.text()));
    const broken = {
      size: 13,
      async *open() {
        yield* pieces.slice(0, 1);
        throw new Error("its attachment is gone");
      },
    };
    const result = await request({ url, method: "POST", headers: {}, timeout: 5_000, stream: broken });
    expect(result.status).toBeUndefined();
    expect(result.error).toBeDefined();
  });
});

describe("an answer that is wanted as a whole", () => {
  test("is told whole up to its limit, and beyond it to be cut", async () => {
    const url = server(() => new Response("x".repeat(40_000)));
    expect((await send(url, { answerLimit: 40_000 })).body.length).toBe(40_000);
    expect(await send(url, { answerLimit: 40_000 })).not.toHaveProperty("cut");
    const cut = await send(url, { answerLimit: 39_999 });
    expect([cut.cut, cut.body.length]).toEqual([true, 39_999]);
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
  let authority: Authority;
  beforeAll(() => {
    if (hasOpenssl) authority = newAuthority();
  });

  /** A server that shows a certificate of `name`. */
  function secure(name: string, more: { days?: number; clients?: boolean } = {}) {
    const seen = { requests: 0, host: "" };
    const { cert, key } = authority.issue(name, more.days);
    const listening = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: {
        cert,
        key,
        ...(more.clients && { ca: authority.ca, requestCert: true, rejectUnauthorized: true }),
      },
      fetch: (request) => {
        seen.requests++;
        seen.host = request.headers.get("host") ?? "";
        return new Response();
      },
    });
    opened.push(() => void listening.stop(true));
    names["partner.example"] = ["127.0.0.1"];
    return { url: `https://partner.example:${listening.port}/`, port: listening.port, seen };
  }

  test("where the other side speaks none is: tls", async () => {
    const listening = server(() => new Response());
    expect(await send(listening.replace("http:", "https:"))).toMatchObject({ body: "", error: "tls" });
  });

  describe.skipIf(!hasOpenssl)("with a certificate", () => {
    test("that nobody vouches for is: tls, and nothing is sent", async () => {
      const { url, seen } = secure("partner.example");
      expect(await send(url)).toMatchObject({ body: "", error: "tls" });
      expect(seen.requests).toBe(0);
    });

    test("of the name, by an authority of the receiver's own, is good: the address is spoken to under the name", async () => {
      const { url, port, seen } = secure("partner.example");
      expect(await send(url, { tls: { ca: authority.ca } })).toEqual({ status: 200, body: "" });
      expect(seen).toEqual({ requests: 1, host: `partner.example:${port}` });
    });

    test("of another name is: tls, and nothing is sent", async () => {
      const { url, seen } = secure("other.example");
      expect(await send(url, { tls: { ca: authority.ca } })).toMatchObject({ error: "tls" });
      expect(seen.requests).toBe(0);
    });

    test("that has expired is: tls, and nothing is sent", async () => {
      const { url, seen } = secure("partner.example", { days: -1 });
      expect(await send(url, { tls: { ca: authority.ca } })).toMatchObject({ error: "tls" });
      expect(seen.requests).toBe(0);
    });

    test("of ours is shown where the other side asks for it", async () => {
      const { url, seen } = secure("partner.example", { clients: true });
      expect(await send(url, { tls: { ca: authority.ca } })).toMatchObject({ error: "tls" });
      expect(seen.requests).toBe(0);
      const ours = authority.issue("koppla");
      expect(await send(url, { tls: { ca: authority.ca, ...ours } })).toMatchObject({ status: 200 });
    });
  });
});

describe("an address", () => {
  test("that may not be spoken to is: blocked, with the setting, and nothing is sent", async () => {
    let requests = 0;
    const url = server(() => {
      requests++;
      return new Response();
    });
    const closed = createSender({
      guard: new TargetGuard({ rules: new AddressRules([]), lookup: async () => [] }),
    });
    const result = await closed({ url, method: "POST", headers: {}, timeout: 1_000 });
    expect(result).toMatchObject({ body: "", error: "blocked" });
    expect(result.detail).toContain("127.0.0.1 is this machine");
    expect(result.detail).toContain("webhooks.allow_targets");
    expect(requests).toBe(0);
  });

  test("of a name where nothing listens is passed over for the next", async () => {
    const { port } = new URL(server(() => new Response("here")));
    names["two.example"] = ["127.0.0.2", "127.0.0.1"];
    const both = createSender({
      guard: new TargetGuard({
        rules: new AddressRules(["two.example"]),
        lookup: async (name) => names[name] ?? [],
      }),
    });
    const result = await both({
      url: `http://two.example:${port}/`,
      method: "POST",
      headers: {},
      timeout: 2_000,
    });
    expect(result).toEqual({ status: 200, body: "here", address: "127.0.0.1" });
  });

  test("that a name server takes too long for is: timeout", async () => {
    const asked = Promise.withResolvers<string[]>();
    const slow = createSender({ guard: new TargetGuard({ rules, lookup: () => asked.promise }) });
    const result = await slow({ url: "https://slow.example/", method: "POST", headers: {}, timeout: 20 });
    expect(result).toMatchObject({ error: "timeout" });
    asked.resolve([]);
  });
});

describe("behind a forward proxy", () => {
  /** A proxy that answers everything itself. */
  function proxy(answer: string) {
    const seen: string[] = [];
    const listening = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, bytes) {
          seen.push(bytes.toString("latin1").split("\r\n")[0] ?? "");
          socket.end(answer);
        },
      },
    });
    opened.push(() => listening.stop(true));
    return { url: `http://127.0.0.1:${listening.port}`, seen };
  }

  const through = (url: string, proxyUrl: string, allowed: string[] = ["127.0.0.1", "partner.example"]) =>
    createSender({
      proxy: proxyUrl,
      guard: new TargetGuard({ rules: new AddressRules(allowed), lookup: async () => ["127.0.0.1"] }),
    })({ url, method: "POST", headers: {}, body: "{}", timeout: 2_000 });

  test("what is public goes through it, its name unresolved", async () => {
    const { url, seen } = proxy(head("502 Bad Gateway", "content-length: 0"));
    expect(await through("https://partner.example/hooks", url, [])).toMatchObject({ error: "proxy" });
    expect(seen).toEqual(["CONNECT partner.example:443 HTTP/1.1"]);
  });

  test("what is listed goes past it", async () => {
    const { url, seen } = proxy(head("502 Bad Gateway", "content-length: 0"));
    expect(
      await through(
        server(() => new Response("direct")),
        url,
      ),
    ).toMatchObject({ status: 200, body: "direct" });
    expect(seen).toEqual([]);
  });

  test("that is not there, the fault is its own: proxy", async () => {
    const dead = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const url = `http://127.0.0.1:${dead.port}`;
    dead.stop(true);
    expect(await through("https://partner.example/", url, [])).toMatchObject({ error: "proxy" });
  });

  test("an internal address is blocked all the same", async () => {
    const { url, seen } = proxy(head("200 OK", "content-length: 0"));
    expect(await through("https://10.0.0.1/", url, [])).toMatchObject({ error: "blocked" });
    expect(await through("http://partner.example/", url, [])).toMatchObject({ error: "blocked" });
    expect(seen).toEqual([]);
  });
});
