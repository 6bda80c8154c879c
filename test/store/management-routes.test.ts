/** The HTTP side of receivers and of the delivery log: grants, parameters, bodies, statuses. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";

import type { StoredGrant } from "../../db/schema.ts";
import type { Principal } from "../../src/accounts/principal.ts";
import { deliveryRoutes } from "../../src/deliveries/routes.ts";
import { ClientAddresses } from "../../src/http/client-address.ts";
import { problem } from "../../src/http/respond.ts";
import { Problem } from "../../src/problem.ts";
import { receiverRoutes } from "../../src/receivers/routes.ts";
import type { Once } from "../../src/idempotency/routes.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

let rooms: Rooms;
let app: { handle(request: Request): Promise<Response> };
/** What the caller may do; undefined: it is not known. */
let grants: StoredGrant[] | undefined;
const nudged: string[] = [];

beforeAll(async () => {
  rooms = await makeRooms("sqlite");
  const shared = {
    authenticate: async (): Promise<Principal> => {
      if (!grants) throw new Problem("unauthorized", "Who are you?");
      const { id, account } = rooms.mine;
      const subject = { kind: "account" as const, id: account.id, clientId: account.clientId, name: "ERP" };
      return { organisation: { id, code: "demo", name: "Demo" }, subject, grants };
    },
    addresses: new ClientAddresses([]),
    once: ((handler) => handler) satisfies Once,
    limits: { body: 100_000, requestTimeout: 1_000 },
    publicUrl: "https://koppla.example",
  };
  app = new Elysia()
    .onError(({ request, error }) => (error instanceof Problem ? problem(request, error) : undefined))
    .use(receiverRoutes({ ...shared, ...rooms.offered, receivers: rooms.receivers }))
    .use(
      deliveryRoutes({
        ...shared,
        deliveryLog: rooms.log,
        receivers: rooms.receivers,
        nudge: (id) => void nudged.push(id),
      }),
    );
});
afterAll(() => rooms.close());
beforeEach(async () => {
  await rooms.renew();
  grants = [{ resource: "*", actions: ["*"] }];
  nudged.length = 0;
});

/** @param body  sent as JSON, where there is one */
function call(method: string, path: string, body?: unknown): Promise<Response> {
  return app.handle(
    new Request(`http://localhost/api/v1/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    }),
  );
}

const body = { name: "Site", url: "https://partner.example/hooks", topics: ["*"] };

async function make(): Promise<{ id: string; secret: string }> {
  const response = await call("POST", "receivers", body);
  expect(response.status).toBe(201);
  return JSON.parse(await response.text());
}

async function deliver(receiverId: string): Promise<string> {
  const id = `msg_${Bun.randomUUIDv7("hex").replaceAll("-", "")}`;
  await rooms.store.write((tx) =>
    tx.query(({ db, t }) =>
      db.insert(t.deliveries).values({
        ...{ id, organisationId: rooms.mine.id, receiverId, topics: ["Trainings.Update"], status: "failed" },
        ...{ statusCode: 500, attempts: 1, createdAt: 1, nextAttemptAt: null, scheduleFrom: 0, body: "{}" },
      }),
    ),
  );
  return id;
}

describe("receivers over HTTP", () => {
  test("are made with 201 and their address, for the calling account, and kept out of caches", async () => {
    const response = await call("POST", "receivers", body);
    const made = JSON.parse(await response.text());
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`https://koppla.example/api/v1/receivers/${made.id}`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(made).toMatchObject({ ...body, account_id: rooms.mine.account.id });
    expect(made.secret).toStartWith("whsec_");
  });

  test("tell what they can be made of to those who may look at them", async () => {
    const response = await call("GET", "receivers/options");
    expect(response.status).toBe(200);
    expect(JSON.parse(await response.text())).toMatchObject({
      topics: expect.arrayContaining([
        { name: "Trainings.Update", object: "training", resource: "trainings" },
        { name: "Receivers.Disable", object: "receiver", resource: "receivers" },
      ]),
      types: [
        {
          ...{ name: "trainings", object: "training", key: "integer" },
          filters: [
            { field: "institute_id", kind: "any" },
            { field: "city", kind: "any" },
          ],
        },
        { name: "institutes", filters: [] },
      ],
      retry_schedules: [
        { name: "table", steps: ["60m", "2h"], then: "fail" },
        { name: "quick", steps: ["1s"], then: "repeat" },
      ],
      defaults: { retry: "table", bundle: { quiet: "5s", longest: "60s", size: 500 }, timeout: "15s" },
    });
    grants = [{ resource: "trainings", actions: ["read"] }];
    expect((await call("GET", "receivers/options")).status).toBe(403);
  });

  test("are read, changed, switched, removed, and read once more as removed", async () => {
    const { id, secret: _, ...made } = await make();
    const statuses: [string, string, unknown, number][] = [
      ["GET", `receivers/${id}`, undefined, 200],
      ["PATCH", `receivers/${id}`, { name: "New" }, 200],
      ["POST", `receivers/${id}/disable`, undefined, 200],
      ["POST", `receivers/${id}/enable`, {}, 200],
      ["DELETE", `receivers/${id}`, undefined, 204],
      ["GET", `receivers/${id}`, undefined, 404],
      ["GET", `receivers/${id}?include=deleted`, undefined, 200],
    ];
    const answers: string[] = [];
    for (const [method, path, sent, status] of statuses) {
      const response = await call(method, path, sent);
      expect({ method, path, status: response.status }).toEqual({ method, path, status });
      answers.push(await response.text());
    }
    const [read = "", patched = "", off = "", on = ""] = answers;
    // Nothing delivers here, so there is no health to tell of.
    expect(JSON.parse(read)).toEqual({ id, ...made, health: null });
    expect(JSON.parse(patched)).toMatchObject({ name: "New", enabled: true });
    expect(JSON.parse(off)).toMatchObject({ enabled: false, disabled_reason: null });
    expect(JSON.parse(on)).toMatchObject({ enabled: true });
    expect(answers[4]).toBe("");
    expect(JSON.parse(answers[6] ?? "")).toMatchObject({ id, deleted_at: expect.any(String) });
  });

  test("are listed in pages, with removed ones where they are asked for", async () => {
    const ids = [await make(), await make(), await make()].map(({ id }) => id);
    await call("DELETE", `receivers/${ids[1]}`);
    const list = async (query: string) => JSON.parse(await (await call("GET", `receivers${query}`)).text());
    const shown = async (query: string) => (await list(query)).items.map(({ id }: { id: string }) => id);
    expect(await shown("")).toEqual([ids[0], ids[2]]);
    const first = await list("?include=deleted&limit=2");
    expect(first.items).toHaveLength(2);
    expect(await shown(`?include=deleted&limit=2&cursor=${first.next_cursor}`)).toEqual([ids[2]]);
  });

  const refused: [string, string, string, unknown, number][] = [
    ["a member in a body that has none", "POST", "enable", { reason: "x" }, 422],
    ["a list as a body", "PATCH", "", [], 422],
    ["an unknown member", "PATCH", "", { nonesuch: 1 }, 422],
    ["an unknown parameter", "GET", "?nonesuch=1", undefined, 422],
    ["another thing to include", "GET", "?include=secrets", undefined, 422],
    ["a parameter on a change", "PATCH", "?include=deleted", { name: "x" }, 422],
    ["no JSON where some is needed", "PATCH", "", undefined, 415],
  ];
  test.each(refused)("are not touched by %s", async (_, method, rest, sent, status) => {
    const { id } = await make();
    const path = `receivers/${id}${rest.startsWith("?") || rest === "" ? rest : `/${rest}`}`;
    const response = await call(method, path, sent);
    expect({ status: response.status, type: response.headers.get("content-type") }).toEqual({
      status,
      type: "application/problem+json",
    });
  });
});

describe("the log over HTTP", () => {
  test("lists, filters and shows deliveries", async () => {
    const { id: receiver } = await make();
    const id = await deliver(receiver);
    const get = async (path: string) => JSON.parse(await (await call("GET", path)).text());
    const found = `?receiver=${receiver}&status=failed&status_code=500&topic=Trainings.*&since=2000-01-01&until=2999-01-01`;
    for (const query of ["", found, "?limit=1"]) {
      expect((await get(`deliveries${query}`)).items).toEqual([
        expect.objectContaining({ id, status: "failed" }),
      ]);
    }
    for (const query of [
      "?status=delivered",
      "?status_code=404",
      "?topic=Institutes.*",
      "?since=2999-01-01",
    ]) {
      expect((await get(`deliveries${query}`)).items).toEqual([]);
    }
    expect(await get(`deliveries/${id}`)).toMatchObject({ id, request_body: "{}", attempts: [] });
  });

  test.each([
    "status=lost",
    "status_code=99",
    "status_code=abc",
    "since=yesterday",
    "cursor=x",
    "limit=0",
    "nonesuch=1",
  ])("refuses ?%s", async (query) => {
    const response = await call("GET", `deliveries?${query}`);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(String(query.split("=")[0]));
  });

  test("sends again with 202 and wakes the dispatcher; refused, it wakes nobody", async () => {
    const { id: receiver } = await make();
    const id = await deliver(receiver);
    const response = await call("POST", `deliveries/${id}/resend`);
    expect(response.status).toBe(202);
    expect(JSON.parse(await response.text())).toMatchObject({ id, status: "pending" });
    expect(nudged).toEqual([receiver]);
    await call("POST", `receivers/${receiver}/disable`);
    expect((await call("POST", `deliveries/${id}/resend`)).status).toBe(409);
    expect((await call("POST", `deliveries/${id}/resend`, { when: "now" })).status).toBe(422);
    expect(nudged).toEqual([receiver]);
  });
});

describe("every path", () => {
  const paths: [string, string, string][] = [
    ["GET", "receivers", "receivers:read"],
    ["POST", "receivers", "receivers:manage"],
    ["GET", "receivers/ID", "receivers:read"],
    ["PATCH", "receivers/ID", "receivers:manage"],
    ["DELETE", "receivers/ID", "receivers:manage"],
    ["POST", "receivers/ID/enable", "receivers:manage"],
    ["POST", "receivers/ID/disable", "receivers:manage"],
    ["GET", "deliveries", "deliveries:read"],
    ["GET", "deliveries/ID", "deliveries:read"],
    ["POST", "deliveries/ID/resend", "deliveries:write"],
  ];
  const actions = ["read", "write", "delete", "run", "manage"];

  test.each(paths)(
    "%s %s needs a login and %s, whatever else the caller may do",
    async (method, path, needed) => {
      const resource = needed.split(":")[0] ?? "";
      // To manage a resource is to read and to write it, too.
      const others = actions.filter((action) => `${resource}:${action}` !== needed && action !== "manage");
      grants = [
        { resource, actions: others },
        ...["trainings", "accounts"].map((name) => ({ resource: name, actions })),
      ];
      const response = await call(method, path);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain(needed);
      grants = undefined;
      expect((await call(method, path)).status).toBe(401);
      grants = [{ resource, actions: [needed.split(":")[1] ?? ""] }];
      expect([401, 403]).not.toContain((await call(method, path)).status);
    },
  );
});
