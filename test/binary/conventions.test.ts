/** What a client can rely on, whichever route it calls: dates, methods, page links, where to look after a 202. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { publicUrl } from "./config.ts";
import { Contract, type Documented } from "./contract.ts";
import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { deliveryWith } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;
let contract: Contract;
let sink: TestReceiver;
let receiver: string;

beforeAll(async () => {
  const starts = { type: "string", format: "date-time" };
  koppla = await startKoppla({
    config: {
      types: {
        courses: { object: "course", key: "integer", schema: { type: "object", properties: { starts } } },
        trainings: {
          ...{ object: "training", key: "integer", public: ["id", "name"], filters: ["name"] },
          schema: { type: "object", properties: { name: { type: "string" } } },
        },
      },
    },
  });
  partner = koppla.demo;
  contract = new Contract(JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text()));
  sink = new TestReceiver();
  ({ id: receiver } = await createReceiver(partner, sink.url()));
  for (let id = 1; id <= 3; id++) await put(partner, `trainings/${id}`, { name: `Svetsning ${id}` });
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

/** The same moment, as it may be written. */
const SPELLINGS = [
  "2030-06-01T10:27:19.500Z",
  "2030-06-01T10:27:19.500000000z",
  "2030-06-01T12:27:19.500+0200",
  "2030-06-01T12:27:19.5+02:00",
  "2030-06-01T12:27:19,500+02",
  "2030-06-01T05:57:19.500-04:30",
];
const MOMENT = "2030-06-01T10:27:19.500Z";
const NO_DATES = ["yesterday", "2030-02-30T00:00:00Z", "2030-06-01T10:27:19+99:00", "1907058439500", ""];

interface Problem {
  status: number;
  violations?: { field: string; message: string }[];
}

async function violations(response: Response): Promise<[number, string[]]> {
  const problem = (await response.json()) as Problem;
  expect(problem.violations?.[0]?.message).toContain("ISO 8601");
  return [response.status, (problem.violations ?? []).map(({ field }) => field)];
}

describe("a date", () => {
  test("in a query has any offset, or is refused by name, on every route that takes one", async () => {
    const dated = contract.operations.flatMap(({ path, method, parameters = [] }) =>
      parameters
        // Of the feed, `since` is a cursor.
        .filter(({ name }) => /^(modified_)?(since|until)$/.test(name) && !path.startsWith("/api/v1/changes"))
        .map(({ name }) => ({ path, method, name })),
    );
    expect(new Set(dated.map(({ name }) => name))).toEqual(new Set(["modified_since", "since", "until"]));
    for (const { path, method, name } of dated) {
      expect(method).toBe("GET");
      for (const text of SPELLINGS) {
        const { status } = await partner.get(`${path}?${name}=${encodeURIComponent(text)}`);
        expect([path, text, status]).toEqual([path, text, 200]);
      }
      // Who forgets to write the plus as %2B is understood.
      expect((await partner.get(`${path}?${name}=2030-06-01T12:27:19.500+0200`)).status).toBe(200);
      for (const text of NO_DATES) {
        const refused = await partner.get(`${path}?${name}=${encodeURIComponent(text)}`);
        expect([path, ...(await violations(refused))]).toEqual([path, 422, [name]]);
      }
    }
  });

  test("in a query means the moment, not the text", async () => {
    const { items } = await partner.read<{ items: { _meta: { modified_at: string } }[] }>(
      "/api/v1/trainings?sort=modified_at&limit=1",
    );
    const at = Date.parse(items[0]?._meta.modified_at ?? "");
    const found = async (ms: number) => {
      const text = new Date(ms + 2 * 3_600_000).toISOString().replace("Z", "%2B0200");
      const page = await partner.read<{ items: object[] }>(`/api/v1/trainings?modified_since=${text}`);
      return page.items.length;
    };
    expect(await found(at)).toBe(3);
    expect(await found(at + 60_000)).toBe(0);
  });

  test("in a body has any offset, goes out as UTC with milliseconds, or is refused by name", async () => {
    const grants = [{ resource: "trainings", actions: ["read"] }];
    const account = (expires_at: unknown) =>
      partner.post("/api/v1/accounts", { name: "Dated", grants, expires_at });
    let id = "";
    for (const text of SPELLINGS) {
      const made = (await (await account(text)).json()) as { id: string; expires_at: string };
      expect(made.expires_at).toBe(MOMENT);
      ({ id } = made);
      const token = await partner.post(`/api/v1/accounts/${id}/tokens`, { expires_at: text });
      expect(((await token.json()) as { expires_at: string }).expires_at).toBe(MOMENT);
      const changed = await partner.patch(`/api/v1/accounts/${id}`, { expires_at: text });
      expect(((await changed.json()) as { expires_at: string }).expires_at).toBe(MOMENT);
      const recovered = await partner.post(`/api/v1/receivers/${receiver}/recover`, {
        since: text.replace("2030", "2020"),
      });
      expect(recovered.status).toBe(202);
      const resent = { status: "failed", since: text.replace("2030", "2020"), until: text };
      expect((await partner.post("/api/v1/deliveries/resend", resent)).status).toBe(202);
    }
    for (const text of [...NO_DATES, 1907058439500]) {
      expect(await violations(await account(text))).toEqual([422, ["expires_at"]]);
      const token = await partner.post(`/api/v1/accounts/${id}/tokens`, { expires_at: text });
      expect(await violations(token)).toEqual([422, ["expires_at"]]);
      const recovered = await partner.post(`/api/v1/receivers/${receiver}/recover`, { since: text });
      expect(await violations(recovered)).toEqual([422, ["since"]]);
    }
  });

  test("in a record has any offset too, stays as it was written, or is refused by name", async () => {
    for (const starts of SPELLINGS.filter((text) => !text.includes(","))) {
      await put(partner, "courses/1", { starts });
      expect((await partner.read<{ starts: string }>("/api/v1/courses/1")).starts).toBe(starts);
    }
    for (const starts of NO_DATES)
      expect(await violations(await partner.put("/api/v1/courses/1", { starts }))).toEqual([422, ["starts"]]);
  });

  test("of the public data API has any offset", async () => {
    const pull = (text: string) =>
      fetch(`${koppla.url}/api/public/trainings/?org=demo&modifiedSince=${encodeURIComponent(text)}`);
    for (const text of SPELLINGS) expect([text, (await pull(text)).status]).toEqual([text, 200]);
    for (const text of NO_DATES.slice(0, -1)) {
      const refused = await pull(text);
      expect([text, refused.status]).toEqual([text, 400]);
      expect(await refused.text()).toContain("ISO 8601");
    }
  });

  test("on the command line has any offset", async () => {
    const made = await koppla.cliJson<{ client_id: string }>(
      ...["account", "create", "--org", "demo", "--name", "Dated", "--grant", "trainings:read"],
      ...["--token-expires", "2030-06-01T12:27:19.500+0200"],
    );
    expect(made.client_id).toStartWith("acc_");
    const audit = await koppla.cli("audit", "list", "--org", "demo", "--since", "2030-06-01T12:27:19+0200");
    expect(audit).toMatchObject({ exitCode: 0 });
  });
});

describe("the methods", () => {
  const fill = (path: string) => path.replaceAll(/\{\w+\}/g, "1");

  test("HEAD is possible wherever GET is, and has its status and headers without a body", async () => {
    const steady = (response: Response) => {
      const names = ["content-type", "etag", "link", "cache-control", "allow", "www-authenticate"];
      return { status: response.status, headers: names.map((name) => response.headers.get(name)) };
    };
    for (const { path, method, operationId } of contract.operations) {
      if (method !== "GET") continue;
      const stop = new AbortController();
      const got = await partner.api(fill(path), { signal: stop.signal });
      const head = await partner.api(fill(path), { method: "HEAD" });
      expect({ operationId, ...steady(head) }).toEqual({ operationId, ...steady(got) });
      expect(await head.text()).toBe("");
      stop.abort();
    }
  });

  test("OPTIONS tells those of every path, without a login", async () => {
    const paths = Object.groupBy(contract.operations, ({ path }) => path);
    for (const [path, operations = []] of Object.entries(paths)) {
      const response = await fetch(koppla.url + fill(path), { method: "OPTIONS" });
      const allowed = new Set((response.headers.get("allow") ?? "").split(", "));
      const missing = [...methodsOf(operations)].filter((method) => !allowed.has(method));
      expect({ path, status: response.status, missing }).toEqual({ path, status: 204, missing: [] });
      expect(await response.text()).toBe("");
    }
    const one = await fetch(`${koppla.url}/api/v1/trainings/1`, { method: "OPTIONS" });
    expect(one.headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
    expect((await fetch(`${koppla.url}/api/v1/no/such/path`, { method: "OPTIONS" })).status).toBe(404);
  });

  const methodsOf = (operations: readonly Documented[]) =>
    new Set([
      ...operations.map(({ method }) => method),
      ...(operations.some(({ method }) => method === "GET") ? ["HEAD"] : []),
      "OPTIONS",
    ]);
});

describe("a page", () => {
  /** Where `Link` leads; undefined at the end. */
  const next = (response: Response) =>
    /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];

  interface Items {
    items: { id?: unknown; sequence?: number }[];
    next_cursor: string | null;
  }

  /** All pages of a list, by their links. */
  async function follow(path: string): Promise<Items[]> {
    const pages: Items[] = [];
    for (let url: string | undefined = publicUrl + path; url !== undefined && pages.length < 5;) {
      expect(url).toStartWith(publicUrl);
      const response: Response = await partner.get(url.slice(publicUrl.length));
      expect(response.status).toBe(200);
      const page = (await response.json()) as Items;
      pages.push(page);
      url = next(response);
      if (page.next_cursor === null) expect(url).toBeUndefined();
      else if (!path.startsWith("/api/v1/changes"))
        expect(new URL(url ?? publicUrl).searchParams.get("cursor")).toBe(page.next_cursor);
    }
    return pages;
  }

  test("says in Link where the next one is, with the same filters, until the last one", async () => {
    const pages = await follow("/api/v1/trainings?sort=-id&limit=2&filter%5Bname%5D=Svetsning%202");
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual([2]);
    const sorted = await follow("/api/v1/trainings?sort=-id&limit=2");
    expect(sorted.map(({ items }) => items.map(({ id }) => id))).toEqual([[3, 2], [1]]);
  });

  test("does so in every list", async () => {
    for (let made = 0; made < 2; made++) {
      await createReceiver(partner, sink.url("/other"), { enabled: false });
      await partner.post("/api/v1/users", { username: crypto.randomUUID(), email: "anna@example.org" });
      await partner.post("/api/v1/deliveries/resend", { status: "failed" });
    }
    const account = await partner.post("/api/v1/accounts", { name: "with a portal", grants: [] });
    const { id } = (await account.json()) as { id: string };
    const paged = contract.operations.filter(({ parameters = [] }) =>
      parameters.some(({ $ref }) => $ref?.endsWith("/Cursor")),
    );
    const long = [];
    for (const { path } of paged) {
      const pages = await follow(`${path.replace("/accounts/{id}/", `/accounts/${id}/`)}?limit=1`);
      if (pages.length > 1) long.push(path.split("/").at(-1));
    }
    expect(long).toEqual(expect.arrayContaining(["receivers", "users", "operations", "audit", "accounts"]));
  });

  test("of changes does so as long as there are more", async () => {
    const pages = await follow("/api/v1/changes?topics=Trainings.*&limit=1");
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual([1, 2, 3]);
  });
});

describe("what takes longer", () => {
  test("is accepted with where to look and when, on every route that can answer 202", async () => {
    const answers = contract.operations
      .map(({ operationId, responses }) => ({ operationId, accepted: responses["202"] }))
      .filter(({ accepted }) => accepted !== undefined);
    expect(answers.length).toBeGreaterThan(4);
    for (const { operationId, accepted } of answers) {
      const headers = Object.keys(accepted?.headers ?? {}).sort();
      expect({ operationId, headers }).toEqual({ operationId, headers: ["location", "retry-after"] });
    }
  });

  test("can be looked at there", async () => {
    const { id } = await sink.nth(1);
    await deliveryWith(partner, id, "delivered");
    const posts: [path: string, body: unknown][] = [
      [`/api/v1/receivers/${receiver}/recover`, { since: "2020-01-01" }],
      ["/api/v1/deliveries/resend", { status: "failed" }],
      [`/api/v1/deliveries/${id}/resend`, {}],
    ];
    for (const [path, body] of posts) {
      const accepted = await partner.post(path, body);
      expect([path, accepted.status]).toEqual([path, 202]);
      const made = (await accepted.json()) as { id: string };
      const location = accepted.headers.get("location") ?? "";
      expect(location).toStartWith(publicUrl);
      expect(location).toEndWith(`/${made.id}`);
      expect(Number(accepted.headers.get("retry-after"))).toBeGreaterThan(0);
      const looked = await partner.read<{ id: string }>(location.slice(publicUrl.length));
      expect(looked.id).toBe(made.id);
    }
  });
});

describe("what is wrong", () => {
  test("has the code that S4 gives it: 400 syntax, 404, 409 conflict, 422 inconsistent data", async () => {
    const post = (body: string) =>
      partner.api("/api/v1/trainings", {
        ...{ method: "POST", body, headers: { "content-type": "application/json" } },
      });
    expect((await post("{")).status).toBe(400);
    expect((await post('{"id":1,"name":"Again"}')).status).toBe(409);
    expect((await post('{"id":"one"}')).status).toBe(422);
    expect((await partner.get("/api/v1/trainings/99")).status).toBe(404);
    expect((await partner.post(`/api/v1/receivers/${receiver}/recover`, {})).status).toBe(422);
    await partner.post(`/api/v1/receivers/${receiver}/disable`, {});
    const conflict = await partner.post(`/api/v1/receivers/${receiver}/recover`, { since: "2020-01-01" });
    expect(conflict.status).toBe(409);
    await partner.post(`/api/v1/receivers/${receiver}/enable`, {});
  });
});
