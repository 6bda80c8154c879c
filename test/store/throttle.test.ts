/** Failed logins on both databases: counted, blocked, forgotten, and known to every server. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { ManualClock } from "../../src/clock.ts";
import { Problem } from "../../src/problem.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { addressKey, clientKey, Throttle, userKey } from "../../src/throttle/service.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KEY = clientKey("192.0.2.7", "acc_1");

describe.each(databases)("failed logins on %s", (kind) => {
  let database: TestDatabase;
  let clock: ManualClock;
  let store: Store;
  let throttle: Throttle;

  beforeEach(async () => {
    database = await makeDatabase(kind, "normal");
    clock = new ManualClock();
    store = await openStore(database.options, clock);
    throttle = new Throttle({ clock });
  });
  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const fail = (...keys: string[]) => store.write((tx) => throttle.fail(tx, keys));
  const clear = (...keys: string[]) => store.write((tx) => throttle.clear(tx, keys));
  /** Seconds to wait; 0 where it is let in. */
  const wait = async (...keys: string[]): Promise<number> => {
    try {
      await store.read((reader) => throttle.check(reader, keys));
      return 0;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429) throw error;
      return Number(error.headers["retry-after"]);
    }
  };
  const count = async () =>
    (await store.read((reader) => reader.query(({ db, t }) => db.select().from(t.throttles)))).length;

  test("cost nothing at first, then each doubles the wait, up to 15 minutes", async () => {
    const waits: number[] = [];
    for (let i = 0; i < 18; i++) {
      await fail(KEY);
      const seconds = await wait(KEY);
      waits.push(seconds);
      clock.advance(seconds * SECOND);
      expect(await wait(KEY)).toBe(0);
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  test("block no longer than told, to the millisecond", async () => {
    for (let i = 0; i < 8; i++) await fail(KEY);
    clock.advance(3_999);
    expect(await wait(KEY)).toBe(1);
    clock.advance(1);
    expect(await wait(KEY)).toBe(0);
  });

  test("side by side count each", async () => {
    await Promise.all(Array.from({ length: 9 }, () => fail(KEY, addressKey("192.0.2.7"))));
    expect(await wait(KEY)).toBe(8);
    expect(await wait(addressKey("192.0.2.7"))).toBe(0);
  });

  test("of one key say nothing of another; of several the longest wait holds", async () => {
    const other = clientKey("192.0.2.8", "acc_1");
    for (let i = 0; i < 7; i++) await fail(KEY);
    for (let i = 0; i < 6; i++) await fail(userKey("demo", "anna"), other);
    expect(await wait(addressKey("192.0.2.7"), userKey("demo", "anna"))).toBe(0);
    expect(await wait(KEY)).toBe(2);
    expect(await wait(other)).toBe(1);
    expect(await wait(other, KEY)).toBe(2);
  });

  test("of a whole address count with more patience than those of a client there", async () => {
    const address = addressKey("192.0.2.7");
    for (let i = 0; i < 50; i++) await fail(address);
    expect(await wait(address)).toBe(0);
    await fail(address);
    expect(await wait(address)).toBe(1);
  });

  test("are forgotten when nothing failed for an hour", async () => {
    for (let i = 0; i < 10; i++) await fail(KEY);
    clock.advance(16 * SECOND + HOUR);
    await fail(KEY);
    expect(await wait(KEY)).toBe(0);
    for (let i = 0; i < 4; i++) await fail(KEY);
    expect(await wait(KEY)).toBe(0);
    await fail(KEY);
    expect(await wait(KEY)).toBe(1);
  });

  test("are not forgotten while the last one is younger", async () => {
    for (let i = 0; i < 5; i++) {
      await fail(KEY);
      clock.advance(HOUR - 1);
    }
    await fail(KEY);
    expect(await wait(KEY)).toBe(1);
  });

  test("are told to a success, which clears them", async () => {
    for (let i = 0; i < 5; i++) await fail(KEY);
    const other = clientKey("192.0.2.8", "acc_1");
    const failed = await store.read((reader) => throttle.check(reader, [other, KEY]));
    expect(failed).toEqual([KEY]);
    await clear(...failed);
    expect(await count()).toBe(0);
    for (let i = 0; i < 5; i++) await fail(KEY);
    expect(await wait(KEY)).toBe(0);
  });

  test("and a success in one transaction count in their order", async () => {
    for (let i = 0; i < 5; i++) await fail(KEY);
    await store.write(async (tx) => {
      await throttle.fail(tx, [KEY]);
      await throttle.clear(tx, [KEY]);
      await throttle.fail(tx, [KEY, KEY]);
    });
    expect(await wait(KEY)).toBe(0);
    for (let i = 0; i < 4; i++) await fail(KEY);
    expect(await wait(KEY)).toBe(1);
  });

  test("of a write that is undone do not count", async () => {
    for (let i = 0; i < 5; i++) await fail(KEY);
    const undone = store.write(async (tx) => {
      await throttle.fail(tx, [KEY]);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await wait(KEY)).toBe(0);
  });

  test("are known after a restart, and to another server at once", async () => {
    for (let i = 0; i < 7; i++) await fail(KEY);
    await store.close();
    store = await openStore(database.options, clock);
    throttle = new Throttle({ clock });
    expect(await wait(KEY)).toBe(2);
    const twin = await openStore(database.options, clock);
    try {
      clock.advance(2 * SECOND);
      const other = new Throttle({ clock });
      await Promise.all([
        ...Array.from({ length: 20 }, () => twin.write((tx) => other.fail(tx, ["client:a", "client:b"]))),
        ...Array.from({ length: 20 }, () => fail("client:b", "client:a")),
        twin.write((tx) => other.fail(tx, [KEY])),
      ]);
      expect(await wait(KEY)).toBe(4);
      const rows = await store.read((reader) =>
        reader.query(({ db, t }) => db.select().from(t.throttles).orderBy(t.throttles.key)),
      );
      expect(rows.map(({ key, failures }) => [key, failures])).toEqual([
        [KEY, 8],
        ["client:a", 40],
        ["client:b", 40],
      ]);
    } finally {
      await twin.close();
    }
  });

  test("that are forgotten leave the database, some with each new one", async () => {
    for (let i = 0; i < 50; i++) await fail(`client:192.0.2.7 old_${i}`);
    clock.advance(HOUR - 1);
    await fail(KEY);
    expect(await count()).toBe(51);
    clock.advance(1);
    await fail(KEY);
    expect(await count()).toBe(31);
    await fail(KEY);
    await fail(KEY);
    expect(await count()).toBe(1);
    expect(await wait(KEY)).toBe(0);
  });

  test("of a clock that ran ahead block nobody when it is set right", async () => {
    clock.advance(365 * 24 * HOUR);
    for (let i = 0; i < 20; i++) await fail(KEY);
    clock.advance(-365 * 24 * HOUR);
    expect(await wait(KEY)).toBe(0);
    await fail(KEY);
    expect(await wait(KEY)).toBe(900);
  });
});
