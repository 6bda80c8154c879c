/** Changes that are told of together: an import's. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { ChangeFeed, type NewChange } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";

describe.each(databases)("many changes at once on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let feed: ChangeFeed;
  let organisationId: number;

  beforeEach(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    feed = new ChangeFeed(store);
    organisationId = (await organisationsOn(store, feed).create({ code: "demo", name: "Demo" })).id;
  });

  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const shared = (more: Partial<NewChange> = {}) => ({
    ...{ organisationId, topic: "Trainings.Update", object: "training", action: "update" as const },
    ...{ at: 1_790_000_000_000, subject: "account:erp", actor: null, ...more },
  });
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => ({ key: `k${from + index}` }));
  const all = async () => {
    const topics = ["Trainings.Update", "Trainings.Destroy"];
    return (await store.read((reader) => feed.page(reader, { organisationId, topics, after: 0, limit: 500 })))
      .rows;
  };

  test("stand in the feed in the order of their rows, however many there are", async () => {
    let first = 1;
    for (const count of [1, 50, 123]) {
      const given = rows(first, first + count);
      await store.write(async (tx) => feed.recordMany(tx, { ...shared(), rows: given }));
      first += count;
    }
    const expected = rows(1, first).map(({ key }, index) => ({ ...shared(), key, sequence: index + 1 }));
    expect(await all()).toEqual(expected as never);
  });

  test("move what was there to the feed's end, with all that is said of it", async () => {
    await store.write(async (tx) =>
      feed.recordMany(tx, { ...shared({ actor: "user:anna" }), rows: rows(0, 60) }),
    );
    await store.write(async (tx) => feed.recordMany(tx, { ...shared({ at: 2 }), rows: rows(0, 50) }));
    const found = await all();
    expect(found.map(({ key }) => key)).toEqual([...rows(50, 60), ...rows(0, 50)].map(({ key }) => key));
    expect(found.at(-1)).toEqual({ ...shared({ at: 2 }), key: "k49", sequence: 110 } as never);
  });

  test("merge with those beside them in the transaction: the last one of an object counts", async () => {
    await store.write(async (tx) => {
      feed.record(tx, { ...shared(), key: "k1" });
      feed.recordMany(tx, { ...shared(), rows: rows(0, 55) });
      feed.record(tx, { ...shared({ action: "destroy", topic: "Trainings.Destroy" }), key: "k3" });
    });
    const found = await all();
    expect(found).toHaveLength(55);
    expect(found.map(({ sequence }) => sequence)).toEqual(rows(1, 56).map((_, index) => index + 1));
    expect(found.slice(0, 3).map(({ key }) => key)).toEqual(["k0", "k1", "k2"]);
    expect(found.at(-1)).toMatchObject({ key: "k3", action: "destroy" });
  });

  test("are told of by their number, also what has no change of its own", async () => {
    const heard: [string, number][] = [];
    feed.listen(({ topics }) => heard.push(...topics));
    await store.write(async (tx) => {
      feed.recordMany(tx, { ...shared(), rows: rows(0, 3) });
      feed.touch(tx, { organisationId, topic: "Trainings.Destroy" }, 4);
    });
    expect(heard.toSorted()).toEqual([
      ["Trainings.Destroy", 4],
      ["Trainings.Update", 3],
    ]);
  });
});
