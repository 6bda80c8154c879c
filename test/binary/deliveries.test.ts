/** Trouble at the receiver: retries, the log, resend, removal, and what a restart goes on with. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import {
  acceptedChanges,
  changesOf,
  createReceiver,
  put as putAt,
  TestReceiver,
  verify,
} from "./receiver.ts";
import { type DeliveryItem, deliveryWith, listedDelivery } from "./wire.ts";

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

describe("a failing receiver", () => {
  test("is tried again after its schedule with the same webhook-id and body, freshly signed", async () => {
    await using sink = new TestReceiver({ answer: (call) => (call === 1 ? 503 : 200) });
    const partner = await koppla.partner("retry");
    const { secret, id } = await receiver(partner, sink);
    await put(partner, 1);
    const [first, second] = [await sink.nth(1), await sink.nth(2)];
    expect(second.id).toBe(first.id);
    expect(second.body).toBe(first.body);
    expect(second.at - first.at).toBeGreaterThanOrEqual(990);
    verify(secret, first);
    verify(secret, second);

    const item = await deliveryWith(partner, first.id, "delivered");
    expect(item).toMatchObject({ receiver_id: id, status_code: 200, topics: ["Trainings.Update"] });
    expect(item.next_attempt_at).toBeNull();
    expect(item.request_body).toBe(first.body);
    expect(item.attempts.map(({ number, status_code }) => [number, status_code])).toEqual([
      [1, 503],
      [2, 200],
    ]);
    for (const attempt of item.attempts) {
      expect(attempt.duration_ms).toBeGreaterThanOrEqual(0);
      expect(Date.parse(attempt.at)).toBeGreaterThan(Date.now() - 60_000);
    }
  });

  test("ends as failed when the schedule is used up, and what it answered is in the log", async () => {
    await using sink = new TestReceiver({
      answer: () => new Response("our database is on fire", { status: 500 }),
    });
    const partner = await koppla.partner("fails");
    await receiver(partner, sink);
    await put(partner, 1);
    const { id } = await sink.nth(2);
    const item = await deliveryWith(partner, id, "failed");
    expect(item.attempts.length).toBe(2);
    expect(item.attempts[1]).toMatchObject({ status_code: 500, response_body: "our database is on fire" });
    expect(item.next_attempt_at).toBeNull();
  });

  test("that cannot be reached is a failed attempt with the kind of trouble named", async () => {
    const gone = new TestReceiver();
    const url = gone.url();
    await gone.stop();
    const partner = await koppla.partner("unreachable");
    await createReceiver(partner, url, { retry: { steps: ["1h"], then: "fail" } });
    await put(partner, 1);
    const listed = await listedDelivery(partner, ({ status }) => status === "retrying");
    const item = await partner.read<DeliveryItem>(`/api/v1/deliveries/${listed.id}`);
    expect(item.attempts[0]?.status_code).toBeNull();
    expect(item.attempts[0]?.error).toBeString();
    expect(item.next_attempt_at && Date.parse(item.next_attempt_at) - Date.now()).toBeGreaterThan(3_500_000);
  });

  test("does not follow redirects: 302 is a failure and the other place hears nothing", async () => {
    await using other = new TestReceiver();
    await using sink = new TestReceiver({
      answer: () => new Response(null, { status: 302, headers: { location: other.url() } }),
    });
    const partner = await koppla.partner("redirects");
    await receiver(partner, sink);
    await put(partner, 1);
    const item = await deliveryWith(partner, (await sink.nth(2)).id, "failed");
    expect(item.status_code).toBe(302);
    expect(other.requests.length).toBe(0);
  });

  test("does not slow another receiver of the same change", async () => {
    const held = Promise.withResolvers<number>();
    await using hanging = new TestReceiver({ answer: () => held.promise });
    await using quickSink = new TestReceiver();
    const partner = await koppla.partner("hanging");
    await receiver(partner, hanging);
    await receiver(partner, quickSink);
    for (let id = 1; id <= 5; id++) {
      await put(partner, id);
      await quickSink.waitFor(
        `training ${id}`,
        (all) => acceptedChanges(all).some((c) => c.id === id),
        5_000,
      );
    }
    held.resolve(200);
  });

  test("gets one merged bundle of the rest once it works again", async () => {
    let down = true;
    await using sink = new TestReceiver({ answer: () => (down ? 500 : 200) });
    const partner = await koppla.partner("merges");
    await receiver(partner, sink, { retry: { steps: ["1s"], then: "repeat" } });
    await put(partner, 1);
    await sink.nth(1);
    for (let round = 0; round < 20; round++)
      for (let id = 1; id <= 10; id++) await put(partner, id, `round ${round}`);
    down = false;
    await sink.waitFor("all ten", (all) => new Set(acceptedChanges(all).map(({ id }) => id)).size === 10);
    const accepted = new Map<string, string>();
    for (const { status, id, body } of sink.requests) if (status === 200) accepted.set(id, body);
    // 200 changes of 10 objects: the outage cost a few bundles, not one per change.
    expect(accepted.size).toBeLessThan(15);
    const last = await partner.read<{ name: string }>("/api/v1/trainings/10");
    expect(last.name).toBe("round 19");
  });
});

describe("a restart", () => {
  test("goes on with the open window, the due retry and the feed's cursor", async () => {
    let down = true;
    await using failing = new TestReceiver({ answer: () => (down ? 500 : 200) });
    await using patient = new TestReceiver();
    const partner = await koppla.partner("restart");
    const { secret } = await receiver(partner, failing, { retry: { steps: ["1s"], then: "repeat" } });
    await receiver(partner, patient, { bundle: { quiet: "1s", longest: "60s", size: 500 } });
    await put(partner, 1);
    const first = await failing.nth(1);
    await koppla.stop();
    expect(patient.requests.length).toBe(0);
    down = false;
    await koppla.start();
    const again = await failing.waitFor("the retry", (all) => all.find(({ status }) => status === 200));
    expect(again.id).toBe(first.id);
    verify(secret, again);
    expect(changesOf(await patient.nth(1))).toMatchObject([{ id: 1 }]);
    await put(partner, 2);
    expect(changesOf(await patient.nth(2)).map(({ id }) => id)).toEqual([2]);
  });
});
