/** The webhook log: what it lists and keeps, who sees it, and sending again from it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { acceptedChanges, createReceiver, put as putAt, TestReceiver } from "./receiver.ts";
import {
  deliveryWith,
  type DeliveryItem,
  type DeliveryOut,
  expectProblem,
  type Page,
  readPages,
} from "./wire.ts";

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

const quick = { steps: ["1s"], then: "fail" };

/** Tried again after a second, then given up. */
const receiver = (partner: Partner, at: TestReceiver, more: Record<string, unknown> = {}) =>
  createReceiver(partner, at.url(), { retry: quick, ...more });

const put = (partner: Partner, id: number, name = "n") => putAt(partner, `trainings/${id}`, { name });

describe("the log", () => {
  test("lists newest first in pages, with the fields of the contract, and filters", async () => {
    await using sink = new TestReceiver();
    const partner = await koppla.partner("log");
    const one = await receiver(partner, sink, { bundle: { quiet: "0ms", longest: "0ms", size: 1 } });
    for (let id = 1; id <= 7; id++) await put(partner, id);
    await sink.waitFor("seven", (all) => acceptedChanges(all).length === 7);
    await deliveryWith(partner, (await sink.nth(7)).id, "delivered");
    const pages = await readPages((path) => partner.read<Page<DeliveryOut>>(path), "/api/v1/deliveries", 3);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    const all = pages.flat();
    expect(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
    ).toEqual(all.map(({ id }) => id));
    expect(all[0]).toMatchObject({
      receiver_id: one.id,
      topics: ["Trainings.Update"],
      status: "delivered",
      status_code: 200 + 4,
      attempts: 1,
      next_attempt_at: null,
    });
    const count = async (query: string) =>
      (await partner.read<Page<DeliveryOut>>(`/api/v1/deliveries?${query}`)).items.length;
    expect(await count(`receiver=${one.id}`)).toBe(7);
    expect(await count("status=delivered")).toBe(7);
    expect(await count("status=failed")).toBe(0);
    expect(await count("topic=Trainings.Update")).toBe(7);
  });

  test("keeps request headers without secrets", async () => {
    await using sink = new TestReceiver();
    const partner = await koppla.partner("log-secrets");
    await receiver(partner, sink, {
      auth: { protocol: "websub", secret: "very-secret-indeed", method: "sha256" },
    });
    await put(partner, 1);
    const item = await deliveryWith(partner, (await sink.nth(1)).id, "delivered");
    expect(item.request_headers["webhook-id"]).toBe(item.id);
    expect(JSON.stringify(item)).not.toContain("very-secret-indeed");
    expect(koppla.log.text()).not.toContain("very-secret-indeed");
  });

  test("stays when the receiver is removed", async () => {
    await using sink = new TestReceiver();
    const partner = await koppla.partner("log-kept");
    const { id } = await receiver(partner, sink);
    await put(partner, 1);
    const sent = await sink.nth(1);
    await deliveryWith(partner, sent.id, "delivered");
    expect((await partner.delete(`/api/v1/receivers/${id}`)).status).toBe(204);
    const item = await partner.read<DeliveryItem>(`/api/v1/deliveries/${sent.id}`);
    expect(item.receiver_id).toBe(id);
    expect(item.attempts.length).toBe(1);
  });

  test("of another organisation is 404 and unlisted", async () => {
    await using sink = new TestReceiver();
    const [one, two] = [await koppla.partner("log-mine"), await koppla.partner("log-theirs")];
    await receiver(one, sink);
    await put(one, 1);
    const { id } = await sink.nth(1);
    await expectProblem(await two.get(`/api/v1/deliveries/${id}`), 404);
    await expectProblem(await two.post(`/api/v1/deliveries/${id}/resend`, {}), 404);
    expect((await two.read<Page<DeliveryOut>>("/api/v1/deliveries")).items).toEqual([]);
  });
});

describe("what is looked for in the log", () => {
  test("is found by object, id, topic, status code and error, and refused where it makes no sense", async () => {
    await using sink = new TestReceiver({ answer: (_, { body }) => (body.includes('"id":7') ? 418 : 204) });
    const partner = await koppla.partner("log-filters");
    const { id } = await receiver(partner, sink, {
      ...{ bundle: { quiet: "0ms", longest: "0ms", size: 1 }, retry: { steps: ["1h"], then: "fail" } },
    });
    for (const number of [5, 7, -7]) await put(partner, number);
    await sink.waitFor("three", (all) => all.length === 3);
    const find = async (query: string) =>
      (await partner.read<Page<DeliveryOut>>(`/api/v1/deliveries?${query}`)).items;
    while ((await find("status=delivered")).length < 2 || (await find("error=status")).length < 1)
      await Bun.sleep(20);
    const [teapot] = await find("status_code=418");
    if (!teapot) throw new Error("it is not found by its status code");
    expect(teapot).toMatchObject({ status: "retrying", error: "status", status_code: 418 });
    expect(await find("object=training&object_id=7")).toEqual([teapot]);
    expect(await find(`error=status&receiver=${id}&topic=Trainings.*`)).toEqual([teapot]);
    expect(await find("object=training&object_id=-7")).toHaveLength(1);
    expect(await find("object=training")).toHaveLength(3);
    expect(await find("object=training&object_id=7&status=delivered")).toEqual([]);
    expect(await find("error=dns")).toEqual([]);
    const item = await partner.read<DeliveryItem>(`/api/v1/deliveries/${teapot.id}`);
    expect(item.attempts[0]).toMatchObject({ error: "status", status_code: 418, address: "127.0.0.1" });
    for (const wrong of ["error=bad", "object_id=7", "object=nonesuch", "object=training&object_id=x"])
      await expectProblem(await partner.get(`/api/v1/deliveries?${wrong}`), 422);
  });

  test("is exported whole, as CSV and NDJSON, with the same filters", async () => {
    await using sink = new TestReceiver();
    const partner = await koppla.partner("log-export");
    await receiver(partner, sink, { bundle: { quiet: "0ms", longest: "0ms", size: 1 } });
    for (let id = 1; id <= 7; id++) await put(partner, id);
    const last = await sink.nth(7);
    await deliveryWith(partner, last.id, "delivered");
    const { items } = await partner.read<Page<DeliveryOut>>("/api/v1/deliveries");
    const lines = await (await partner.get("/api/v1/deliveries", { accept: "application/x-ndjson" })).text();
    expect(
      lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(items);
    const answer = await partner.get("/api/v1/deliveries?object=training&object_id=3", {
      accept: "text/csv",
    });
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const [head, row, ...more] = (await answer.text()).trimEnd().split("\n");
    expect(head).toBe("id,receiver_id,topics,status,status_code,error,attempts,created_at,next_attempt_at");
    expect(row).toContain(",Trainings.Update,delivered,204,,1,");
    expect(more).toEqual([]);
    await expectProblem(await partner.get("/api/v1/deliveries?limit=5", { accept: "text/csv" }), 422);
    await expectProblem(await partner.get("/api/v1/deliveries?object=x", { accept: "text/csv" }), 422);
  });

  test("keeps a large body byte for byte, also for the next attempt", async () => {
    let down = true;
    await using sink = new TestReceiver({ answer: () => (down ? 503 : 204) });
    const partner = await koppla.partner("log-large");
    await receiver(partner, sink);
    const list = Array.from({ length: 300 }, (_, index) => ({ id: index + 1, name: `Ø ${index}` }));
    await partner.send("POST", "/api/v1/trainings", list, 200);
    const first = await sink.nth(1);
    expect(first.body.length).toBeGreaterThan(10_000);
    down = false;
    const again = await sink.nth(2);
    expect(again.body).toBe(first.body);
    const item = await deliveryWith(partner, first.id, "delivered");
    expect(item.request_body).toBe(first.body);
  });

  test("goes when it is old, or too much, and stays while it is to be delivered", async () => {
    const small = await startKoppla({ config: { webhooks: { log_max: 3 } } });
    try {
      await using sink = new TestReceiver({
        answer: (_, { body }) => (body.includes('"id":1,') ? 500 : 204),
      });
      const partner = await small.partner("log-max");
      await receiver(partner, sink, {
        ...{ bundle: { quiet: "0ms", longest: "0ms", size: 1 }, retry: { steps: ["1h"], then: "fail" } },
      });
      for (let id = 1; id <= 7; id++) await put(partner, id);
      await deliveryWith(partner, (await sink.nth(7)).id, "delivered");
      const before = await partner.read<Page<DeliveryOut>>("/api/v1/deliveries");
      expect(before.items).toHaveLength(7);
      // It is looked at at every start, and then once an hour.
      await small.restart();
      const after = partner.at(small);
      for (;;) {
        const { items } = await after.read<Page<DeliveryOut>>("/api/v1/deliveries");
        if (items.length <= 4) {
          const kept = items.map(({ id }) => id);
          const newest = before.items.slice(0, kept.length - 1).map(({ id }) => id);
          expect(kept).toEqual([...newest, String(before.items[6]?.id)]);
          break;
        }
        await Bun.sleep(20);
      }
    } finally {
      await small.dispose();
    }
  });
});

describe("resend", () => {
  test("sends a failed delivery again, as it was, and the log has one attempt more", async () => {
    let down = true;
    await using sink = new TestReceiver({ answer: () => (down ? 500 : 200) });
    const partner = await koppla.partner("resend");
    await receiver(partner, sink);
    await put(partner, 1);
    const second = await sink.nth(2);
    await deliveryWith(partner, second.id, "failed");
    down = false;
    const answer = await partner.post(`/api/v1/deliveries/${second.id}/resend`, {});
    expect(answer.ok).toBeTrue();
    const third = await sink.nth(3);
    expect(third.id).toBe(second.id);
    expect(third.body).toBe(second.body);
    const item = await deliveryWith(partner, second.id, "delivered");
    expect(item.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
  });
});
