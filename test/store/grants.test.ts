/** What grants allow, asked of the database: it must be what is decided record by record. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import fc from "fast-check";

import type { Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { visiblePage } from "../../src/changes/visible.ts";
import { systemClock } from "../../src/clock.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { decide, shows, viewOf } from "../../src/grants/view.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { clausesOf } from "../../src/records/condition.ts";
import { KEPT } from "../../src/records/former.ts";
import { encodeId } from "../../src/records/key.ts";
import { listRecords, type Order } from "../../src/records/list.ts";
import { type JsonObject, RecordService } from "../../src/records/service.ts";
import { RecordType, TypeRegistry } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";
import { SEED, someData, someGrants, someType, someValue } from "./grant-worlds.ts";

const config = (filters: readonly string[], shown: readonly string[]) => ({
  ...{
    name: "trainings",
    object: "training",
    key: "integer" as const,
    schema: {},
    parent: null,
    description: "",
  },
  filters: [...filters],
  public: [...shown],
});
const LONG_MS = 120_000;

describe.each(databases)("grants on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let feed: ChangeFeed;
  let organisations: OrganisationService;
  let records: RecordService;
  let tenants = 0;

  beforeAll(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    feed = new ChangeFeed(store);
    organisations = organisationsOn(store, feed);
    records = new RecordService({ store, feed, clock: systemClock });
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  /** Somebody with these grants in an organisation of his own. */
  const somebody = async (grants: Grant[]): Promise<Principal> => {
    const code = `t${++tenants}`;
    const organisation = await organisations.create({ code, name: code });
    return { organisation, subject: { kind: "account", id: "a", clientId: "c", name: "n" }, grants };
  };
  const owner = (principal: Principal): Principal => {
    return { ...principal, grants: [{ resource: "*", actions: ["*"] }] };
  };

  const someOrder = fc.constantFrom<Order>({ by: "id" }, { by: "modified_at" }, { by: "field", field: "a" });
  const someFilter = fc.option(fc.record({ field: fc.constantFrom("a", "b"), value: someValue }), {
    nil: undefined,
  });

  test(
    "the condition in SQL finds the records that are decided to be in view, and no others",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(someData, { minLength: 1, maxLength: 12 }),
          someGrants,
          someType,
          fc.record({
            order: someOrder,
            descending: fc.boolean(),
            filter: someFilter,
            limit: fc.integer({ min: 1, max: 13 }),
          }),
          async (items, grants, viewed, { order, descending, filter, limit }) => {
            // Written when every field was declared; read when some are not any more.
            const wide = new RecordType(config(["a", "b", "c"], []));
            const type = new RecordType(config(viewed.filters, viewed.public));
            fc.pre(!filter || type.filters.includes(filter.field));
            fc.pre(order.by !== "field" || type.filters.includes("a"));
            const principal = await somebody(grants);
            const rows = items.map((data, index) => ({ ...data, id: index + 1 }));
            await records.push(owner(principal), wide, rows, "stop");
            const inView = items.flatMap((data, index) => {
              const { allowed, fields } = decide(grants, type, "read", data);
              if (!allowed) return [];
              if (!filter) return [index + 1];
              const asks = shows(fields, filter.field) && matches(type, data, filter);
              return asks ? [index + 1] : [];
            });
            const view = viewOf(grants, type, "read");
            const found: number[] = [];
            for (let after: { value: string | number; key: string } | undefined; view;) {
              const page = await store.read((reader) =>
                listRecords(reader, {
                  ...{
                    organisationId: principal.organisation.id,
                    type: type.name,
                    order,
                    descending,
                    limit,
                    after,
                  },
                  filters: filter ? [{ field: filter.field, values: valuesOf(type, filter) }] : [],
                  clauses: clausesOf(view, filter ? [filter.field] : []),
                  modifiedSince: undefined,
                }),
              );
              found.push(...page.map(({ key }) => Number(key.slice(1))));
              const last = page.at(-1);
              if (!last || page.length < limit) break;
              after = { value: last.position, key: last.key };
            }
            expect(found.toSorted((a, b) => a - b)).toEqual(inView);
          },
        ),
        { seed: SEED, numRuns: kind === "sqlite" ? 400 : 150 },
      );
    },
    LONG_MS,
  );

  test(
    "lists of more shapes than are kept prepared find the same",
    async () => {
      const type = new RecordType(config(["a"], []));
      const principal = await somebody([]);
      await records.push(owner(principal), type, [{ a: 1 }, { a: 2 }, { a: 3 }], "stop");
      const filter = (from: number, count: number) => {
        const wanted = Array.from({ length: count }, (_, i) => type.filterValues("a", String(from + i)));
        return { field: "a", values: wanted.flat() };
      };
      const keys = (one: number, other: number, descending: boolean) =>
        store.read(async (reader) => {
          const rows = await listRecords(reader, {
            ...{
              organisationId: principal.organisation.id,
              type: type.name,
              order: { by: "id" },
              descending,
            },
            ...{
              filters: [filter(1, one), filter(2, other)],
              modifiedSince: undefined,
              after: undefined,
              limit: 9,
            },
          });
          return rows.map(({ key }) => key);
        });
      for (let one = 2; one < 18; one++) {
        for (let other = 1; other < 17; other++) {
          const both = one === 2 || other === 1 ? ["a2"] : ["a2", "a3"];
          expect(await keys(one, other, false)).toEqual(both);
          expect(await keys(one, other, true)).toEqual(both.toReversed());
        }
      }
    },
    LONG_MS,
  );

  const valuesOf = (type: RecordType, { field, value }: { field: string; value: unknown }) =>
    type.filterValues(field, String(value));
  const matches = (type: RecordType, data: JsonObject, filter: { field: string; value: unknown }) =>
    type
      .indexed(data)
      .some(({ field, value }) => field === filter.field && valuesOf(type, filter).includes(value));

  describe("who follows the feed with limited grants", () => {
    const types = new TypeRegistry({ trainings: config(["a", "b"], []) });
    const [type] = types.all as [RecordType];
    const small = fc.constantFrom(1, 2, 3, null);
    const someStep = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ put: fc.integer({ min: 1, max: 5 }), a: small, b: small, n: fc.nat(3) }),
      },
      { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 3, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 1, arbitrary: fc.constant({ drain: true }) },
    );
    const someView = fc.constantFrom<Grant[]>(
      [{ resource: "trainings", actions: ["read"], where: { a: [1] } }],
      [{ resource: "trainings", actions: ["read"], where: { a: [1, 2], b: [1] } }],
      [
        { resource: "trainings", actions: ["read"], where: { a: [1] }, fields: ["n"] },
        { resource: "trainings", actions: ["read"], where: { b: [2, 3] } },
      ],
    );
    const topics = Object.values(type.topics);

    test(
      "has at the end exactly what is in view, and heard of nothing that never was",
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(someStep, { maxLength: 40 }), someView, async (steps, grants) => {
            const reader = await somebody(grants);
            const writer = owner(reader);
            const stored = new Map<number, JsonObject>();
            const replica = new Set<number>();
            /** What was in view when the reader last knew everything, or at some time since. */
            let seen = new Set<number>();
            let cursor = 0;
            const isSingle = grants.every(({ where = {} }) => Object.keys(where).length === 1);
            const inView = () =>
              new Set(
                [...stored].flatMap(([id, data]) => (decide(grants, type, "read", data).allowed ? [id] : [])),
              );
            const read = async (limit: number) => {
              const page = await store.read((from) =>
                visiblePage(feed, types, from, {
                  ...{ organisationId: reader.organisation.id, grants, topics, after: cursor, limit },
                }),
              );
              ({ cursor } = page);
              expect(page.rows.length).toBeLessThanOrEqual(limit);
              for (const { action, key, topic, subject } of page.rows) {
                const id = Number(key.slice(1));
                // Of several fields each may have been right at another time.
                if (isSingle) expect(seen).toContain(id);
                expect(topic).toBe(type.topics[action === "destroy" ? "destroy" : "update"]);
                if (action === "destroy") replica.delete(id);
                else replica.add(id);
                if (action === "destroy" && stored.has(id)) expect(subject).toBeNull();
              }
              return page.more;
            };
            const drain = async () => {
              while (await read(3));
              expect([...replica].sort()).toEqual([...inView()].sort());
              seen = inView();
            };
            for (const step of [...steps, { drain: true }]) {
              if ("put" in step) {
                const { put: id, ...data } = step;
                await records.put(writer, type, encodeId("integer", id), data);
                stored.set(id, data);
                for (const now of inView()) seen.add(now);
              } else if ("remove" in step) {
                if (!stored.delete(step.remove)) continue;
                await records.remove(writer, type, encodeId("integer", step.remove));
              } else if ("read" in step) await read(step.read);
              else await drain();
            }
          }),
          { seed: SEED, numRuns: kind === "sqlite" ? 150 : 40 },
        );
      },
      LONG_MS,
    );

    const grants: Grant[] = [{ resource: "trainings", actions: ["read"], where: { a: [0] } }];
    const told = async (reader: Principal, after: number, wanted: readonly string[] = topics) => {
      const { id: organisationId } = reader.organisation;
      const page = await store.read((from) =>
        visiblePage(feed, types, from, { organisationId, grants, topics: wanted, after, limit: 100 }),
      );
      return page.rows.map(({ action, key }) => `${action} ${key}`);
    };
    const put = (reader: Principal, id: number, data: JsonObject) =>
      records.put(owner(reader), type, encodeId("integer", id), data);

    test("is told that a record has gone however many values it has had since, and no more is kept of it than a few", async () => {
      const reader = await somebody(grants);
      await put(reader, 1, { a: 0 });
      for (let a = 1; a <= 20 * KEPT; a++) await put(reader, 1, { a });
      expect(await told(reader, 1)).toEqual(["destroy a1"]);
      const kept = await store.read((from) => from.query(({ db, t }) => db.select().from(t.formerFields)));
      const rows = kept.filter(({ organisationId }) => organisationId === reader.organisation.id);
      expect(rows.length).toBeLessThan(4 * KEPT);
    });

    test("is told once: what becomes of the record elsewhere is none of his business", async () => {
      const reader = await somebody(grants);
      await put(reader, 1, { a: 0 });
      await put(reader, 1, { a: 1 });
      expect(await told(reader, 1)).toEqual(["destroy a1"]);
      await put(reader, 1, { a: 2 });
      expect(await told(reader, 2)).toEqual([]);
      await records.remove(owner(reader), type, "a1");
      expect(await told(reader, 2)).toEqual([]);
    });

    test("is told of what leaves his view though he asked for removals alone", async () => {
      const reader = await somebody(grants);
      await put(reader, 1, { a: 0 });
      await put(reader, 2, { a: 0 });
      await put(reader, 1, { a: 1 });
      expect(await told(reader, 2, [type.topics.destroy])).toEqual(["destroy a1"]);
      expect(await told(reader, 2, [type.topics.update])).toEqual([]);
    });

    test("is told who did it where he may see all of the record, and nowhere else", async () => {
      const reader = await somebody(grants);
      const anna: Principal = {
        ...owner(reader),
        subject: { kind: "user", id: "u", username: "anna", name: "Anna" },
        actor: { clientId: "acc_1" },
      };
      await records.put(anna, type, "a1", { a: 0 });
      await records.put(anna, type, "a2", { a: 1 });
      const { id: organisationId } = reader.organisation;
      const subjects = async (...some: Grant[]) => {
        const page = await store.read((from) =>
          visiblePage(feed, types, from, { organisationId, grants: some, topics, after: 0, limit: 9 }),
        );
        return page.rows.map(({ key, subject, actor }) => [key, subject, actor].join(" "));
      };
      const [whole] = grants as [Grant];
      const part: Grant = { resource: "trainings", actions: ["read"], fields: ["n"] };
      expect(await subjects(whole)).toEqual(["a1 user:anna account:acc_1"]);
      expect(await subjects(part)).toEqual(["a1  ", "a2  "]);
      expect(await subjects(whole, part)).toEqual(["a1 user:anna account:acc_1", "a2  "]);
    });

    test("is told of what is committed, whatever a transaction saw that was undone", async () => {
      const reader = await somebody(grants);
      await put(reader, 1, { a: 0 });
      const { id: organisationId } = reader.organisation;
      const query = { organisationId, grants, topics, after: 0, limit: 9 };
      const undone = store.write(async (tx) => {
        await tx.query(({ db, t }) =>
          db.update(t.records).set({ data: '{"a":1}' }).where(eq(t.records.organisationId, organisationId)),
        );
        await visiblePage(feed, types, tx, query);
        throw new Error("no");
      });
      await undone.catch(() => {});
      expect(await told(reader, 0)).toEqual(["update a1"]);
    });

    test("is told of what left and came back as of an update", async () => {
      const reader = await somebody(grants);
      await put(reader, 1, { a: 0 });
      await put(reader, 1, { a: 1 });
      await put(reader, 1, { a: 0, b: 1 });
      expect(await told(reader, 1)).toEqual(["update a1"]);
    });

    test(
      "gets on where thousands of changes are out of his view, and says that there may be more",
      async () => {
        const reader = await somebody(grants);
        const items = Array.from({ length: 6_000 }, (_, i) => ({ id: i + 1, a: i === 5_900 ? 0 : 1 }));
        await records.push(owner(reader), type, items, "stop");
        const organisationId = reader.organisation.id;
        const page = (after: number) =>
          store.read((from) =>
            visiblePage(feed, types, from, { organisationId, grants, topics, after, limit: 10 }),
          );
        const first = await page(0);
        expect(first).toMatchObject({ rows: [], more: true });
        expect(first.cursor).toBeGreaterThanOrEqual(5_000);
        const second = await page(first.cursor);
        expect(second.rows.map(({ key }) => key)).toEqual([encodeId("integer", 5_901)]);
        expect(second).toMatchObject({ cursor: 6_000, more: false });
      },
      LONG_MS,
    );
  });
});
