import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import type { Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import type { TypeConfig } from "../../src/config/types.ts";
import { createLogger } from "../../src/log.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { listRecords } from "../../src/records/list.ts";
import { reindex } from "../../src/records/reindex.ts";
import { type JsonObject, RecordService } from "../../src/records/service.ts";
import { RecordType, TypeRegistry } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { organisationsOn } from "./rooms.ts";

const config = (filters: string[]): TypeConfig => ({
  name: "trainings",
  object: "training",
  key: "integer",
  schema: { type: "object", properties: { city: { type: "string" }, seats: { type: "integer" } } },
  parent: null,
  public: [],
  filters,
  description: "",
});

describe.each(databases)("records on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let organisations: OrganisationService;
  let records: RecordService;
  let principal: Principal;
  const type = new RecordType(config(["city"]));

  beforeEach(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    const feed = new ChangeFeed(store);
    organisations = organisationsOn(store, feed);
    records = new RecordService({ store, feed, clock: systemClock });
    const organisation = await organisations.create({ code: "demo", name: "Demo" });
    const subject = { kind: "account", id: "a", clientId: "c", name: "n" } as const;
    principal = { organisation, subject, grants: [{ resource: "*", actions: ["*"] }] };
  });

  afterEach(async () => {
    await store.close();
    await database.remove();
  });

  const push = (items: JsonObject[]) => records.push(principal, type, items, "stop");

  const citiesWhere = async (registered: RecordType, city: string) => {
    const rows = await store.read((reader) =>
      listRecords(reader, {
        organisationId: principal.organisation.id,
        type: registered.name,
        order: { by: "id" },
        descending: false,
        filters: [{ field: "city", values: registered.filterValues("city", city) }],
        modifiedSince: undefined,
        after: undefined,
        limit: 100,
      }),
    );
    return rows.map(({ key }) => key);
  };

  test("a list whose items partly lack ids gets ids that none of the others has", async () => {
    const results = await push([{ city: "A" }, { id: 2 }, {}, { id: 1 }, { id: 3 }]);
    expect(results.map(({ status }) => status)).toEqual(Array(5).fill("created"));
    expect(results.map(({ id }) => id)).toEqual([4, 2, 5, 1, 3]);
  });

  test("a list says what became of each record, in its order", async () => {
    await push([
      { id: 1, city: "A" },
      { id: 2, city: "B" },
    ]);
    const results = await push([{ id: 2, city: "C" }, { id: 3 }, { id: 1, city: "A" }]);
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      [2, "updated"],
      [3, "created"],
      [1, "unchanged"],
    ]);
  });

  test("many who change one record at once leave it with every version counted", async () => {
    await push([{ id: 1, seats: 0 }]);
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => records.patch(principal, type, "a1", { seats: i + 1 })),
    );
    expect((await records.get(principal, type, "a1"))?.record.version).toBe(13);
  });

  test("many who create one record at once: one does, the others are told", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => records.create(principal, type, { id: 9 })),
    );
    const failed = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(failed).toHaveLength(7);
    for (const reason of failed) expect(reason).toMatchObject({ code: "conflict" });
  });

  test("a filter that the YAML gains finds the records that were there before, one that it lost is forgotten", async () => {
    const before = new RecordType(config([]));
    const cities = Array.from({ length: 1_200 }, (_, i) => ({
      id: i + 1,
      city: i % 3 === 0 ? "Umeå" : "Lund",
    }));
    await records.push(principal, before, cities, "stop");
    const log = createLogger({ level: "error", format: "json", write: () => {} });
    const bring = (filters: string[]) =>
      reindex({ store, organisations, log, types: new TypeRegistry({ trainings: config(filters) }) });
    await bring(["city"]);
    expect(await citiesWhere(type, "Umeå")).toHaveLength(100);
    await bring([]);
    expect(await citiesWhere(type, "Umeå")).toEqual([]);
    await records.push(principal, before, [{ id: 1, city: "Lund" }], "stop");
    await bring(["city"]);
    expect((await citiesWhere(type, "Umeå"))[0]).toBe("a4");
  });
});
