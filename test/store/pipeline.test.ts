/**
 * The delivery pipeline over a real database: bundler, dispatcher and the log, with time in the test's hands.
 *
 * What is promised of order: a receiver's bundles are closed in the feed's order and first sent in that order, up to
 * `webhooks.concurrency` of them side by side; of one object nothing older is sent after something newer. What becomes
 * of that under trouble is in `pipeline-order.test.ts`.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { shell } from "../../src/audit/entry.ts";
import { newDeliveryId } from "../../src/deliveries/body.ts";
import { insertDelivery } from "../../src/deliveries/queries.ts";
import { LOOK_MS } from "../../src/nodes/watch.ts";
import { databases } from "./databases.ts";
import { broken, House, idsOf, type Node, ok, silent, Tenant, until } from "./nodes.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
/** An attempt's time limit, 15 s where the configuration says nothing, and a minute. */
const LEASE = 75 * SECOND;

describe.each(databases)("deliveries on %s", (kind) => {
  let house: House;
  let node: Node;
  let tenant: Tenant;

  beforeEach(async () => {
    house = await House.make(kind);
  });
  afterEach(() => house.close());

  /** Starts a server with a tenant that has these receivers. @returns their ids */
  const start = async (...receivers: Record<string, unknown>[]): Promise<string[]> => {
    const ids: string[] = [];
    node = await house.open("node", async (services) => {
      tenant = await Tenant.make(services);
      for (const receiver of receivers) {
        ids.push(await tenant.receiver({ bundle: { quiet: "1s", longest: "1s" }, ...receiver }));
      }
    });
    return ids;
  };
  const pass = (ms: number) => house.pass(ms);
  /** Has every receiver take a delivery: who has never answered is sent one at a time. What was sent is forgotten. */
  const proven = async () => {
    house.answer = ok;
    await tenant.put(1_000, {});
    await pass(SECOND);
    house.sent.length = 0;
  };
  const statuses = async () => (await tenant.log()).map(({ status }) => status);
  const iso = (after: number) => new Date(house.clock.now() + after).toISOString();

  describe("a bundle", () => {
    test("is delivered once and logged with its attempt", async () => {
      const [id] = await start({});
      await tenant.put(1, { name: "a" });
      await tenant.put(2, { name: "b" });
      await pass(SECOND);
      const at = iso(0);
      const [sent] = house.sent;
      expect(sent?.body).toBe(
        '{"changes":[{"action":"update","object":"training","id":1,"url":"https://koppla.example/api/v1/trainings/1"},' +
          '{"action":"update","object":"training","id":2,"url":"https://koppla.example/api/v1/trainings/2"}]}',
      );
      const log = await tenant.log();
      expect(log).toHaveLength(1);
      expect(log[0]).toMatchObject({
        id: String(sent?.id),
        receiver_id: String(id),
        topics: ["Trainings.Update"],
        status: "delivered",
        status_code: 204,
        created_at: at,
        next_attempt_at: null,
        request_body: String(sent?.body),
        attempts: [{ number: 1, at, status_code: 204, error: null }],
      });
      await pass(48 * HOUR);
      expect(house.sent).toHaveLength(1);
    });

    test("goes to each receiver by its topics, under an id of its own", async () => {
      await start({ url: "https://p.example/all" }, { url: "https://p.example/i", topics: ["Institutes.*"] });
      await tenant.put(1, {});
      await tenant.put(2, {}, "institutes");
      await pass(SECOND);
      const got = house.sent.map(({ path, body }) => `${path} ${idsOf({ body }).join()}`);
      expect(got.sort()).toEqual(["/all 1,2", "/i 2"]);
      expect(new Set(house.sent.map(({ id }) => id)).size).toBe(2);
    });

    test("larger than its size is several, the rest of them when its window is over", async () => {
      await start({ bundle: { quiet: "5s", longest: "60s", size: 10 } });
      await Promise.all(Array.from({ length: 25 }, (_, i) => tenant.put(i + 1, {})));
      await house.rest();
      expect(house.sent.map((sent) => idsOf(sent).length)).toEqual([10, 10]);
      await pass(5 * SECOND);
      expect(house.sent.map((sent) => idsOf(sent).length)).toEqual([10, 10, 5]);
      expect(new Set(house.sent.flatMap(idsOf)).size).toBe(25);
    });
  });

  describe("a delivery that fails", () => {
    test("is tried by the schedule `table` to its end, the same each time, and then has failed", async () => {
      house.answer = broken;
      await start({ retry: "table" });
      await tenant.put(1, {});
      await pass(SECOND);
      const began = house.clock.now();
      for (const [index, hours] of [1, 2, 6, 24].entries()) {
        const [logged] = await tenant.log();
        expect(logged).toMatchObject({
          status: "retrying",
          status_code: 500,
          next_attempt_at: iso(hours * HOUR),
        });
        await pass(hours * HOUR - SECOND);
        expect(house.sent).toHaveLength(index + 1);
        await pass(SECOND);
        expect(house.sent).toHaveLength(index + 2);
      }
      const [logged] = await tenant.log();
      expect(logged).toMatchObject({ status: "failed", status_code: 500, next_attempt_at: null });
      expect(logged?.attempts).toMatchObject(
        [0, 1, 3, 9, 33].map((hours, index) => ({
          number: index + 1,
          at: new Date(began + hours * HOUR).toISOString(),
          error: "status",
          response_body: "out of order",
        })),
      );
      expect(new Set(house.sent.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
      const timestamps = house.sent.map(({ headers }) => Number(headers["webhook-timestamp"]));
      expect(timestamps).toEqual([0, 1, 3, 9, 33].map((hours) => began / 1000 + hours * 3600));
      await pass(1_000 * HOUR);
      expect(house.sent).toHaveLength(5);
    });

    test("waits longer where the receiver says Retry-After", async () => {
      house.answer = () => ({ status: 503, body: "", retryAfter: "7200" });
      await start({ retry: { steps: ["1s"], then: "repeat" } });
      await tenant.put(1, {});
      await pass(SECOND);
      const [logged] = await tenant.log();
      expect(logged).toMatchObject({ status: "retrying", next_attempt_at: iso(2 * HOUR) });
      house.answer = ok;
      await pass(2 * HOUR - SECOND);
      expect(house.sent).toHaveLength(1);
      await pass(SECOND);
      expect(await statuses()).toEqual(["delivered"]);
    });

    test("with 410 has failed, and disables its receiver, which gets the changes since when it is back", async () => {
      house.answer = () => ({ status: 410, body: "" });
      const [id = ""] = await start({ retry: { steps: ["1s"], then: "repeat" } });
      await tenant.put(1, {});
      await pass(SECOND);
      const organisation = tenant.principal.organisation.id;
      const { receivers } = node.services;
      expect(await receivers.get(organisation, id)).toMatchObject({
        enabled: false,
        disabled_reason: "The receiver answered 410 Gone.",
      });
      await tenant.put(2, {});
      await tenant.put(2, { again: true });
      await pass(HOUR);
      expect(house.sent).toHaveLength(1);
      expect(await statuses()).toEqual(["failed"]);
      house.answer = ok;
      await receivers.enable(shell(organisation), id);
      await pass(SECOND);
      expect(house.sent.slice(1).map(idsOf)).toEqual([[2]]);
      expect(await statuses()).toEqual(["failed", "delivered"]);
    });
  });

  describe("a delivery", () => {
    test("that is sent again by hand keeps its id", async () => {
      const [id = ""] = await start({});
      await tenant.put(1, {});
      await pass(SECOND);
      const delivery = String(house.sent[0]?.id);
      await node.services.deliveryLog.resend(shell(tenant.principal.organisation.id), delivery);
      node.pipeline.nudge(id);
      await house.rest();
      expect(house.sent.map((sent) => sent.id)).toEqual([delivery, delivery]);
      expect(await tenant.log()).toMatchObject([{ status: "delivered", attempts: [{}, { number: 2 }] }]);
    });

    test("whose result could not be stored is sent again when its lease is over", async () => {
      const answer = Promise.withResolvers<{ status: number; body: string }>();
      house.answer = () => answer.promise;
      await start({});
      await tenant.put(1, {});
      await pass(SECOND);
      const { store } = node.services;
      const { write } = store;
      store.write = () => Promise.reject(new Error("the disk is full"));
      answer.resolve({ status: 204, body: "" });
      await house.rest();
      store.write = write;
      expect(node.errors.join()).toContain("the disk is full");
      await pass(LEASE);
      expect(house.sent.map(({ id }) => id)).toEqual(Array(2).fill(house.sent[0]?.id));
      expect(await statuses()).toEqual(["delivered"]);
    });

    test("that waits at hand until its lease is over, behind slow ones, is claimed anew and sent", async () => {
      const timeout = 15 * SECOND;
      house.answer = () =>
        new Promise((resolve) => house.clock.after(timeout, () => resolve({ body: "", status: 204 })));
      await start({ format: "event", retry: { steps: ["1h"], then: "repeat" } });
      await Promise.all(Array.from({ length: 30 }, (_, i) => tenant.put(i + 1, {})));
      await pass(SECOND);
      for (let i = 0; i < 12; i++) await pass(timeout);
      // Four at a time, one after the other: eight rounds, and one more for the lease.
      expect(house.sent).toHaveLength(30);
      expect(new Set(house.sent.map(({ id }) => id)).size).toBe(30);
      expect(new Set(await statuses())).toEqual(new Set(["delivered"]));
    });
  });

  describe("a receiver", () => {
    test("that is disabled is sent nothing, and when it is enabled what was due and all changes merged", async () => {
      house.answer = broken;
      const [id = ""] = await start({ retry: { steps: ["10s"], then: "repeat" } });
      const organisation = tenant.principal.organisation.id;
      await tenant.put(1, {});
      await pass(SECOND);
      await node.services.receivers.disable(shell(organisation), id);
      house.answer = ok;
      for (let round = 0; round < 5; round++) {
        await tenant.put(2, { round });
        await tenant.put(3, { round });
        await pass(HOUR);
      }
      expect(house.sent).toHaveLength(1);
      await node.services.receivers.enable(shell(organisation), id);
      await pass(SECOND);
      expect(house.sent.slice(1).map(idsOf)).toEqual([[1], [2, 3]]);
      expect(await statuses()).toEqual(["delivered", "delivered"]);
    });

    test("that is removed is sent nothing more, and what it had to get is cancelled", async () => {
      house.answer = broken;
      const [id = ""] = await start({ retry: { steps: ["10s"], then: "repeat" } });
      await tenant.put(1, {});
      await pass(SECOND);
      await tenant.put(2, {});
      await node.services.receivers.remove(shell(tenant.principal.organisation.id), id);
      await pass(HOUR);
      expect(house.sent).toHaveLength(1);
      expect(await tenant.log()).toMatchObject([{ status: "cancelled", next_attempt_at: null }]);
    });

    test("that is removed while it is being sent to has told in the log what came of it", async () => {
      const answer = Promise.withResolvers<{ status: number; body: string }>();
      house.answer = () => answer.promise;
      const [id = ""] = await start({});
      await tenant.put(1, {});
      await pass(SECOND);
      await node.services.receivers.remove(shell(tenant.principal.organisation.id), id);
      await house.rest();
      answer.resolve({ status: 410, body: "" });
      await pass(HOUR);
      expect(await tenant.log()).toMatchObject([
        { status: "cancelled", status_code: 410, attempts: [{ number: 1, status_code: 410 }] },
      ]);
      expect(node.errors).toEqual([]);
    });

    test("whose account has lost its rights since the bundle closed is not sent it", async () => {
      house.answer = broken;
      await start({ retry: { steps: ["1h"], then: "repeat" } });
      await tenant.put(1, {});
      await pass(SECOND);
      house.answer = ok;
      await tenant.setGrants([{ resource: "institutes", actions: ["read"] }]);
      await pass(HOUR);
      expect(house.sent).toHaveLength(1);
      expect(await tenant.log()).toMatchObject([
        {
          status: "cancelled",
          next_attempt_at: null,
          attempts: [{ error: "status" }, { error: "rights", status_code: null }],
        },
      ]);
      // And the next bundle has only what is left to it.
      await tenant.put(2, {});
      await tenant.put(3, {}, "institutes");
      await pass(SECOND);
      expect(house.sent.slice(1).map(idsOf)).toEqual([[3]]);
    });

    test("that is down while 1 000 changes hit 20 objects gets each once beside what was sealed before", async () => {
      house.answer = broken;
      await start({ retry: { steps: ["1h"], then: "repeat" } });
      for (let round = 0; round < 50; round++) {
        await Promise.all(Array.from({ length: 20 }, (_, i) => tenant.put(i + 1, { round })));
        await pass(2 * SECOND);
      }
      // Each is news of all of them, and supersedes the one before, until five failures in a row.
      expect(await statuses()).toEqual([...Array(4).fill("cancelled"), "retrying"]);
      house.answer = ok;
      house.sent.length = 0;
      await pass(HOUR);
      await pass(SECOND);
      const all = Array.from({ length: 20 }, (_, i) => i + 1);
      expect(house.sent.map((sent) => idsOf(sent).sort((a, b) => a - b))).toEqual([all, all]);
      expect((await statuses()).slice(4)).toEqual(["delivered", "delivered"]);
    });

    test("that gives no answer does not keep others from theirs", async () => {
      await start({ url: "https://p.example/silent", format: "event" }, { url: "https://p.example/ok" });
      await proven();
      house.answer = (sent, outgoing) => (sent.path === "/silent" ? silent : ok)(sent, outgoing);
      await Promise.all(Array.from({ length: 30 }, (_, i) => tenant.put(i + 1, {})));
      await pass(SECOND);
      // Four at a time, one more since it has answered quickly once, and no more.
      const silents = house.sent.filter(({ path }) => path === "/silent");
      expect([silents.length, house.sent.length]).toEqual([5, 6]);
    });
  });

  describe("a server that dies between sending and writing what came of it", () => {
    test("has it sent again under the same id", async () => {
      house.answer = silent;
      await start({});
      await tenant.put(1, {});
      await pass(SECOND);
      const died = house.clock.now();
      expect(await statuses()).toEqual(["delivering"]);
      await node.crash();

      house.answer = ok;
      const next = await house.open("next");
      tenant = tenant.at(next);
      await house.rest();
      // On SQLite nobody else can be at it; on PostgreSQL another server may, until it is missed (`take-over.test.ts`).
      for (let looks = 0; kind === "postgres" && looks < 3; looks++) await pass(LOOK_MS);
      expect(house.sent.map(({ node: by }) => by)).toEqual(["node", "next"]);
      expect((house.sent[1]?.at ?? 0) - died).toBeLessThanOrEqual(kind === "sqlite" ? 0 : 3 * LOOK_MS);
      const [first, second] = house.sent;
      expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
      expect(await tenant.log()).toMatchObject([{ status: "delivered", attempts: [{ number: 1 }] }]);
    });

    test("has its schedules gone on with by the next one", async () => {
      house.answer = broken;
      await start({ retry: { steps: ["1h"], then: "fail" } });
      await tenant.put(1, {});
      await pass(SECOND);
      await node.crash();
      const next = await house.open("next");
      tenant = tenant.at(next);
      await pass(HOUR - SECOND);
      expect(house.sent).toHaveLength(1);
      await pass(SECOND);
      expect(house.sent).toHaveLength(2);
      expect(await statuses()).toEqual(["failed"]);
    });
  });

  describe("stopping", () => {
    const many = async () => {
      const { answer } = house;
      await start({ format: "event" });
      await proven();
      house.answer = answer;
      await Promise.all(Array.from({ length: 20 }, (_, i) => tenant.put(i + 1, {})));
      await pass(SECOND);
      // Four at a time, and one more since it has answered quickly once.
      expect(house.sent).toHaveLength(5);
    };
    test("waits for what is being sent, and puts back what is not", async () => {
      const answer = Promise.withResolvers<{ status: number; body: string }>();
      house.answer = () => answer.promise;
      await many();
      let stopped = false;
      const stopping = node.stop(8 * SECOND).then(() => (stopped = true));
      await house.rest();
      expect(stopped).toBe(false);
      answer.resolve({ status: 204, body: "" });
      await stopping;
      expect(house.sent).toHaveLength(5);
      expect(node.errors).toEqual([]);
      let left: string[] = [];
      await house.open("next", async (services) => {
        left = (await tenant.at({ services }).log()).map(({ status }) => status);
      });
      expect(left.sort()).toEqual([...Array(6).fill("delivered"), ...Array(15).fill("pending")]);
      // Which the next one takes up at once.
      await house.rest();
      expect(new Set(house.sent.map(({ id }) => id)).size).toBe(20);
      expect(house.sent).toHaveLength(20);
    });

    test("breaks off what does not end in time, and puts that back too", async () => {
      house.answer = silent;
      await many();
      const stopping = node.stop(8 * SECOND);
      await house.rest();
      house.clock.advance(8 * SECOND);
      await stopping;
      const ids = house.sent.map(({ id }) => id);
      house.answer = ok;
      house.sent.length = 0;
      const next = await house.open("next");
      await house.rest();
      expect(house.sent).toHaveLength(20);
      expect(ids.every((id) => house.sent.some((sent) => sent.id === id))).toBe(true);
      const log = await tenant.at(next).log();
      expect(log.every(({ status, attempts }) => status === "delivered" && attempts.length === 1)).toBe(true);
    });

    test("in the middle of a claim puts back what was claimed", async () => {
      house.answer = broken;
      await start({ retry: { steps: ["1h"], then: "repeat" } });
      await tenant.put(1, {});
      await pass(SECOND);
      house.clock.advance(HOUR); // the claim is asked for, and not yet answered
      await node.stop(0);
      expect(node.errors).toEqual([]);
      expect(house.sent).toHaveLength(1);
      house.answer = ok;
      const next = await house.open("next");
      await house.rest();
      expect(house.sent).toHaveLength(2);
      expect(await tenant.at(next).log()).toMatchObject([{ status: "delivered" }]);
    });
  });

  test("2 000 deliveries that wait are sent, their results written many at a time", async () => {
    const queued = 2_000;
    node = await house.open("node", async (services) => {
      tenant = await Tenant.make(services);
      const receiverId = await tenant.receiver();
      const at = house.clock.now();
      await services.store.write(async (tx) => {
        for (let i = 0; i < queued; i++) {
          await tx.run(insertDelivery, {
            id: newDeliveryId(at),
            organisationId: tenant.principal.organisation.id,
            receiverId,
            topics: ["Trainings.Update"],
            status: "pending",
            at,
            nextAttemptAt: at,
            node: null,
            body: `{"number":${i}}`,
          });
        }
      });
    });
    await until("all are sent", () => house.sent.length >= queued);
    await house.rest();
    expect(new Set(house.sent.map(({ id }) => id)).size).toBe(queued);
    const { items } = await node.services.deliveryLog.list(tenant.principal.organisation.id, {
      status: "delivered",
      limit: 5_000,
    });
    expect(items).toHaveLength(queued);
    // Claims of 64 are 32 writes. Measured: 67 on SQLite, 83 to 125 on PostgreSQL.
    expect(node.writes).toBeLessThan(queued / 8);
  });
});

describe.skipIf(!databases.includes("postgres"))("two servers on one PostgreSQL", () => {
  let house: House;
  let tenant: Tenant;
  let one: Node;
  let two: Node;

  beforeEach(async () => {
    house = await House.make("postgres");
    one = await house.open("one", async (services) => {
      tenant = await Tenant.make(services);
      const names = ["a", "b", "c"];
      for (const name of names) {
        const url = `https://partner.example/${name}`;
        await tenant.receiver({ url, bundle: { quiet: "1s", longest: "1s" }, retry: { steps: ["10s"] } });
      }
    });
    two = await house.open("two");
  });
  afterEach(() => house.close());

  test("close each bundle once and send each delivery once", async () => {
    const rounds = 10;
    for (let round = 0; round < rounds; round++) {
      const [at, other] = [tenant.at(one), tenant.at(two)];
      await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? at : other).put(round * 10 + i, {})));
      // The news travels by the database.
      await Bun.sleep(20);
      await house.pass(2 * SECOND);
    }
    const everything = Array.from({ length: rounds * 10 }, (_, i) => i);
    const got = (path: string) => house.sent.filter((sent) => sent.path === path).flatMap(idsOf);
    for (const path of ["/a", "/b", "/c"]) {
      await until(`${path} has everything`, () => got(path).length >= everything.length);
      expect(got(path).sort((a, b) => a - b)).toEqual(everything);
    }
    await house.rest();
    expect(new Set(house.sent.map(({ id }) => id)).size).toBe(house.sent.length);
    expect(new Set(house.sent.map(({ node }) => node))).toEqual(new Set(["one", "two"]));
    const log = await tenant.log();
    expect(log.every(({ status, attempts }) => status === "delivered" && attempts.length === 1)).toBe(true);
    expect([...one.errors, ...two.errors]).toEqual([]);
  });

  test("take over from each other when one dies: what it was sending, and what it meant to try again", async () => {
    house.answer = (sent, outgoing) => {
      if (sent.node === "two") return ok(sent, outgoing);
      return (sent.path === "/a" ? silent : broken)(sent, outgoing);
    };
    const lost = () => house.sent.filter(({ node }) => node === "one");
    // Which of them closes a bundle is chance.
    for (let id = 1; !["/a", "/b"].every((path) => lost().some((sent) => sent.path === path)); id++) {
      if (id > 100) throw new Error("the first server sent nothing");
      await tenant.at(one).put(id, {});
      await house.pass(SECOND);
    }
    const before = new Set(lost().map(({ id }) => id));
    await one.crash();
    house.sent.length = 0;
    for (let i = 0; i < 4; i++) await house.pass(60 * SECOND);
    const after = new Set(house.sent.map(({ id }) => id));
    expect([...before].filter((id) => !after.has(id))).toEqual([]);
    const log = await tenant.at(two).log();
    expect(new Set(log.map(({ status }) => status))).toEqual(new Set(["delivered"]));
  });
});
