/** Text search: what it finds, for whom, and that nothing in a text can do harm. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";

import type { Principal } from "../../src/accounts/principal.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { systemClock } from "../../src/clock.ts";
import type { TypeConfig } from "../../src/config/types.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { decide, EVERYTHING, shows, type View, viewOf } from "../../src/grants/view.ts";
import { createLogger } from "../../src/log.ts";
import type { OrganisationService } from "../../src/organisations/service.ts";
import { decodeId, encodeId, encodeValue } from "../../src/records/key.ts";
import { reindex } from "../../src/records/reindex.ts";
import { searchRecords, type SearchWay, type TextSearch } from "../../src/records/search.ts";
import { type JsonObject, RecordService } from "../../src/records/service.ts";
import { RecordType, TypeRegistry } from "../../src/records/types.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";
import { SEED, someGrants, someValue } from "./grant-worlds.ts";
import { organisationsOn } from "./rooms.ts";

const LONG_MS = 120_000;

const config = (more: Partial<TypeConfig> = {}): TypeConfig => ({
  ...{ name: "trainings", object: "training", key: "integer", schema: {}, parent: null, description: "" },
  ...{ public: [], filters: ["a", "b"], search: ["c", "d"] },
  ...more,
});

describe.each(databases)("text search on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let organisations: OrganisationService;
  let records: RecordService;
  let tenants = 0;
  const type = new RecordType(config());

  beforeAll(async () => {
    database = await makeDatabase(kind, "normal");
    store = await openStore(database.options, systemClock);
    const feed = new ChangeFeed(store);
    organisations = organisationsOn(store, feed);
    records = new RecordService({ store, feed, clock: systemClock });
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  /** Somebody who may do everything in an organisation of his own. */
  const owner = async (): Promise<Principal> => {
    const code = `t${++tenants}`;
    const organisation = await organisations.create({ code, name: code });
    const subject = { kind: "account", id: "a", clientId: "c", name: "n" } as const;
    return { organisation, subject, grants: [{ resource: "*", actions: ["*"] }] };
  };
  const search = async (by: Principal, text: string, more: Partial<TextSearch> = {}, way?: SearchWay) => {
    const asked: TextSearch = {
      ...{ organisationId: by.organisation.id, type, view: EVERYTHING, text, filters: [] },
      ...{ order: { by: "id" }, descending: false, modifiedSince: undefined, skip: 0, limit: 50 },
      ...more,
    };
    const { found, records: page } = await searchRecords(store, asked, way);
    return { found, ids: page.map(({ record }) => Number(decodeId("integer", record.key))) };
  };
  const ids = async (by: Principal, text: string, more?: Partial<TextSearch>) =>
    (await search(by, text, more)).ids;

  test("finds words whatever their case and accents, and by their beginning", async () => {
    const by = await owner();
    const texts = ["Kurs i Köpenick", "kopenick", "Svetsning för alla", "ett ord"];
    await records.push(
      by,
      type,
      texts.map((c, i) => ({ id: i + 1, c })),
      "stop",
    );
    expect(await ids(by, "kopenick")).toEqual([1, 2]);
    expect(await ids(by, "KÖPENICK")).toEqual([1, 2]);
    expect(await ids(by, "svets alla")).toEqual([3]);
    expect(await ids(by, "svets ord")).toEqual([]);
    // Two letters are a word, not a beginning.
    expect(await ids(by, "or")).toEqual([]);
    expect(await ids(by, "et")).toEqual([]);
    expect(await ids(by, "i")).toEqual([1]);
  });

  test("knows a record as it is: changed, removed and made again", async () => {
    const by = await owner();
    await records.push(
      by,
      type,
      [{ id: 1, c: "first", d: ["list", { deep: "inside" }], e: "elsewhere" }],
      "stop",
    );
    expect(await ids(by, "first inside")).toEqual([1]);
    expect(await ids(by, "elsewhere")).toEqual([]);
    await records.patch(by, type, encodeId("integer", 1), { c: "second" });
    expect(await ids(by, "first")).toEqual([]);
    expect(await ids(by, "second inside")).toEqual([1]);
    await records.put(by, type, encodeId("integer", 1), { d: 2026, a: "x" });
    expect(await ids(by, "2026")).toEqual([1]);
    await records.put(by, type, encodeId("integer", 1), { d: 2026, a: "y" });
    const filter = (value: string) => ({ filters: [{ field: "a", values: [encodeValue(value)] }] });
    expect([await ids(by, "2026", filter("x")), await ids(by, "2026", filter("y"))]).toEqual([[], [1]]);
    await records.remove(by, type, encodeId("integer", 1));
    expect(await ids(by, "2026")).toEqual([]);
    await records.push(by, type, [{ id: 1, c: "third" }], "stop");
    expect(await ids(by, "third")).toEqual([1]);
    const rows = await store.read((reader) =>
      reader.query(({ db, t }) => db.select({ id: t.searchRecords.id }).from(t.searchRecords)),
    );
    const values = await store.read((reader) =>
      reader.query(({ db, t }) => db.select({ id: t.searchValues.id }).from(t.searchValues)),
    );
    expect(new Set(values.map(({ id }) => id))).toEqual(new Set(rows.map(({ id }) => id)));
  });

  test("stays inside of an organisation and a type", async () => {
    const [one, other] = [await owner(), await owner()];
    const courses = new RecordType(config({ name: "courses", object: "course" }));
    await records.push(one, type, [{ id: 1, c: "common" }], "stop");
    await records.push(other, type, [{ id: 2, c: "common" }], "stop");
    await records.push(one, courses, [{ id: 3, c: "common" }], "stop");
    expect(await ids(one, "common")).toEqual([1]);
    expect(await ids(other, "common")).toEqual([2]);
    expect(await ids(one, "common", { type: courses })).toEqual([3]);
  });

  test("takes every text for words and nothing else", async () => {
    const by = await owner();
    await records.push(
      by,
      type,
      [
        { id: 1, c: "near the and or not" },
        { id: 2, c: "emoji 🎉 party" },
      ],
      "stop",
    );
    const harmless: [string, number[]][] = [
      ...['"', "*", "''", "(", ")", "^", ":", "-", "+", "%", "_", "\\", "\0", "🎉", "\ud800", " ", ";--"].map(
        (text): [string, number[]] => [text, []],
      ),
      ...['"near the', "near*", "near:*", "NEAR(the, and)", "c:near", "{c d} : near", "near\0", "ne\0ar"].map(
        (text): [string, number[]] => [text, /^c:|\{c|ne\0/.test(text) ? [] : [1]],
      ),
      ["near AND the", [1]],
      ["near OR the", [1]],
      ["near NOT the", [1]],
      ["near & !the | (and)", [1]],
      ["'near' <-> 'the'", [1]],
      ["'; drop table records; --", []],
      ["🎉 party 🎉", [2]],
      [`near ${"x".repeat(100_000)}`, []],
      ["near ".repeat(50_000), [1]],
      [Array.from({ length: 5_000 }, (_, i) => `w${i}`).join(" "), []],
    ];
    for (const [text, expected] of harmless) {
      expect([text.slice(0, 40), await ids(by, text)]).toEqual([text.slice(0, 40), expected]);
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (text) => {
        const { found } = await search(by, text);
        expect(found).toBeLessThanOrEqual(2);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  test("keeps texts that are longer than an index takes, and finds what they begin with", async () => {
    const by = await owner();
    const many = Array.from({ length: 60_000 }, (_, i) => `ord${i.toString(36)}`).join(" ");
    await records.push(
      by,
      type,
      [
        { id: 1, c: `early ${many}` },
        { id: 2, c: "語".repeat(50_000) },
      ],
      "stop",
    );
    expect(await ids(by, "early")).toEqual([1]);
    expect(await ids(by, "語".repeat(45))).toEqual([2]);
  });

  test("pages by row in every order, and counts all", async () => {
    const by = await owner();
    const items = Array.from({ length: 25 }, (_, i) => ({ id: i + 1, c: "same", a: (i * 7) % 5 }));
    await records.push(by, type, items, "stop");
    const byField = items.toSorted((x, y) => x.a - y.a || x.id - y.id).map(({ id }) => id);
    for (const descending of [false, true]) {
      const turn = (list: number[]) => (descending ? list.toReversed() : list);
      for (const [by_, expected] of [
        ["id", items.map(({ id }) => id)],
        // Written at once, they have one time.
        ["modified_at", items.map(({ id }) => id)],
        ["field", byField],
      ] as const) {
        const order = by_ === "field" ? { by: by_, field: "a" } : { by: by_ };
        for (const way of ["cheapest", "sorted", "probed"] as const) {
          for (const skip of [0, 10, 20, 25, 30]) {
            const found = await search(by, "same", { order, descending, skip, limit: 10 }, way);
            expect(found).toEqual({ found: 25, ids: turn([...expected]).slice(skip, skip + 10) });
          }
        }
      }
    }
    expect((await search(by, "same", { limit: 0 })).found).toBe(25);
    expect(await search(by, "same", { modifiedSince: Date.now() + 60_000 })).toEqual({ found: 0, ids: [] });
    expect((await search(by, "same", { modifiedSince: 1, limit: 3 })).found).toBe(25);
  });

  test("finds what very many records have, also by words of which there are very many", async () => {
    const by = await owner();
    const items = Array.from({ length: 2_500 }, (_, i) => ({
      ...{ id: i + 1, a: 2_500 - i, b: i % 100 },
      c: `utbildning kurs utbildning${i} ${i % 500 === 0 ? "sällsynt" : ""}`,
    }));
    await records.push(by, type, items, "stop");
    const order = { by: "field", field: "a" } as const;
    const byA = items.map(({ id }) => id).toReversed();
    for (const text of ["kurs", "utbildning", "utbildn", "kurs utbild"]) {
      expect(await search(by, text, { limit: 3 })).toEqual({ found: 2_500, ids: [1, 2, 3] });
      const page = await search(by, text, { order, skip: 2, limit: 3 });
      expect(page).toEqual({ found: 2_500, ids: byA.slice(2, 5) });
      expect((await search(by, text, { skip: 2_600 })).found).toBe(2_500);
      const filters = [{ field: "b", values: [encodeValue(7)] }];
      expect((await search(by, text, { filters, order, limit: 2 })).ids).toEqual([2_408, 2_308]);
      expect(await ids(by, `${text} sallsynt`)).toEqual([1, 501, 1_001, 1_501, 2_001]);
      expect(await ids(by, `${text} nowhere`)).toEqual([]);
    }
    expect(await ids(by, "utbildning77")).toHaveLength(11);
  });

  describe("when the YAML changes", () => {
    const log = createLogger({ level: "error", format: "json" });
    const start = async (more: Partial<TypeConfig>) => {
      const types = new TypeRegistry({ moving: config({ name: "moving", object: "mover", ...more }) });
      await reindex({ store, types, log, organisations });
      return types.find("moving") as RecordType;
    };

    test("records that are there can be found by a field that it has gained, and no more by one that it has lost", async () => {
      const by = await owner();
      const none = await start({ search: [] });
      const items = Array.from({ length: 600 }, (_, i) => ({ id: i + 1, c: "old", d: "dust", a: i % 2 }));
      await records.push(by, none, items, "stop");
      const first = await start({ search: ["c"] });
      expect((await search(by, "old", { type: first })).found).toBe(600);
      const second = await start({ search: ["d"], filters: ["a", "b"] });
      expect((await search(by, "old", { type: second })).found).toBe(0);
      expect((await search(by, "dust", { type: second })).found).toBe(600);
      const filters = [{ field: "a", values: [encodeValue(1)] }];
      expect((await search(by, "dust", { type: second, filters })).found).toBe(300);
      await start({ search: [] });
      const left = await store.read((reader) =>
        reader.query(({ db, t }) => db.select({ type: t.searchRecords.type }).from(t.searchRecords)),
      );
      expect(left.filter(({ type: name }) => name === "moving")).toEqual([]);
    });

    test("what a start began and did not end is done by the next", async () => {
      const by = await owner();
      const first = await start({ search: ["c"] });
      await records.push(
        by,
        first,
        [
          { id: 1, c: "word" },
          { id: 2, c: "word" },
        ],
        "stop",
      );
      await store.write((tx) => tx.query(({ db, t }) => db.delete(t.searchTypes)));
      const second = await start({ search: ["c"] });
      expect(await ids(by, "word", { type: second })).toEqual([1, 2]);
    });
  });

  /** What a reader may find, told record by record: the same question without an index. */
  interface Question {
    text: string;
    filter: { field: string; value: unknown } | undefined;
  }
  const plain = (text: string): string[] =>
    text
      .toLowerCase()
      .split(/[^a-z0-9åäöé]+/)
      .filter((word) => word !== "")
      .map((word) => word.replace(/[åä]/g, "a").replaceAll("ö", "o").replaceAll("é", "e"));
  const finds = (words: string[], texts: string[]): boolean => {
    const there = texts.flatMap(plain);
    return words.every((word) =>
      there.some((one) => (word.length >= 3 ? one.startsWith(word) : one === word)),
    );
  };
  const model = (items: JsonObject[], grants: Grant[], asked: RecordType, { text, filter }: Question) => {
    const words = plain(text);
    return items.flatMap((data, index) => {
      const { allowed, fields } = decide(grants, asked, "read", data);
      if (!allowed || words.length === 0) return [];
      const seen = asked.search.filter((field) => shows(fields, field));
      if (filter && !(shows(fields, filter.field) && data[filter.field] === filter.value)) return [];
      // Of a word only what stands in one field counts, of a text what stands in any.
      return finds(
        words,
        seen.map((field) => String(data[field] ?? "")),
      )
        ? [index + 1]
        : [];
    });
  };

  const someWord = fc.constantFrom(
    "Köp",
    "köpenick",
    "kop",
    "sv",
    "svets",
    "svetsning",
    "a",
    "é",
    "2026",
    "kö",
    // Longer than the beginnings that the index has: `svetsninga` begins a word, `svetsningb` none.
    "svetsningarna",
    "svetsninga",
    "svetsningb",
  );
  const someText = fc.array(someWord, { maxLength: 3 }).map((words) => words.join(" "));
  const someRecord = fc
    .tuple(
      fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(fc.constantFrom("x", 1, true), someValue)),
      fc.dictionary(fc.constantFrom("c", "d"), someText),
    )
    .map(([values, texts]): JsonObject => ({ ...values, ...texts }));
  const someQuestion = fc.record({
    way: fc.constantFrom<SearchWay>("cheapest", "sorted", "probed"),
    since: fc.constantFrom(undefined, 0),
    text: fc.oneof(
      someText,
      fc.tuple(someWord, someWord).map(([a, b]) => `"${a}*" - ${b}`),
    ),
    filter: fc.option(fc.record({ field: fc.constantFrom("a", "b"), value: fc.constantFrom("x", 1) }), {
      nil: undefined,
    }),
  });
  /** Grants that show different fields of different records, which is where an index could tell too much. */
  const sharp: fc.Arbitrary<Grant[]> = fc.array(
    fc.record(
      {
        resource: fc.constant("trainings"),
        actions: fc.constant<string[]>(["read"]),
        where: fc.dictionary(
          fc.constantFrom("a", "b"),
          fc.uniqueArray(fc.constantFrom("x", 1, true), { minLength: 1, maxLength: 3 }),
          { minKeys: 1, maxKeys: 2 },
        ),
        fields: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
      },
      { requiredKeys: ["resource", "actions", "fields"] },
    ),
    { minLength: 1, maxLength: 4 },
  );

  test(
    "finds what a reader may see by the fields that he may see of it, and nothing else",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(someRecord, { minLength: 1, maxLength: 12 }),
          fc.oneof(sharp, sharp, someGrants),
          fc.subarray(["a", "b", "c", "d"]),
          fc.array(someQuestion, { minLength: 1, maxLength: 6 }),
          async (items, grants, shown, questions) => {
            const by = await owner();
            const asked = new RecordType(config({ public: shown }));
            await records.push(
              by,
              asked,
              items.map((data, index) => ({ ...data, id: index + 1 })),
              "stop",
            );
            const view: View | undefined = viewOf(grants, asked, "read");
            for (const question of questions) {
              const { text, filter, way, since: modifiedSince } = question;
              const expected = model(items, grants, asked, question);
              if (!view) {
                expect(expected).toEqual([]);
                continue;
              }
              const filters = filter ? [{ field: filter.field, values: [encodeValue(filter.value)] }] : [];
              const found = await search(by, text, { type: asked, view, filters, modifiedSince }, way);
              expect({ question, ...found }).toEqual({ question, found: expected.length, ids: expected });
            }
          },
        ),
        { seed: SEED, numRuns: kind === "sqlite" ? 200 : 80 },
      );
    },
    LONG_MS,
  );
});
