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
