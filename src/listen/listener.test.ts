import { afterEach, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { ManualClock, systemClock } from "../clock.ts";
import { generateSecret, websubSignature } from "../deliveries/signature.ts";
import { Problem } from "../problem.ts";
import { startListener, type Listener, type ListenerOptions, type Received } from "./listener.ts";

const secret = generateSecret();
const body = '{"changes":[{"action":"update","object":"training","id":7}]}';

const started: Listener[] = [];
afterEach(async () => {
  for (const listener of started.splice(0)) await listener.stop();
});

async function listen(options: Partial<ListenerOptions> = {}) {
  const received: Received[] = [];
  const listener = await startListener({
    hostname: "127.0.0.1",
    port: 0,
    secrets: [],
    websubSecrets: [],
    status: 204,
    failFirst: Infinity,
    delay: 0,
    maxBody: 1000,
    clock: systemClock,
    onReceived: (one) => received.push(one),
    ...options,
  });
  started.push(listener);
  return { ...listener, received };
}

/** Headers as the reference library signs them. */
function signed(id: string, text: string, by = secret, at = new Date()): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(by).sign(id, at, text),
  };
}

function post(
  url: string,
  headers: Record<string, string>,
  text: string | ReadableStream = body,
): Promise<Response> {
  return fetch(url, { method: "POST", headers, body: text });
}

describe("signatures", () => {
  test("a webhook signed by the reference library is verified and answered 204", async () => {
    const { url, received } = await listen({ secrets: [secret] });
    const response = await post(`${url}/hooks?a=1`, signed("msg_1", body));
    expect(response.status).toBe(204);
    expect(received).toMatchObject([
      { id: "msg_1", path: "/hooks?a=1", verified: true, reason: null, attempt: 1, bytes: body.length, body },
    ]);
    expect(received[0]?.contents.changes).toEqual([{ what: "update", object: "training", id: 7, url: null }]);
  });

  test("one of several secrets is enough", async () => {
    const { url } = await listen({ secrets: [generateSecret(), secret] });
    expect((await post(url, signed("msg_1", body))).status).toBe(204);
  });

  test("a bad signature is answered 401 with the reason, and counted", async () => {
    const { url, received, totals } = await listen({ secrets: [secret] });
    const response = await post(url, signed("msg_1", body, generateSecret()));
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("secret");
    expect(received).toMatchObject([{ verified: false, status: 401 }]);
    expect(totals.unverified).toBe(1);
  });

  test("the bytes are checked, not the JSON: one space more is another body", async () => {
    const { url } = await listen({ secrets: [secret] });
    expect((await post(url, signed("msg_1", body), `${body} `)).status).toBe(401);
  });

  test("an old timestamp is refused by the listener's clock", async () => {
    const clock = new ManualClock();
    const { url, received } = await listen({ secrets: [secret], clock });
    const headers = signed("msg_1", body, secret, new Date(clock.now()));
    expect((await post(url, headers)).status).toBe(204);
    clock.advance(301_000);
    expect((await post(url, headers)).status).toBe(401);
    expect(received[1]?.reason).toContain("301 s old");
  });

  test("WebSub is verified, and refused when wrong or missing", async () => {
    const { url, received } = await listen({ websubSecrets: ["nyckel"] });
    const header = websubSignature("sha512", "nyckel", body);
    expect((await post(url, { "x-hub-signature": header })).status).toBe(204);
    expect((await post(url, { "x-hub-signature": header }, "{}")).status).toBe(401);
    expect((await post(url, {})).status).toBe(401);
    expect(received.map((one) => one.verified)).toEqual([true, false, false]);
  });

  test("with both kinds of secret both signatures must be right", async () => {
    const { url } = await listen({ secrets: [secret], websubSecrets: ["nyckel"] });
    const hub = { "x-hub-signature": websubSignature("sha256", "nyckel", body) };
    expect((await post(url, { ...signed("msg_1", body), ...hub })).status).toBe(204);
    expect((await post(url, signed("msg_2", body))).status).toBe(401);
    expect((await post(url, hub)).status).toBe(401);
  });

  test("without a secret everything is taken and nothing passes for verified", async () => {
    const { url, received } = await listen();
    expect((await post(url, {})).status).toBe(204);
    expect(received).toMatchObject([{ id: null, verified: null, reason: null }]);
  });

  test("a secret that is none is refused at the start", async () => {
    const start = listen({ secrets: ["whsec_short"] });
    expect(await start.catch((error: unknown) => error)).toBeInstanceOf(Problem);
  });
});

describe("repeats", () => {
  test("a webhook-id that was seen before is a repeat", async () => {
    const { url, received, totals } = await listen({ secrets: [secret] });
    for (const id of ["msg_1", "msg_2", "msg_1", "msg_1"]) await post(url, signed(id, body));
    expect(received.map((one) => one.attempt)).toEqual([1, 1, 2, 3]);
    expect(totals).toEqual({ received: 4, unique: 2, repeats: 2, unverified: 0 });
  });
});

describe("rehearsing trouble", () => {
  test("a status is answered every time", async () => {
    const { url } = await listen({ status: 503 });
    expect((await post(url, {})).status).toBe(503);
    expect((await post(url, {})).status).toBe(503);
  });

  test("the first attempts fail, then it works again; what is refused is not counted", async () => {
    const { url } = await listen({ secrets: [secret], status: 500, failFirst: 2 });
    const statuses = [];
    for (const id of ["a", "b", "forged", "a", "b"]) {
      const by = id === "forged" ? generateSecret() : secret;
      statuses.push((await post(url, signed(id, body, by))).status);
    }
    expect(statuses).toEqual([500, 500, 401, 204, 204]);
  });

  test("an answer is held back for the delay, and reported before", async () => {
    const clock = new ManualClock();
    const reported = Promise.withResolvers<Received>();
    const { url } = await listen({ clock, delay: 60_000, onReceived: reported.resolve });
    let answered = false;
    const answer = post(url, {}).then((response) => {
      answered = true;
      return response.status;
    });
    expect((await reported.promise).status).toBe(204);
    clock.advance(59_999);
    // What comes back at once: an answer given too early would have come before it.
    await fetch(url);
    expect(answered).toBeFalse();
    clock.advance(1);
    expect(await answer).toBe(204);
  });

  test("stopping does not wait for a delay", async () => {
    const reported = Promise.withResolvers<Received>();
    const clock = new ManualClock();
    const { url, stop } = await listen({ clock, delay: 60_000, onReceived: reported.resolve });
    const answer = post(url, {}).then(
      () => "answered",
      () => "cut off",
    );
    await reported.promise;
    await stop();
    expect(await answer).toBe("cut off");
  });
});

describe("forwarding", () => {
  /** A developer's program, and what it was sent. */
  function program(answer: (request: Request) => Response) {
    const seen: { path: string; headers: Headers; body: string }[] = [];
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        seen.push({ path: pathname + search, headers: request.headers, body: await request.text() });
        return answer(request);
      },
    });
    programs.push(server);
    return { url: new URL(server.url), seen };
  }
  const programs: Bun.Server<undefined>[] = [];
  afterEach(() => Promise.all(programs.splice(0).map((server) => server.stop(true))));

  test("hands on what was verified, byte for byte, with its headers; the answer is the program's", async () => {
    const { url: to, seen } = program(
      () => new Response("not now", { status: 503, headers: { "retry-after": "7" } }),
    );
    const { url, received } = await listen({ secrets: [secret], forwardTo: to });
    const response = await post(`${url}/hooks?a=1`, signed("msg_1", `${body}\n`), `${body}\n`);
    expect([response.status, response.headers.get("retry-after"), await response.text()]).toEqual([
      503,
      "7",
      "not now",
    ]);
    expect(seen).toMatchObject([{ path: "/hooks?a=1", body: `${body}\n` }]);
    expect(() =>
      new Webhook(secret).verify(`${body}\n`, Object.fromEntries(seen[0]?.headers ?? [])),
    ).not.toThrow();
    expect(received).toMatchObject([{ status: 503, verified: true, reason: null }]);
  });

  test("a path of the program's own takes the place of the request's", async () => {
    const { url: to, seen } = program(() => new Response(null, { status: 204 }));
    const { url } = await listen({ forwardTo: new URL("/api/koppla", to) });
    expect((await post(`${url}/hooks`, {})).status).toBe(204);
    expect(seen[0]?.path).toBe("/api/koppla");
  });

  test("hands on nothing that was not verified, nor what is rehearsed to fail", async () => {
    const { url: to, seen } = program(() => new Response());
    const { url } = await listen({ secrets: [secret], status: 500, failFirst: 1, forwardTo: to });
    expect((await post(url, signed("msg_1", body, generateSecret()))).status).toBe(401);
    expect((await post(url, signed("msg_1", body))).status).toBe(500);
    expect(seen).toEqual([]);
    expect((await post(url, signed("msg_1", body))).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test("a program that is not there is answered for with 502 and the reason", async () => {
    const { url: to } = program(() => new Response());
    await Promise.all(programs.splice(0).map((server) => server.stop(true)));
    const { url, received } = await listen({ secrets: [secret], forwardTo: to });
    const response = await post(url, signed("msg_1", body));
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("did not answer");
    expect(received).toMatchObject([{ status: 502, verified: true }]);
  });
});

describe("what is no webhook", () => {
  test.each(["GET", "PUT", "DELETE"])("%s is answered 405 with Allow", async (method) => {
    const { url, received } = await listen();
    const response = await fetch(url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(received).toMatchObject([{ method, status: 405, verified: null }]);
  });

  test("a body of just the limit is taken, one byte more is answered 413", async () => {
    const { url, received } = await listen({ maxBody: 1000 });
    expect((await post(url, {}, "x".repeat(1000))).status).toBe(204);
    expect((await post(url, {}, "x".repeat(1001))).status).toBe(413);
    expect(received.map((one) => one.status)).toEqual([204, 413]);
  });

  test("an endless body is cut at the limit", async () => {
    const { url, received } = await listen({ maxBody: 1000 });
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(600)),
    });
    // Whether the sender still gets to read the answer depends on what it is doing when the connection closes.
    await post(url, {}, endless).catch(() => undefined);
    expect(received.map((one) => one.status)).toEqual([413]);
    expect((await post(url, {})).status).toBe(204);
  });

  test("a sender that breaks off in the middle of a body does no harm", async () => {
    const { url, received, totals } = await listen();
    const { port } = new URL(url);
    const closed = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: Number(port),
      socket: { data() {}, close: () => closed.resolve() },
    });
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
    // It is being read once there is one more than those asked for here.
    let asked = 0;
    while (totals.received <= asked) {
      asked++;
      await fetch(url);
    }
    socket.terminate();
    await closed.promise;
    expect((await post(url, {})).status).toBe(204);
    expect(received.filter((one) => one.method === "POST")).toHaveLength(1);
  });
});
