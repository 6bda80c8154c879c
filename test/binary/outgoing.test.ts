/** Where requests go and with what: tokens for receivers, more authorities, forms of addresses, many that hang. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasOpenssl, newAuthority } from "../certificates.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

/** One attempt a second, so that what is asked for a second time is seen. */
const retry = { steps: ["1s"], then: "repeat" };
const CLIENT_SECRET = "c4nary-client-secret";
const TOKEN = "c4nary-access-token";

interface Logged {
  items: { id: string; status: string; status_code: number | null }[];
}
interface Detail {
  request_headers: Record<string, string>;
  attempts: { error: string | null; detail: string | null; status_code: number | null }[];
}

/** The first attempt of a receiver's first delivery, when there is one. */
async function firstAttempt(
  partner: Partner,
  receiver: string,
): Promise<Detail["attempts"][number] & Detail> {
  return await eventually("an attempt is in the log", async () => {
    const { items } = await partner.read<Logged>(`/api/v1/deliveries?receiver=${receiver}`);
    const [first] = items;
    if (!first) return undefined;
    const detail = await partner.read<Detail>(`/api/v1/deliveries/${first.id}`);
    const [attempt] = detail.attempts;
    return attempt && { ...detail, ...attempt };
  });
}

describe("a receiver with OAuth 2.0", () => {
  let koppla: Koppla;
  let sink: TestReceiver;
  let tokens: TestReceiver;
  let tenants = 0;

  beforeAll(async () => {
    koppla = await startKoppla({ config: { webhooks: { timeout: "2s" } } });
    sink = new TestReceiver();
    tokens = new TestReceiver();
  });
  afterAll(async () => {
    await koppla.dispose();
    await Promise.all([sink.stop(), tokens.stop()]);
  });

  const granted = (more: Record<string, unknown> = {}) =>
    Response.json({ access_token: TOKEN, token_type: "Bearer", expires_in: 3600, ...more });

  /** A partner and its receiver, with paths of its own at the sink and at the token server. */
  const make = async (more: Record<string, unknown> = {}) => {
    const path = `/oauth-${++tenants}`;
    const partner = await koppla.partner(`oauth-${tenants}`);
    const auth = {
      ...{
        protocol: "oauth2",
        token_url: tokens.url(path),
        client_id: "koppla",
        client_secret: CLIENT_SECRET,
      },
      ...more,
    };
    const receiver = await createReceiver(partner, sink.url(path), { auth, retry });
    return { partner, path, receiver };
  };

  const at = (server: TestReceiver, path: string) =>
    server.requests.filter((request) => request.path === path);

  test("is sent a token that its token URL gave, which is asked for once for many deliveries", async () => {
    tokens.script(() => granted());
    sink.script(() => 204);
    const { partner, path } = await make({ scope: "hooks", client_auth: "post" });
    for (const id of [1, 2, 3]) {
      await put(partner, `trainings/${id}`, { name: "x" });
      const got = await sink.nth(id, path);
      expect(got.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
    }
    const [asked, ...more] = at(tokens, path);
    expect(more).toEqual([]);
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      ...{
        grant_type: "client_credentials",
        scope: "hooks",
        client_id: "koppla",
        client_secret: CLIENT_SECRET,
      },
    });
  });

  test("that does not take its token is sent one more attempt with a new one, and no third", async () => {
    let given = 0;
    tokens.script(() => granted({ access_token: `${TOKEN}-${++given}` }));
    sink.script((_, { headers }) => (headers["authorization"] === `Bearer ${TOKEN}-2` ? 204 : 401));
    const { partner, path } = await make();
    await put(partner, "trainings/1", { name: "x" });
    await sink.nth(2, path);
    expect(at(sink, path).map(({ headers }) => headers["authorization"])).toEqual([
      `Bearer ${TOKEN}-1`,
      `Bearer ${TOKEN}-2`,
    ]);
    expect(new Set(at(sink, path).map(({ id }) => id)).size).toBe(1);

    sink.script(() => 401);
    const never = await make();
    await put(never.partner, "trainings/1", { name: "x" });
    const attempt = await firstAttempt(never.partner, never.receiver.id);
    expect(attempt).toMatchObject({ status_code: 401, error: "status" });
    expect(at(tokens, never.path)).toHaveLength(2);
  });

  test.each<[string, () => Response | Promise<Response>, string]>([
    ["hangs", () => new Promise<Response>(() => {}), "timeout"],
    ["answers 500", () => new Response("broken", { status: 500 }), "it answered 500"],
    [
      "refuses the client",
      () => Response.json({ error: "invalid_client" }, { status: 401 }),
      "(invalid_client)",
    ],
    ["redirects", () => Response.redirect(sink.url("/elsewhere"), 307), "it answered 307"],
    ["answers something else than JSON", () => new Response("<html>"), "not a JSON object"],
    ["gives a token that expires at once", () => granted({ expires_in: 0 }), "expired already"],
    ["gives another type of token", () => granted({ token_type: "mac" }), "token_type"],
    [
      "repeats the secret in its answer",
      () => Response.json({ error: CLIENT_SECRET }, { status: 400 }),
      "it answered 400",
    ],
  ])("whose token URL %s is sent nothing, and the attempt has failed", async (_, answer, detail) => {
    tokens.script(answer);
    sink.script(() => 204);
    const { partner, path, receiver } = await make();
    await put(partner, "trainings/1", { name: "x" });
    const attempt = await firstAttempt(partner, receiver.id);
    expect(attempt).toMatchObject({ error: "oauth", status_code: null });
    expect(attempt.detail).toContain(detail);
    expect(JSON.stringify(attempt)).not.toContain("c4nary");
    expect(at(sink, path)).toEqual([]);
    expect(at(sink, "/elsewhere")).toEqual([]);
    // And it goes on as soon as there is a token.
    tokens.script(() => granted());
    expect((await sink.nth(1, path)).headers["authorization"]).toBe(`Bearer ${TOKEN}`);
  });

  test("has its secret and its tokens in no log and no answer", async () => {
    const { partner, receiver } = await make();
    expect(koppla.log.text()).not.toContain("c4nary");
    for (const path of [
      `/api/v1/receivers/${receiver.id}`,
      "/api/v1/deliveries?limit=500",
      "/api/v1/audit?limit=500",
    ]) {
      expect(await (await partner.get(path)).text()).not.toContain("c4nary");
    }
  });
});

describe("an address", () => {
  let koppla: Koppla;
  beforeAll(async () => {
    koppla = await startKoppla({ config: { webhooks: { allow_targets: ["127.0.0.1"] } } });
  });
  afterAll(() => koppla.dispose());

  const forms = [
    ["http://2130706434/", "127.0.0.2"],
    ["http://0x7f000002/", "127.0.0.2"],
    ["http://0177.0.0.2/", "127.0.0.2"],
    ["http://127.2/", "127.0.0.2"],
    ["http://①②⑦.⓪.⓪.②/", "127.0.0.2"],
    ["http://[::ffff:127.0.0.2]/", "127.0.0.2"],
    ["http://[::1]/", "::1"],
    ["http://[::]/", "::"],
    ["http://0.0.0.0/", "0.0.0.0"],
    ["https://[64:ff9b::7f00:1]/", "64:ff9b::7f00:1"],
    ["https://[2002:7f00:1::]/", "2002:7f00:1::"],
    ["https://[fd00::1]/", "fd00::1"],
    ["http://169.254.169.254/latest/meta-data/", "169.254.169.254"],
    ["https://10.0.0.1/", "10.0.0.1"],
    ["https://192.168.1.1/", "192.168.1.1"],
    ["https://100.64.0.1/", "100.64.0.1"],
  ] as const;

  test.each(forms)(
    "written as %s is refused, and the reason names it and the setting",
    async (url, address) => {
      const response = await koppla.demo.post("/api/v1/receivers", { name: "r", url, topics: ["*"] });
      expect(response.status).toBe(422);
      const { violations } = (await response.json()) as { violations: { field: string; message: string }[] };
      expect(violations).toMatchObject([{ field: "url" }]);
      expect(violations[0]?.message).toContain(address);
      expect(violations[0]?.message).toContain("webhooks.allow_targets");
    },
  );

  test("that was allowed when its receiver was made is not spoken to when it is not any more", async () => {
    const open = forms.map(([, address]) => address);
    const other = await startKoppla({ config: { webhooks: { allow_targets: open, timeout: "1s" } } });
    try {
      const partner = await other.partner("moved");
      const made: { id: string; address: string }[] = [];
      for (const [url, address] of forms)
        made.push({ id: (await createReceiver(partner, url, { retry })).id, address });
      await other.stop();
      const config = JSON.parse(readFileSync(other.configFile, "utf8"));
      writeFileSync(
        other.configFile,
        JSON.stringify({ ...config, webhooks: { ...config.webhooks, allow_targets: [] } }),
      );
      await other.start();
      await put(partner, "trainings/1", { name: "x" });
      for (const { id, address } of made) {
        const attempt = await firstAttempt(partner, id);
        expect(attempt).toMatchObject({ error: "blocked", status_code: null });
        expect(attempt.detail).toContain(address);
        expect(attempt.detail).toContain("webhooks.allow_targets");
      }
    } finally {
      await other.dispose();
    }
  });

  test.each([
    "https://partner.example@127.0.0.2/",
    "https://user:pw@partner.example/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
  ])("written as %s is refused at once", async (url) => {
    const body = { name: "r", url, topics: ["*"] };
    expect((await koppla.demo.post("/api/v1/receivers", body)).status).toBe(422);
  });
});

describe.skipIf(!hasOpenssl)("certificates", () => {
  const folder = mkdtempSync(join(tmpdir(), "koppla-authorities-"));
  const opened: Bun.Server<undefined>[] = [];
  let koppla: Koppla | undefined;
  afterEach(async () => {
    await koppla?.dispose();
    for (const server of opened.splice(0)) await server.stop(true);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A receiver at https://localhost, whose certificate `authority` has signed. */
  const secure = (authority: ReturnType<typeof newAuthority>) => {
    const arrived = Promise.withResolvers<void>();
    const server = Bun.serve({
      hostname: "localhost",
      port: 0,
      tls: authority.issue("localhost"),
      fetch: () => {
        arrived.resolve();
        return new Response();
      },
    });
    opened.push(server);
    return { url: `https://localhost:${server.port}/`, arrived: arrived.promise };
  };

  test("by the authorities of webhooks.ca_file are good, beside those of the environment; others are not", async () => {
    const [own, given, unknown] = [newAuthority(), newAuthority(), newAuthority()];
    writeFileSync(join(folder, "own.pem"), own.ca);
    writeFileSync(join(folder, "given.pem"), given.ca);
    koppla = await startKoppla({
      config: { webhooks: { ca_file: join(folder, "own.pem"), allow_targets: ["localhost"] } },
      env: { NODE_EXTRA_CA_CERTS: join(folder, "given.pem") },
    });
    const [first, second, third] = [secure(own), secure(given), secure(unknown)];
    const { demo } = koppla;
    await createReceiver(demo, first.url);
    await createReceiver(demo, second.url);
    const { id } = await createReceiver(demo, third.url);
    await put(demo, "trainings/1", { name: "x" });
    await Promise.all([first.arrived, second.arrived]);
    expect(await firstAttempt(demo, id)).toMatchObject({ error: "tls" });
  });
});

describe("600 receivers that never answer", () => {
  let koppla: Koppla;
  let hanging: Bun.TCPSocketListener<undefined>;
  let open = 0;
  let most = 0;

  beforeAll(async () => {
    koppla = await startKoppla({ config: { webhooks: { timeout: "60s" } } });
    hanging = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data() {},
        open: () => void (most = Math.max(most, ++open)),
        close: () => void open--,
        error() {},
      },
    });
  }, LONG_TEST_MS);
  afterAll(async () => {
    await koppla.dispose();
    hanging.stop(true);
  });

  test(
    "do not hold up one that does, and has before",
    async () => {
      const sink = new TestReceiver();
      const { demo } = koppla;
      const bundle = { quiet: "0ms", longest: "1s", size: 500 };
      for (let batch = 0; batch < 20; batch++) {
        const made = Array.from({ length: 30 }, (_, i) => {
          const url = `http://127.0.0.1:${hanging.port}/${batch}-${i}`;
          return createReceiver(demo, url, { topics: ["Institutes.*"], bundle });
        });
        await Promise.all(made);
      }
      await createReceiver(demo, sink.url(), { topics: ["Trainings.*"], bundle });
      await put(demo, "trainings/1", { name: "x" });
      await sink.nth(1);
      await put(demo, "institutes/1", { name: "x" });
      // More than fetch has under way unless it is told otherwise (256).
      await eventually("more than 256 hang", async () => most > 300 || undefined);
      const waits: number[] = [];
      for (let id = 2; id <= 11; id++) {
        const began = performance.now();
        await put(demo, `trainings/${id}`, { name: "x" });
        await sink.nth(id);
        waits.push(performance.now() - began);
      }
      expect(open).toBeGreaterThan(300);
      // Of these it waits for its window and its turn; for one that hangs it would wait a minute.
      expect(Math.max(...waits)).toBeLessThan(5_000);
      await sink.stop();
    },
    LONG_TEST_MS,
  );
});
