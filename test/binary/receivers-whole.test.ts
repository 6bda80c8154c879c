/** What a receiver can be told to be: filtered, in other formats, tested, switched off, another account's. Black-box. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { publicUrl } from "./config.ts";
import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { changesOf, createReceiver, put, TestReceiver, verify } from "./receiver.ts";
import { type DeliveryOut, expectProblem, type Page, type ReceiverOut } from "./wire.ts";

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

const receiver = (partner: Partner, path: string, more: Record<string, unknown> = {}) =>
  createReceiver(partner, sink.url(path), { topics: ["Trainings.*"], ...more });
const requestsAt = (path: string) => sink.requests.filter((request) => request.path === path);
const told = (path: string) =>
  requestsAt(path)
    .flatMap(changesOf)
    .map(({ action, id }) => `${action} ${id}`);

test("everything that it can have is taken, shown, changed by a patch, and taken away by null", async () => {
  const partner = await koppla.partner("everything");
  const given = {
    description: "two\nlines",
    metadata: { team: "web", ticket: "4711" },
    contact: "hooks@partner.example",
    content_filter: { city: ["Umeå"], institute_id: [1, 2] },
    ordered: true,
    rate: { requests: 100, window: "1m" },
    while_disabled: "drop",
    signature: "v1a",
    format: "cloudevents",
    payload: "full",
    enabled: false,
  };
  const { id, secret: _, ...made } = await receiver(partner, "/everything", given);
  expect(made).toMatchObject(given);
  const shown = await partner.read<Record<string, unknown>>(`/api/v1/receivers/${id}`);
  expect(shown).toMatchObject({ ...given, disabled_reason: null });
  const patched = await partner.send<Record<string, unknown>>(
    "PATCH",
    `/api/v1/receivers/${id}`,
    {
      ...{ metadata: { ticket: null, more: "x" }, contact: null, content_filter: null, rate: null },
      ...{ ordered: false, while_disabled: "keep", signature: "v1", format: "event", enabled: true },
    },
    200,
  );
  expect(patched).toMatchObject({
    ...{ metadata: { team: "web", more: "x" }, contact: null, content_filter: {}, rate: null },
    ...{ ordered: false, while_disabled: "keep", signature: "v1", format: "event", enabled: true },
  });
  for (const headers of [{ "webhook-id": "mine" }, { host: "other.example" }]) {
    await expectProblem(await partner.patch(`/api/v1/receivers/${id}`, { headers }), 422);
  }
});

describe("made switched off", () => {
  test("it gets what came meanwhile, merged, when it is switched on; or not, if that is to be dropped", async () => {
    const partner = await koppla.partner("off");
    const keeps = await receiver(partner, "/keeps", { enabled: false });
    const drops = await receiver(partner, "/drops", { enabled: false, while_disabled: "drop" });
    for (const name of ["a", "b"]) await put(partner, "trainings/1", { name });
    for (const { id } of [keeps, drops]) {
      for (let i = 0; i < 2; i++) await partner.send("POST", `/api/v1/receivers/${id}/enable`, {}, 200);
    }
    await sink.nth(1, "/keeps");
    await put(partner, "trainings/2", { name: "c" });
    await sink.waitFor(
      "the second training at both",
      () => told("/keeps").length > 1 && told("/drops").length > 0,
    );
    expect(told("/keeps")).toEqual(["update 1", "update 2"]);
    expect(told("/drops")).toEqual(["update 2"]);
  });
});

describe("a content filter", () => {
  test("lets records through by their fields; one that stops matching is told as destroy", async () => {
    const partner = await koppla.partner("filtered");
    await receiver(partner, "/filtered", { content_filter: { institute_id: [1, 2], city: ["Umeå"] } });
    await receiver(partner, "/witness");
    const steps: [number, Record<string, unknown>][] = [
      [1, { institute_id: 1, city: "Umeå" }],
      [2, { institute_id: 3, city: "Umeå" }],
      [3, { institute_id: 2, city: "Lund" }],
      [1, { institute_id: 1, city: "Lund" }],
      [1, { institute_id: 1, city: "Malmö" }],
      [2, { institute_id: 2, city: "Umeå" }],
    ];
    for (const [index, [id, data]] of steps.entries()) {
      await put(partner, `trainings/${id}`, { name: "x", ...data });
      await sink.waitFor("the witness", () => told("/witness").length === index + 1);
    }
    await sink.waitFor("the last that matches", () => told("/filtered").length >= 3);
    expect(told("/filtered")).toEqual(["update 1", "destroy 1", "update 2"]);
  });

  test("names what is wrong with it", async () => {
    const partner = await koppla.partner("filter-input");
    const refused = async (content_filter: unknown, topics = ["Trainings.*"]) => {
      const body = { name: "x", url: sink.url(), topics, content_filter };
      const problem = await expectProblem(await partner.post("/api/v1/receivers", body), 422);
      return problem.violations?.map(({ field }) => field);
    };
    expect(await refused({ name: ["x"] })).toEqual(["content_filter.name"]);
    expect(await refused({ institute_id: ["1"] })).toEqual(["content_filter.institute_id[0]"]);
    expect(await refused({ city: ["x"] }, ["Institutes.*"])).toEqual(["content_filter.city"]);
  });
});

describe("CloudEvents", () => {
  interface CloudEvent {
    specversion: string;
    id: string;
    source: string;
    type: string;
    subject: string;
    time: string;
    data: Record<string, unknown>;
  }

  test("come alone or in a batch, signed, with media types of their own", async () => {
    const partner = await koppla.partner("cloudevents");
    const made = await receiver(partner, "/cloud", { format: "cloudevents", payload: "full" });
    await put(partner, "trainings/1", { name: "Svetsning", price: 7.5 });
    const one = await sink.nth(1, "/cloud");
    expect(one.headers["content-type"]).toBe("application/cloudevents+json");
    const event: CloudEvent = JSON.parse(one.body);
    expect(event).toMatchObject({
      specversion: "1.0",
      id: `${one.id}-0`,
      source: `${publicUrl}/cloudevents`,
      type: "Trainings.Update",
      subject: "training/1",
      data: {
        ...{ object: "training", object_id: 1, url: `${publicUrl}/api/v1/trainings/1` },
        data: { id: 1, name: "Svetsning", price: 7.5 },
      },
    });
    expect(Date.parse(event.time)).toBeCloseTo(one.at, -4);
    verify(made.secret, one);

    const list = [
      { id: 2, name: "a" },
      { id: 3, name: "b" },
    ];
    await partner.send("POST", "/api/v1/trainings", list, 200);
    const batch = await sink.nth(2, "/cloud");
    expect(batch.headers["content-type"]).toBe("application/cloudevents-batch+json");
    const events: CloudEvent[] = JSON.parse(batch.body);
    expect(events.map(({ id, subject }) => [id, subject])).toEqual([
      [`${batch.id}-0`, "training/2"],
      [`${batch.id}-1`, "training/3"],
    ]);
    verify(made.secret, batch);
  });

  test("do not carry the record where they are to be thin", async () => {
    const partner = await koppla.partner("cloud-thin");
    await receiver(partner, "/cloud-thin", { format: "cloudevents" });
    await put(partner, "trainings/1", { name: "Svetsning" });
    expect((await sink.nth(1, "/cloud-thin")).body).not.toContain("Svetsning");
  });
});

describe("a test", () => {
  interface TestOut {
    delivery_id: string;
    status: string;
    status_code: number | null;
    error: string | null;
    response_body: string | null;
  }
  const tested = (partner: Partner, id: string): Promise<TestOut> =>
    partner.send<TestOut>("POST", `/api/v1/receivers/${id}/test`, {}, 200);

  test.each([
    ["changes", { changes: [] }],
    ["event", { topic: "Receivers.Test", object: "receiver", organisation: "test-event" }],
    ["cloudevents", { specversion: "1.0", type: "Receivers.Test", source: `${publicUrl}/test-cloudevents` }],
  ])("arrives in the format %s, signed, and stands in the log", async (format, body) => {
    const partner = await koppla.partner(`test-${format}`);
    const path = `/test-${format}`;
    const made = await receiver(partner, path, { format });
    const result = await tested(partner, made.id);
    expect(result).toMatchObject({ status: "delivered", status_code: 204, error: null });
    const request = await sink.nth(1, path);
    expect(request.id).toBe(result.delivery_id);
    expect(JSON.parse(request.body)).toMatchObject(body);
    verify(made.secret, request);
    const logged = await partner.read<DeliveryOut>(`/api/v1/deliveries/${result.delivery_id}`);
    expect(logged).toMatchObject({ status: "delivered", topics: ["Receivers.Test"], receiver_id: made.id });
  });

  test("that fails says what came back, and is not tried again", async () => {
    const partner = await koppla.partner("test-fails");
    sink.script((_, { path }) =>
      path === "/test-fails" ? new Response("out of order", { status: 500 }) : 204,
    );
    const made = await receiver(partner, "/test-fails", { retry: { steps: ["1s"] } });
    const result = await tested(partner, made.id);
    expect(result).toMatchObject({
      ...{ status: "failed", status_code: 500, error: "status", response_body: "out of order" },
    });
    const logged = await partner.read<DeliveryOut>(`/api/v1/deliveries/${result.delivery_id}`);
    expect(logged).toMatchObject({ status: "failed", next_attempt_at: null });
  });

  test("reaches one that is switched off, but none that is removed", async () => {
    const partner = await koppla.partner("test-off");
    const { id } = await receiver(partner, "/test-off", { enabled: false });
    expect(await tested(partner, id)).toMatchObject({ status: "delivered" });
    expect((await partner.delete(`/api/v1/receivers/${id}`)).status).toBe(204);
    await expectProblem(await partner.post(`/api/v1/receivers/${id}/test`, {}), 409);
    await expectProblem(await partner.post(`/api/v1/receivers/${crypto.randomUUID()}/test`, {}), 404);
    expect(requestsAt("/test-off")).toHaveLength(1);
  });
});

test("the log of a receiver that is removed can still be read", async () => {
  const partner = await koppla.partner("removed-log");
  const { id } = await receiver(partner, "/removed-log");
  await put(partner, "trainings/1", { name: "x" });
  const { id: delivery } = await sink.nth(1, "/removed-log");
  await partner.delete(`/api/v1/receivers/${id}`);
  const log = await partner.read<Page<DeliveryOut>>(`/api/v1/deliveries?receiver=${id}`);
  expect(log.items.map((item) => item.id)).toEqual([delivery]);
  expect(await partner.read<DeliveryOut>(`/api/v1/deliveries/${delivery}`)).toMatchObject({
    receiver_id: id,
  });
  expect(await partner.read<ReceiverOut>(`/api/v1/receivers/${id}?include=deleted`)).toMatchObject({ id });
});

describe("the server's own topics", () => {
  test("are sent to who asks for them by name, and may read what they are about", async () => {
    const partner = await koppla.partner("own");
    const named = ["Accounts.*", "Users.Update", "Receivers.Disable"];
    await receiver(partner, "/own", { topics: named });
    await receiver(partner, "/data", { topics: ["*"] });
    const limited = await koppla.account("own", ["accounts:read", "trainings:read"]);
    await receiver(partner, "/own-limited", { topics: named, account_id: limited.clientId });
    const switched = await receiver(partner, "/switched");
    await partner.send("POST", `/api/v1/receivers/${switched.id}/disable`, {}, 200);
    await put(partner, "trainings/1", { name: "x" });

    await sink.waitFor("both changes", () => told("/own").length >= 2);
    const all = requestsAt("/own").flatMap(changesOf);
    expect(all).toContainEqual({
      ...{ action: "disable", object: "receiver", id: switched.id },
      url: `${publicUrl}/api/v1/receivers/${switched.id}`,
    });
    const account = all.find(({ object }) => object === "account");
    expect(account?.action).toBe("update");
    expect((await partner.get(String(account?.url).replace(publicUrl, ""))).status).toBe(200);

    await sink.waitFor("the data", () => told("/data").length > 0);
    expect(told("/data")).toEqual(["update 1"]);
    // Written after what it may not read; made after the account that it may.
    await koppla.account("own", ["trainings:read"]);
    // On SQLite a server notices with its next write what the shell wrote.
    await put(partner, "trainings/2", { name: "y" });
    await sink.waitFor("the next account", () => told("/own-limited").length > 0);
    expect(
      requestsAt("/own-limited")
        .flatMap(changesOf)
        .map(({ object }) => object),
    ).toEqual(["account"]);
  });

  test("are in the feed for who names them, and for nobody who may not read them", async () => {
    const partner = await koppla.partner("own-feed");
    const limited = await koppla.account("own-feed", ["trainings:read"]);
    const feed = (who: Partner, topics: string) => who.get(`/api/v1/changes?topics=${topics}`);
    const named: Page<{ topic: string; object: string }> = JSON.parse(
      await (await feed(partner, "Accounts.*")).text(),
    );
    expect(named.items.map(({ topic, object }) => [topic, object])).toEqual([
      ["Accounts.Update", "account"],
      ["Accounts.Update", "account"],
    ]);
    expect((await partner.read<Page<unknown>>("/api/v1/changes")).items).toEqual([]);
    await expectProblem(await feed(limited, "Accounts.Update"), 403);
    await expectProblem(await feed(partner, "Accounts.Nonesuch"), 422);
  });
});

describe("another account's receiver", () => {
  test("is not an account's to switch, test, remove or give a new secret, but for who manages accounts", async () => {
    const admin = await koppla.partner("whose");
    const one = await koppla.account("whose", ["receivers:manage", "trainings:read"]);
    const two = await koppla.account("whose", ["receivers:manage", "trainings:read"]);
    const { id } = await receiver(one, "/whose", { topics: ["Trainings.*"] });
    const path = `/api/v1/receivers/${id}`;
    for (const verb of ["test", "enable", "disable", "rotate-secret"])
      await expectProblem(await two.post(`${path}/${verb}`, {}), 403);
    await expectProblem(await two.delete(path), 403);
    await expectProblem(await two.patch(path, { url: sink.url("/stolen") }), 403);
    for (const who of [one, admin]) {
      for (const verb of ["test", "disable", "enable", "rotate-secret"])
        expect({ verb, status: (await who.post(`${path}/${verb}`, {})).status }).toEqual({
          verb,
          status: 200,
        });
    }
    expect((await one.delete(path)).status).toBe(204);
  });
});
