/** S0 on the wire: pulling records by `/api/public/{type}/`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Koppla } from "../binary/harness.ts";
import { ask, errorsOf, idsOf, publicHouse, pull, PW, trainings } from "./public-house.ts";

let koppla: Koppla;
const withPw = (query = "") => new URLSearchParams(`org=demo&pw=${PW}&${query}`);
const post = (body: NonNullable<RequestInit["body"]>, query = "", headers: Record<string, string> = {}) =>
  pull(koppla, query, { method: "POST", body, headers });

beforeAll(async () => {
  koppla = await publicHouse();
});
afterAll(() => koppla.dispose());

describe("what a pull answers", () => {
  test("is the search block and the records, exactly", async () => {
    expect(await pull(koppla, "org=demo&maxRows=2&firstRow=2")).toEqual({
      search: {
        numRowsFound: 3,
        shown: { numRowsShown: 2, firstShownRowNum: 2, lastShownRowNum: 3 },
        limits: { maxRows: 2, maxRowsDefault: 50, maxRowsAllowed: 500 },
      },
      trainings: [
        { id: 2, name: "Truck", city: "Lund", starts: "2026-12-02T10:00:00+01:00" },
        { id: 3, name: "Ställning", city: "Lund" },
      ],
    });
  });

  test("is the same with and without the slash at the end", async () => {
    const response = await ask(koppla, "trainings?org=demo");
    expect(await response.json()).toEqual(await pull(koppla, "org=demo"));
  });

  test("beyond the last row is none, and still says how many there are", async () => {
    const { search, trainings: none } = await pull(koppla, "org=demo&firstRow=1000000");
    expect(none).toEqual([]);
    expect(search.numRowsFound).toBe(3);
    expect(search.shown).toEqual({ numRowsShown: 0, firstShownRowNum: 0, lastShownRowNum: 0 });
  });

  test("of no rows is how many there are; of too many, as many as are allowed", async () => {
    expect((await pull(koppla, "org=demo&maxRows=0")).search.numRowsFound).toBe(3);
    expect((await pull(koppla, "org=demo&maxRows=1000000")).search.limits.maxRows).toBe(500);
  });

  test("with verbose has what is ours of each record, and how the question was understood", async () => {
    const { search, trainings: all } = await pull(
      koppla,
      "org=demo&verbose=true&CITY=Lund&sort=-id&maxRows=1",
    );
    expect(search.asked).toEqual({
      ...{ filters: { city: ["Lund"] }, sort: "-id", modifiedSince: null, textSearch: null },
    });
    expect(all[0]?.["_meta"]).toEqual({
      ...{ version: 1, created_at: expect.any(String), modified_at: expect.any(String) },
    });
  });
});

describe("parameters", () => {
  test("ignore the case of their names", async () => {
    expect(idsOf(await pull(koppla, "ORG=demo&MAXROWS=1&firstrow=2&CiTy=Lund"))).toEqual([3]);
  });

  test("of a form, of a multipart form and of JSON win over those of the URL", async () => {
    const fields = { org: "demo", pw: PW, city: "Lund", maxRows: "1" };
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const query = "org=nobody&pw=wrong&CITY=Nowhere&maxRows=7";
    for (const body of [new URLSearchParams(fields), form, JSON.stringify({ ...fields, maxRows: 1 })]) {
      const headers: Record<string, string> =
        typeof body === "string" ? { "content-type": "application/json" } : {};
      const found = await post(body, query, headers);
      expect(idsOf(found)).toEqual([2]);
      expect(found.search.limits.maxRows).toBe(1);
    }
  });

  test("filter by a field, by several values of it, and by several fields at once", async () => {
    expect(idsOf(await pull(koppla, "org=demo&city=Lund"))).toEqual([2, 3]);
    expect(idsOf(await pull(koppla, "org=demo&city=Lund&city=K%C3%B6penick"))).toEqual([1, 2, 3]);
    expect(idsOf(await post(withPw("city=Lund&seats=7&starts=2026-12-02T10:00:00%2B01:00")))).toEqual([2]);
    expect(idsOf(await pull(koppla, "org=demo&filter[city]=Lund"))).toEqual([2, 3]);
    const body = JSON.stringify({ org: "demo", pw: PW, seats: [5, 7] });
    expect(idsOf(await post(body, "", { "content-type": "application/json" }))).toEqual([1, 2, 3]);
  });

  test("that a form leaves empty ask for nothing", async () => {
    expect(idsOf(await pull(koppla, "org=demo&city=&maxRows=&textSearch=&sort=&modifiedSince="))).toEqual([
      1, 2, 3,
    ]);
  });

  test("sort, and turn the order round", async () => {
    expect(idsOf(await pull(koppla, "org=demo&sort=city"))).toEqual([1, 2, 3]);
    expect(idsOf(await pull(koppla, "org=demo&sort=-city"))).toEqual([3, 2, 1]);
    expect(idsOf(await pull(koppla, "org=demo&sort=starts"))).toEqual([1, 2, 3]);
  });

  test("search text, whatever its accents and case, in what the caller may see", async () => {
    expect(idsOf(await pull(koppla, "org=demo&textSearch=stallning"))).toEqual([3]);
    expect(idsOf(await pull(koppla, "org=demo&textSearch=SVETS"))).toEqual([1]);
    expect(idsOf(await pull(koppla, "org=demo&textSearch=hemlig"))).toEqual([]);
    expect(idsOf(await post(withPw("textSearch=hemlig")))).toEqual([2]);
    expect(idsOf(await post(withPw("textSearch=hemlig&city=Köpenick")))).toEqual([]);
  });

  test("that are wrong are 400, each with its name", async () => {
    for (const [query, message] of [
      ["maxRows=-1", "maxRows must be a whole number from 0"],
      ["maxRows=many", "maxRows must be a whole number from 0"],
      ["firstRow=0", "firstRow must be a whole number from 1"],
      ["modifiedSince=yesterday", /^modifiedSince must be an ISO 8601 time/],
      ["sort=remark", /^sort must be one of id, modified_at, city, seats, starts/],
      ["maxRow=5", /^maxRow is not a parameter here.*did you mean "maxRows"/],
      ["remark=hemlig", /^remark is not a parameter here/],
      ["verbose=perhaps", /^verbose must be one of/],
      ["format=xml", "format must be one of json, csv, ical"],
      ["maxRows=1&MAXROWS=2", "maxRows is given twice"],
      ["showDeleted=true", "showDeleted needs modifiedSince"],
    ] as const) {
      const response = await ask(koppla, `trainings/?org=demo&${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      const [told = ""] = await errorsOf(response);
      if (typeof message === "string") expect(told).toBe(message);
      else expect(told).toMatch(message);
    }
  });
});

describe("who asks", () => {
  test("without a login sees the public fields, of types that have some", async () => {
    for (const record of (await pull(koppla, "org=demo")).trainings) {
      expect(Object.keys(record)).not.toContain("seats");
      expect(Object.keys(record)).not.toContain("remark");
    }
    const response = await ask(koppla, "invoices/?org=demo");
    expect(response.status).toBe(401);
    expect(await errorsOf(response)).toEqual(["To see invoices one has to log in."]);
  });

  test("with the password sees everything, and is warned where it stood in the URL", async () => {
    const found = await post(withPw());
    expect(found.trainings).toEqual(trainings);
    expect(found.warnings).toBeUndefined();
    const inUrl = await pull(koppla, `org=demo&pw=${PW}`);
    expect(inUrl.trainings).toEqual(trainings);
    expect(inUrl.warnings).toEqual([expect.stringContaining("body of a POST")]);
    const csv = await ask(koppla, `trainings/?org=demo&pw=${PW}&format=csv`);
    expect(csv.headers.get("koppla-warning")).toContain("body of a POST");
  });

  test("with a token, as bearer or apikey, needs no org and sees what its grants let it see", async () => {
    const { token } = koppla.demo;
    for (const headers of [{ authorization: `Bearer ${token}` }, { apikey: token }] as Record<
      string,
      string
    >[]) {
      expect((await pull(koppla, "", { headers })).trainings).toEqual(trainings);
      expect((await pull(koppla, "org=demo", { headers })).trainings).toEqual(trainings);
    }
    const made = await koppla.demo.send<{ token: string }>(
      ...["POST", "/api/v1/accounts"],
      {
        name: "Lund",
        grants: [
          ...[
            { resource: "trainings", actions: ["read"], where: { city: ["Lund"] }, fields: ["name", "city"] },
          ],
        ],
      },
      201,
    );
    const lund = await pull(koppla, "", { headers: { apikey: made.token } });
    expect(lund.trainings).toEqual([
      { id: 2, name: "Truck", city: "Lund" },
      { id: 3, name: "Ställning", city: "Lund" },
    ]);
    expect(lund.search.numRowsFound).toBe(2);
    const denied = await ask(koppla, "trainings/?seats=7", { headers: { apikey: made.token } });
    expect([denied.status, await errorsOf(denied)]).toEqual([
      403,
      ["The grants do not allow to ask trainings by seats."],
    ]);
    expect((await ask(koppla, "invoices/", { headers: { apikey: made.token } })).status).toBe(403);
  });

  test("by a field that only others see has to log in", async () => {
    for (const query of ["seats=7", "sort=seats"]) {
      const response = await ask(koppla, `trainings/?org=demo&${query}`);
      expect([query, response.status]).toEqual([query, 401]);
      expect(await errorsOf(response)).toEqual(["To ask trainings by seats one has to log in."]);
    }
  });

  test("is told what is wrong in the shape of this API, with the right code", async () => {
    const status = async (path: string, init?: RequestInit) => {
      const response = await ask(koppla, path, init);
      expect(response.headers.get("content-type")).toBe("application/json");
      return [response.status, await errorsOf(response)] as const;
    };
    expect(await status("trainings/")).toEqual([400, ["org is missing: the code of the organisation"]]);
    expect(await status("trainings/?org=demo&pw=wrong-one")).toEqual([401, ["Wrong password"]]);
    expect(await status("trainings/?org=demo&pw=")).toEqual([401, ["Wrong password"]]);
    expect(await status("trainings/?org=nobody&pw=wrong-one")).toEqual([401, ["Wrong password"]]);
    expect(await status("trainings/?org=nobody")).toEqual([404, ["There is no organisation nobody."]]);
    expect(await status("nothing/?org=demo")).toEqual([404, ["There is no type nothing."]]);
    expect((await status("trainings/?org=demo", { method: "DELETE" }))[0]).toBe(405);
    expect(
      (
        await status("trainings/", { method: "POST", body: "<x/>", headers: { "content-type": "text/xml" } })
      )[0],
    ).toBe(415);
    expect(
      (
        await status("trainings/", {
          method: "POST",
          body: "{",
          headers: { "content-type": "application/json" },
        })
      )[0],
    ).toBe(400);
  });
});

describe("what has changed since last time", () => {
  test("is found by modifiedSince, and removed ones are listed on request", async () => {
    const { demo } = koppla;
    const types = [
      { id: 50, name: "Old" },
      { id: 51, name: "Gone" },
      { id: 52, name: "Goes" },
    ];
    await demo.send("POST", "/api/v1/trainings", types, 200);
    await demo.delete("/api/v1/trainings/51");
    // After both, however long the removal took: test and server have one clock.
    const since = new Date(Date.now() + 5).toISOString();
    while (Date.now() <= Date.parse(since)) await Bun.sleep(5);
    await demo.put("/api/v1/trainings/50", { name: "New" });
    await demo.delete("/api/v1/trainings/52");
    const query = `org=demo&modifiedSince=${encodeURIComponent(since)}`;
    const changed = await pull(koppla, query);
    expect(idsOf(changed)).toEqual([50]);
    expect(changed.deleted).toBeUndefined();
    const all = await pull(koppla, `${query}&showDeleted=true`);
    expect(idsOf(all)).toEqual([50]);
    expect(all.deleted).toEqual([{ id: 52, deletedAt: expect.stringMatching(/^20\d\d-.*Z$/) }]);
    expect(all.search.deletedAfter).toBeNull();
    const ever = await pull(koppla, "org=demo&modifiedSince=2020-01-01&showDeleted=true");
    expect(ever.deleted?.map(({ id }) => id)).toEqual([51, 52]);
    await demo.delete("/api/v1/trainings/50");
  });
});

describe("other formats", () => {
  test("CSV has the fields that the caller may see, and no formula", async () => {
    await koppla.demo.send(
      "PUT",
      "/api/v1/trainings/60",
      { name: '=HYPERLINK("http://x")', city: "@Å" },
      201,
    );
    const response = await ask(koppla, "trainings/?org=demo&format=csv&sort=-id");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="trainings.csv"');
    const [head, first] = (await response.text()).split("\n");
    expect(head).toBe("id,name,city,starts,ends");
    expect(first).toBe(`60,"'=HYPERLINK(""http://x"")",'@Å,,`);
    const all = await ask(koppla, "trainings/", { method: "POST", body: withPw("format=csv&maxRows=1") });
    expect((await all.text()).split("\n")[0]).toBe("id,name,city,starts,ends,seats,remark");
    await koppla.demo.delete("/api/v1/trainings/60");
  });

  test("iCal has an event for each record with a date, days as days and times as times", async () => {
    const evil = {
      name: "A\r\nEND:VCALENDAR;,\\\u0007",
      starts: "2026-12-05T09:00:00Z",
      city: "x\nATTENDEE:y",
    };
    await koppla.demo.send("PUT", "/api/v1/trainings/61", evil, 201);
    const response = await ask(koppla, "trainings/?org=demo&format=ical");
    expect(response.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    const text = await response.text();
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    const lines = text.replaceAll("\r\n ", "").split("\r\n");
    expect(lines.filter((line) => line === "BEGIN:VEVENT")).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith("END:VCALENDAR"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("ATTENDEE"))).toHaveLength(0);
    for (const line of [
      "UID:demo-trainings-1@koppla.example",
      ...["DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261204"],
      ...["DTSTART:20261202T090000Z", "SUMMARY:Svetsning grund", "LOCATION:Köpenick"],
    ]) {
      expect(lines).toContain(line);
    }
    const none = await ask(koppla, "invoices/", { method: "POST", body: withPw("format=ical") });
    expect([none.status, await errorsOf(none)]).toEqual([
      400,
      ["format must be json or csv: invoices are no events of a calendar"],
    ]);
    await koppla.demo.delete("/api/v1/trainings/61");
  });
});

describe("the public view", () => {
  const get = (query: string, headers: Record<string, string> = {}) =>
    ask(koppla, `trainings/?org=demo&${query}`, { headers });

  test("may be kept by anybody who asks whether it is still so, which costs nothing to send", async () => {
    for (const round of [1, 2]) {
      const response = await get("sort=-id", { "accept-encoding": "identity" });
      const tag = response.headers.get("etag") ?? "";
      expect([round, response.headers.get("cache-control")]).toEqual([round, "public, no-cache"]);
      expect(tag).toMatch(/^"[\w-]{22}"$/);
      const vary = response.headers.get("vary") ?? "";
      for (const header of ["authorization", "apikey", "cookie", "origin"]) expect(vary).toContain(header);
      const again = await get("sort=-id", { "if-none-match": `W/"x", ${tag}` });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
      expect((await get("sort=-id", { "if-none-match": '"other"' })).status).toBe(200);
    }
  });

  test("is never older than a write that was acknowledged", async () => {
    for (let seats = 0; seats < 40; seats++) {
      const city = `C${seats}`;
      await koppla.demo.put("/api/v1/trainings/70", { name: "Changing", city });
      const [first, second] = await Promise.all([
        pull(koppla, "org=demo&sort=-id"),
        pull(koppla, "org=demo&sort=-id"),
      ]);
      expect([first.trainings[0]?.["city"], second.trainings[0]?.["city"]]).toEqual([city, city]);
    }
    await koppla.demo.delete("/api/v1/trainings/70");
    expect(idsOf(await pull(koppla, "org=demo&sort=-id"))).toEqual([3, 2, 1]);
  });

  test("is sent compressed to who likes that, with a validator of its own", async () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ id: 100 + i, name: `Kurs ${i}`, city: "Malmö" }));
    await koppla.demo.send("POST", "/api/v1/trainings", many, 200);
    const plain = await get("city=Malmö", { "accept-encoding": "identity" });
    const zipped = await get("city=Malmö", { "accept-encoding": "gzip" });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(await zipped.text()).toBe(await plain.text());
    expect(zipped.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    expect((await get("city=Malmö", { "if-none-match": zipped.headers.get("etag") ?? "" })).status).toBe(304);
    for (const { id } of many) await koppla.demo.delete(`/api/v1/trainings/${id}`);
  });

  test("is not what somebody gets who has logged in, nor the other way round", async () => {
    const { token } = koppla.demo;
    for (let round = 0; round < 3; round++) {
      const mine = await get("sort=id", { authorization: `Bearer ${token}` });
      expect(mine.headers.get("cache-control")).toBe("private, no-cache");
      expect(mine.headers.get("etag")).toBeNull();
      expect(await mine.text()).toContain("remark");
      expect(await (await get("sort=id")).text()).not.toContain("remark");
    }
  });
});

describe("pages of the organisation's sites", () => {
  const site = "https://www.example.org";
  beforeAll(async () => {
    await koppla.demo.send("PATCH", "/api/v1/organisations/demo", { sites: [site] }, 200);
  });
  const from = (origin: string, path: string, init: RequestInit = {}) =>
    ask(koppla, path, { ...init, headers: { origin, ...(init.headers as Record<string, string>) } });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");

  test("may read answers, kept ones and errors too; others may not", async () => {
    for (let round = 0; round < 3; round++) {
      const answer = await from(site, "trainings/?org=demo");
      expect([answer.status, allowed(answer)]).toEqual([200, site]);
      expect(answer.headers.get("vary")).toContain("origin");
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(allowed(await from("https://evil.example", "trainings/?org=demo"))).toBeNull();
      expect(allowed(await ask(koppla, "trainings/?org=demo"))).toBeNull();
    }
    const error = await from(site, "trainings/?org=demo&maxRows=x");
    expect([error.status, allowed(error)]).toEqual([400, site]);
    const wrong = await from(site, "trainings/", {
      method: "POST",
      body: new URLSearchParams("org=demo&pw=wrong-one"),
    });
    expect([wrong.status, allowed(wrong)]).toEqual([401, site]);
    for (const origin of [
      "null",
      `${site}.evil.example`,
      "http://www.example.org",
      "https://WWW.example.org",
    ])
      expect([origin, allowed(await from(origin, "trainings/?org=demo"))]).toEqual([origin, null]);
    expect(allowed(await from(site, "trainings/?org=other"))).toBeNull();
  });

  test("are told before a request that is no simple one what they may send", async () => {
    const before = (origin: string, path: string) =>
      from(origin, path, {
        method: "OPTIONS",
        headers: {
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
    for (const path of ["trainings/", "trainings/?org=demo", "trainings/add/", "userLogin/"]) {
      const answer = await before(site, path);
      expect([path, answer.status, allowed(answer)]).toEqual([path, 204, site]);
      expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST");
      expect(answer.headers.get("access-control-allow-headers")).toContain("content-type");
    }
    expect(allowed(await before("https://evil.example", "trainings/"))).toBeNull();
    expect(allowed(await before(site, "trainings/?org=other"))).toBeNull();
  });
});
