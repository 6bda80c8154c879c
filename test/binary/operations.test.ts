/** What takes longer than a request: started with 202, followed by its id, gone on with after a crash. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";

interface Operation {
  id: string;
  kind: string;
  status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
  message: string;
  progress: { done: number; total: number | null };
  resource_type: string | null;
  resource_name: string | null;
  submitted_at: string;
  submitted_by: string | null;
  last_updated_at: string;
  completed_at: string | null;
  result: Record<string, unknown> | null;
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

const LONG_AGO = "2020-01-01T00:00:00Z";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let koppla: Koppla;
let sink: TestReceiver;

beforeAll(async () => {
  koppla = await startKoppla();
  sink = new TestReceiver();
});
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

/** With PostgreSQL another node may be running what a dead one was, which is missed after some seconds. */
const FOLLOW_LIMIT_MS = 20_000;

/** Follows an operation to its end. */
const followed = (partner: Partner, id: string): Promise<Operation> =>
  eventually(
    `operation ${id} ends`,
    async () => {
      const operation = await partner.read<Operation>(`/api/v1/operations/${id}`);
      return operation.status === "IN_PROGRESS" ? undefined : operation;
    },
    FOLLOW_LIMIT_MS,
  );

/** Paths whose receivers work again. */
const works = new Set<string>();
const FAILED = 2;
let tenants = 0;

/** A partner with a receiver to which two deliveries have failed for good. */
async function withFailures(server = koppla) {
  const path = `/failed-${++tenants}`;
  const partner = await server.partner(`ops-${tenants}`);
  sink.script((_, request) => (works.has(request.path) ? 204 : 500));
  const { id } = await createReceiver(partner, sink.url(path), {
    bundle: { quiet: "0ms", longest: "1s", size: 1 },
    retry: { steps: ["1s"], then: "fail" },
  });
  for (let training = 1; training <= FAILED; training++)
    await put(partner, `trainings/${training}`, { name: "x" });
  const log = `/api/v1/deliveries?receiver=${id}&status=failed`;
  const deliveries = await eventually("the deliveries have failed", async () => {
    const { items } = await partner.read<Page<{ id: string }>>(log);
    return items.length === FAILED ? items.map((item) => item.id).sort() : undefined;
  });
  return { partner, path, receiver: id, deliveries };
}

/** The ids of the requests that a path has answered well, in order. */
const taken = (path: string): string[] =>
  sink.requests.filter((request) => request.path === path && request.status === 204).map(({ id }) => id);

test(
  "a receiver that works again is sent what failed: oldest first, the same ids, each once",
  async () => {
    const { partner, path, receiver, deliveries } = await withFailures();
    works.add(path);
    const answer = await partner.post(`/api/v1/receivers/${receiver}/recover`, { since: LONG_AGO });
    expect(answer.status).toBe(202);
    const operation = (await answer.json()) as Operation;
    expect(answer.headers.get("location")).toBe(`https://koppla.example/api/v1/operations/${operation.id}`);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const common = {
      id: operation.id,
      kind: "receivers.recover",
      resource_type: "receiver",
      resource_name: receiver,
      submitted_at: expect.stringMatching(TIME),
      submitted_by: `account:${partner.clientId}`,
      last_updated_at: expect.stringMatching(TIME),
    };
    expect<unknown>(operation).toEqual({
      ...common,
      status: "IN_PROGRESS",
      message: "It is in progress.",
      progress: { done: 0, total: null },
      completed_at: null,
      result: null,
    });
    expect<unknown>(await followed(partner, operation.id)).toEqual({
      ...common,
      status: "SUCCESS",
      message: "2 deliveries are due again.",
      progress: { done: FAILED, total: FAILED },
      completed_at: expect.stringMatching(TIME),
      result: { resent: FAILED, skipped: 0 },
    });
    await sink.waitFor("both deliveries", () => taken(path).length === FAILED);
    expect(taken(path).toSorted()).toEqual(deliveries);

    const again = await partner.send<Operation>(
      "POST",
      `/api/v1/receivers/${receiver}/recover`,
      { since: LONG_AGO },
      202,
    );
    expect(await followed(partner, again.id)).toMatchObject({ result: { resent: 0 } });
    const audit = await partner.read<Page<{ action: string; target: string }>>("/api/v1/audit?limit=500");
    const about = audit.items
      .filter(({ target }) => target === `operation:${operation.id}`)
      .map(({ action }) => action);
    expect(about).toEqual(["operation.finish", "operation.start"]);
  },
  LONG_TEST_MS,
);

test(
  "sending again by filter goes on after a crash",
  async () => {
    await using own = await startKoppla();
    const { partner, path, deliveries } = await withFailures(own);
    works.add(path);
    const operation = await partner.send<Operation>(
      "POST",
      "/api/v1/deliveries/resend",
      { object: "training", status: "failed" },
      202,
    );
    await own.kill9();
    await own.start();
    expect(await followed(partner, operation.id)).toMatchObject({
      status: "SUCCESS",
      progress: { done: FAILED, total: FAILED },
    });
    await sink.waitFor("both deliveries", () => new Set(taken(path)).size === FAILED);
    expect([...new Set(taken(path))].sort()).toEqual(deliveries);
  },
  LONG_TEST_MS,
);

test(
  "an end is told to those who listen for Operations.Finish",
  async () => {
    const partner = await koppla.partner("ops-topic");
    const { id: receiver } = await createReceiver(partner, sink.url("/none"));
    await createReceiver(partner, sink.url("/ops-topic"), { topics: ["Operations.Finish"] });
    works.add("/ops-topic");
    const { id } = await partner.send<Operation>(
      "POST",
      `/api/v1/receivers/${receiver}/recover`,
      { since: LONG_AGO },
      202,
    );
    const { body } = await sink.nth(1, "/ops-topic");
    expect(JSON.parse(body)).toEqual({
      changes: [
        { action: "finish", object: "operation", id, url: `https://koppla.example/api/v1/operations/${id}` },
      ],
    });
  },
  LONG_TEST_MS,
);

describe("who may", () => {
  test("see operations: with operations:read all of the organisation's, else one's own", async () => {
    const all = await koppla.partner("ops-rights");
    const few = await koppla.account("ops-rights", ["deliveries:write"]);
    const seer = await koppla.account("ops-rights", ["operations:read"]);
    const stranger = await koppla.partner("ops-strangers");
    const ask = (partner: Partner) =>
      partner.send<Operation>("POST", "/api/v1/deliveries/resend", { status: "failed" }, 202);
    const [theirs, own] = [await ask(all), await ask(few)];
    const list = async (partner: Partner) =>
      (await partner.read<Page<Operation>>("/api/v1/operations")).items.map(({ id }) => id);
    expect(await list(all)).toEqual([own.id, theirs.id]);
    expect(await list(seer)).toEqual([own.id, theirs.id]);
    expect(await list(few)).toEqual([own.id]);
    expect(await list(stranger)).toEqual([]);
    const status = async (partner: Partner, { id }: Operation) =>
      (await partner.get(`/api/v1/operations/${id}`)).status;
    expect(await status(few, own)).toBe(200);
    expect(await status(few, theirs)).toBe(404);
    expect(await status(seer, theirs)).toBe(200);
    expect(await status(stranger, own)).toBe(404);
    expect((await fetch(`${koppla.url}/api/v1/operations`)).status).toBe(401);
    expect((await all.get("/api/v1/operations?other=1")).status).toBe(422);
    expect((await all.delete(`/api/v1/operations/${own.id}`)).status).toBe(405);
    const first = await all.read<Page<Operation>>("/api/v1/operations?limit=1");
    expect(first.items.map(({ id }) => id)).toEqual([own.id]);
    const second = await all.read<Page<Operation>>(`/api/v1/operations?limit=1&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ items: [{ id: theirs.id }], next_cursor: null });
  });

  test("start them: deliveries:write sends again, receivers:manage recovers", async () => {
    const partner = await koppla.partner("ops-start");
    const { id } = await createReceiver(partner, sink.url("/none"));
    const reader = await koppla.account("ops-start", ["deliveries:read", "receivers:read"]);
    const body = { since: LONG_AGO };
    expect((await reader.post("/api/v1/deliveries/resend", body)).status).toBe(403);
    expect((await reader.post(`/api/v1/receivers/${id}/recover`, body)).status).toBe(403);
    const foreign = await koppla.partner("ops-foreign");
    expect((await foreign.post(`/api/v1/receivers/${id}/recover`, body)).status).toBe(404);
  });

  test.each([
    ["deliveries/resend", {}],
    ["deliveries/resend", { status: "pending" }],
    ["deliveries/resend", { since: "yesterday" }],
    ["deliveries/resend", { other: 1 }],
    ["deliveries/resend", { object: "unheard-of" }],
    ["deliveries/resend", { object: "training", object_id: "not a number" }],
    ["deliveries/resend", { since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" }],
  ])("%s is not begun with %j", async (path, body) => {
    const answer = await koppla.demo.post(`/api/v1/${path}`, body);
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("a receiver that is disabled is not recovered, nor one that is removed", async () => {
    const partner = await koppla.partner("ops-disabled");
    const { id } = await createReceiver(partner, sink.url("/none"), { enabled: false });
    const recover = async () =>
      (await partner.post(`/api/v1/receivers/${id}/recover`, { since: LONG_AGO })).status;
    expect(await recover()).toBe(409);
    await partner.delete(`/api/v1/receivers/${id}`);
    expect(await recover()).toBe(404);
  });
});
