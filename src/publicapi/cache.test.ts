import { describe, expect, test } from "bun:test";

import type { ChangeFeed, FeedNews } from "../changes/service.ts";
import { TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import { type Made, PublicCache } from "./cache.ts";

const base = { object: "x", key: "integer" as const, schema: {}, parent: null, public: [], filters: [] };
const types = new TypeRegistry({
  trainings: { ...base, name: "trainings", object: "training", description: "" },
  invoices: { ...base, name: "invoices", object: "invoice", description: "" },
});
const [type = missing()] = types.all;

function missing(): never {
  throw new Error("no type");
}

/** A cache over a store whose other writers and a feed whose news the test tells of. */
function make(maxBytes = 1_000_000) {
  let epoch: number | undefined = 1;
  let tell: (news: FeedNews) => void = () => {};
  let head = 1;
  const store = {
    epoch: () => epoch,
    read: (fn: (reader: unknown) => unknown) => fn({}),
  } as unknown as Store;
  const feed = {
    listen: (listener: typeof tell) => void (tell = listener),
    head: () => Promise.resolve(head),
  } as unknown as ChangeFeed;
  const cache = new PublicCache({ store, feed, types, maxBytes });
  let made = 0;
  const get = (name = "a", size = 10, during: () => void = () => {}) =>
    cache.get(name, { organisationId: 1, type }, () => {
      made++;
      during();
      const bytes = new TextEncoder().encode(String(made).padEnd(size));
      return Promise.resolve({ organisationId: 1, code: "demo", type, bytes, headers: {} } satisfies Made);
    });
  return {
    ...{ cache, get },
    made: () => made,
    changed: (organisationId: number, topic?: string) =>
      tell({ organisationId, topics: new Map(topic === undefined ? [] : [[topic, 1]]) }),
    elsewhere: () => void (epoch = (epoch ?? 0) + 1),
    unknowable: () => void (epoch = undefined),
    move: () => void head++,
  };
}

describe("an answer of the public view", () => {
  test("is made once, also for those who ask at the same time", async () => {
    const { get, made, cache } = make();
    const [one, other] = await Promise.all([get(), get()]);
    expect(other).toBe(one);
    expect(await get()).toBe(one);
    expect(cache.ready("a")).toBe(one);
    expect(made()).toBe(1);
  });

  test("is made anew after a change of its type in its organisation, and after no other", async () => {
    const { get, made, changed, cache } = make();
    await get();
    changed(1, "Invoices.Update");
    changed(2, "Trainings.Update");
    await get();
    expect(made()).toBe(1);
    for (const topic of ["Trainings.Update", "Trainings.Destroy", "Trainings.Import"]) {
      changed(1, topic);
      expect(cache.ready("a")).toBeUndefined();
      await get();
    }
    expect(made()).toBe(4);
  });

  test("is made anew after another process wrote, or somebody did who knows what", async () => {
    const { get, made, changed, elsewhere, cache } = make();
    await get();
    elsewhere();
    expect(cache.ready("a")).toBeUndefined();
    await get();
    changed(9);
    expect(cache.ready("a")).toBeUndefined();
    await get();
    expect(made()).toBe(3);
  });

  test("that was changed while it was made is not given to who asks afterwards", async () => {
    const { get, made, changed, cache } = make();
    const first = await get("a", 10, () => changed(1, "Trainings.Update"));
    expect(cache.ready("a")).toBeUndefined();
    expect(await get()).not.toBe(first);
    expect(made()).toBe(2);
  });

  test("goes by the feed's newest sequence where others may write unnoticed", async () => {
    const { get, made, move, unknowable, cache } = make();
    unknowable();
    await get();
    await get();
    expect(made()).toBe(1);
    expect(cache.ready("a")).toBeUndefined();
    move();
    await get();
    expect(made()).toBe(2);
  });

  test("makes room for others, first of all what nobody has asked for", async () => {
    const { cache, get } = make(40_000);
    await get("used", 1_000);
    for (let i = 0; i < 50; i++) {
      expect([i, cache.ready("used") !== undefined]).toEqual([i, true]);
      await get(`once ${i}`, 1_000);
      expect(cache.size).toBeLessThanOrEqual(40_000);
    }
    await get("large", 20_000);
    expect(cache.ready("large")).toBeUndefined();
  });
});
