/** Many records at a time: list pushes, paging, filters, streams. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import {
  type ChangeItem,
  expectProblem,
  type Page,
  type PushResult,
  readPages,
  type RecordOut,
} from "./wire.ts";

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const push = (partner: Partner, type: string, list: unknown[], query = "") =>
  partner.send<PushResult>("POST", `/api/v1/${type}${query}`, list, 200);

describe("a list push", () => {
  test(
    "takes 10 000 records and answers for each, in order",
    async () => {
      const partner = await koppla.partner("push-many");
      const list = range(1, 10_000).map((id) => ({ id, name: `Training ${id}` }));
      const { results } = await push(partner, "trainings", list);
      expect(results.length).toBe(10_000);
      expect(results.every(({ id, status }, at) => id === at + 1 && status === "created")).toBeTrue();

      const again = list.map((record) => (record.id % 1000 === 0 ? { ...record, name: "Changed" } : record));
      const second = await push(partner, "trainings", again);
      const changed = second.results.filter(({ status }) => status === "updated").map(({ id }) => id);
      expect(changed).toEqual(range(1, 10).map((n) => n * 1000));
      expect(second.results.filter(({ status }) => status === "unchanged").length).toBe(9990);
    },
    LONG_TEST_MS,
  );

  test("is all or nothing, and says which items are wrong", async () => {
    const partner = await koppla.partner("push-all");
    const response = await partner.post("/api/v1/trainings", [
      { id: 1, name: "Right" },
      { id: 2, name: 17 },
      { id: "three", name: "Wrong key" },
    ]);
    const problem = await expectProblem(response, 422);
    const fields = (problem.violations ?? []).map(({ field }) => field);
    expect(fields.some((field) => field.startsWith("[1]"))).toBeTrue();
    expect(fields.some((field) => field.startsWith("[2]"))).toBeTrue();
    expect(fields.some((field) => field.startsWith("[0]"))).toBeFalse();
    expect((await partner.read<Page<RecordOut>>("/api/v1/trainings")).items).toEqual([]);
    expect((await partner.read<Page<ChangeItem>>("/api/v1/changes")).items).toEqual([]);
  });

  test("with on_error=skip stores the right ones and rejects the others with violations", async () => {
    const partner = await koppla.partner("push-skip");
    const { results } = await push(
      partner,
      "trainings",
      [{ id: 1, name: "Right" }, { id: 2 }, { id: 3, name: "Right too" }, 17, { id: "x", name: "y" }],
      "?on_error=skip",
    );
    expect(results.map(({ status }) => status)).toEqual([
      "created",
      "rejected",
      "created",
      "rejected",
      "rejected",
    ]);
    for (const { status, violations } of results)
      expect((violations?.length ?? 0) > 0).toBe(status === "rejected");
    expect(results[1]?.violations?.[0]?.field).toContain("name");
    const stored = await partner.read<Page<RecordOut>>("/api/v1/trainings");
    expect(stored.items.map(({ id }) => id)).toEqual([1, 3]);
  });

  test("that changes nothing makes no change in the feed", async () => {
    const partner = await koppla.partner("push-unchanged");
    const list = range(1, 20).map((id) => ({ id, name: `n${id}` }));
    await push(partner, "trainings", list);
    const before = await partner.read<Page<ChangeItem>>("/api/v1/changes");
    expect(before.items.length).toBe(20);
    const { results } = await push(partner, "trainings", list);
    expect(results.every(({ status }) => status === "unchanged")).toBeTrue();
    expect(await partner.read<Page<ChangeItem>>("/api/v1/changes")).toEqual(before);
  });

  test("of no record at all is answered with no result", async () => {
    const partner = await koppla.partner("push-none");
    expect(await push(partner, "trainings", [])).toEqual({ results: [] });
  });

  test("makes ids where the key is a uuid", async () => {
    const partner = await koppla.partner("push-uuid");
    const { results } = await push(partner, "cases", [{ title: "a" }, { title: "b" }]);
    expect(results.map(({ status }) => status)).toEqual(["created", "created"]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(2);
    for (const { id } of results) expect((await partner.get(`/api/v1/cases/${id}`)).status).toBe(200);
  });
});

describe("a list", () => {
  test("pages through everything once, in the order of ids, whatever the page size", async () => {
    const partner = await koppla.partner("paging");
    await push(
      partner,
      "trainings",
      range(-50, 1200).map((id) => ({ id, name: "x" })),
    );
    for (const limit of [1, 7, 500]) {
      const path = limit === 1 ? "/api/v1/trainings?filter[city]=none" : "/api/v1/trainings";
      const pages = await readPages((p) => partner.read<Page<RecordOut>>(p), path, limit);
      const ids = pages.flat().map(({ id }) => id);
      expect(ids).toEqual(limit === 1 ? [] : range(-50, 1200));
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBeTrue();
    }
    expect((await partner.read<Page<RecordOut>>("/api/v1/trainings")).items.length).toBe(50);
  });

  test("read page by page while records come and go skips and repeats none that stayed", async () => {
    const partner = await koppla.partner("paging-moving");
    const stay = range(1, 300).map((n) => n * 10);
    await push(
      partner,
      "trainings",
      stay.map((id) => ({ id, name: "stays" })),
    );
    let step = 0;
    const read = async (path: string) => {
      const page = await partner.read<Page<RecordOut>>(path);
      step += 1;
      // One record before and one after the reader's place, added and removed at every page.
      await push(partner, "trainings", [
        { id: step, name: "early" },
        { id: 2990 + step, name: "late" },
      ]);
      await partner.delete(`/api/v1/trainings/${step}`);
      return page;
    };
    const seen = (await readPages(read, "/api/v1/trainings", 20)).flat().map(({ id }) => Number(id));
    expect(seen.filter((id) => stay.includes(id) && id <= 2990)).toEqual(stay.filter((id) => id <= 2990));
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("filters on declared fields, alone and together", async () => {
    const partner = await koppla.partner("filters");
    const cities = ["Umeå", "Gent", "Lyon"];
    await push(
      partner,
      "trainings",
      range(1, 90).map((id) => ({ id, name: "n", city: cities[id % 3], institute_id: id % 9 })),
    );
    const ids = async (query: string) =>
      (await readPages((p) => partner.read<Page<RecordOut>>(p), `/api/v1/trainings?${query}`, 7))
        .flat()
        .map(({ id }) => Number(id));
    const umea = encodeURIComponent("Umeå");
    expect(await ids(`filter[city]=${umea}`)).toEqual(range(1, 90).filter((id) => id % 3 === 0));
    expect(await ids("filter[institute_id]=4")).toEqual(range(1, 90).filter((id) => id % 9 === 4));
    expect(await ids(`filter[institute_id]=3&filter[city]=${umea}`)).toEqual(
      range(1, 90).filter((id) => id % 9 === 3),
    );
    expect(await ids("filter[institute_id]=4&filter[city]=Gent")).toEqual(
      range(1, 90).filter((id) => id % 9 === 4 && id % 3 === 1),
    );

    expect(await ids("filter[city]=Gent&modified_since=2000-01-01T00:00:00Z")).toHaveLength(30);
    expect(await ids("filter[city]=Gent&sort=-institute_id")).toHaveLength(30);

    await partner.put("/api/v1/trainings/4", { name: "n", city: "Lyon" });
    expect(await ids("filter[institute_id]=4")).toEqual(range(5, 90).filter((id) => id % 9 === 4));
    await partner.delete("/api/v1/trainings/13");
    expect(await ids("filter[institute_id]=4")).toEqual(range(14, 90).filter((id) => id % 9 === 4));
  });

  test("sorts by a declared field, upwards and downwards, through all pages", async () => {
    const partner = await koppla.partner("sorting");
    await push(
      partner,
      "trainings",
      range(1, 60).map((id) => ({ id, name: "n", institute_id: (id * 37) % 11 })),
    );
    const values = async (sort: string) =>
      (await readPages((p) => partner.read<Page<RecordOut>>(p), `/api/v1/trainings?sort=${sort}`, 7))
        .flat()
        .map((record) => [record.institute_id ?? NaN, Number(record.id)] as const);
    const up = range(1, 60)
      .map((id) => [(id * 37) % 11, id] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    expect(await values("institute_id")).toEqual(up);
    const down = await values("-institute_id");
    expect(down.map(([value]) => value)).toEqual(up.map(([value]) => value).reverse());
    expect(new Set(down.map(([, id]) => id)).size).toBe(60);
  });

  test("with modified_since has what changed at or after that moment, whatever the offset it is written in", async () => {
    const partner = await koppla.partner("modified");
    await push(
      partner,
      "trainings",
      range(1, 5).map((id) => ({ id, name: "old" })),
    );
    const old = await partner.read<RecordOut>("/api/v1/trainings/5");
    let changed = old;
    // Times are whole milliseconds: change until the clock has moved on.
    for (let n = 0; changed._meta.modified_at === old._meta.modified_at; n++)
      changed = await partner.send<RecordOut>("PUT", "/api/v1/trainings/3", { name: `new ${n}` }, 200);
    const since = changed._meta.modified_at;
    const ids = async (moment: string) =>
      (
        await partner.read<Page<RecordOut>>(`/api/v1/trainings?modified_since=${encodeURIComponent(moment)}`)
      ).items.map(({ id }) => id);
    expect(await ids(since)).toEqual([3]);
    const offset = new Date(Date.parse(since) + 2 * 3_600_000).toISOString().replace("Z", "+02:00");
    expect(await ids(offset)).toEqual([3]);
    expect(await ids(offset.replace("+02:00", "+0200"))).toEqual([3]);
    expect(await ids("2000-01-01T00:00:00Z")).toHaveLength(5);
    expect(await ids("2200-01-01T00:00:00Z")).toEqual([]);
  });
});
