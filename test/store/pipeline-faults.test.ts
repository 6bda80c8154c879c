/** Receivers in trouble, over a real database and with time in the test's hands: how each is left alone, and told. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { shell } from "../../src/audit/entry.ts";
import { OPENS_AFTER } from "../../src/deliveries/breaker.ts";
import { sealTest } from "../../src/deliveries/body.ts";
import { databases } from "./databases.ts";
import { broken, House, idsOf, type Node, ok, Tenant } from "./nodes.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EVENTS = { format: "event", retry: { steps: ["1s"], then: "repeat" } };

describe.each(databases)("a receiver in trouble on %s", (kind) => {
  let house: House;
  let node: Node;
  let tenant: Tenant;
  let id: string;

  beforeEach(async () => {
    house = await House.make(kind);
  });
  afterEach(() => house.close());

  const start = async (receiver: Record<string, unknown> = {}): Promise<void> => {
    node = await house.open("node", async (services) => {
      tenant = await Tenant.make(services);
      id = await tenant.receiver({ bundle: { quiet: "1s", longest: "1s" }, ...receiver });
    });
  };
  const pass = (ms: number) => house.pass(ms);
  const passEach = async (ms: number, step: number) => {
    for (let left = ms; left > 0; left -= step) await pass(Math.min(step, left));
  };
  const putMany = (count: number, from = 1) =>
    Promise.all(Array.from({ length: count }, (_, i) => tenant.put(from + i, {})));
  const by = () => shell(tenant.principal.organisation.id);
  const shown = () => node.services.receivers.get(tenant.principal.organisation.id, id);
  const health = () => node.pipeline.health({ id, accountId: tenant.principal.subject.id });
  const statuses = async () => (await tenant.log()).map(({ status }) => status);

  describe("that answers 503", () => {
    test("is left alone with all that waits for it, which uses up no attempts", async () => {
      await start({ ...EVENTS, rate: { requests: 1, window: "10s" } });
      house.answer = () => ({ status: 503, body: "", retryAfter: "600" });
      await putMany(5);
      await pass(SECOND);
      expect(house.sent).toHaveLength(1);
      house.answer = ok;
      await pass(599 * SECOND);
      expect(house.sent).toHaveLength(1);
      await passEach(5 * MINUTE, 10 * SECOND);
      const log = await tenant.log();
      expect(log.map(({ status }) => status)).toEqual(Array(5).fill("delivered"));
      expect(log.map(({ attempts }) => attempts.length).sort()).toEqual([1, 1, 1, 1, 2]);
    });

    test("is left alone by the next server, too", async () => {
      await start(EVENTS);
      house.answer = () => ({ status: 429, body: "", retryAfter: "600" });
      await putMany(1);
      await pass(SECOND);
      await node.crash();
      house.answer = ok;
      node = await house.open("next");
      tenant = tenant.at(node);
      await putMany(1, 2);
      await pass(5 * MINUTE);
      expect(house.sent).toHaveLength(1);
      await pass(5 * MINUTE);
      await pass(2 * SECOND);
      expect(new Set(house.sent.map(({ body }) => JSON.parse(body).object_id))).toEqual(new Set([1, 2]));
    });

    test.each([
      ["999999999", DAY],
      ["next Tuesday", HOUR],
      ["Sat, 21 Nov 2020 12:00:00 GMT", HOUR],
      ["Sun, 22 Nov 2026 06:00:00 GMT", 18 * HOUR],
      ["60", HOUR],
    ])(
      "with Retry-After: %s is asked again when it says, never before its schedule, nor after a day",
      async (value, wait) => {
        await start({ retry: { steps: ["1h"], then: "repeat" } });
        house.answer = () => ({ status: 503, body: "", retryAfter: value });
        await tenant.put(1, {});
        await pass(SECOND);
        const begun = house.clock.now();
        // A second of slack: it was asked a second after the time that the date counts from.
        const [logged] = await tenant.log();
        const planned = Date.parse(String(logged?.next_attempt_at)) - begun;
        expect(Math.abs(planned - wait)).toBeLessThanOrEqual(SECOND);
        await pass(planned - SECOND);
        expect(house.sent).toHaveLength(1);
        await pass(SECOND);
        expect(house.sent).toHaveLength(2);
      },
    );
  });

  describe("that only fails", () => {
    test("is sent one probe at a time, further and further apart; what waits uses up no attempts", async () => {
      await start(EVENTS);
      house.answer = broken;
      await putMany(20);
      await pass(SECOND);
      expect(house.sent.length).toBeLessThan(OPENS_AFTER + 4);
      const first = house.sent.length;
      expect(await health()).toMatchObject({ state: "open", consecutiveFailures: first });
      await passEach(10 * MINUTE, SECOND);
      const probes = house.sent.slice(first).map(({ at }) => at);
      const gaps = probes.slice(1).map((at, i) => Math.round((at - (probes[i] ?? 0)) / SECOND));
      expect(gaps).toEqual([10, 20, 40, 80, 160]);
      house.answer = ok;
      await passEach(10 * MINUTE, 10 * SECOND);
      expect(await health()).toMatchObject({ state: "closed", consecutiveFailures: 0, failingSince: null });
      const log = await tenant.log();
      expect(log.map(({ status }) => status)).toEqual(Array(20).fill("delivered"));
      // Each attempt was one of a probe or of the first few.
      expect(log.reduce((sum, { attempts }) => sum + attempts.length, 0)).toBe(house.sent.length);
      expect(house.sent).toHaveLength(first + probes.length + 20);
    });

    test("goes on merging meanwhile: it costs no rows, and gets each object once when it is back", async () => {
      await start({ retry: { steps: ["1s"], then: "repeat" } });
      house.answer = broken;
      await tenant.put(1, {});
      await passEach(2 * MINUTE, SECOND);
      const before = (await tenant.log()).length;
      for (let round = 0; round < 20; round++) {
        for (let object = 1; object <= 5; object++) await tenant.put(object, { round });
        await pass(2 * SECOND);
      }
      expect(await tenant.log()).toHaveLength(before);
      house.answer = ok;
      house.sent.length = 0;
      await passEach(5 * MINUTE, SECOND);
      expect(house.sent.map(idsOf)).toEqual([[1], [1, 2, 3, 4, 5]]);
    });

    test("does not have its attempts counted for faults of our own proxy", async () => {
      await start({ retry: { steps: ["1h"], then: "fail" } });
      house.answer = () => ({ body: "", error: "proxy" });
      await tenant.put(1, {});
      for (let i = 0; i < 10; i++) await pass(HOUR);
      expect(house.sent.length).toBeGreaterThan(5);
      expect(await health()).toMatchObject({ state: "closed", failingSince: null });
      expect(await statuses()).toEqual(["retrying"]);
      house.answer = broken;
      await pass(HOUR);
      await pass(HOUR);
      expect(await statuses()).toEqual(["failed"]);
    });

    test("is warned of at half of its time and at four fifths, then disabled, once each", async () => {
      await start({ retry: { steps: ["1h"], then: "repeat" }, contact: "owner@partner.example" });
      const { outbox } = node.services;
      const mails: string[] = [];
      outbox.queue = (_, { recipient, subject }) => void mails.push(`${recipient}: ${subject}`);
      house.answer = broken;
      await tenant.put(1, {});
      await pass(SECOND);
      await passEach(2.5 * DAY - HOUR, HOUR);
      expect(mails).toEqual([]);
      await passEach(2 * HOUR, HOUR);
      expect(mails).toEqual(["owner@partner.example: Koppla: r cannot be reached"]);
      await passEach(2 * DAY, HOUR);
      expect(mails).toHaveLength(2);
      expect(await shown()).toMatchObject({ enabled: true });
      await passEach(DAY, HOUR);
      expect(mails.slice(2)).toEqual(["owner@partner.example: Koppla: r is disabled"]);
      expect(await shown()).toMatchObject({
        enabled: false,
        disabled_reason: "Every attempt failed for 5d. The last: status 500.",
      });
      const asked = house.sent.length;
      house.answer = ok;
      await passEach(DAY, HOUR);
      expect(house.sent).toHaveLength(asked);
      await node.services.receivers.enable(by(), id);
      await pass(2 * HOUR);
      expect(await statuses()).toEqual(["delivered"]);
      expect(node.errors).toEqual([]);
    });

    test("counts its time from its first failure, over a restart, and a success begins it anew", async () => {
      await start({ retry: { steps: ["1h"], then: "repeat" } });
      house.answer = broken;
      await tenant.put(1, {});
      await pass(SECOND);
      const since = (await health())?.failingSince;
      expect(since).toBe(house.clock.now());
      await passEach(4 * DAY, 6 * HOUR);
      await node.crash();
      node = await house.open("next");
      tenant = tenant.at(node);
      expect(await health()).toMatchObject({ failingSince: since, state: "open" });
      house.answer = ok;
      await passEach(6 * HOUR, HOUR);
      expect(await health()).toMatchObject({ failingSince: null, state: "closed" });
      house.answer = broken;
      await tenant.put(1, { again: true });
      await pass(2 * SECOND);
      await passEach(2 * DAY, 6 * HOUR);
      expect(await shown()).toMatchObject({ enabled: true });
    });

    test("and has nothing waiting is disabled only at its next failure, and not when that is a success", async () => {
      await start({ retry: { steps: ["1h"], then: "fail" } });
      house.answer = broken;
      await tenant.put(1, {});
      await pass(SECOND);
      await passEach(7 * DAY, 6 * HOUR);
      expect(await statuses()).toEqual(["failed"]);
      expect(await shown()).toMatchObject({ enabled: true });
      house.answer = ok;
      await tenant.put(2, {});
      await pass(2 * SECOND);
      house.answer = broken;
      await tenant.put(3, {});
      await pass(2 * SECOND);
      expect(await shown()).toMatchObject({ enabled: true });
    });
  });

  test("with a rate is sent no more in any window than that", async () => {
    await start({ ...EVENTS, rate: { requests: 20, window: "10s" } });
    await putMany(100);
    await passEach(90 * SECOND, 100);
    expect(house.sent).toHaveLength(100);
    const times = house.sent.map(({ at }) => at);
    const most = times.map((from) => times.filter((at) => at >= from && at < from + 10 * SECOND).length);
    expect(Math.max(...most)).toBeLessThanOrEqual(20);
  });

  describe("whose account is disabled", () => {
    test("pauses, says why, and goes on by itself when the account is back", async () => {
      await start({ retry: { steps: ["10s"], then: "repeat" } });
      house.answer = broken;
      await tenant.put(1, {});
      await pass(SECOND);
      house.answer = ok;
      const { accounts } = node.services;
      const editor = { author: by(), mayHandOut: () => {} };
      await accounts.disable(editor, tenant.principal.subject.id);
      expect(await health()).toMatchObject({ paused: "account disabled" });
      await tenant.put(2, {});
      await passEach(HOUR, MINUTE);
      expect(house.sent).toHaveLength(1);
      expect(await statuses()).toEqual(["retrying"]);
      await accounts.enable(editor, tenant.principal.subject.id);
      await pass(SECOND);
      await pass(SECOND);
      expect(house.sent.slice(1).map(idsOf)).toEqual([[1], [2]]);
      expect((await health())?.paused).toBeUndefined();
    });
  });

  describe("that was disabled", () => {
    test("with while_disabled drop is not told what changed meanwhile, but what comes after", async () => {
      await start({ while_disabled: "drop" });
      const { receivers } = node.services;
      await receivers.disable(by(), id);
      await putMany(3);
      await pass(MINUTE);
      await receivers.enable(by(), id);
      await pass(MINUTE);
      expect(house.sent).toEqual([]);
      await tenant.put(4, {});
      await pass(SECOND);
      expect(house.sent.map(idsOf)).toEqual([[4]]);
    });
  });

  describe("a clock that is set back an hour", () => {
    test("makes nothing wait for an hour more, nor come twice, nor be counted twice", async () => {
      await start({ retry: { steps: ["10m"], then: "repeat" } });
      house.answer = broken;
      await tenant.put(1, {});
      await pass(SECOND);
      house.answer = ok;
      house.skew = -HOUR;
      await tenant.put(2, {});
      await pass(5 * SECOND);
      // The test's clock leaps, so what it was set back by is not known to the second.
      await pass(10 * MINUTE + 10 * SECOND);
      expect(house.sent.map(idsOf)).toEqual([[1], [2], [1]]);
      const log = await tenant.log();
      expect(log.map(({ status, attempts }) => [status, attempts.length])).toContainEqual(["delivered", 2]);
      await pass(3 * HOUR);
      expect(house.sent).toHaveLength(3);
    });
  });

  describe("sendNow", () => {
    test("makes a delivery of its own, one attempt of it, and has it in the log, also while it is disabled", async () => {
      await start();
      await node.services.receivers.disable(by(), id);
      const send = () =>
        node.pipeline.sendNow(id, (receiver) =>
          sealTest(receiver.format, id, house.clock.now(), {
            publicUrl: "https://k.example",
            organisation: "demo",
          }),
        );
      const good = await send();
      expect((await good.outcome).delivered).toBe(true);
      house.answer = broken;
      const bad = await send();
      expect(await bad.outcome).toMatchObject({ delivered: false, status: 500 });
      await pass(DAY);
      expect(house.sent.map((sent) => sent.id)).toEqual([good.delivery, bad.delivery]);
      expect(await tenant.log()).toMatchObject([
        { id: good.delivery, status: "delivered", topics: ["Receivers.Test"], attempts: [{ number: 1 }] },
        { id: bad.delivery, status: "failed", status_code: 500, attempts: [{ number: 1 }] },
      ]);
      await node.services.receivers.remove(by(), id);
      await expect(send()).rejects.toThrow("deleted");
    });
  });
});
