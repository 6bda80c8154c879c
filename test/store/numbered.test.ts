/** Pages by row number, on both databases: what a plain model of them says, whichever way the database goes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";

import type { Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { decide, shows, viewOf } from "../../src/grants/view.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { encodeId, encodeValue } from "../../src/records/key.ts";
import type { Order } from "../../src/records/list.ts";
import { listNumbered } from "../../src/records/numbered.ts";
import { type JsonObject, RecordService } from "../../src/records/service.ts";
import { RecordType } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { SEED, someData, someGrants, someType, someValue } from "./grant-worlds.ts";
import { organisationsOn } from "./rooms.ts";

const LONG_MS = 60_000;
const config = (filters: readonly string[], shown: readonly string[]) => ({
  ...{ name: "trainings", object: "training", key: "integer" as const, schema: {}, parent: null },
  ...{ description: "", filters: [...filters], public: [...shown] },
});

describe.each(databases)("pages by row number on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let organisations: OrganisationService;
  let records: RecordService;
  let tenants = 0;
  // What is written together has one time, whatever the machine does.
  let now = Date.now();
  const clock: Clock = { ...systemClock, now: () => now };

  beforeAll(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    const feed = new ChangeFeed(store);
    organisations = organisationsOn(store, feed);
    records = new RecordService({ store, feed, clock });
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  const owner = async (): Promise<Principal> => {
    const code = `n${++tenants}`;
    const organisation = await organisations.create({ code, name: code });
    const subject = { kind: "account", id: "a", clientId: "c", name: "n" } as const;
    return { organisation, subject, grants: [{ resource: "*", actions: ["*"] }] };
  };

  const someOrder = fc.constantFrom<Order>(
    { by: "id" },
    { by: "modified_at" },
    { by: "field", field: "a" },
    { by: "field", field: "b" },
  );
  const someFilters = fc.uniqueArray(
    fc.record({
      field: fc.constantFrom("a", "b"),
      given: fc.array(someValue, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 2, selector: ({ field }) => field },
  );

  test(
    "have the rows of a plain model in its order, for every view, filter, order and place",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(someData, { minLength: 1, maxLength: 12 }),
          fc.oneof(someGrants, fc.constant<Grant[]>([{ resource: "trainings", actions: ["read"] }])),
          someType,
          fc.record({
            order: someOrder,
            descending: fc.boolean(),
            filters: someFilters,
            skip: fc.integer({ min: 0, max: 6 }),
            limit: fc.integer({ min: 0, max: 8 }),
            since: fc.boolean(),
            way: fc.constantFrom(undefined, "fetch" as const, "set" as const, "index" as const),
          }),
          async (items, grants, viewed, { order, descending, filters, skip, limit, since, way }) => {
            const wide = new RecordType(config(["a", "b", "c"], []));
            const type = new RecordType(config(viewed.filters, viewed.public));
            fc.pre(filters.every(({ field }) => type.filters.includes(field)));
            fc.pre(order.by !== "field" || type.filters.includes(order.field));
            const view = viewOf(grants, type, "read");
            fc.pre(view !== undefined);
            if (!view) return;
            const principal = await owner();
            const rows: JsonObject[] = items.map((data, index) => ({ ...data, id: (index * 7) % 13 }));
            await records.push(principal, wide, rows, "stop");

            const expected = rows.filter(({ id: _, ...data }) => {
              const { allowed, fields } = decide(grants, type, "read", data);
              if (!allowed) return false;
              return filters.every(
                ({ field, given }) =>
                  shows(fields, field) && given.map(encodeValue).includes(encodeValue(data[field])),
              );
            });
            const place = ({ id, ...data }: JsonObject) => {
              const key = encodeId("integer", id);
              return order.by === "field" ? [encodeValue(data[order.field]), key] : ["", key];
            };
            expected.sort((one, other) => compare(place(one), place(other)) * (descending ? -1 : 1));

            const { found, records: page } = await listNumbered(
              store,
              {
                ...{ organisationId: principal.organisation.id, type, view, order, descending, skip, limit },
                filters: filters.map(({ field, given }) => ({ field, values: given.map(encodeValue) })),
                modifiedSince: since ? 0 : undefined,
              },
              way,
            );
            expect(found).toBe(expected.length);
            const wanted = expected.slice(skip, skip + limit).map(({ id }) => encodeId("integer", id));
            expect(page.map(({ record }) => record.key)).toEqual(wanted);
            for (const { record, fields } of page)
              expect(fields).toEqual(
                decide(grants, type, "read", JSON.parse(record.data) as JsonObject).fields,
              );
          },
        ),
        { seed: SEED, numRuns: kind === "sqlite" ? 150 : 60 },
      );
    },
    LONG_MS,
  );

  test("leave out what was not modified since", async () => {
    const type = new RecordType(config(["a"], []));
    const principal = await owner();
    await records.push(principal, type, [{ id: 1, a: "x" }], "stop");
    const then = ++now;
    await records.push(principal, type, [{ id: 2, a: "x" }], "stop");
    const keys = async (modifiedSince: number, filtered: boolean) => {
      const { found, records: all } = await page(principal, type, modifiedSince, filtered);
      expect(found).toBe(all.length);
      return all.map(({ record }) => record.key);
    };
    for (const filtered of [false, true]) {
      expect(await keys(then, filtered)).toEqual(["a2"]);
      expect(await keys(then - 1, filtered)).toEqual(["a1", "a2"]);
    }
  });

  const page = (
    { organisation, grants }: Principal,
    type: RecordType,
    modifiedSince: number | undefined,
    filtered = false,
  ) => {
    const view = viewOf(grants, type, "read");
    if (!view) throw new Error("no view");
    return listNumbered(store, {
      ...{ organisationId: organisation.id, type, view, order: { by: "modified_at" }, descending: false },
      ...{ filters: filtered ? [{ field: "a", values: [encodeValue("x")] }] : [], modifiedSince },
      ...{ skip: 0, limit: 10 },
    });
  };
});

function compare([a = "", key = ""]: string[], [b = "", other = ""]: string[]): number {
  return (
    Buffer.compare(Buffer.from(a), Buffer.from(b)) || Buffer.compare(Buffer.from(key), Buffer.from(other))
  );
}
