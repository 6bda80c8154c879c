/**
 * The order of deliveries under trouble: nothing older of an object after something newer, ordered receivers, and
 * bundles that are too large.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { databases } from "./databases.ts";
import { broken, House, idsOf, type Node, ok, Tenant } from "./nodes.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

describe.each(databases)("deliveries to one receiver on %s", (kind) => {
  let house: House;
  let node: Node;
  let tenant: Tenant;

  beforeEach(async () => {
    house = await House.make(kind);
  });
  afterEach(() => house.close());

  const start = async (receiver: Record<string, unknown> = {}): Promise<void> => {
    node = await house.open("node", async (services) => {
      tenant = await Tenant.make(services);
      await tenant.receiver({ bundle: { quiet: "1s", longest: "1s" }, ...receiver });
    });
  };
  const pass = (ms: number) => house.pass(ms);
  const passEach = async (ms: number, step: number) => {
    for (let left = ms; left > 0; left -= step) await pass(Math.min(step, left));
  };
  const log = async () =>
    (await tenant.log()).map(({ status, error }) => (error ? `${status} ${error}` : status));
  const objectOf = ({ body }: { body: string }) => Number(JSON.parse(body).object_id);

  describe("that failed", () => {
    test("are superseded by newer ones with the same object, and the rest of them goes on by its schedule", async () => {
      house.answer = (sent, outgoing) => (idsOf(sent).length === 3 ? broken : ok)(sent, outgoing);
      await start({ retry: { steps: ["1h", "2h"], then: "fail" } });
      for (const id of [1, 2, 3]) await tenant.put(id, { state: "old" });
      await pass(SECOND);
      await tenant.remove(2);
      await pass(SECOND);
      expect(house.sent.map(idsOf)).toEqual([[1, 2, 3], [2]]);
      expect(await log()).toEqual(["cancelled superseded", "retrying", "delivered"]);
      await pass(HOUR - 2 * SECOND);
      expect(house.sent).toHaveLength(2);
      await pass(2 * SECOND);
      expect(house.sent.slice(2).map(idsOf)).toEqual([[1, 3]]);
      // Its id is older than that of the news, and that of no other.
      const [first, news, rest] = house.sent.map(({ id }) => id);
      expect(String(first) < String(rest) && String(rest) < String(news)).toBe(true);
      expect(await log()).toEqual(["cancelled superseded", "delivered", "delivered"]);
    });

    test("and are superseded whole are sent no more, nor lost to the log", async () => {
      house.answer = broken;
      await start({ retry: { steps: ["1h"], then: "fail" } });
      await tenant.put(1, {});
      await pass(SECOND);
      house.answer = ok;
      await tenant.remove(1);
      await pass(SECOND);
      await pass(3 * HOUR);
      expect(house.sent.map(({ body }) => /"action":"(\w+)"/.exec(body)?.[1])).toEqual(["update", "destroy"]);
      expect(await tenant.log()).toMatchObject([
        {
          status: "cancelled",
          error: "superseded",
          status_code: 500,
          attempts: [{ number: 1, status_code: 500 }],
        },
        { status: "delivered" },
      ]);
    });

    test("go on where the schedule of what they succeed had come to", async () => {
      house.answer = (sent, outgoing) => (idsOf(sent).includes(1) ? broken : ok)(sent, outgoing);
      await start({ retry: { steps: ["1h", "2h"], then: "fail" } });
      await tenant.put(1, {});
      await tenant.put(2, {});
      await pass(SECOND);
      await pass(HOUR);
      await tenant.put(2, { newer: true });
      await pass(SECOND);
      await pass(2 * HOUR);
      expect(house.sent.map(idsOf)).toEqual([[1, 2], [1, 2], [2], [1]]);
      expect(await log()).toEqual(["cancelled superseded", "failed status", "delivered"]);
    });
  });

  test("that are being sent are waited for by what is newer of the same objects, and by nothing else", async () => {
    const answers: ((result: { status: number; body: string }) => void)[] = [];
    await start();
    // Who has never answered is sent one at a time.
    house.answer = ok;
    await tenant.put(9, {});
    await pass(SECOND);
    house.sent.length = 0;
    house.answer = () => new Promise((resolve) => void answers.push(resolve));
    await tenant.put(1, {});
    await pass(SECOND);
    await tenant.put(2, {});
    await tenant.put(1, { newer: true });
    await tenant.put(3, {});
    await pass(2 * SECOND);
    expect(house.sent.map(idsOf)).toEqual([[1], [2]]);
    await pass(5 * SECOND);
    expect(house.sent).toHaveLength(2);
    answers[0]?.({ status: 204, body: "" });
    await house.rest();
    await pass(SECOND);
    expect(house.sent.map(idsOf)).toEqual([[1], [2], [1, 3]]);
  });

  test("never tell something older of an object after something newer, whatever fails", async () => {
    let call = 0;
    // mulberry32's little cousin: which attempts fail is the same each time.
    house.answer = (sent, outgoing) =>
      ((Math.imul(++call, 2654435761) >>> 28) % 3 ? ok : broken)(sent, outgoing);
    await start({ format: "event", payload: "full", retry: { steps: ["3s", "7s"], then: "repeat" } });
    const newest = new Map<number, number>();
    let version = 0;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 3; i++) {
        const object = (Math.imul(++version, 40503) >>> 4) % 6;
        newest.set(object, version);
        await tenant.put(object, { version });
      }
      await pass(SECOND);
    }
    await passEach(20 * 60 * SECOND, 5 * SECOND);
    const got = new Map<number, number>();
    for (const { body } of house.sent) {
      const { object_id: object, data } = JSON.parse(body) as {
        object_id: number;
        data: { version: number };
      };
      expect(data.version).toBeGreaterThanOrEqual(got.get(object) ?? 0);
      got.set(object, data.version);
    }
    expect(got).toEqual(newest);
  }, 60_000);

  describe("that is ordered", () => {
    const ordered = { ordered: true, format: "event", retry: { steps: ["10s"], then: "repeat" } };

    test("go one at a time, each after the one before, which is retried until it is taken", async () => {
      await start(ordered);
      let refused = 0;
      house.answer = (sent, outgoing) =>
        (objectOf(sent) === 3 && ++refused < 4 ? broken : ok)(sent, outgoing);
      for (let id = 1; id <= 5; id++) await tenant.put(id, {});
      await pass(SECOND);
      expect(house.sent.map(objectOf)).toEqual([1, 2, 3]);
      expect(node.pipeline.state().longestBlock).toBe(0);
      await pass(9 * SECOND);
      expect(node.pipeline.state().longestBlock).toBe(9 * SECOND);
      await tenant.put(6, {});
      await passEach(60 * SECOND, SECOND);
      expect(house.sent.map(objectOf)).toEqual([1, 2, 3, 3, 3, 3, 4, 5, 6]);
    });

    test("go on in their order after a restart, and when the clock was set back meanwhile", async () => {
      await start(ordered);
      house.answer = broken;
      for (let id = 1; id <= 3; id++) await tenant.put(id, {});
      await pass(SECOND);
      expect(house.sent.map(objectOf)).toEqual([1]);
      await node.crash();
      house.skew = -HOUR;
      node = await house.open("next");
      tenant = tenant.at(node);
      await tenant.put(4, {});
      await tenant.put(2, { again: true });
      house.answer = ok;
      await passEach(2 * HOUR, 10 * SECOND);
      expect(house.sent.map(objectOf)).toEqual([1, 1, 2, 3, 4, 2]);
    });

    test("wait for the one that is being sent, however long that takes", async () => {
      await start(ordered);
      const answers: (() => void)[] = [];
      house.answer = () =>
        new Promise((resolve) => void answers.push(() => resolve({ status: 204, body: "" })));
      for (let id = 1; id <= 3; id++) await tenant.put(id, {});
      await passEach(15 * SECOND, SECOND);
      expect(house.sent.map(objectOf)).toEqual([1]);
      for (const count of [2, 3]) {
        answers.at(-1)?.();
        await house.rest();
        await pass(1);
        expect(house.sent).toHaveLength(count);
      }
    });
  });

  describe("that are too large for it (413)", () => {
    const upTo = (size: number) => {
      house.answer = (sent) => ({ status: idsOf(sent).length > size ? 413 : 204, body: "" });
    };

    test("are split until they are not, each object once, under ids of their own", async () => {
      await start();
      upTo(2);
      for (let id = 1; id <= 7; id++) await tenant.put(id, {});
      await pass(SECOND);
      await pass(SECOND);
      const taken = house.sent.filter((sent) => idsOf(sent).length <= 2);
      expect(taken.map(idsOf).sort()).toEqual([[1, 2], [3, 4], [5, 6], [7]]);
      expect(new Set(house.sent.map(({ id }) => id)).size).toBe(house.sent.length);
      const all = await tenant.log();
      expect(all.filter(({ error }) => error === "split").map(({ status }) => status)).toEqual(
        Array(3).fill("cancelled"),
      );
      expect(all[0]?.attempts).toMatchObject([
        { status_code: 413, detail: "too large for the receiver: it goes on as two deliveries" },
      ]);
      expect(all.filter(({ status }) => status === "delivered")).toHaveLength(4);
    });

    test("follow the schedule when one change alone is too large", async () => {
      await start({ retry: { steps: ["1h"], then: "fail" } });
      upTo(0);
      await tenant.put(1, {});
      await tenant.put(2, {});
      await pass(SECOND);
      await pass(SECOND);
      expect(await log()).toEqual(["cancelled split", "retrying status", "retrying status"]);
      await pass(HOUR);
      expect(await log()).toEqual(["cancelled split", "failed status", "failed status"]);
    });

    test("keep their order where that is asked for", async () => {
      await start({ ordered: true });
      upTo(1);
      for (let id = 1; id <= 6; id++) await tenant.put(id, {});
      await pass(SECOND);
      await tenant.put(7, {});
      await passEach(10 * SECOND, SECOND);
      expect(house.sent.filter((sent) => idsOf(sent).length === 1).flatMap(idsOf)).toEqual([
        1, 2, 3, 4, 5, 6, 7,
      ]);
    });
  });
});
