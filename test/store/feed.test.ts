import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { ChangeFeed, type NewChange } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";

describe.each(databases)("the change feed on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let feed: ChangeFeed;
  let organisationId: number;

  beforeEach(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    feed = new ChangeFeed(store);
    const organisations = organisationsOn(store, feed);
    organisationId = (await organisations.create({ code: "demo", name: "Demo" })).id;
  });

  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const change = (key: string, more: Partial<NewChange> = {}): NewChange => ({
    organisationId,
    topic: "Trainings.Update",
    object: "training",
    key,
    action: "update",
    at: 1,
    subject: null,
    actor: null,
    ...more,
  });

  const write = (...changes: NewChange[]) =>
    store.write(async (tx) => {
      for (const one of changes) feed.record(tx, one);
    });

  const page = (after: number, limit = 100, topics = ["Trainings.Update", "Trainings.Destroy"]) =>
    store.read((reader) => feed.page(reader, { organisationId, topics, after, limit }));

  test("holds one row per object, at the place of its latest change", async () => {
    await write(change("a"));
    await write(change("b"));
    await write(change("a"));
    const { rows, cursor } = await page(0);
    expect(rows.map(({ key, sequence }) => [key, sequence])).toEqual([
      ["b", 2],
      ["a", 3],
    ]);
    expect(cursor).toBe(3);
  });

  test("keeps a removal as a tombstone, and what comes back as an update", async () => {
    await write(change("a"));
    await write(change("a", { action: "destroy", topic: "Trainings.Destroy" }));
    expect((await page(0)).rows.map(({ action }) => action)).toEqual(["destroy"]);
    await write(change("a"));
    expect((await page(0)).rows.map(({ action }) => action)).toEqual(["update"]);
  });

  test("merges changes of one transaction, the last one wins", async () => {
    await write(change("a"), change("b"), change("a", { action: "destroy", topic: "Trainings.Destroy" }));
    const { rows } = await page(0);
    expect(rows.map(({ key, action }) => [key, action])).toEqual([
      ["b", "update"],
      ["a", "destroy"],
    ]);
  });

  test("pages through everything, in order and without a gap", async () => {
    await write(...Array.from({ length: 25 }, (_, i) => change(`k${i}`)));
    const seen: number[] = [];
    let after = 0;
    for (let more = true; more;) {
      const found = await page(after, 10);
      seen.push(...found.rows.map(({ sequence }) => sequence));
      ({ cursor: after, more } = found);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  test("moves a cursor past changes of other topics", async () => {
    await write(change("a", { topic: "Institutes.Update", object: "institute" }));
    expect(await page(0)).toEqual({ rows: [], cursor: 1, more: false });
  });

  test("gives each organisation a feed of its own", async () => {
    const organisations = organisationsOn(store, feed);
    const other = await organisations.create({ code: "other", name: "Other" });
    await write(change("a"));
    await write(change("a", { organisationId: other.id }));
    expect((await page(0)).rows).toHaveLength(1);
  });

  test("a write that is undone leaves no change", async () => {
    const failed = store.write(async (tx) => {
      feed.record(tx, change("a"));
      throw new Error("no");
    });
    expect(failed).rejects.toThrow("no");
    await failed.catch(() => {});
    expect((await page(0)).rows).toEqual([]);
  });

  test("tells listeners what was committed, once it is", async () => {
    const heard: [string, number][] = [];
    feed.listen(({ topics }) => heard.push(...topics));
    await write(change("a"), change("b"));
    expect(heard).toEqual([["Trainings.Update", 2]]);
  });

  // On PostgreSQL transactions overlap and may commit in another order than they took their sequences; a reader
  // that follows the feed meanwhile must find every change all the same. The second store is a second node.
  test("a reader that follows while many write finds every object", async () => {
    const second = kind === "postgres" ? await openStore(database.options, systemClock) : store;
    const secondFeed = second === store ? feed : new ChangeFeed(second);
    const writers = 12;
    const each = 40;
    let writing = true;
    const seen = new Set<string>();
    const follow = (async () => {
      for (let after = 0; ;) {
        // SQLite answers within the turn: without this the writers would never have theirs.
        await new Promise((resolve) => setImmediate(resolve));
        const last = !writing;
        const found = await page(after, 7);
        for (const { key } of found.rows) seen.add(key);
        after = found.cursor;
        if (last && !found.more && found.rows.length === 0) return;
      }
    })();
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const [target, targetFeed] = writer % 2 === 0 ? [store, feed] : [second, secondFeed];
        for (let i = 0; i < each; i++) {
          await target.write(async (tx) => {
            targetFeed.record(tx, change(`${writer}/${i}`));
            // Some transactions take longer between their work and their commit than others.
            if ((writer + i) % 5 === 0 && kind === "postgres")
              await tx.query(({ db, t }) => db.select().from(t.feeds));
          });
        }
      }),
    );
    writing = false;
    await follow;
    if (second !== store) await second.close();
    expect(seen.size).toBe(writers * each);
  });
});
