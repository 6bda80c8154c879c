/** One record at a time: the verbs, their statuses, preconditions and keys. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { expectProblem, type RecordOut } from "./wire.ts";

let koppla: Koppla;
let partner: Partner;

beforeAll(async () => {
  koppla = await startKoppla();
  partner = koppla.demo;
});
afterAll(() => koppla.dispose());

const bodyOf = async (response: Response): Promise<RecordOut> => JSON.parse(await response.text());

async function etagOf(path: string): Promise<string> {
  const response = await partner.get(path);
  expect(response.status).toBe(200);
  return response.headers.get("etag") ?? "";
}

describe("PUT", () => {
  test("creates with 201 and Location, replaces with 200 and counts the version", async () => {
    const created = await partner.put("/api/v1/trainings/1", { name: "Welding", city: "Umeå" });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toEndWith("/api/v1/trainings/1");
    const first = await bodyOf(created);
    expect(first).toMatchObject({ id: 1, name: "Welding", city: "Umeå", _meta: { version: 1 } });
    expect(first._meta.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    const replaced = await partner.put("/api/v1/trainings/1", { name: "Welding 2" });
    expect(replaced.status).toBe(200);
    const second = await bodyOf(replaced);
    expect(second._meta.version).toBe(2);
    expect(second._meta.created_at).toBe(first._meta.created_at);
    expect(second.city).toBeUndefined();
    expect(await partner.read<RecordOut>("/api/v1/trainings/1")).toEqual(second);
  });

  test("of the same content makes no new version", async () => {
    const first = await bodyOf(await partner.put("/api/v1/trainings/2", { name: "Same", price: 1.5 }));
    const again = await partner.put("/api/v1/trainings/2", { price: 1.5, name: "Same" });
    expect(again.status).toBe(200);
    expect((await bodyOf(again))._meta).toEqual(first._meta);
  });

  test("takes back what GET gave: a matching id and _meta are ignored", async () => {
    const first = await bodyOf(await partner.put("/api/v1/trainings/3", { name: "Round trip" }));
    const again = await partner.put("/api/v1/trainings/3", first);
    expect(again.status).toBe(200);
    expect(await bodyOf(again)).toEqual(first);
  });

  test("with another id in its body is 422", async () => {
    const response = await partner.put("/api/v1/trainings/4", { id: 5, name: "Which?" });
    const problem = await expectProblem(response, 422);
    expect(problem.violations?.[0]?.field).toBe("id");
    expect((await partner.get("/api/v1/trainings/4")).status).toBe(404);
  });
});

describe("POST", () => {
  test("creates with 201 and Location, and says 409 when the id exists", async () => {
    const created = await partner.post("/api/v1/trainings", { id: 10, name: "First aid" });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toEndWith("/api/v1/trainings/10");
    expect(created.headers.get("etag")).toBeString();

    await expectProblem(await partner.post("/api/v1/trainings", { id: 10, name: "Another" }), 409);
    expect((await partner.read<RecordOut>("/api/v1/trainings/10")).name).toBe("First aid");
  });

  test("without an id makes one for uuid keys and answers where it is", async () => {
    const created = await partner.post("/api/v1/cases", { title: "Permit" });
    expect(created.status).toBe(201);
    const record = await bodyOf(created);
    expect(record.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(await partner.read<RecordOut>(`/api/v1/cases/${record.id}`)).toEqual(record);
  });

  test("without an id makes an id of the key's kind or says that one is needed", async () => {
    for (const type of ["trainings", "articles"]) {
      const response = await partner.post(`/api/v1/${type}`, { name: "No id", title: "No id" });
      if (response.status === 201) {
        const { id } = await bodyOf(response);
        expect(typeof id).toBe(type === "trainings" ? "number" : "string");
        expect((await partner.get(`/api/v1/${type}/${id}`)).status).toBe(200);
      } else {
        const problem = await expectProblem(response, 422);
        expect(problem.violations?.[0]?.field).toBe("id");
      }
    }
  });
});

describe("PATCH", () => {
  test("merges as RFC 7396 says: null removes, objects merge, lists are replaced", async () => {
    await partner.put("/api/v1/articles/merge", { title: "a", nested: { keep: 1, drop: 2 }, list: [1, 2] });
    const response = await partner.patch(
      "/api/v1/articles/merge",
      { title: "b", nested: { drop: null, add: 3 }, list: [3] },
      { "content-type": "application/merge-patch+json" },
    );
    expect(response.status).toBe(200);
    const expected: Record<string, unknown> = {
      id: "merge",
      title: "b",
      nested: { keep: 1, add: 3 },
      list: [3],
    };
    expect(await bodyOf(response)).toMatchObject(expected);
  });

  test("that would make the record invalid is 422 and changes nothing", async () => {
    await partner.put("/api/v1/trainings/20", { name: "Valid" });
    const problem = await expectProblem(await partner.patch("/api/v1/trainings/20", { name: null }), 422);
    expect(problem.violations?.[0]?.field).toContain("name");
    expect(await partner.read<RecordOut>("/api/v1/trainings/20")).toMatchObject({
      name: "Valid",
      _meta: { version: 1 },
    });
  });

  test("of a record that is not there is 404", async () => {
    await expectProblem(await partner.patch("/api/v1/trainings/404404", { name: "x" }), 404);
  });
});

describe("DELETE", () => {
  test("answers 204, then the record is 404 for every verb that needs it", async () => {
    await partner.put("/api/v1/trainings/30", { name: "Short-lived" });
    const response = await partner.delete("/api/v1/trainings/30");
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    await expectProblem(await partner.get("/api/v1/trainings/30"), 404);
    await expectProblem(await partner.delete("/api/v1/trainings/30"), 404);
  });

  test("leaves a tombstone in the feed, and a record made again under the id starts anew", async () => {
    await partner.put("/api/v1/trainings/31", { name: "Once" });
    await partner.delete("/api/v1/trainings/31");
    const feed = await partner.read<{ items: { id: unknown; action: string; url?: string }[] }>(
      "/api/v1/changes?topics=Trainings.Destroy",
    );
    const tombstone = feed.items.find((item) => item.id === 31);
    expect(tombstone?.action).toBe("destroy");
    expect(tombstone).not.toHaveProperty("url");
    expect((await partner.put("/api/v1/trainings/31", { name: "Again" })).status).toBe(201);
  });
});

describe("preconditions", () => {
  test("GET with the current ETag in If-None-Match is 304 without a body", async () => {
    await partner.put("/api/v1/trainings/40", { name: "Cached" });
    const etag = await etagOf("/api/v1/trainings/40");
    expect(etag).toMatch(/^(W\/)?"[^"]+"$/);
    const response = await partner.get("/api/v1/trainings/40", { "if-none-match": etag });
    expect(response.status).toBe(304);
    expect(await response.text()).toBe("");
    expect(response.headers.get("etag")).toBe(etag);
    const stale = await partner.get("/api/v1/trainings/40", { "if-none-match": '"other"' });
    expect(stale.status).toBe(200);
  });

  test("a change with a stale If-Match is 412 and changes nothing", async () => {
    await partner.put("/api/v1/trainings/41", { name: "One" });
    const stale = await etagOf("/api/v1/trainings/41");
    await partner.put("/api/v1/trainings/41", { name: "Two" });
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const response = await partner.api("/api/v1/trainings/41", {
        method,
        headers: { "if-match": stale },
        ...(method === "DELETE" ? {} : { json: { name: "Three" } }),
      });
      await expectProblem(response, 412);
    }
    expect((await partner.read<RecordOut>("/api/v1/trainings/41")).name).toBe("Two");
  });

  test("a change with the current If-Match goes through, once", async () => {
    await partner.put("/api/v1/trainings/42", { name: "One" });
    const etag = await etagOf("/api/v1/trainings/42");
    const both = await Promise.all([
      partner.put("/api/v1/trainings/42", { name: "Left" }, { "if-match": etag }),
      partner.put("/api/v1/trainings/42", { name: "Right" }, { "if-match": etag }),
    ]);
    expect(both.map((response) => response.status).sort()).toEqual([200, 412]);
  });

  test("PUT with If-None-Match: * only ever creates", async () => {
    const create = (name: string) => partner.put("/api/v1/trainings/43", { name }, { "if-none-match": "*" });
    expect((await create("First")).status).toBe(201);
    await expectProblem(await create("Second"), 412);
    expect((await partner.read<RecordOut>("/api/v1/trainings/43")).name).toBe("First");
  });

  test("If-Match: * only ever replaces", async () => {
    await expectProblem(
      await partner.put("/api/v1/trainings/44", { name: "Nothing there" }, { "if-match": "*" }),
      412,
    );
    expect((await partner.get("/api/v1/trainings/44")).status).toBe(404);
  });
});

describe("keys", () => {
  test("string keys keep case, spaces, slashes and non-ASCII through the URL", async () => {
    for (const id of ["A-1", "a-1", "räksmörgås", "with space", "a/b", "100%", "..%2f", "007"]) {
      const path = `/api/v1/articles/${encodeURIComponent(id)}`;
      const created = await partner.put(path, { title: id });
      expect({ id, status: created.status }).toEqual({ id, status: 201 });
      expect(await partner.read<RecordOut>(path)).toMatchObject({ id, title: id });
    }
  });

  test("uuid keys are one id whatever their case", async () => {
    const id = crypto.randomUUID();
    expect((await partner.put(`/api/v1/cases/${id.toUpperCase()}`, { title: "x" })).status).toBe(201);
    expect((await partner.read<RecordOut>(`/api/v1/cases/${id}`)).id).toBe(id);
  });

  test("integer keys are JSON numbers, zero, negative and large ones too", async () => {
    for (const id of [0, -7, Number.MAX_SAFE_INTEGER]) {
      const created = await partner.put(`/api/v1/trainings/${id}`, { name: "Edge" });
      expect({ id, status: created.status }).toEqual({ id, status: 201 });
      expect((await partner.read<RecordOut>(`/api/v1/trainings/${id}`)).id).toBe(id);
    }
  });
});

test("data keeps its shape: member order, null, nesting, numbers and every Unicode character", async () => {
  const data = {
    title: "Z\u0000\u2028\u{1f600}é".replace("\u0000", ""),
    zeta: 1,
    alpha: null,
    number: [0, -0.5, 1e21, 1e-7, 123456789012],
    deep: { a: [{ b: [[]] }], "": "empty name" },
    flag: false,
  };
  await partner.put("/api/v1/articles/shape", data);
  const text = await (await partner.get("/api/v1/articles/shape")).text();
  const { id, _meta, ...rest }: RecordOut = JSON.parse(text);
  expect({ id, version: _meta.version }).toEqual({ id: "shape", version: 1 });
  const got: unknown = rest;
  expect(got).toEqual(data);
  expect(Object.keys(rest)).toEqual(Object.keys(data));
});

test("HEAD answers as GET does, without a body", async () => {
  await partner.put("/api/v1/trainings/50", { name: "Head" });
  const response = await partner.api("/api/v1/trainings/50", { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("etag")).toBe(await etagOf("/api/v1/trainings/50"));
  expect(await response.text()).toBe("");
});
