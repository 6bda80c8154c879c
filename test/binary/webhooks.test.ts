/** What a partner's receiver gets: bundles, events, windows, signatures, and whose changes they are. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { acceptedChanges, changesOf, createReceiver, put, TestReceiver, verify } from "./receiver.ts";
import type { ReceiverOut } from "./wire.ts";

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

/** A window that surely stays open until a test closes it by size or by `longest`. */
const slow = "60s";

/** A receiver of its own path at the sink. */
const receiver = (partner: Partner, path: string, more: Record<string, unknown> = {}) =>
  createReceiver(partner, sink.url(path), more);

describe("format changes", () => {
  test("is exactly S1's: action, object, id in its JSON type, url without extension and key", async () => {
    const partner = await koppla.partner("s1");
    const { secret } = await receiver(partner, "/s1");
    await put(partner, "trainings/345345", { name: "Svetsning" });
    const first = await sink.nth(1, "/s1");
    expect(first.body).toBe(
      '{"changes":[{"action":"update","object":"training","id":345345,"url":"https://koppla.example/api/v1/trainings/345345"}]}',
    );
    expect(first.headers).toMatchObject({ "content-type": "application/json" });
    expect(first.headers["user-agent"]).toMatch(/^koppla\//);
    verify(secret, first);

    await partner.delete("/api/v1/trainings/345345");
    const second = await sink.nth(2, "/s1");
    expect(second.body).toBe('{"changes":[{"action":"destroy","object":"training","id":345345}]}');
    verify(secret, second);
    expect(second.id).not.toBe(first.id);

    await put(partner, "articles/345345", { title: "a string key" });
    expect(changesOf(await sink.nth(3, "/s1"))[0]?.id).toBe("345345");
  });

  test("has each object once, with what happened to it last", async () => {
    const partner = await koppla.partner("merged");
    await receiver(partner, "/merged", { bundle: { quiet: slow, longest: slow, size: 3 } });
    await put(partner, "trainings/1", { name: "one" });
    await put(partner, "trainings/2", { name: "two" });
    await put(partner, "trainings/1", { name: "one again" });
    await partner.delete("/api/v1/trainings/2");
    await put(partner, "institutes/1", { name: "the third object" });
    const changes = changesOf(await sink.nth(1, "/merged"));
    expect(changes.map(({ action, object, id }) => `${action} ${object} ${id}`).sort()).toEqual([
      "destroy training 2",
      "update institute 1",
      "update training 1",
    ]);
  });
});

describe("a bundle closes", () => {
  test("when it has been quiet for as long as the receiver asks", async () => {
    const partner = await koppla.partner("quiet");
    await receiver(partner, "/quiet", { bundle: { quiet: "300ms", longest: slow, size: 500 } });
    await put(partner, "trainings/1", { name: "a" });
    await put(partner, "trainings/2", { name: "b" });
    const last = Date.now();
    const bundle = await sink.nth(1, "/quiet");
    expect(changesOf(bundle).map(({ id }) => id)).toEqual([1, 2]);
    // The acknowledgement comes a moment after the change's own time.
    expect(bundle.at - last).toBeGreaterThan(200);
  });

  test("when it has waited longest, however busy it is", async () => {
    const partner = await koppla.partner("longest");
    await receiver(partner, "/longest", { bundle: { quiet: slow, longest: "400ms", size: 500 } });
    const started = Date.now();
    await put(partner, "trainings/1", { name: "a" });
    const bundle = await sink.nth(1, "/longest");
    expect(bundle.at - started).toBeGreaterThan(300);
  });

  test("when it is full, at once, and no bundle is larger", async () => {
    const partner = await koppla.partner("size");
    await receiver(partner, "/size", { bundle: { quiet: slow, longest: slow, size: 10 } });
    const list = Array.from({ length: 30 }, (_, id) => ({ id, name: "n" }));
    await partner.send("POST", "/api/v1/trainings", list, 200);
    await sink.nth(3, "/size");
    const bundles = sink.requests.filter(({ path }) => path === "/size").map(changesOf);
    expect(bundles.map((bundle) => bundle.length)).toEqual([10, 10, 10]);
    expect(new Set(bundles.flat().map(({ id }) => id)).size).toBe(30);
  });
});

describe("format event", () => {
  test("thin is one change per request, without the data", async () => {
    const partner = await koppla.partner("event-thin");
    const { secret } = await receiver(partner, "/thin", { format: "event", payload: "thin" });
    await put(partner, "trainings/7", { name: "seven" });
    await put(partner, "trainings/8", { name: "eight" });
    await sink.nth(2, "/thin");
    const all = sink.requests.filter(({ path }) => path === "/thin");
    for (const request of all) verify(secret, request);
    const events = all.map(({ body }): Record<string, unknown> => JSON.parse(body));
    const seven = events.find((event) => event["object_id"] === 7);
    expect(seven).toMatchObject({
      topic: "Trainings.Update",
      organisation: "event-thin",
      object: "training",
      object_id: 7,
      url: "https://koppla.example/api/v1/trainings/7",
    });
    expect(seven?.["timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(seven?.["sequence"]).toBeNumber();
    expect(seven?.["id"]).toBeString();
    expect(seven).not.toHaveProperty("data");
    expect(all[0]?.id).not.toBe(all[1]?.id);
  });

  test("full brings the record along; a removal has none", async () => {
    const partner = await koppla.partner("event-full");
    await receiver(partner, "/full", { format: "event", payload: "full" });
    await put(partner, "trainings/7", { name: "seven", city: "Gent" });
    const update: Record<string, unknown> = JSON.parse((await sink.nth(1, "/full")).body);
    expect(update["data"]).toMatchObject({ id: 7, name: "seven", city: "Gent" });
    await partner.delete("/api/v1/trainings/7");
    const destroy: Record<string, unknown> = JSON.parse((await sink.nth(2, "/full")).body);
    expect(destroy).toMatchObject({ topic: "Trainings.Destroy", object_id: 7 });
    expect(destroy).not.toHaveProperty("data");
    expect(destroy).not.toHaveProperty("url");
  });
});

describe("a receiver gets", () => {
  test("its topics only", async () => {
    const partner = await koppla.partner("topics");
    await receiver(partner, "/topics", { topics: ["Trainings.Destroy", "Institutes.*"] });
    await put(partner, "trainings/1", { name: "not this" });
    await put(partner, "institutes/2", { name: "this" });
    expect(changesOf(await sink.nth(1, "/topics")).map(({ id }) => id)).toEqual([2]);
    await partner.delete("/api/v1/trainings/1");
    expect(changesOf(await sink.nth(2, "/topics"))).toEqual([
      { action: "destroy", object: "training", id: 1 },
    ]);
  });

  test("only its organisation's changes", async () => {
    const [one, two] = [await koppla.partner("own-one"), await koppla.partner("own-two")];
    await receiver(one, "/own-one");
    await receiver(two, "/own-two");
    await put(one, "trainings/1", { name: "one's" });
    await put(two, "trainings/2", { name: "two's" });
    await Promise.all([sink.nth(1, "/own-one"), sink.nth(1, "/own-two")]);
    const ids = (path: string) =>
      acceptedChanges(sink.requests.filter((request) => request.path === path)).map(({ id }) => id);
    expect(ids("/own-one")).toEqual([1]);
    expect(ids("/own-two")).toEqual([2]);
  });

  test("what its account may read, and nothing else", async () => {
    const partner = await koppla.partner("rights");
    const limited = await koppla.account("rights", ["institutes:read"]);
    await receiver(partner, "/rights", { account_id: limited.clientId });
    await put(partner, "trainings/1", { name: "hidden" });
    await put(partner, "institutes/2", { name: "seen" });
    await put(partner, "trainings/3", { name: "hidden" });
    await put(partner, "institutes/4", { name: "seen" });
    const ids = await sink.waitFor("institute 4", (all) => {
      const changes = acceptedChanges(all.filter(({ path }) => path === "/rights"));
      return changes.some(({ id }) => id === 4) && changes.map(({ id }) => id);
    });
    expect(ids).toEqual([2, 4]);
  });

  test("changes from now on, or from the beginning if asked", async () => {
    const partner = await koppla.partner("start");
    await put(partner, "trainings/1", { name: "before" });
    await receiver(partner, "/now");
    await receiver(partner, "/beginning", { start: "beginning" });
    await put(partner, "trainings/2", { name: "after" });
    const seen = (path: string) =>
      sink.waitFor(`training 2 at ${path}`, (all) => {
        const ids = acceptedChanges(all.filter((r) => r.path === path)).map(({ id }) => id);
        return ids.includes(2) && ids;
      });
    expect(await seen("/now")).toEqual([2]);
    expect(await seen("/beginning")).toEqual([1, 2]);
  });

  test("its own headers beside ours, and the WebSub signature where it asks for it", async () => {
    const partner = await koppla.partner("websub");
    const secret = "a-websub-secret";
    await receiver(partner, "/websub", {
      headers: { "x-tenant": "7" },
      auth: { protocol: "websub", secret, method: "sha256" },
    });
    await put(partner, "trainings/1", { name: "signed" });
    const request = await sink.nth(1, "/websub");
    expect(request.headers["x-tenant"]).toBe("7");
    const expected = new Bun.CryptoHasher("sha256", secret).update(request.body).digest("hex");
    expect(request.headers["x-hub-signature"]).toBe(`sha256=${expected}`);
  });
});

describe("a disabled receiver", () => {
  test("gets nothing, and once enabled gets what merged meanwhile", async () => {
    const partner = await koppla.partner("disabled");
    const made = await receiver(partner, "/disabled");
    const witness = await receiver(partner, "/disabled-witness");
    expect(witness.id).not.toBe(made.id);
    const path = `/api/v1/receivers/${made.id}`;
    expect((await partner.post(`${path}/disable`, {})).ok).toBeTrue();
    await put(partner, "trainings/1", { name: "one" });
    await sink.nth(1, "/disabled-witness");
    await put(partner, "trainings/1", { name: "one again" });
    await put(partner, "trainings/2", { name: "two" });
    await sink.waitFor("training 2 at the witness", (all) =>
      acceptedChanges(all.filter((r) => r.path === "/disabled-witness")).some(({ id }) => id === 2),
    );
    expect(sink.requests.some((request) => request.path === "/disabled")).toBeFalse();
    expect((await partner.read<ReceiverOut>(path)).enabled).toBeFalse();

    expect((await partner.post(`${path}/enable`, {})).ok).toBeTrue();
    const bundle = changesOf(await sink.nth(1, "/disabled"));
    expect(bundle.map(({ id }) => id)).toEqual([1, 2]);
  });
});
