/** Accounts whose grants are limited to some records or fields: what they see and what they are refused. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { type Koppla, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { acceptedChanges, createReceiver, TestReceiver } from "./receiver.ts";
import { type ChangeItem, expectProblem, type Page, readPages, type RecordOut } from "./wire.ts";

let koppla: Koppla;
/** May do everything in the organisation of the test. */
let owner: Partner;
let tenants = 0;

const types = {
  trainings: {
    object: "training",
    key: "integer",
    schema: {
      type: "object",
      properties: {
        name: { type: "string" },
        city: { type: "string" },
        institute_id: { type: "integer" },
        price: { type: "number" },
      },
      required: ["name"],
    },
    filters: ["institute_id", "city"],
    public: ["name", "city"],
  },
};

beforeAll(async () => {
  koppla = await startKoppla({ config: { types }, organisation: false });
});
afterAll(() => koppla.dispose());

beforeEach(async () => {
  owner = await koppla.partner(`grants-${++tenants}`);
});

interface GrantIn {
  actions?: string[];
  where?: Record<string, unknown[]>;
  fields?: string | string[];
}

const account = (...grants: GrantIn[]) =>
  koppla.account(
    owner.organisation,
    grants.map((grant) => JSON.stringify({ resource: "trainings", actions: ["read"], ...grant })),
  );
const ofInstitute = (...ids: number[]): GrantIn => ({ where: { institute_id: ids } });
const changing = { actions: ["read", "write", "delete"] };

const put = async (id: number, data: Record<string, unknown>) => {
  const response = await owner.put(`/api/v1/trainings/${id}`, { name: `n${id}`, ...data });
  expect(response.ok).toBeTrue();
};
/** Ten trainings, the odd ones of institute 1, the even ones of institute 2. */
const fill = async () => {
  const items = Array.from({ length: 10 }, (_, i) => ({
    ...{ id: i + 1, name: `n${i + 1}`, institute_id: i % 2 === 0 ? 1 : 2, city: i < 5 ? "Umeå" : "Lund" },
    price: 100 - i,
  }));
  await owner.send("POST", "/api/v1/trainings", items, 200);
};
const ids = ({ items }: Page<RecordOut | ChangeItem>) => items.map(({ id }) => id);
const list = (partner: Partner, query = "") => partner.read<Page<RecordOut>>(`/api/v1/trainings${query}`);

describe("an account's grants", () => {
  test("are told as they were given", async () => {
    const grant = {
      resource: "trainings",
      actions: ["read"],
      where: { institute_id: [1] },
      fields: ["name"],
    };
    const partner = await koppla.account(owner.organisation, [JSON.stringify(grant), "receivers:manage"]);
    expect(await partner.read("/api/v1/me")).toMatchObject({
      grants: [grant, { resource: "receivers", actions: ["manage"] }],
    });
  });

  test.each([
    ["trainigs:read", 'did you mean "trainings"?'],
    ["trainings:manage", "read, write, delete"],
    ['{"resource":"trainings","actions":["read"],"where":{"name":["x"]}}', "institute_id, city"],
    ['{"resource":"trainings","actions":["read"],"where":{"institute_id":["1"]}}', "must be a number"],
    ['{"resource":"trainings","actions":["read"],"fields":["nme"]}', 'did you mean "name"?'],
    ['{"resource":"*","actions":["read"],"where":{"institute_id":[1]}}', "only a type has records"],
    ['{"resource":"trainings"', "is not JSON"],
  ])("are refused as %s", async (grant, reason) => {
    const args = ["--org", owner.organisation, "--name", "x", "--grant", grant];
    const { exitCode, stderr } = await koppla.cli("account", "create", ...args);
    expect({ exitCode, told: stderr.includes(reason), stderr }).toEqual({ exitCode: 1, told: true, stderr });
  });
});

describe("who may read some records", () => {
  test("finds those and no others, in pages, in every order, with filters", async () => {
    await fill();
    const partner = await account(ofInstitute(1));
    expect(ids(await list(partner))).toEqual([1, 3, 5, 7, 9]);
    for (const query of ["", "?sort=-id", "?sort=modified_at", "?sort=city", "?sort=-institute_id"]) {
      const pages = await readPages(
        (path) => partner.read<Page<RecordOut>>(path),
        `/api/v1/trainings${query}`,
        2,
      );
      expect(
        pages
          .flat()
          .map(({ id }) => Number(id))
          .toSorted((a, b) => a - b),
      ).toEqual([1, 3, 5, 7, 9]);
    }
    expect(ids(await list(partner, "?filter[city]=Lund"))).toEqual([7, 9]);
    expect(ids(await list(partner, "?filter[institute_id]=2"))).toEqual([]);
    expect(ids(await list(partner, "?modified_since=2020-01-01"))).toEqual([1, 3, 5, 7, 9]);
  });

  test("finds what any of several grants has, once", async () => {
    await fill();
    const partner = await account(
      ofInstitute(1),
      { where: { city: ["Lund"], institute_id: [2, 3] } },
      ofInstitute(1),
    );
    expect(ids(await list(partner))).toEqual([1, 3, 5, 6, 7, 8, 9, 10]);
  });

  test("streams those and no others", async () => {
    await fill();
    const partner = await account(ofInstitute(2));
    const ndjson = await (await partner.get("/api/v1/trainings", { accept: "application/x-ndjson" })).text();
    expect(
      ndjson
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as RecordOut).id),
    ).toEqual([2, 4, 6, 8, 10]);
    const csv = await (await partner.get("/api/v1/trainings", { accept: "text/csv" })).text();
    expect(
      csv
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[0]),
    ).toEqual(["2", "4", "6", "8", "10"]);
  });

  test("is told that others are not there, whatever it asks", async () => {
    await put(2, { institute_id: 2 });
    const partner = await account({ ...ofInstitute(1), ...changing });
    const path = "/api/v1/trainings/2";
    const missing = await (await partner.get("/api/v1/trainings/99")).json();
    for (const response of [
      await partner.get(path),
      await partner.get(path, { "if-none-match": "*" }),
      await partner.put(path, { name: "x", institute_id: 1 }),
      await partner.put(path, { name: "x", institute_id: 1 }, { "if-none-match": "*" }),
      await partner.patch(path, { institute_id: 1 }, { "if-match": '"0-0"' }),
      await partner.delete(path),
    ]) {
      const problem = await expectProblem(response, 404);
      expect(problem.detail).toBe((missing as { detail: string }).detail.replace("99", "2"));
    }
    expect((await owner.read<RecordOut>(path)).name).toBe("n2");
  });

  test("changes its own, and neither takes nor gives away", async () => {
    await put(1, { institute_id: 1 });
    const partner = await account({ ...ofInstitute(1), ...changing });
    await partner.send("PATCH", "/api/v1/trainings/1", { city: "Umeå" }, 200);
    await partner.send("POST", "/api/v1/trainings", { id: 5, name: "new", institute_id: 1 }, 201);
    for (const response of [
      await partner.patch("/api/v1/trainings/1", { institute_id: 2 }),
      await partner.put("/api/v1/trainings/1", { name: "x" }),
      await partner.put("/api/v1/trainings/6", { name: "x", institute_id: 2 }),
      await partner.post("/api/v1/trainings", { name: "x" }),
    ]) {
      const { violations } = await expectProblem(response, 403);
      expect(violations?.map(({ field }) => field)).toEqual(["institute_id"]);
    }
    const items = [
      { id: 1, name: "mine", institute_id: 1 },
      { id: 7, name: "x", institute_id: 2 },
    ];
    const refused = await expectProblem(await partner.post("/api/v1/trainings", items), 422);
    expect(refused.violations?.map(({ field }) => field)).toEqual(["[1].institute_id"]);
    const { results } = await partner.send<{ results: unknown }>(
      "POST",
      "/api/v1/trainings?on_error=skip",
      items,
      200,
    );
    expect(results).toMatchObject([
      { id: 1, status: "updated" },
      { id: 7, status: "rejected" },
    ]);
    expect((await partner.delete("/api/v1/trainings/1")).status).toBe(204);
    expect(ids(await list(owner))).toEqual([5]);
  });

  test("is refused to change what it may only read", async () => {
    await put(1, { institute_id: 1 });
    const partner = await account({}, { ...ofInstitute(2), actions: ["write", "delete"] });
    await expectProblem(await partner.patch("/api/v1/trainings/1", { city: "x" }), 403);
    await expectProblem(await partner.delete("/api/v1/trainings/1"), 403);
  });
});

describe("who may read some fields", () => {
  test("is shown those and the id, in every form", async () => {
    await put(1, { institute_id: 1, city: "Umeå", price: 777.5 });
    const partner = await account({ fields: "public" });
    const { _meta, ...one } = await partner.read<RecordOut>("/api/v1/trainings/1");
    expect(one).toEqual({ id: 1, name: "n1", city: "Umeå" });
    expect(Object.keys(_meta)).toEqual(["version", "created_at", "modified_at"]);
    const [first] = (await list(partner)).items;
    expect(Object.keys(first ?? {})).toEqual(["id", "name", "city", "_meta"]);
    const ndjson = await (await partner.get("/api/v1/trainings", { accept: "application/x-ndjson" })).text();
    expect(JSON.parse(ndjson)).toEqual({ ...one, _meta });
    const csv = await (await partner.get("/api/v1/trainings", { accept: "text/csv" })).text();
    expect(csv.split("\n")[0]?.trim()).toBe("id,name,city,_created_at,_modified_at");
    expect(csv).not.toContain("777.5");
  });

  test("is shown of each record what the grants that fit it show", async () => {
    await put(1, { institute_id: 1, city: "Umeå", price: 7 });
    await put(2, { institute_id: 2, city: "Lund", price: 8 });
    const partner = await account(
      { fields: "public" },
      { ...ofInstitute(1), fields: ["price", "institute_id"] },
    );
    const shown = (await list(partner)).items.map(({ _meta, ...data }) => data);
    expect<unknown[]>(shown).toEqual([
      { id: 1, name: "n1", city: "Umeå", institute_id: 1, price: 7 },
      { id: 2, name: "n2", city: "Lund" },
    ]);
    const csv = await (await partner.get("/api/v1/trainings", { accept: "text/csv" })).text();
    expect(
      csv
        .split("\n")
        .slice(0, 3)
        .map((line) => line.split(",").slice(0, 5).join()),
    ).toEqual(["id,name,city,institute_id,price", "1,n1,Umeå,1,7", "2,n2,Lund,,"]);
    // Only where it may see the field can it find by it.
    expect(ids(await list(partner, "?filter[institute_id]=1"))).toEqual([1]);
    expect(ids(await list(partner, "?filter[institute_id]=2"))).toEqual([]);
    await expectProblem(await partner.get("/api/v1/trainings?sort=institute_id"), 403);
  });

  test("cannot ask by the others", async () => {
    await put(1, { institute_id: 1 });
    const partner = await account({ fields: ["name", "city"] });
    for (const query of ["filter[institute_id]=1", "sort=institute_id", "sort=-institute_id"])
      await expectProblem(await partner.get(`/api/v1/trainings?${query}`), 403);
    expect(ids(await list(partner, "?sort=city"))).toEqual([1]);
    await expectProblem(await partner.get("/api/v1/trainings?filter[price]=1"), 422);
  });

  test("writes those alone, and a replacement leaves the others", async () => {
    await put(1, { city: "Umeå", price: 7 });
    const partner = await account({ fields: ["name", "city"] }, { actions: ["write"], fields: ["name"] });
    const { _meta, ...answered } = await partner.send<RecordOut>(
      "PUT",
      "/api/v1/trainings/1",
      { name: "new" },
      200,
    );
    expect(answered).toEqual({ id: 1, name: "new", city: "Umeå" });
    expect(await owner.read("/api/v1/trainings/1")).toMatchObject({ name: "new", city: "Umeå", price: 7 });
    // What was fetched may be sent back.
    const fetched = await partner.read<RecordOut>("/api/v1/trainings/1");
    await partner.send("PUT", "/api/v1/trainings/1", { ...fetched, name: "newer" }, 200);
    for (const [body, fields] of [
      [{ name: "x", price: 7 }, ["price"]],
      [{ name: "x", city: "Lund", price: 8 }, ["city", "price"]],
    ] as const) {
      const { violations } = await expectProblem(await partner.put("/api/v1/trainings/1", body), 422);
      expect(violations?.map(({ field }) => field)).toEqual([...fields]);
    }
    await expectProblem(await partner.patch("/api/v1/trainings/1", { price: null }), 422);
    await expectProblem(await partner.post("/api/v1/trainings", { name: "x", price: 1 }), 422);
    expect(await owner.read("/api/v1/trainings/1")).toMatchObject({ name: "newer", city: "Umeå", price: 7 });
  });

  test("writes without being told what is there, where it may not read", async () => {
    await put(1, { price: 7 });
    const partner = await account({ actions: ["write"] });
    const answered = await partner.send<RecordOut>("PATCH", "/api/v1/trainings/1", { city: "Umeå" }, 200);
    expect(Object.keys(answered)).toEqual(["id", "_meta"]);
    await expectProblem(await partner.get("/api/v1/trainings/1"), 403);
  });
});

describe("the feed of who may read some records", () => {
  const changes = (partner: Partner, since: string, query = "") =>
    partner.read<Page<ChangeItem>>(`/api/v1/changes?since=${since}${query}`);
  const told = ({ items }: Page<ChangeItem>) => items.map(({ action, id }) => `${action} ${id}`);

  test("tells of those; what leaves the view is removed, what is removed elsewhere is not told", async () => {
    const partner = await account(ofInstitute(1));
    await put(1, { institute_id: 1 });
    await put(2, { institute_id: 2 });
    await put(3, { institute_id: 1 });
    const first = await changes(partner, "beginning");
    expect(told(first)).toEqual(["update 1", "update 3"]);
    await put(1, { institute_id: 2 });
    await owner.delete("/api/v1/trainings/2");
    await owner.delete("/api/v1/trainings/3");
    await put(4, { institute_id: 2 });
    const second = await changes(partner, String(first.next_cursor));
    expect(told(second)).toEqual(["destroy 1", "destroy 3"]);
    expect(second.items[0]).toMatchObject({ topic: "Trainings.Destroy" });
    expect(second.items[0]).not.toHaveProperty("url");
    await put(1, { institute_id: 3 });
    expect(told(await changes(partner, String(second.next_cursor)))).toEqual([]);
    await put(1, { institute_id: 1 });
    expect(told(await changes(partner, String(second.next_cursor)))).toEqual(["update 1"]);
  });

  test("moves its cursor past what is not told", async () => {
    const partner = await account(ofInstitute(1));
    for (let id = 1; id <= 5; id++) await put(id, { institute_id: 2 });
    const { next_cursor } = await changes(owner, "beginning");
    expect(await changes(partner, "beginning", "&limit=1")).toEqual({ items: [], next_cursor });
  });

  test("wakes who waits when a record leaves the view, not when others change", async () => {
    const partner = await account(ofInstitute(1));
    await put(1, { institute_id: 1 });
    const { next_cursor: cursor } = await changes(partner, "beginning");
    const waiting = changes(partner, String(cursor), "&wait=30&topics=Trainings.Destroy");
    await put(2, { institute_id: 2 });
    await put(1, { institute_id: 2 });
    expect(told(await waiting)).toEqual(["destroy 1"]);
  });

  test("streams the same", async () => {
    const partner = await account(ofInstitute(1));
    await put(1, { institute_id: 1 });
    await put(2, { institute_id: 2 });
    const response = await partner.get("/api/v1/changes/stream?since=beginning");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (part: string) => {
      while (!text.includes(part)) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
        if (done) throw new Error(`the stream ended without ${part}: ${text}`);
        text += value;
      }
    };
    await until('"id":1');
    await put(1, { institute_id: 2 });
    await until('"action":"destroy"');
    await reader?.cancel();
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, data = ""]) => JSON.parse(data) as ChangeItem,
    );
    expect(events.map(({ action, id }) => `${action} ${id}`)).toEqual(["update 1", "destroy 1"]);
  });
});

describe("grants that change", () => {
  const change = async (partner: Partner, ...grants: GrantIn[]) => {
    const all = grants.map((grant) => ({ resource: "trainings", actions: ["read"], ...grant }));
    await owner.send("PATCH", `/api/v1/accounts/${partner.clientId}`, { grants: all }, 200);
  };

  test("hold for who waits for changes", async () => {
    const partner = await account(ofInstitute(1));
    const waiting = partner.read<Page<ChangeItem>>("/api/v1/changes?since=now&wait=30");
    // A request later it has come to wait; had it not, it would be told the same.
    await partner.read("/api/v1/me");
    await change(partner, ofInstitute(2));
    await put(1, { institute_id: 1 });
    await put(2, { institute_id: 2 });
    expect(ids(await waiting)).toEqual([2]);
  });

  test("hold for who is in the middle of a long list", async () => {
    const name = "x".repeat(2_000);
    const items = Array.from({ length: 10_000 }, (_, i) => ({ id: i + 1, name }));
    await owner.send("POST", "/api/v1/trainings", items, 200);
    const partner = await account({});
    const response = await partner.get("/api/v1/trainings", { accept: "application/x-ndjson" });
    const reader = response.body?.getReader();
    let bytes = (await reader?.read())?.value?.length ?? 0;
    expect(bytes).toBeGreaterThan(0);
    await change(partner);
    const rest = (async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return;
        bytes += value?.length ?? 0;
      }
    })();
    // It breaks off, so that nobody takes it for whole.
    expect(rest).rejects.toThrow();
    await rest.catch(() => {});
    expect(bytes).toBeLessThan(10_000 * 2_000);
  });
});

test("a receiver is sent what its account may see", async () => {
  using stack = new DisposableStack();
  const sink = stack.adopt(new TestReceiver(), (receiver) => void receiver.stop());
  const limited = await account(ofInstitute(1));
  const named = await account({ fields: ["name"] });
  await createReceiver(owner, sink.url("/records"), { account_id: limited.clientId });
  await createReceiver(owner, sink.url("/fields"), {
    account_id: named.clientId,
    format: "event",
    payload: "full",
  });
  const at = (path: string) => sink.requests.filter((request) => request.path === path);
  const told = () => acceptedChanges(at("/records")).map(({ action, id }) => `${action} ${id}`);

  await put(1, { institute_id: 1, price: 7 });
  await put(2, { institute_id: 2 });
  await sink.waitFor("training 1", () => told().includes("update 1"));
  await sink.waitFor("both trainings", () => at("/fields").length >= 2);
  await put(1, { institute_id: 2, price: 7 });
  await sink.waitFor("its removal", () => told().includes("destroy 1"));
  expect(told()).toEqual(["update 1", "destroy 1"]);

  const events = await sink.waitFor("three events", () => at("/fields").length >= 3 && at("/fields"));
  const data = events.map(({ body }) => (JSON.parse(body) as { data: object }).data);
  for (const one of data) expect(Object.keys(one)).toEqual(["id", "name"]);
});

test("a record says who wrote it, to who may read all of it", async () => {
  await put(1, {});
  const partner = await account({ actions: ["read", "write"] });
  const meta = async () =>
    (await owner.read<{ _meta: Record<string, unknown> }>("/api/v1/trainings/1"))._meta;
  expect(await meta()).toMatchObject({ modified_by: `account:${owner.clientId}` });
  await partner.send("PATCH", "/api/v1/trainings/1", { city: "Umeå" }, 200);
  expect(await meta()).toMatchObject({ modified_by: `account:${partner.clientId}`, version: 2 });
});
