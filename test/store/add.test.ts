/** Adding records in every mode, compared with a plain model of what is said of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";

import type { Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import type { TypeConfig } from "../../src/config/types.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { decide, shows } from "../../src/grants/view.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { readParameters } from "../../src/publicapi/parameters.ts";
import { sentItems } from "../../src/publicapi/add/items.ts";
import type { AddItem, AddResult, IfExists } from "../../src/records/add.ts";
import { decodeId } from "../../src/records/key.ts";
import { listRecords } from "../../src/records/list.ts";
import { type JsonObject, RecordService } from "../../src/records/service.ts";
import { RecordType } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { SEED } from "./grant-worlds.ts";
import { organisationsOn } from "./rooms.ts";

const LONG_MS = 120_000;

const config = (schema: TypeConfig["schema"]): TypeConfig => ({
  ...{ name: "trainings", object: "training", key: "integer", schema, parent: null, description: "" },
  ...{ public: [], filters: ["a"], search: ["s"] },
});

describe.each(databases)("adding on %s", (kind) => {
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

  const somebody = async (grants: Grant[] = [{ resource: "*", actions: ["*"] }]): Promise<Principal> => {
    const code = `t${++tenants}`;
    const organisation = await organisations.create({ code, name: code });
    return { organisation, subject: { kind: "account", id: "a", clientId: "c", name: "n" }, grants };
  };
  const stored = async ({ organisation }: Principal): Promise<Map<number, JsonObject>> => {
    const rows = await store.read((reader) =>
      listRecords(reader, {
        ...{ organisationId: organisation.id, type: "trainings", order: { by: "id" }, descending: false },
        ...{ filters: [], modifiedSince: undefined, after: undefined, limit: 1_000 },
      }),
    );
    return new Map(rows.map(({ key, data }) => [Number(decodeId("integer", key)), JSON.parse(data)]));
  };
  const head = ({ organisation }: Principal) => store.read((reader) => feed.head(reader, organisation.id));

  const modes: readonly IfExists[] = ["skip", "fill", "replace"];
  const type = new RecordType(
    config({
      type: "object",
      properties: { a: { type: "integer" }, s: { type: "string" }, x: {} },
      required: ["s"],
      additionalProperties: false,
    }),
  );

  /** What is said of it, over a map. */
  function model(state: Map<number, JsonObject>, items: JsonObject[], mode: IfExists): AddResult["status"][] {
    const statuses: AddResult["status"][] = [];
    const given = new Set<number>();
    const fits = ({ a, s, ...more }: JsonObject) =>
      typeof s === "string" &&
      (a === undefined || Number.isInteger(a)) &&
      Object.keys(more).every((name) => name === "x");
    const put = (id: number, data: JsonObject): AddResult["status"] => {
      const old = state.get(id);
      if (!fits(data)) return "rejected";
      state.set(id, data);
      if (!old) return "created";
      return Bun.deepEquals(old, data, true) ? "unchanged" : "updated";
    };
    for (const [index, { id, ...data }] of items.entries()) {
      if (id === undefined || id === null) continue;
      if (typeof id !== "number" || !Number.isInteger(id) || given.has(id)) {
        statuses[index] = "rejected";
        continue;
      }
      given.add(id);
      const old = state.get(id);
      if (!old) statuses[index] = put(id, data);
      else if (mode === "skip") statuses[index] = "skipped";
      else if (mode === "replace") statuses[index] = put(id, { ...old, ...data });
      else {
        const wanted = { ...old };
        for (const [name, value] of Object.entries(data)) {
          if (wanted[name] === undefined || wanted[name] === null || wanted[name] === "")
            wanted[name] = value;
        }
        statuses[index] = put(id, wanted);
      }
    }
    for (const [index, { id, ...data }] of items.entries()) {
      if (id === undefined || id === null) statuses[index] = put(Math.max(0, ...state.keys()) + 1, data);
    }
    return statuses;
  }

  const someItem: fc.Arbitrary<JsonObject> = fc.record(
    {
      id: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) },
        { weight: 1, arbitrary: fc.constantFrom(null, "x", 1.5) },
      ),
      a: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 2 }) }, fc.constantFrom("1", 1.5)),
      s: fc.oneof({ weight: 6, arbitrary: fc.constantFrom("", "word", "other") }, fc.constant(7)),
      x: fc.constantFrom<unknown>(null, "", { deep: [null] }),
      y: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  // Most fit; a field that none has is rare.
  const someItems = fc.array(
    fc.tuple(someItem, fc.nat(9)).map(([item, luck]) => {
      const { y, ...fitting } = item;
      return luck === 0 && y !== undefined ? item : { s: "kept", ...fitting };
    }),
    { maxLength: 6 },
  );

  test(
    "does to each record what its mode says, and tells what that was",
    async () => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ fresh: someItems, again: fc.boolean(), mode: fc.constantFrom(...modes) }), {
            minLength: 1,
            maxLength: 5,
          }),
          async (pushes) => {
            const by = await somebody();
            const state = new Map<number, JsonObject>();
            let items: JsonObject[] = [];
            for (const { fresh, again, mode } of pushes) {
              if (!again) items = fresh;
              const before = await head(by);
              const expected = model(state, items, mode);
              const results = await records.add(
                by,
                type,
                items.map((data) => ({ data })),
                mode,
              );
              expect(results.map(({ status }) => status)).toEqual(expected);
              for (const { status, violations } of results)
                expect(violations.length > 0).toBe(status === "rejected");
              for (const [index, { id, status }] of results.entries()) {
                seen.add(`${mode} ${status}`);
                if (status !== "rejected" && typeof items[index]?.["id"] === "number")
                  expect(id).toBe(items[index]["id"]);
              }
              expect([...(await stored(by))].sort()).toEqual([...state].sort());
              const changed = expected.filter((one) => one === "created" || one === "updated").length;
              expect((await head(by)) - before).toBe(changed);
            }
          },
        ),
        { seed: SEED, numRuns: kind === "sqlite" ? 150 : 50 },
      );
      // It has seen what there is to be seen.
      for (const mode of modes)
        for (const status of [
          "created",
          "rejected",
          ...(mode === "skip" ? ["skipped"] : ["updated", "unchanged"]),
        ])
          expect(seen).toContain(`${mode} ${status}`);
    },
    LONG_MS,
  );

  const someGrant: fc.Arbitrary<Grant> = fc.record(
    {
      resource: fc.constant("trainings"),
      actions: fc.constantFrom<string[][]>(["write"], ["read", "write"], ["read"]),
      where: fc.dictionary(
        fc.constant("a"),
        fc.uniqueArray(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 2 }),
        { minKeys: 1 },
      ),
      fields: fc.subarray(["a", "s", "x"], { minLength: 1 }),
    },
    { requiredKeys: ["resource", "actions"] },
  );

  test(
    "changes nothing that the grants do not allow, in any mode",
    async () => {
      let changes = 0;
      const open = new RecordType(config({ type: "object" }));
      await fc.assert(
        fc.asyncProperty(
          fc.array(someItem, { minLength: 1, maxLength: 6 }),
          fc.array(someItem, { minLength: 1, maxLength: 6 }),
          fc.array(someGrant, { minLength: 1, maxLength: 3 }),
          fc.constantFrom(...modes),
          async (first, second, grants, mode) => {
            fc.pre(grants.some(({ actions }) => actions.includes("write")));
            const owner = await somebody();
            await records.add(
              owner,
              open,
              first.map((data) => ({ data })),
              "replace",
            );
            const before = await stored(owner);
            const results = await records.add(
              { ...owner, grants },
              open,
              second.map((data) => ({ data })),
              mode,
            );
            const after = await stored(owner);
            const touched = new Set(
              results.flatMap(({ id, status }) => (status === "created" || status === "updated" ? [id] : [])),
            );
            for (const [id, was] of before) if (!touched.has(id)) expect(after.get(id)).toEqual(was);
            for (const id of touched) {
              changes++;
              const was = before.get(Number(id));
              const now = after.get(Number(id)) ?? {};
              const may = decide(grants, open, "write", now);
              expect(may.allowed).toBe(true);
              if (was) expect(decide(grants, open, "write", was).allowed).toBe(true);
              for (const name of new Set([...Object.keys(now), ...Object.keys(was ?? {})])) {
                if (Bun.deepEquals(now[name], was?.[name], true)) continue;
                expect(shows(may.fields, name)).toBe(true);
                if (was) expect(shows(decide(grants, open, "write", was).fields, name)).toBe(true);
              }
            }
          },
        ),
        { seed: SEED, numRuns: kind === "sqlite" ? 250 : 80 },
      );
      expect(changes).toBeGreaterThan(20);
    },
    LONG_MS,
  );

  describe("one record", () => {
    const wide = new RecordType({
      ...config({
        type: "object",
        properties: {
          count: { type: "integer" },
          price: { type: ["number", "null"] },
          open: { type: "boolean" },
          name: { type: "string" },
          tags: { type: "array", items: { type: "string" } },
        },
      }),
    });
    const limits = { body: 1_000_000, requestTimeout: 5_000 };
    const sent = async (type: string, body: string): Promise<AddItem[]> => {
      const request = new Request("http://localhost/api/public/trainings/add/?org=demo", {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      return (await sentItems(wide, await readParameters(request, limits))).items;
    };
    const text = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      fc.constantFrom('"', ";", "a,b", "x\ny", " z", "="),
    );
    const someRecord = fc.record(
      {
        id: fc.integer({ min: 1, max: 1e9 }),
        count: fc.maxSafeInteger().map((value) => value || 0),
        price: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
        open: fc.boolean(),
        name: text.filter((value) => value.trim() !== ""),
        tags: fc.array(
          text.filter((value) => value.trim() !== "" && !value.trimStart().startsWith("[")),
          { minLength: 1, maxLength: 3 },
        ),
      },
      { requiredKeys: ["id"] },
    );
    const quoted = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;

    test("is the same however it is sent: as JSON, as a form, as CSV", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(someRecord, { minLength: 1, maxLength: 4 }), async (items) => {
          const asJson = await sent("application/json", JSON.stringify(items));
          expect(asJson).toEqual(items.map((data) => ({ data })));
          for (const [index, item] of items.entries()) {
            const form = new URLSearchParams();
            for (const [name, value] of Object.entries(item))
              for (const one of Array.isArray(value) ? value : [value]) form.append(name, String(one));
            expect(await sent("application/x-www-form-urlencoded", form.toString())).toEqual([
              asJson[index] as AddItem,
            ]);
          }
          const columns = ["id", "count", "price", "open", "name", "tags"] as const;
          const rows = items.map((item) =>
            columns.map((name) => {
              const value = item[name];
              return value === undefined ? "" : quoted(Array.isArray(value) ? JSON.stringify(value) : value);
            }),
          );
          const csv = [columns, ...rows].map((cells) => cells.join(";")).join("\r\n");
          const asCsv = await sent("text/csv; charset=utf-8", `\ufeff${csv}\r\n`);
          // An empty cell says nothing, or null, or an empty text or list, as the schema has it.
          const filled = items.map((item) => ({ price: null, name: "", tags: [], ...item }));
          expect(asCsv).toEqual(filled.map((data) => ({ data })));
        }),
        { seed: SEED, numRuns: 200 },
      );
    });

    test("is created once when many add it at once, and completed by each", async () => {
      const by = await somebody();
      const pushes = Array.from({ length: 20 }, (_, i) =>
        records.add(by, wide, [{ data: { id: 1, name: "x", [`f${i}`]: i } }], "fill"),
      );
      const results = (await Promise.all(pushes)).flat();
      expect(results.filter(({ status }) => status === "created")).toHaveLength(1);
      expect(results.filter(({ status }) => status === "updated")).toHaveLength(19);
      const all = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, i]));
      expect((await stored(by)).get(1)).toEqual({ name: "x", ...all });
    });

    test("without an id is given one that nothing else in the push has", async () => {
      const by = await somebody();
      const items = [
        { data: { name: "made" } },
        { data: { id: 1, name: "given" } },
        { data: { name: "made" } },
      ];
      const results = await records.add(by, wide, items, "skip");
      expect(results.map(({ id, status }) => [id, status])).toEqual([
        [2, "created"],
        [1, "created"],
        [3, "created"],
      ]);
    });
  });
});
