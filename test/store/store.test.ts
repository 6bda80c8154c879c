import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { systemClock } from "../../src/clock.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { organisationByCode } from "../../src/organisations/queries.ts";
import { openStore } from "../../src/store/open.ts";
import type { Stage, Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";

describe.each(databases)("the store on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let organisations: OrganisationService;

  beforeEach(async () => {
    database = await makeDatabase(kind);
    store = await openStore(database.options, systemClock);
    organisations = organisationsOn(store);
  });

  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const codes = async () => (await organisations.all()).map(({ code }) => code).sort();

  test("keeps what was written when it is opened again", async () => {
    await organisations.create({ code: "demo", name: "Demo" });
    await store.close();
    store = await openStore(database.options, systemClock);
    organisations = organisationsOn(store);
    expect(await organisations.byCode("demo")).toMatchObject({ code: "demo", name: "Demo" });
  });

  test("has a read that fails fail alone, though it runs with others", async () => {
    await organisations.create({ code: "demo", name: "Demo" });
    const results = await Promise.allSettled([
      codes(),
      store.read(async () => {
        throw new Error("changed my mind");
      }),
      codes(),
    ]);
    expect(results).toMatchObject([
      { status: "fulfilled", value: ["demo"] },
      { status: "rejected", reason: { message: "changed my mind" } },
      { status: "fulfilled", value: ["demo"] },
    ]);
  });

  test("answers a read that was asked for before it was closed", async () => {
    await organisations.create({ code: "demo", name: "Demo" });
    const [read] = await Promise.all([codes(), store.close()]);
    expect(read).toEqual(["demo"]);
  });

  test("undoes a write that throws, and only that one of its group", async () => {
    const results = await Promise.allSettled([
      organisations.create({ code: "one", name: "One" }),
      store.write(async (tx) => {
        await tx.query(({ db, t }) =>
          db.insert(t.organisations).values({ code: "bad", name: "Bad", createdAt: 1 }),
        );
        throw new Error("changed my mind");
      }),
      organisations.create({ code: "two", name: "Two" }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await codes()).toEqual(["one", "two"]);
  });

  test("undoes a write whose statement the database refuses, and keeps the others of its group", async () => {
    await organisations.create({ code: "taken", name: "Taken" });
    const results = await Promise.allSettled([
      organisations.create({ code: "one", name: "One" }),
      store.write((tx) =>
        Promise.resolve(
          tx.query(({ db, t }) =>
            db.insert(t.organisations).values({ code: "taken", name: "x", createdAt: 1 }),
          ),
        ),
      ),
      organisations.create({ code: "two", name: "Two" }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await codes()).toEqual(["one", "taken", "two"]);
  });

  test("shows what was written as soon as it is acknowledged, also to a reader that looked just before", async () => {
    const seen: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = codes();
      await organisations.create({ code: `o${i}`, name: "O" });
      seen.push((await codes()).length);
      await before;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test("shows a transaction its own writes", async () => {
    const seen = await store.write(async (tx) => {
      await tx.query(({ db, t }) =>
        db.insert(t.organisations).values({ code: "own", name: "Own", createdAt: 1 }),
      );
      return await tx.run(organisationByCode, { code: "own" });
    });
    expect(seen).toHaveLength(1);
  });

  test("runs a stage once for all writes of a group, before they are acknowledged", async () => {
    const applied: number[][] = [];
    const committed: number[][] = [];
    const stage: Stage<number> = {
      apply: async (_, items) => void applied.push([...items]),
      committed: (items) => void committed.push([...items]),
    };
    await Promise.all([1, 2, 3].map((item) => store.write(async (tx) => tx.defer(stage, item))));
    expect(applied.flat().sort()).toEqual([1, 2, 3]);
    expect(committed.flat().sort()).toEqual([1, 2, 3]);
    if (kind === "sqlite") expect(applied).toHaveLength(1);
  });

  test("drops what a failed write left for a stage", async () => {
    const applied: string[] = [];
    const stage: Stage<string> = { apply: async (_, items) => void applied.push(...items) };
    const results = await Promise.allSettled([
      store.write(async (tx) => tx.defer(stage, "kept")),
      store.write(async (tx) => {
        tx.defer(stage, "dropped");
        throw new Error("no");
      }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(applied).toEqual(["kept"]);
  });

  test("fails every write of a group whose stage fails, and goes on", async () => {
    const stage: Stage<null> = { apply: async () => Promise.reject(new Error("stage failed")) };
    const failed = await Promise.allSettled([store.write(async (tx) => tx.defer(stage, null))]);
    expect(failed[0]?.status).toBe("rejected");
    await organisations.create({ code: "after", name: "After" });
    expect(await codes()).toEqual(["after"]);
  });

  test("tells who writes piece after piece when the next may begin, and is closed when all are on disk", async () => {
    const told: string[] = [];
    const stage: Stage<string> = {
      apply: async () => {},
      committed: (items) => void told.push(...items.map((item) => `${item} durable`)),
    };
    const write = (code: string, committed: () => void) =>
      store.write(
        async (tx) => {
          tx.defer(stage, code);
          await tx.query(({ db, t }) =>
            db.insert(t.organisations).values({ code, name: code, createdAt: 1 }),
          );
          return code;
        },
        () => {
          told.push(`${code} committed`);
          committed();
        },
      );
    const second = Promise.withResolvers<string>();
    const first = write("one", () => void write("two", () => {}).then(second.resolve, second.reject));
    const seen = await Promise.all([first, second.promise]);
    expect(seen).toEqual(["one", "two"]);
    expect(told.indexOf("one committed")).toBeLessThan(told.indexOf("one durable"));
    expect(told.indexOf("one committed")).toBeLessThan(told.indexOf("two committed"));
    expect(told.indexOf("two committed")).toBeLessThan(told.indexOf("two durable"));
    const last = write("three", () => {});
    await store.close();
    expect(told.at(-1)).toBe("three durable");
    expect(await last).toBe("three");
    store = await openStore(database.options, systemClock);
    organisations = organisationsOn(store);
    expect(await codes()).toEqual(["one", "three", "two"]);
  });

  test("does not tell who writes piece after piece of one that was undone", async () => {
    let told = false;
    const failing = store.write(
      () => Promise.reject(new Error("changed my mind")),
      () => (told = true),
    );
    expect(await failing.catch(String)).toContain("changed my mind");
    expect(told).toBe(false);
  });

  test("waits for the writes under way when it is closed", async () => {
    const write = organisations.create({ code: "late", name: "Late" });
    await store.close();
    expect(await write).toMatchObject({ code: "late" });
    store = await openStore(database.options, systemClock);
    organisations = organisationsOn(store);
    expect(await codes()).toEqual(["late"]);
  });

  test("is ready", async () => {
    expect(await store.ready()).toBeUndefined();
  });

  test("tells a listener what another process announces", async () => {
    const other = await openStore(database.options, systemClock);
    try {
      const heard = new Promise((resolve) => store.subscribe(resolve));
      await other.write(async (tx) => {
        await tx.query(({ db, t }) =>
          db.insert(t.organisations).values({ code: "far", name: "Far", createdAt: 1 }),
        );
        tx.announce({ kind: "receivers", id: "r" });
      });
      // SQLite has no channel between processes: the next write notices that the file has changed.
      if (kind === "sqlite") await organisations.create({ code: "near", name: "Near" });
      expect(await heard).toEqual(kind === "sqlite" ? { kind: "all" } : { kind: "receivers", id: "r" });
    } finally {
      await other.close();
    }
  });
});
