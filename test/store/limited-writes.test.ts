/** Writing under grants that are limited to some records or fields. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";

import { Forbidden, type Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { decide, shows } from "../../src/grants/view.ts";
import { Problem } from "../../src/problem.ts";
import { type JsonObject, type PushResult, RecordService, type Written } from "../../src/records/service.ts";
import { RecordType } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { SEED, someData, someGrants } from "./grant-worlds.ts";
import { organisationsOn } from "./rooms.ts";

const type = new RecordType({
  ...{ name: "trainings", object: "training", key: "integer", parent: null, description: "" },
  schema: { type: "object", required: ["name"] },
  filters: ["institute", "city"],
  public: ["name"],
});
const LONG_MS = 120_000;

describe.each(databases)("limited writes on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let records: RecordService;
  let organisation: Principal["organisation"];
  let tenants = 0;

  const makeTenant = async () => {
    const code = `t${++tenants}`;
    organisation = await organisationsOn(store).create({ code, name: code });
  };

  beforeAll(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    records = new RecordService({ store, feed: new ChangeFeed(store), clock: systemClock });
  });
  beforeEach(makeTenant);
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  const as = (...grants: Grant[]): Principal => {
    return { organisation, subject: { kind: "account", id: "a", clientId: "c", name: "n" }, grants };
  };
  const all = () => as({ resource: "*", actions: ["*"] });
  const grant = (actions: string[], more: Partial<Grant> = {}): Grant => ({
    resource: "trainings",
    actions,
    ...more,
  });
  const mine = { where: { institute: [1] } };
  const stored = async (key = "a1", of = type) => {
    const seen = await records.get(all(), of, key);
    return seen && (JSON.parse(seen.record.data) as JsonObject);
  };

  /** What a write comes to: `updated name,city`, or why it does not. */
  const outcome = async (write: () => Promise<unknown>): Promise<string> => {
    try {
      const done = await write();
      if (!done) return "removed";
      if (Array.isArray(done)) return done.map(({ status }: PushResult) => status).join();
      const { status, fields } = done as Written;
      return `${status} ${fields === "all" ? "all" : [...fields].join()}`;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return [error.status, ...error.violations.map(({ field }) => field)].join(" ");
    }
  };

  describe("a record of others", () => {
    beforeEach(async () => {
      await records.put(all(), type, "a1", { name: "theirs", institute: 2 });
    });
    const blind = () => as(grant(["read", "write", "delete"], mine));
    const seeing = () => as(grant(["read"]), grant(["write", "delete"], mine));

    test("is not there for who may not read it, whatever he tries", async () => {
      const never = () => {
        throw new Error("its version must not be looked at");
      };
      expect(await records.get(blind(), type, "a1")).toBeUndefined();
      expect(await outcome(() => records.put(blind(), type, "a1", { name: "x", institute: 1 }, never))).toBe(
        "404",
      );
      expect(await outcome(() => records.patch(blind(), type, "a1", { institute: 1 }, never))).toBe("404");
      expect(await outcome(() => records.remove(blind(), type, "a1", never))).toBe("404");
      expect(await stored()).toEqual({ name: "theirs", institute: 2 });
    });

    test("is refused to who may read it", async () => {
      expect(await outcome(() => records.put(seeing(), type, "a1", { name: "x", institute: 1 }))).toBe("403");
      expect(await outcome(() => records.patch(seeing(), type, "a1", { institute: 1 }))).toBe("403");
      expect(await outcome(() => records.remove(seeing(), type, "a1"))).toBe("403");
      expect(await stored()).toEqual({ name: "theirs", institute: 2 });
    });

    test("rejects its item of a list, or the list", async () => {
      const items = [
        { id: 1, name: "x", institute: 1 },
        { id: 2, name: "y", institute: 1 },
        { name: "z", institute: 2 },
      ];
      const results = await records.push(blind(), type, items, "skip");
      expect(results.map(({ id, status, violations }) => [id, status, violations?.[0]?.field])).toEqual([
        [1, "rejected", "[0].id"],
        [2, "created", undefined],
        [null, "rejected", "[2].institute"],
      ]);
      expect(
        await outcome(() =>
          records.push(blind(), type, [...items, { id: 3, name: "n", institute: 1 }], "stop"),
        ),
      ).toBe("422 [0].id [2].institute");
      expect(await stored("a3")).toBeUndefined();
      expect(await stored()).toEqual({ name: "theirs", institute: 2 });
    });

    test("keeps its id from being taken", async () => {
      expect(await outcome(() => records.create(blind(), type, { id: 1, name: "x", institute: 1 }))).toBe(
        "409",
      );
    });
  });

  describe("a record of one's own", () => {
    const own = () => as(grant(["read", "write", "delete"], mine));
    beforeEach(async () => {
      await records.put(all(), type, "a1", { name: "mine", institute: 1 });
    });

    test("is made, changed and removed", async () => {
      expect(await outcome(() => records.create(own(), type, { name: "new", institute: 1 }))).toBe(
        "created all",
      );
      expect(await outcome(() => records.put(own(), type, "a1", { name: "put", institute: 1 }))).toBe(
        "updated all",
      );
      expect(await outcome(() => records.patch(own(), type, "a1", { name: "patched" }))).toBe("updated all");
      expect(await outcome(() => records.remove(own(), type, "a1"))).toBe("removed");
    });

    test("is not given to others", async () => {
      expect(await outcome(() => records.create(own(), type, { name: "x", institute: 2 }))).toBe(
        "403 institute",
      );
      expect(await outcome(() => records.create(own(), type, { name: "x" }))).toBe("403 institute");
      expect(await outcome(() => records.put(own(), type, "a1", { name: "x", institute: 2 }))).toBe(
        "403 institute",
      );
      expect(await outcome(() => records.put(own(), type, "a1", { name: "x" }))).toBe("403 institute");
      expect(await outcome(() => records.patch(own(), type, "a1", { institute: null }))).toBe(
        "403 institute",
      );
      expect(await stored()).toEqual({ name: "mine", institute: 1 });
    });

    test("may go from one part of the view to another", async () => {
      const wide = as(grant(["read", "write"], mine), grant(["write"], { where: { institute: [2] } }));
      expect(await outcome(() => records.patch(wide, type, "a1", { institute: 2 }))).toBe("updated ");
      expect(await stored()).toEqual({ name: "mine", institute: 2 });
    });

    test("is not removed with a right to write", async () => {
      expect(() => records.remove(as(grant(["read", "write"], mine)), type, "a1")).toThrow(Forbidden);
    });
  });

  describe("fields that may not be written", () => {
    const clerk = () =>
      as(grant(["read"], { fields: ["name", "city"] }), grant(["write"], { fields: ["name"] }));
    beforeEach(async () => {
      await records.put(all(), type, "a1", { name: "n", city: "Umeå", price: 7 });
    });

    test("stay when the record is replaced", async () => {
      expect(await outcome(() => records.put(clerk(), type, "a1", { name: "new" }))).toBe(
        "updated name,city",
      );
      expect(await stored()).toEqual({ name: "new", city: "Umeå", price: 7 });
    });

    test("are refused by name, in every way to write", async () => {
      expect(
        await outcome(() => records.put(clerk(), type, "a1", { name: "x", city: "Lund", price: 8 })),
      ).toBe("422 city price");
      expect(await outcome(() => records.patch(clerk(), type, "a1", { city: null }))).toBe("422 city");
      expect(await outcome(() => records.create(clerk(), type, { name: "x", price: 1 }))).toBe("422 price");
      expect(await outcome(() => records.push(clerk(), type, [{ id: 1, name: "x", price: 1 }], "stop"))).toBe(
        "422 [0].price",
      );
      expect(await stored()).toEqual({ name: "n", city: "Umeå", price: 7 });
    });

    test("may be sent back as they are by who can read them, and by nobody else", async () => {
      expect(await outcome(() => records.put(clerk(), type, "a1", { name: "x", city: "Umeå" }))).toBe(
        "updated name,city",
      );
      expect(await outcome(() => records.put(clerk(), type, "a1", { name: "y", price: 7 }))).toBe(
        "422 price",
      );
      expect(await outcome(() => records.patch(clerk(), type, "a1", { price: 7 }))).toBe("422 price");
      expect(await outcome(() => records.patch(clerk(), type, "a1", { discount: null }))).toBe(
        "422 discount",
      );
    });

    test("do not keep a record from being held against its type as a whole", async () => {
      const other = as(grant(["write"], { fields: ["city"] }));
      expect(await outcome(() => records.put(other, type, "a1", { city: "Lund" }))).toBe("updated ");
      expect(await outcome(() => records.put(other, type, "a2", { city: "Lund" }))).toBe("422 name");
    });
  });

  test("a write that may read nothing is told nothing but the id", async () => {
    await records.put(all(), type, "a1", { name: "n", price: 7 });
    expect(await outcome(() => records.patch(as(grant(["write"])), type, "a1", { name: "x" }))).toBe(
      "updated ",
    );
  });

  test("a record says who wrote it, and who acted in his name", async () => {
    const anna: Principal = {
      ...all(),
      subject: { kind: "user", id: "u", username: "anna", name: "Anna" },
      actor: { clientId: "acc_1" },
    };
    const made = await records.put(anna, type, "a1", { name: "n" });
    const seen = await records.get(all(), type, "a1");
    const author = { subject: "user:anna", actor: "account:acc_1" };
    expect([made.record, seen?.record]).toEqual([
      expect.objectContaining(author),
      expect.objectContaining(author),
    ]);
    const changed = await records.patch(all(), type, "a1", { name: "m" });
    expect(changed.record).toMatchObject({ subject: "account:c", actor: null });
    expect((await records.get(all(), type, "a1"))?.record).toMatchObject({
      subject: "account:c",
      actor: null,
    });
  });

  describe("whatever the grants and the data,", () => {
    const plain = new RecordType({
      ...{ name: "trainings", object: "training", key: "integer", parent: null, description: "", schema: {} },
      filters: ["a", "b"],
      public: ["a", "d"],
    });
    const someWay = fc.constantFrom<"put" | "patch" | "push">("put", "patch", "push");
    const write = (way: "put" | "patch" | "push", principal: Principal, body: JsonObject) => {
      if (way === "put") return records.put(principal, plain, "a1", body);
      if (way === "patch") return records.patch(principal, plain, "a1", body);
      return records.push(principal, plain, [{ ...body, id: 1 }], "stop");
    };
    const runs = { seed: SEED, numRuns: kind === "sqlite" ? 400 : 100 };

    test(
      "what is written was and is in view, no field changes that may not, and what is refused changes nothing",
      async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.option(someData, { nil: undefined }),
            someData,
            someGrants,
            someWay,
            async (before, body, grants, way) => {
              await makeTenant();
              if (before) await records.put(all(), plain, "a1", before);
              const told = await outcome(() => write(way, as(...grants), body));
              const after = await stored("a1", plain);
              if (/^\d/.test(told)) {
                expect(after).toEqual(before);
                return;
              }
              const was = before && decide(grants, plain, "write", before);
              const will = decide(grants, plain, "write", after ?? {});
              expect([was?.allowed ?? true, will.allowed]).toEqual([true, true]);
              for (const field of ["a", "b", "c", "d"]) {
                if (Bun.deepEquals(before?.[field], after?.[field], true)) continue;
                expect([field, shows(was?.fields ?? "all", field), shows(will.fields, field)]).toEqual([
                  field,
                  true,
                  true,
                ]);
              }
            },
          ),
          runs,
        );
      },
      LONG_MS,
    );

    test(
      "what cannot be read does not show in what a write comes to",
      async () => {
        await fc.assert(
          fc.asyncProperty(
            someData,
            someData,
            someData,
            someGrants,
            someWay,
            async (one, other, body, grants, way) => {
              // They differ in fields that no `where` can go by.
              const first = { ...one, c: other["c"], d: other["d"] };
              const pair = [one, first].map((data) => JSON.parse(JSON.stringify(data)) as JsonObject);
              const hidden = ["c", "d"].filter(
                (field) => !Bun.deepEquals(pair[0]?.[field], pair[1]?.[field], true),
              );
              const { fields } = decide(grants, plain, "read", one);
              fc.pre(hidden.length > 0 && hidden.every((field) => !shows(fields, field)));
              const told: string[] = [];
              for (const data of pair) {
                await makeTenant();
                await records.put(all(), plain, "a1", data);
                told.push(await outcome(() => write(way, as(...grants), body)));
              }
              // Who may write a field may well hear whether that changed anything.
              expect(told[0]?.replace("unchanged", "updated")).toBe(
                String(told[1]).replace("unchanged", "updated"),
              );
            },
          ),
          runs,
        );
      },
      LONG_MS,
    );
  });
});
