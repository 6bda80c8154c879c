/** `/api/public/{type}/add/` as partners' forms and programs call it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Koppla } from "../binary/harness.ts";
import { publicHouse, publicTypes, PW } from "./public-house.ts";

interface AddOut {
  add: {
    id: number | string | null;
    status: string;
    errors: { msg: string; field?: string }[];
    line?: number;
  }[];
  errors?: { msg: string }[];
  warnings?: string[];
}

const types = {
  ...publicTypes,
  bookings: {
    ...{ object: "booking", key: "integer" },
    schema: {
      type: "object",
      required: ["name"],
      properties: {
        name: { type: "string", minLength: 1 },
        seats: { type: "integer", minimum: 1 },
        paid: { type: "boolean" },
        price: { type: ["number", "null"] },
        tags: { type: "array", items: { type: "string" } },
        note: { type: "string" },
        city: { type: "string" },
      },
    },
    public: ["id", "name"],
    filters: ["city"],
    search: ["name", "note"],
  },
};

let koppla: Koppla;

beforeAll(async () => {
  koppla = await publicHouse({ config: { types, server: { limits: { body: "2MB" } } } });
});
afterAll(() => koppla?.dispose());

const login = { org: "demo", pw: PW };
const url = (type = "bookings") => `${koppla.url}/api/public/${type}/add/`;
const outOf = async (response: Response): Promise<AddOut & { code: number }> => ({
  ...JSON.parse(await response.text()),
  code: response.status,
});
const form = async (fields: Record<string, string> | [string, string][], more: Record<string, string> = {}) =>
  outOf(
    await fetch(url(), {
      method: "POST",
      body: new URLSearchParams([...Object.entries({ ...login, ...more }), ...new URLSearchParams(fields)]),
    }),
  );
const json = async (body: unknown, query = "") =>
  outOf(
    await fetch(`${url()}${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
const csv = async (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) => {
  const upload = new FormData();
  for (const [name, value] of Object.entries({ ...login, ...more })) upload.append(name, value);
  upload.append("file", new Blob([body], { type: "text/csv" }), "bookings.csv");
  return outOf(await fetch(url(), { method: "POST", body: upload }));
};
const booking = (id: number | string) =>
  koppla.demo.read<Record<string, unknown>>(`/api/v1/bookings/${id}`).then(({ _meta, ...data }) => data);

describe("a form", () => {
  test("adds a record, its texts as the schema says what they are", async () => {
    const fields: [string, string][] = [
      ...Object.entries({ ID: "1", Name: 'Ö & "x"', seats: "2", paid: "on", price: "12.5", note: "" }),
      ["tags", "a"],
      ["tags", "b"],
    ];
    const added = await form(fields);
    expect(added).toEqual({ code: 200, add: [{ id: 1, status: "created", errors: [] }] });
    expect(await booking(1)).toEqual({
      ...{ id: 1, name: 'Ö & "x"', seats: 2, paid: true, price: 12.5, note: "", tags: ["a", "b"] },
    });
  });

  test("with a file's encoding, without a file, is the same", async () => {
    const upload = new FormData();
    for (const [name, value] of Object.entries({ ...login, id: "2", name: "Multi", "tags[]": "x" }))
      upload.append(name, value);
    const added = await outOf(await fetch(url(), { method: "POST", body: upload }));
    expect(added.add).toEqual([{ id: 2, status: "created", errors: [] }]);
    expect(await booking(2)).toEqual({ id: 2, name: "Multi", tags: ["x"] });
  });

  test("is told every field that does not fit, by its name", async () => {
    const refused = await form({ id: "3", seats: "many", paid: "maybe" });
    expect(refused).toEqual({
      code: 400,
      add: [
        {
          id: 3,
          status: "rejected",
          errors: [
            { msg: "seats must be a whole number", field: "seats" },
            { msg: "paid must be true or false", field: "paid" },
          ],
        },
      ],
    });
    const unfit = await form({ id: "3", seats: "0" });
    expect(unfit.add[0]?.errors.map(({ field }) => field).sort()).toEqual(["name", "seats"]);
    expect((await form({ id: "x", name: "n" })).add[0]).toMatchObject({ id: "x", status: "rejected" });
  });

  test("without an id makes one", async () => {
    const [first] = (await form({ name: "no id" })).add;
    expect(first?.status).toBe("created");
    expect(await booking(first?.id ?? "")).toMatchObject({ name: "no id" });
  });
});

describe("what is there already", () => {
  test.each([
    [undefined, "skipped", { name: "old", note: "", seats: 3 }],
    ["skipNewData", "skipped", { name: "old", note: "", seats: 3 }],
    ["prioritizeOld", "updated", { name: "old", note: "n", seats: 3, city: "Lund" }],
    ["PRIORITIZENEW", "updated", { name: "new", note: "n", seats: 3, city: "Lund" }],
  ])("with ifOldDataExists=%p is %s", async (mode, status, expected) => {
    const id = 100 + (Bun.hash.crc32(String(mode)) % 1_000);
    await koppla.demo.send("POST", "/api/v1/bookings", { id, name: "old", note: "", seats: 3 }, 201);
    const fields = { id: String(id), name: "new", note: "n", city: "Lund" };
    const ifOldDataExists = mode === undefined ? {} : { ifOldDataExists: mode };
    const added = await form(fields, ifOldDataExists);
    expect(added.add).toEqual([{ id, status, errors: [] }]);
    expect(await booking(id)).toEqual({ id, ...expected });
    if (mode === undefined) return;
    const again = status === "skipped" ? "skipped" : "unchanged";
    expect((await form(fields, ifOldDataExists)).add).toEqual([{ id, status: again, errors: [] }]);
  });

  test("is not guessed of: another mode is refused", async () => {
    const refused = await form({ id: "1", name: "x" }, { ifOldDataExists: "overwrite" });
    expect([refused.code, refused.errors?.[0]?.msg]).toEqual([
      400,
      "ifOldDataExists must be skipNewData, prioritizeOld or prioritizeNew",
    ]);
  });
});

describe("JSON", () => {
  test("is one record beside the password, a list, or a list under the type's name", async () => {
    expect((await json({ ...login, id: 200, name: "one" })).add).toEqual([
      { id: 200, status: "created", errors: [] },
    ]);
    expect(await booking(200)).toEqual({ id: 200, name: "one" });
    const list = [{ id: 201, name: "a" }, { id: 202 }, 7, { id: 201, name: "twice" }, { id: 203, name: "b" }];
    const added = await json(list, `?org=demo&pw=${PW}`);
    expect(added.code).toBe(200);
    expect(added.warnings).toHaveLength(1);
    expect(added.add.map(({ id, status, errors }) => [id, status, errors.map(({ msg }) => msg)])).toEqual([
      [201, "created", []],
      [202, "rejected", ["name is missing"]],
      [null, "rejected", ["must be an object"]],
      [201, "rejected", ["id is the same as that of item 1"]],
      [203, "created", []],
    ]);
    expect((await json({ ...login, bookings: [{ id: 204, name: "c" }] })).add).toEqual([
      { id: 204, status: "created", errors: [] },
    ]);
    // In JSON a text is a text.
    expect((await json({ ...login, id: 205, name: "d", seats: "2" })).add[0]?.errors).toEqual([
      { msg: "seats must be integer", field: "seats" },
    ]);
  });
});

describe("a CSV file", () => {
  test("of a spreadsheet is read with its byte order mark and separator, and says which line does not fit", async () => {
    const file =
      "\ufeffID;Name;Seats;Paid;Price\r\n300;Åsa;2;true;\r\n301;;1;;\r\n302;Bo;x;;1,5\r\n303;Cy\r\n";
    const added = await csv(file);
    expect(added.code).toBe(200);
    expect(added.add).toEqual([
      { id: 300, status: "created", errors: [] },
      { id: 301, status: "rejected", errors: [{ msg: "name is missing", field: "name" }], line: 3 },
      {
        id: 302,
        status: "rejected",
        errors: [
          { msg: "seats must be a whole number", field: "seats" },
          { msg: "price must be a number such as 12.5 or empty", field: "price" },
        ],
        line: 4,
      },
      {
        id: 303,
        status: "rejected",
        errors: [{ msg: "The row has 2 values, and there are 5 columns" }],
        line: 5,
      },
    ]);
    expect(await booking(300)).toEqual({ id: 300, name: "Åsa", seats: 2, paid: true, price: null });
  });

  test("in Windows-1252, or as the body itself, is read too", async () => {
    const bytes = Uint8Array.from("id,name\n310,\xc5ke \x80\n", (letter) => letter.charCodeAt(0));
    expect((await csv(bytes)).add).toEqual([{ id: 310, status: "created", errors: [] }]);
    expect(await booking(310)).toEqual({ id: 310, name: "Åke €" });
    const headers = {
      "content-type": "text/csv; charset=iso-8859-1",
      authorization: `Bearer ${koppla.demo.token}`,
    };
    const body = Uint8Array.from("id\tname\n311\tÅsa\n", (letter) => letter.charCodeAt(0));
    const added = await outOf(await fetch(url(), { method: "POST", headers, body }));
    expect(added.add).toEqual([{ id: 311, status: "created", errors: [] }]);
    expect(await booking(311)).toEqual({ id: 311, name: "Åsa" });
  });

  test("that is broken stores nothing", async () => {
    expect(await csv('id,name\n320,"x\n')).toMatchObject({
      code: 400,
      errors: [{ msg: expect.stringContaining("a quote is not closed") }],
    });
    expect(await csv("id,name,NAME\n320,x,y\n")).toMatchObject({
      code: 400,
      errors: [{ msg: "The CSV file has two columns name." }],
    });
    expect((await koppla.demo.get("/api/v1/bookings/320")).status).toBe(404);
  });

  test("of ten thousand rows is stored while others are answered", async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `${10_000 + i},Row ${i},1`);
    const adding = csv(["id,name,seats", ...rows].join("\n"));
    let slowest = 0;
    let done = false;
    void adding.finally(() => (done = true));
    while (!done) {
      const began = performance.now();
      await (await fetch(`${koppla.url}/healthz`)).text();
      slowest = Math.max(slowest, performance.now() - began);
    }
    const added = await adding;
    expect(added.add.every(({ status }) => status === "created")).toBe(true);
    expect(added.add).toHaveLength(10_000);
    // Generous: the machine of a test does other things as well.
    expect(slowest).toBeLessThan(500);
    const more = await csv(["id,name", ...rows, "1,x"].join("\n"));
    expect(more).toMatchObject({ code: 400, errors: [{ msg: "The CSV file has more than 10000 rows." }] });
  });
});

describe("who may add", () => {
  const post = (headers: Record<string, string>, fields: Record<string, string>, type = "bookings") =>
    fetch(url(type), { method: "POST", headers, body: new URLSearchParams(fields) });

  test("is told by the login: none, a wrong one, one of another organisation", async () => {
    const fields = { id: "400", name: "x" };
    expect((await post({}, { org: "demo", ...fields })).status).toBe(401);
    const wrong = await post({}, { org: "demo", pw: "wrong", ...fields });
    expect([wrong.status, await wrong.json()]).toEqual([401, { errors: [{ msg: "Wrong password" }] }]);
    const headers = { authorization: `Bearer ${koppla.demo.token}` };
    expect((await post(headers, { org: "other", ...fields })).status).toBe(403);
    expect((await post({}, { org: "nobody", pw: PW, ...fields })).status).toBe(401);
    expect((await koppla.demo.get("/api/v1/bookings/400")).status).toBe(404);
    expect((await post(headers, { org: "demo", ...fields })).status).toBe(200);
    expect((await post({}, { ...login, id: "a" }, "nothings")).status).toBe(404);
  });

  test("does so within its grants", async () => {
    const where = { city: ["Lund"] };
    const grant = { resource: "bookings", actions: ["read", "write"], where, fields: ["name", "city"] };
    const account = { name: "Lund", grants: [grant], totp: false };
    const { token: limited } = await koppla.demo.send<{ token: string }>(
      ...(["POST", "/api/v1/accounts", account, 201] as const),
    );
    await koppla.demo.send("POST", "/api/v1/bookings", { id: 410, name: "x", city: "Malmö", note: "n" }, 201);
    await koppla.demo.send("POST", "/api/v1/bookings", { id: 411, name: "x", city: "Lund", note: "n" }, 201);
    const add = async (by: string, fields: Record<string, string>) => {
      const response = await post(
        { authorization: `Bearer ${by}` },
        { ifOldDataExists: "prioritizeNew", ...fields },
      );
      const { add: all } = await outOf(response);
      return [response.status, all[0]?.status, all[0]?.errors.map(({ field }) => field).join()];
    };
    expect(await add(limited, { id: "410", name: "mine" })).toEqual([400, "rejected", "id"]);
    expect(await add(limited, { id: "411", name: "mine" })).toEqual([200, "updated", ""]);
    expect(await add(limited, { id: "411", city: "Malmö" })).toEqual([400, "rejected", "city"]);
    expect(await add(limited, { id: "411", note: "mine" })).toEqual([400, "rejected", "note"]);
    expect(await add(limited, { id: "412", name: "new", city: "Malmö" })).toEqual([400, "rejected", "city"]);
    expect(await add(limited, { id: "412", name: "new", city: "Lund" })).toEqual([200, "created", ""]);
    expect(await booking(411)).toEqual({ id: 411, name: "mine", city: "Lund", note: "n" });
    expect((await post({ authorization: `Bearer ${limited}` }, { id: "a" }, "invoices")).status).toBe(403);
  });
});

describe("adding by GET", () => {
  test("is not possible unless the YAML says so", async () => {
    const response = await fetch(`${url()}?org=demo&pw=${PW}&id=500&name=x`);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toContain("POST");
    expect((await koppla.demo.get("/api/v1/bookings/500")).status).toBe(404);
  });

  test("works where it does, and warns of the password in the URL", async () => {
    await using open = await publicHouse({ config: { types, public_api: { push_by_get: true } } });
    const path = `${open.url}/api/public/bookings/add/?org=demo&id=500&name=x`;
    const added = await outOf(await fetch(`${path}&pw=${PW}`));
    expect(added.add).toEqual([{ id: 500, status: "created", errors: [] }]);
    expect(added.warnings?.[0]).toContain("URL");
    expect(open.log.text()).not.toContain(PW);
    expect((await fetch(path)).status).toBe(401);
    expect((await fetch(`${path.replace("500", "501")}&pw=${PW}`, { method: "HEAD" })).status).toBe(405);
    expect((await open.demo.get("/api/v1/bookings/501")).status).toBe(404);
  });
});

describe("the sizes of what is sent", () => {
  test("have limits, and each is told", async () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, "1"]));
    expect((await form(many)).code).toBe(400);
    expect(
      (
        await json(
          Array.from({ length: 10_001 }, () => ({})),
          `?org=demo&pw=${PW}`,
        )
      ).code,
    ).toBe(400);
    expect((await form({ name: "x".repeat(2_100_000) })).code).toBe(413);
    expect((await form({ id: "600", name: "x".repeat(1_200_000) })).add[0]?.status).toBe("rejected");
    expect((await form({})).code).toBe(400);
    expect((await json(7, `?org=demo&pw=${PW}`)).code).toBe(400);
  });
});

test("what was added is in the feed and is found by its words", async () => {
  await form({ id: "700", name: "Übung für Anfänger" });
  const found = await fetch(`${koppla.url}/api/public/bookings/?org=demo&pw=${PW}&textSearch=ubung+anf`);
  expect(await found.json()).toMatchObject({ search: { numRowsFound: 1 }, bookings: [{ id: 700 }] });
  const body = new URLSearchParams({ ...login, id: "added", sum: "12.5" });
  expect((await fetch(url("invoices"), { method: "POST", body })).status).toBe(200);
  const { items } = await koppla.demo.read<{ items: unknown[] }>("/api/v1/changes?topics=Invoices.Update");
  expect(items.at(-1)).toMatchObject({ action: "update", object: "invoice", id: "added" });
});
