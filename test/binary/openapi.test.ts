/** The API document and the page that shows it: the same everywhere, valid, and true. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Contract, type Documented } from "./contract.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, prepareKoppla, startKoppla } from "./harness.ts";
import { exportedParty, sendMessage } from "./messages.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { deliveryWith } from "./wire.ts";

const root = join(import.meta.dir, "../..");

let koppla: Koppla;
let folder: string;
let json: string;
let contract: Contract;
/** What calls it waits for ever: an operation that can be cancelled. */
const silence = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-openapi-"));
  koppla = await startKoppla({
    config: {
      actions: {
        "send-report": {
          input: { type: "object", properties: { year: { type: "integer" } } },
          run: { http: { url: "http://127.0.0.1:9/report" } },
        },
        wait: { run: { http: { url: `http://127.0.0.1:${silence.port}/` } } },
      },
      // Nothing may be sent there, so each message of that organisation has a publication that has failed.
      channels: {
        away: {
          ...{ kind: "http", url: "http://127.0.0.2:9/", secret: `whsec_${btoa("k".repeat(32))}` },
          ...{ organisations: ["contract"], retry: "standard" },
        },
      },
      webhooks: { retry_schedules: { standard: { steps: ["1ms"], then: "fail" } } },
      schedules: { "nightly-report": { cron: "0 3 29 2 *", action: "send-report" } },
    },
  });
  json = await (await fetch(`${koppla.url}/openapi.json`)).text();
  contract = new Contract(JSON.parse(json));
});
afterAll(async () => {
  await koppla.dispose();
  silence.stop(true);
  await rm(folder, { recursive: true, force: true });
});

describe("the document", () => {
  test("is printed by koppla openapi as the server has it, without a server, database or key", async () => {
    const other = await prepareKoppla();
    try {
      const before = await readdir(other.dir);
      expect((await other.cli("openapi")).stdout).toBe(json);
      const yaml = await (await fetch(`${koppla.url}/openapi.yaml`)).text();
      expect((await other.cli("openapi", "--format", "yaml")).stdout).toBe(yaml);
      expect(await readdir(other.dir)).toEqual(before);
    } finally {
      await other.dispose();
    }
  });

  test("is not sent again to who has it", async () => {
    for (const path of ["/openapi.json", "/openapi.yaml", "/docs"]) {
      const first = await fetch(koppla.url + path);
      const etag = first.headers.get("etag") ?? "";
      const again = await fetch(koppla.url + path, { headers: { "if-none-match": etag } });
      expect([path, again.status, again.headers.get("etag"), await again.text()]).toEqual([
        path,
        304,
        etag,
        "",
      ]);
    }
  });

  test("is found good by Redocly, without a warning", async () => {
    const file = join(folder, "openapi.json");
    await Bun.write(file, json);
    const redocly = Bun.spawn(
      [join(root, "node_modules/.bin/redocly"), "lint", "--config", join(root, ".ci/redocly.yaml"), file],
      {
        cwd: folder,
        env: {
          ...process.env,
          REDOCLY_TELEMETRY: "off",
          REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
          NO_COLOR: "1",
        },
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    const [out, err] = await Promise.all([
      new Response(redocly.stdout).text(),
      new Response(redocly.stderr).text(),
    ]);
    expect({ exitCode: await redocly.exited, text: out + err }).toEqual({
      exitCode: 0,
      text: expect.stringContaining("valid"),
    });
  });

  test("names every method that a path has: all others are refused as not possible there", async () => {
    for (const [path, operations = []] of Object.entries(
      Object.groupBy(contract.operations, ({ path }) => path),
    ))
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        if (operations.some((operation) => operation.method === method)) continue;
        // `/deliveries/resend` may also be read as `/deliveries/{id}`.
        const fits = (other: string) => new RegExp(`^${other.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
        if (contract.operations.some((other) => other.method === method && fits(other.path))) continue;
        const { status } = await koppla.demo.api(path.replaceAll(/\{\w+\}/g, "1"), { method });
        expect({ method, path, status }).toEqual({ method, path, status: 405 });
      }
  });
});

describe("the page", () => {
  test("loads only what the server itself has, and forbids the browser everything else", async () => {
    const page = await fetch(`${koppla.url}/docs`);
    const html = await page.text();
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toStartWith("default-src 'none';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);

    const links = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(
      ([, link = ""]) => new URL(link, page.url),
    );
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) {
      const response = await fetch(link);
      const type = response.headers.get("content-type") ?? "";
      expect([link.origin, link.pathname, response.status]).toEqual([
        new URL(koppla.url).origin,
        link.pathname,
        200,
      ]);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      if (/\.(?:js|css)$/.test(link.pathname)) expect(type).toEndWith("; charset=utf-8");
      if (link.pathname.startsWith("/docs/assets/"))
        expect(response.headers.get("cache-control")).toContain("immutable");
      await response.body?.cancel();
    }
  });

  test("sends its files packed to who can unpack them, and as they are to others", async () => {
    const html = await (await fetch(`${koppla.url}/docs`)).text();
    const path = /src="([^"]*swagger-ui-bundle\.js)"/.exec(html)?.[1];
    const get = (encoding: string) =>
      fetch(`${koppla.url}/${path}`, { headers: { "accept-encoding": encoding }, decompress: false });
    const [packed, plain] = [await get("zstd, gzip"), await get("identity")];
    expect([packed.headers.get("content-encoding"), plain.headers.get("content-encoding")]).toEqual([
      "gzip",
      null,
    ]);
    const unpacked = Bun.gunzipSync(await packed.arrayBuffer());
    expect(Bun.hash(unpacked)).toBe(Bun.hash(await plain.bytes()));
    expect(unpacked.length).toBeGreaterThan(1_000_000);
    expect((await fetch(`${koppla.url}/docs/assets/0/swagger-ui.css`)).status).toBe(404);
  });

  test("has one address: with a slash behind it leads to the one without", async () => {
    const response = await fetch(`${koppla.url}/docs/`, { redirect: "manual" });
    expect(response.status).toBe(308);
    expect(new URL(response.headers.get("location") ?? "", `${koppla.url}/docs/`).pathname).toBe("/docs");
  });
});

describe("what the document says is so:", () => {
  let partner: Partner;
  let powerless: Partner;
  let sink: TestReceiver;
  /** Ids of what is there for each test, by the beginning of the path that has it, and where it has several its name. */
  const ids = new Map<string, string>();

  beforeAll(async () => {
    partner = await koppla.partner("contract", ["*:*", "system:*"]);
    powerless = await koppla.account("contract", ["impersonate:run"]);
    sink = new TestReceiver();
    await createReceiver(partner, sink.url());
    await put(partner, "trainings/1", { name: "Svetsning" });
    const { id } = await sink.nth(1);
    await deliveryWith(partner, id, "delivered");
    ids.set("/api/v1/deliveries/", id);
    const { operationId } = await exportedParty(partner);
    ids.set("/api/v1/webmessages/exports/", operationId);
    const begun = async (path: string, body: unknown) => {
      const { id: started } = await partner.send<{ id: string }>("POST", path, body, 202);
      await partner.read(`/api/v1/operations/${started}?wait=20`);
      return started;
    };
    ids.set("/api/v1/operations/{id}/file", await begun("/api/v1/trainings/export", {}));
    ids.set("/api/v1/operations/{id}/errors", await begun("/api/v1/trainings/import", [{ name: 7 }]));
    ids.set("/api/v1/operations/{id}/cancel", "");
  });
  afterAll(() => sink.stop());

  beforeEach(async () => {
    const { id } = await createReceiver(partner, sink.url("/another"), {
      // With a public key to ask for.
      ...{ enabled: false, signature: "v1a" },
    });
    ids.set("/api/v1/receivers/", id);
    const failed = { status: "failed" };
    const started = await partner.send<{ id: string }>("POST", "/api/v1/deliveries/resend", failed, 202);
    ids.set("/api/v1/operations/", started.id);
    const waits = await partner.send<{ id: string }>("POST", "/api/v1/actions/wait", {}, 202);
    ids.set("/api/v1/operations/{id}/cancel", waits.id);
    await makeAccount();
    await makeUser();
    const message = await sendMessage(partner);
    ids.set("/webmessages/ id", message);
    ids.set("/api/v1/webmessages/{id}", message);
    const publication = await eventually("the message could not be published", async () => {
      const path = `/api/v1/publications?message=${message}&state=failed`;
      return (await partner.read<{ items: { id: string }[] }>(path)).items[0];
    });
    ids.set("/api/v1/publications/", publication.id);
    for (const operation of contract.operations)
      if (operation.method === "PUT") await call(operation, bodyOf(operation));
  });

  async function makeUser(): Promise<void> {
    const body = { username: crypto.randomUUID(), email: "another@example.org" };
    const { id } = await partner.send<{ id: string }>("POST", "/api/v1/users", body, 201);
    ids.set("/api/v1/users/", id);
  }

  /** An account with a token and a policy, for the operations that take those away. */
  async function makeAccount(): Promise<void> {
    const made = <T>(path: string, body: unknown) => partner.send<T>("POST", path, body, 201);
    const grants = [{ resource: "*", actions: ["read"] }];
    const { id } = await made<{ id: string }>("/api/v1/accounts", { name: "Another", grants });
    const token = await made<{ id: string }>(`/api/v1/accounts/${id}/tokens`, {});
    const policy = { users: ["anna"], scopes: ["*:read"] };
    const { id: policyId } = await made<{ id: string }>(
      `/api/v1/accounts/${id}/impersonation-policies`,
      policy,
    );
    ids.set("/api/v1/accounts/ id", id);
    ids.set("/api/v1/accounts/ tokenId", token.id);
    ids.set("/api/v1/accounts/ policyId", policyId);
    const link = await made<{ id: string }>(`/api/v1/accounts/${id}/portal-links`, {});
    ids.set("/api/v1/accounts/ link", link.id);
    ids.set("/api/v1/organisations/", partner.organisation);
  }

  const known = (path: string, parameter: string) =>
    [...ids].find(([place]) => {
      const [prefix = "", name = parameter] = place.split(" ");
      return path.startsWith(prefix) && name === parameter;
    })?.[1];

  const pathOf = ({ path, parameters = [] }: Documented, given?: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const example = parameters.find((parameter) => parameter.name === name)?.example;
      return encodeURIComponent(given ?? known(path, name) ?? String(example));
    });

  interface Sent {
    headers?: Record<string, string>;
    body?: string;
    signal?: AbortSignal;
  }

  const call = (operation: Documented, init: Sent, path = pathOf(operation)) => {
    const asClient = JSON.stringify(operation.security ?? []).includes('"client"');
    const client = { authorization: `Basic ${btoa(`${partner.clientId}:${partner.token}`)}` };
    const headers = { ...(asClient && client), ...init.headers };
    return partner.api(path, { method: operation.method, ...init, headers });
  };

  const json = (body: string): Sent => ({ headers: { "content-type": "application/json" }, body });

  /** The documented examples of what is sent; one request without a body where there are none. */
  const examplesOf = (operation: Documented): Sent[] =>
    contract.bodies(operation).map(({ type, body }) => ({ headers: { "content-type": type }, body }));
  const bodyOf = (operation: Documented): Sent => examplesOf(operation)[0] ?? {};

  /**
   * What is made comes before what needs it, what is switched off is switched on again, and removal is last: of what
   * belongs to something first.
   */
  const inOrder = (): Documented[] => {
    const rank = ({ path, method }: Documented) =>
      path.endsWith("/disable") ? -1 : ["POST", "PUT", "GET", "PATCH", "DELETE"].indexOf(method);
    const depth = ({ path, method }: Documented) => (method === "DELETE" ? -path.split("/").length : 0);
    return contract.operations.toSorted((a, b) => rank(a) - rank(b) || depth(a) - depth(b));
  };

  test("every operation succeeds with the documented examples, and answers as documented", async () => {
    // What the PUTs made stands in the way of the POSTs.
    for (const { path } of contract.operations.filter(({ method }) => method === "PUT"))
      for (const operation of contract.operations)
        if (operation.path === path && operation.method === "DELETE") await call(operation, {});
    // Of browsers' sessions there is `sessions.test.ts`.
    const ofTokens = inOrder().filter(({ path }) => !/^\/api\/v1\/(session|setup)/.test(path));
    for (const operation of ofTokens) {
      const examples = examplesOf(operation);
      for (const example of examples.length > 0 ? examples : [{}]) {
        const response = await call(operation, example);
        const { operationId } = operation;
        const { status } = response;
        expect({ operationId, status, ok: response.ok }).toEqual({ operationId, status, ok: true });
        expect(await contract.faults(operation, response)).toEqual([]);
      }
    }
  });

  test("lists are answered as NDJSON and CSV as well", async () => {
    const list = contract.operation("listTrainings");
    for (const type of ["application/x-ndjson", "text/csv"]) {
      const response = await call(list, { headers: { accept: type } });
      expect(response.headers.get("content-type")).toStartWith(type);
      expect(await contract.faults(list, response)).toEqual([]);
    }
  });

  const sends = ({ method }: Documented) => ["POST", "PUT", "PATCH"].includes(method);
  const UUID = "0196e3a0-7c1e-7d2b-9f3a-000000000000";

  /** Ways to go wrong, for the operations to which it can happen, and what must be answered at least once. */
  const troubles: [string, number, (operation: Documented) => Promise<Response> | undefined][] = [
    [
      "without a token",
      401,
      (operation) => fetch(koppla.url + pathOf(operation), { method: operation.method }),
    ],
    [
      "with a foreign token",
      401,
      (operation) => call(operation, { headers: { authorization: "Bearer no-token" } }),
    ],
    ["without a grant", 403, (operation) => powerless.api(pathOf(operation), { method: operation.method })],
    [
      "with an unknown parameter",
      422,
      (operation) => call(operation, bodyOf(operation), `${pathOf(operation)}?nonsense=1`),
    ],
    [
      "with an id that is none",
      422,
      (operation) =>
        operation.path.includes("{")
          ? call(operation, bodyOf(operation), pathOf(operation, "no such id"))
          : undefined,
    ],
    [
      "with an id that nothing has",
      404,
      (operation) =>
        operation.path.includes("{") && operation.method !== "PUT"
          ? call(
              operation,
              bodyOf(operation),
              pathOf(operation, /trainings|institutes/.test(operation.path) ? "9" : UUID),
            )
          : undefined,
    ],
    [
      "with a body that is not JSON",
      400,
      (operation) => (sends(operation) ? call(operation, json("{")) : undefined),
    ],
    [
      "with a body of another kind",
      415,
      (operation) =>
        sends(operation)
          ? call(operation, { headers: { "content-type": "text/plain" }, body: "a" })
          : undefined,
    ],
    [
      "with a body that does not fit",
      422,
      (operation) => (sends(operation) ? call(operation, json("[7]")) : undefined),
    ],
    [
      "with a condition that does not hold",
      412,
      (operation) => {
        const { headers, ...body } = bodyOf(operation);
        return call(operation, { headers: { ...headers, "if-match": '"another"' }, ...body });
      },
    ],
    ["a second time", 409, (operation) => call(operation, bodyOf(operation))],
    [
      "with headers that are too large",
      431,
      (operation) => call(operation, { headers: { "x-large": "a".repeat(20_000) } }),
    ],
  ];

  test.each(troubles)("%s", async (_, expected, go) => {
    const statuses = new Set<number>();
    for (const operation of inOrder()) {
      const response = await go(operation);
      if (!response) continue;
      statuses.add(response.status);
      expect(await contract.faults(operation, response)).toEqual([]);
    }
    expect([...statuses]).toContain(expected);
  });
});
