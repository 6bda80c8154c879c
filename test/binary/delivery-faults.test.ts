/** What a receiver may do wrong, each by its name: it is a failed attempt of the right class, and nothing worse. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { changesOf, createReceiver, put, type Received, TestReceiver, verify } from "./receiver.ts";
import { head, NO_CONTENT, RudeReceiver, type Rudeness } from "./rude.ts";
import { type DeliveryItem, deliveryWith, listedDelivery, type ReceiverOut } from "./wire.ts";

const TIMEOUT_MS = 1_000;
/** Nobody waits for the second attempt. */
const once = { steps: ["1h"], then: "fail" };
const soon = { steps: ["1s"], then: "repeat" };

let koppla: Koppla;
let partners = 0;

beforeAll(async () => {
  koppla = await startKoppla({ config: { webhooks: { timeout: `${TIMEOUT_MS}ms` } } });
});
afterAll(() => koppla.dispose());

const newPartner = (): Promise<Partner> => koppla.partner(`faults-${++partners}`);

/** Has one delivery sent to a receiver, and reads it when its first attempt has failed. */
async function failed(url: string): Promise<DeliveryItem> {
  const partner = await newPartner();
  await createReceiver(partner, url, { retry: once });
  await put(partner, "trainings/1", { name: "n" });
  const { id } = await listedDelivery(partner, ({ status }) => status === "retrying");
  return await partner.read<DeliveryItem>(`/api/v1/deliveries/${id}`);
}

async function failedBy(rudeness: Rudeness): Promise<DeliveryItem["attempts"][number]> {
  await using rude = await RudeReceiver.start(rudeness);
  const { attempts } = await failed(rude.url());
  expect(attempts).toHaveLength(1);
  const [attempt] = attempts;
  if (!attempt) throw new Error("there is no attempt");
  return attempt;
}

describe("an answer", () => {
  test("that redirects is a failure, and the second URL is never called", async () => {
    await using second = new TestReceiver();
    await using first = new TestReceiver({
      answer: () => new Response(null, { status: 307, headers: { location: second.url() } }),
    });
    const { attempts } = await failed(first.url());
    expect(attempts).toMatchObject([{ error: "redirect", status_code: 307 }]);
    expect(second.requests).toEqual([]);
  });

  test("with an endless body counts by its status, and 16 KB of it are kept", async () => {
    await using rude = await RudeReceiver.start((socket) => {
      socket.write(head("200 OK", "content-type: text/plain"));
      const pour = () => {
        while (!socket.destroyed && socket.write("all work and no play makes Jack a dull boy ".repeat(100)));
      };
      socket.on("drain", pour);
      pour();
    });
    const partner = await newPartner();
    await createReceiver(partner, rude.url());
    await put(partner, "trainings/1", { name: "n" });
    const { id } = await listedDelivery(partner, ({ status }) => status === "delivered");
    const { attempts } = await deliveryWith(partner, id, "delivered");
    expect(attempts).toMatchObject([{ status_code: 200, error: null }]);
    expect(attempts[0]?.response_body?.length).toBe(16_384);
  });

  test("with a body that drips is a timeout when its time is over", async () => {
    const attempt = await failedBy((socket) => {
      socket.write(head("200 OK", "content-length: 100000"));
      const dripping = setInterval(
        () => (socket.destroyed ? clearInterval(dripping) : socket.write(".")),
        50,
      );
    });
    expect(attempt).toMatchObject({ error: "timeout", status_code: 200 });
    expect(attempt.duration_ms).toBeLessThan(2 * TIMEOUT_MS);
  });

  test("with 10 MB of headers is no answer", async () => {
    const attempt = await failedBy((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      for (let i = 0; i < 10_000; i++) socket.write(`x-${i}: ${"a".repeat(1_000)}\r\n`);
      socket.write("content-length: 0\r\n\r\n");
    });
    expect(attempt.status_code).toBeNull();
    expect(attempt.error).toBeString();
  });

  test("that is no HTTP is a fault of the body", async () => {
    const attempt = await failedBy((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(attempt).toMatchObject({ error: "body", status_code: null });
  });

  test("that never comes is a timeout, whether the connection is half open or the request was read", async () => {
    await using deaf = await RudeReceiver.start(() => {}, { accept: (socket) => (socket.pause(), false) });
    expect((await failed(deaf.url())).attempts).toMatchObject([{ error: "timeout", status_code: null }]);
    expect(await failedBy(() => {})).toMatchObject({ error: "timeout", status_code: null });
  });
});

describe("a connection", () => {
  test("that is reset before the request is one that could not be made", async () => {
    await using rude = await RudeReceiver.start(() => {}, {
      accept: (socket) => (socket.resetAndDestroy(), false),
    });
    expect((await failed(rude.url())).attempts).toMatchObject([{ error: "connect", status_code: null }]);
  });

  test("that is reset after the request, each time, is a failed attempt, made twice at the most", async () => {
    await using rude = await RudeReceiver.start((socket) => socket.resetAndDestroy());
    const { attempts } = await failed(rude.url());
    expect(attempts).toMatchObject([{ error: "connect", status_code: null }]);
    expect(rude.requests.length).toBeLessThanOrEqual(2);
  });

  test("of the pool that was reset meanwhile costs no attempt: the request is sent again at once", async () => {
    await using rude = await RudeReceiver.start((socket, call) => {
      if (call === 2) socket.resetAndDestroy();
      else socket.write(NO_CONTENT);
    });
    const partner = await newPartner();
    await createReceiver(partner, rude.url(), { retry: once });
    await put(partner, "trainings/1", { name: "n" });
    await listedDelivery(partner, ({ status }) => status === "delivered");
    await put(partner, "trainings/2", { name: "n" });
    const second = await listedDelivery(
      partner,
      ({ status, topics }) => status !== "pending" && topics.length > 0,
    );
    expect(second).toBeDefined();
    await deliveryWith(partner, second.id, "delivered");
    expect(rude.requests.length).toBeLessThanOrEqual(3);
  });
});

describe("Retry-After", () => {
  const planned = async (value: string) => {
    await using sink = new TestReceiver({
      answer: () => new Response(null, { status: 503, headers: { "retry-after": value } }),
    });
    const { next_attempt_at: next } = await failed(sink.url());
    return (Date.parse(String(next)) - Date.now()) / 60_000;
  };

  test("999999999 is a day", async () => {
    const minutes = await planned("999999999");
    expect(minutes).toBeGreaterThan(24 * 60 - 2);
    expect(minutes).toBeLessThanOrEqual(24 * 60);
  });

  test.each(["soon", "-1", "1e9", "Sat, 21 Nov 2020 12:00:00 GMT", "2999-01-01", ""])(
    "%p, which is no time to come, is as if it were not there",
    async (value) => {
      const minutes = await planned(value);
      expect(minutes).toBeGreaterThan(58);
      expect(minutes).toBeLessThan(67);
    },
  );
});

describe("a status", () => {
  test("410 fails the delivery and disables the receiver", async () => {
    await using sink = new TestReceiver({ answer: () => 410 });
    const partner = await newPartner();
    const { id } = await createReceiver(partner, sink.url(), { retry: soon });
    await put(partner, "trainings/1", { name: "n" });
    const { id: delivery } = await listedDelivery(partner, ({ status }) => status === "failed");
    expect(await deliveryWith(partner, delivery, "failed")).toMatchObject({
      status_code: 410,
      next_attempt_at: null,
    });
    const receiver = await partner.read<ReceiverOut & { disabled_reason: string }>(`/api/v1/receivers/${id}`);
    expect(receiver).toMatchObject({ enabled: false, disabled_reason: "The receiver answered 410 Gone." });
    await put(partner, "trainings/2", { name: "n" });
    expect(sink.requests).toHaveLength(1);
  });

  test("413 splits the bundle until it fits, each change once", async () => {
    await using sink = new TestReceiver({
      answer: (_, request) => (changesOf(request).length > 3 ? 413 : 204),
    });
    const partner = await newPartner();
    const { secret } = await createReceiver(partner, sink.url(), { retry: once });
    const list = Array.from({ length: 10 }, (_, id) => ({ id, name: "n" }));
    await partner.send("POST", "/api/v1/trainings", list, 200);
    const taken = await sink.waitFor("all ten", (all) => {
      const good = all.filter(({ status }) => status === 204);
      return good.flatMap(changesOf).length === 10 && good;
    });
    expect(
      taken
        .flatMap(changesOf)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(list.map(({ id }) => id));
    expect(new Set(sink.requests.map(({ id }) => id)).size).toBe(sink.requests.length);
    for (const request of sink.requests) verify(secret, request);
    const [whole] = sink.requests as [Received];
    expect(await deliveryWith(partner, whole.id, "cancelled")).toMatchObject({
      status_code: 413,
      error: "split",
    });
  });

  test.each([429, 503])(
    "%d holds the whole receiver, and uses up no attempts of the others",
    async (status) => {
      await using sink = new TestReceiver({
        answer: (call) =>
          call === 1 ? new Response(null, { status, headers: { "retry-after": "3" } }) : 204,
      });
      const partner = await newPartner();
      await createReceiver(partner, sink.url(), { format: "event", retry: soon });
      await put(partner, "trainings/1", { name: "n" });
      const first = await sink.nth(1);
      await deliveryWith(partner, first.id, "retrying");
      for (let id = 2; id <= 6; id++) await put(partner, `trainings/${id}`, { name: "n" });
      const second = await sink.nth(2);
      expect(second.at - first.at).toBeGreaterThan(2_900);
      await sink.nth(7);
      const ids = sink.requests.map(({ id }) => id);
      expect(new Set(ids).size).toBe(6);
      for (const id of new Set(ids)) {
        const { attempts } = await deliveryWith(partner, id, "delivered");
        expect(attempts).toHaveLength(id === first.id ? 2 : 1);
      }
    },
  );
});

describe("between two attempts", () => {
  test("the secret is rotated: the next one is signed with the new one, and with the old for as long as it was given", async () => {
    await using sink = new TestReceiver({ answer: (call) => (call === 1 ? 500 : 204) });
    const partner = await newPartner();
    const { id, secret } = await createReceiver(partner, sink.url(), { retry: soon });
    await put(partner, "trainings/1", { name: "n" });
    const first = await sink.nth(1);
    const rotated = await partner.send<{ secret: string }>(
      "POST",
      `/api/v1/receivers/${id}/rotate-secret`,
      { overlap: "1h" },
      200,
    );
    const second = await sink.nth(2);
    verify(secret, first);
    expect(() => verify(rotated.secret, first)).toThrow();
    verify(secret, second);
    verify(rotated.secret, second);
    expect([second.id, second.body]).toEqual([first.id, first.body]);
  });

  test("the receiver is deleted: there is no second one, and the delivery is cancelled", async () => {
    await using sink = new TestReceiver({ answer: () => 500 });
    await using witness = new TestReceiver();
    const partner = await newPartner();
    const { id } = await createReceiver(partner, sink.url(), { retry: soon });
    await put(partner, "trainings/1", { name: "n" });
    const first = await sink.nth(1);
    await deliveryWith(partner, first.id, "retrying");
    expect((await partner.delete(`/api/v1/receivers/${id}`)).status).toBe(204);
    await deliveryWith(partner, first.id, "cancelled");
    // By the time that two later changes have come to another, a second attempt would have been made.
    await createReceiver(partner, witness.url(), { bundle: { quiet: "1500ms", longest: "2s" } });
    await put(partner, "trainings/2", { name: "n" });
    await witness.nth(1);
    expect(sink.requests).toHaveLength(1);
  });
});

test("what one receiver does wrong is not felt by another", async () => {
  await using hanging = await RudeReceiver.start(() => {});
  await using good = new TestReceiver();
  const partner = await newPartner();
  for (let i = 0; i < 40; i++)
    await createReceiver(partner, hanging.url(`/${i}`), { format: "event", retry: soon });
  await createReceiver(partner, good.url(), { format: "event" });
  for (let id = 1; id <= 40; id++) await put(partner, `trainings/${id}`, { name: "n" });
  const started = performance.now();
  await good.nth(40, "/hook", 10_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});
