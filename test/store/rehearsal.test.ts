import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { systemClock } from "../../src/clock.ts";
import { insertOrganisation, organisationByCode } from "../../src/organisations/queries.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { notKept } from "../../src/provision/kept.ts";
import { forReal, rehearsal, rehearse } from "../../src/rehearsal.ts";
import { openStore } from "../../src/store/open.ts";
import { type Stage, type Store, WriteConflict } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";

describe.each(databases)("a rehearsal on %s", (kind) => {
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

  const create = (code: string) => organisations.create({ code, name: code });
  const codes = async () => (await organisations.all()).map(({ code }) => code).sort();
  const there = (code: string) =>
    store.read(async (reader) => (await reader.run(organisationByCode, { code })).length === 1);

  test("sees what it has written, and leaves nothing", async () => {
    await create("kept");
    const seen = await rehearse(async () => {
      await create("first");
      await create("second");
      return await codes();
    });
    expect(seen).toEqual(["first", "kept", "second"]);
    expect(await codes()).toEqual(["kept"]);
  });

  test("goes through the stages of its writes and tells nobody", async () => {
    const applied: number[][] = [];
    const told: number[][] = [];
    const stage: Stage<number> = {
      apply: async (_, items) => void applied.push([...items]),
      committed: (items) => void told.push([...items]),
    };
    await rehearse(() => store.write(async (tx) => tx.defer(stage, 1)));
    await store.write(async (tx) => tx.defer(stage, 2));
    expect(applied).toEqual([[1], [2]]);
    expect(told).toEqual([[2]]);
  });

  test("has a write that fails undone, answers what is wrong with it, and can go on", async () => {
    const seen = await rehearse(async () => {
      const failed = store.write(async (tx) => {
        await tx.run(organisationByCode, { code: "x" });
        throw new Error("changed my mind");
      });
      await expect(failed).rejects.toThrow("changed my mind");
      await create("after");
      await expect(create("after")).rejects.toThrow();
      return await there("after");
    });
    // The one that failed took with it what went before.
    expect(seen).toBe(false);
    expect(await codes()).toEqual([]);
  });

  test("tries again what lost a race", async () => {
    let tries = 0;
    const value = await rehearse(() =>
      store.write(async () => {
        if (++tries < 3) throw new WriteConflict();
        return "done";
      }),
    );
    expect([value, tries]).toEqual(["done", 3]);
  });

  test("does not touch what others write and read at the same time", async () => {
    const rehearsed = Array.from({ length: 20 }, (_, n) =>
      rehearse(async () => {
        await create(`dry-${n}`);
        expect(await there(`dry-${n}`)).toBe(true);
      }),
    );
    const real = Array.from({ length: 40 }, async (_, n) => {
      await create(`real-${n}`);
      expect(rehearsal()).toBeUndefined();
      expect((await codes()).filter((code) => code.startsWith("dry"))).toEqual([]);
    });
    await Promise.all([...rehearsed, ...real]);
    expect(await codes()).toEqual(Array.from({ length: 40 }, (_, n) => `real-${n}`).sort());
  });

  test("lets what must last be done for real meanwhile, before it has written and after", async () => {
    await rehearse(async () => {
      await forReal(() => create("noted"));
      await create("dry");
      await forReal(() => create("noted-too"));
      await create("dry-again");
    });
    expect(await codes()).toEqual(["noted", "noted-too"]);
  });

  test("binds nobody who still has its context when it has ended", async () => {
    const later = Promise.withResolvers<void>();
    await rehearse(async () => {
      await create("dry");
      setTimeout(() => create("timer").then(() => later.resolve(), later.reject), 5);
    });
    await later.promise;
    expect(await codes()).toEqual(["timer"]);
  });

  test("of writes in the same turn as others' has the others' stages told outside of it", async () => {
    const bound: boolean[] = [];
    const stage: Stage<string> = {
      apply: async () => {},
      committed: () => void bound.push(rehearsal() !== undefined),
    };
    const row = (code: string) => ({
      ...{ code, name: code, createdAt: 0, passwordHash: null, previousPasswordHash: null },
      ...{ previousPasswordUntil: null, allowedIps: [] },
    });
    await Promise.all([
      rehearse(() => store.write(async (tx) => tx.defer(stage, "dry"))),
      store.write(async (tx) => {
        await tx.query(insertOrganisation({ ...row("real"), ...settings }));
        tx.defer(stage, "real");
      }),
    ]);
    expect(bound).toEqual([false]);
  });

  const settings = { sites: [], returnUrls: [], language: "en" as const, passwordGrants: [], ...notKept };
});
