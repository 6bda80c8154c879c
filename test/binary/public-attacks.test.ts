/** What strangers try at the public data API: other people's passwords, addresses that are made up, odd requests. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { ask, errorsOf, idsOf, publicHouse, pull, PW } from "../wire/public-house.ts";
import type { Koppla } from "./harness.ts";
import { Browser, makeSite, makeUser, PASSWORD } from "./person.ts";

const form = (fields: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(fields) });

describe("a password", () => {
  let koppla: Koppla;
  beforeAll(async () => {
    const server = { trusted_proxies: ["127.0.0.1"] };
    koppla = await publicHouse({ config: { server, log: { level: "debug" } } });
  });
  afterAll(() => koppla.dispose());

  /** As seen through a proxy that names the client. */
  const at = (address: string, fields: Record<string, string>, query = "") =>
    ask(koppla, `trainings/${query}`, { ...form(fields), headers: { "x-forwarded-for": address } });

  test("of one organisation opens no other", async () => {
    await koppla.demo.send("PATCH", "/api/v1/organisations/demo", { name: "Demo" }, 200);
    const mine = "only-mine-1234";
    await koppla.demo.send(
      "POST",
      "/api/v1/organisations/demo/password",
      { password: mine, overlap: "0s" },
      200,
    );
    expect((await at("198.51.100.1", { org: "demo", pw: mine })).status).toBe(200);
    const other = await at("198.51.100.1", { org: "other", pw: mine });
    expect([other.status, await errorsOf(other)]).toEqual([401, ["Wrong password"]]);
    await koppla.demo.send(
      "POST",
      "/api/v1/organisations/demo/password",
      { password: PW, overlap: "0s" },
      200,
    );
  });

  test("that is guessed across organisations slows the guesser down, and nobody else", async () => {
    const guesser = "198.51.100.9";
    const guess = async (org: string) => (await at(guesser, { org, pw: "a guess" })).status;
    const six = [];
    for (let i = 0; i < 6; i++) six.push(await guess("demo"));
    expect(six).toEqual([401, 401, 401, 401, 401, 401]);
    // The right one is not looked at either; of other organisations one may go on guessing, but not for long.
    expect((await at(guesser, { org: "demo", pw: PW })).status).toBe(429);
    expect(await guess("other")).toBe(401);
    expect(await guess("nobody")).toBe(401);
    // What fails at another door counts too, and costs this test less than argon2id.
    for (let i = 0; i < 45; i++) {
      await fetch(`${koppla.url}/oauth/token`, {
        method: "POST",
        headers: { "x-forwarded-for": guesser, authorization: `Basic ${btoa(`acc_${i}:wrong`)}` },
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      });
    }
    expect([await guess("other"), await guess("nobody"), await guess("else")]).toEqual([429, 429, 429]);
    const right = await at(guesser, { org: "other", pw: PW });
    expect([right.status, await errorsOf(right)]).toEqual([
      429,
      ["Too many failed attempts; try again later."],
    ]);
    expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await at("198.51.100.10", { org: "demo", pw: PW })).status).toBe(200);
    // What is public is nobody's secret.
    expect((await at(guesser, { org: "demo" })).status).toBe(200);
  });

  test("is good from the allowed addresses alone, whatever headers say of them", async () => {
    await koppla.demo.send(
      "PATCH",
      "/api/v1/organisations/demo",
      { allowed_ips: ["203.0.113.0/24", "127.0.0.1"] },
      200,
    );
    const from = (headers: Record<string, string>) =>
      ask(koppla, "trainings/", { ...form({ org: "demo", pw: PW }), headers });
    expect((await from({ "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    for (const headers of [
      { "x-forwarded-for": "203.0.113.7, 198.51.100.20" },
      { "x-forwarded-for": "198.51.100.20", "x-real-ip": "203.0.113.7" },
      { "x-forwarded-for": "198.51.100.20", forwarded: "for=203.0.113.7" },
      {
        "x-forwarded-for": "198.51.100.20",
        "cf-connecting-ip": "203.0.113.7",
        "true-client-ip": "203.0.113.7",
      },
    ] as Record<string, string>[]) {
      const response = await from(headers);
      expect([headers, response.status]).toEqual([headers, 403]);
      expect(await errorsOf(response)).toEqual(["The password may not be used from this address."]);
    }
    // The public view carries no password.
    const open = await ask(koppla, "trainings/?org=demo", {
      headers: { "x-forwarded-for": "198.51.100.20" },
    });
    expect(open.status).toBe(200);
    await koppla.demo.send("PATCH", "/api/v1/organisations/demo", { allowed_ips: [] }, 200);
  });

  test("does what it is given, from the next request on, and never manages anything", async () => {
    const give = (grants: unknown) =>
      koppla.demo.send("PATCH", "/api/v1/organisations/demo", { password_grants: grants }, 200);
    const asked = async () => idsOf(await pull(koppla, "", form({ org: "demo", pw: PW })));
    await give([{ resource: "trainings", actions: ["read"], where: { city: ["Lund"] } }]);
    expect(await asked()).toEqual([2, 3]);
    expect((await ask(koppla, "invoices/", form({ org: "demo", pw: PW }))).status).toBe(403);
    await give([{ resource: "invoices", actions: ["read"] }]);
    expect((await ask(koppla, "trainings/", form({ org: "demo", pw: PW }))).status).toBe(403);
    await give([{ resource: "*", actions: ["read", "write"] }]);
    expect(await asked()).toEqual([1, 2, 3]);
    for (const path of ["accounts", "me", "trainings"]) {
      const response = await fetch(`${koppla.url}/api/v1/${path}?org=demo&pw=${PW}`);
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  test("beside a token is refused: nobody could say which of them counts", async () => {
    for (const headers of [
      { authorization: `Bearer ${koppla.demo.token}` },
      { apikey: koppla.demo.token },
    ] as Record<string, string>[]) {
      const response = await ask(koppla, "trainings/", { ...form({ org: "demo", pw: PW }), headers });
      expect([response.status, await errorsOf(response)]).toEqual([
        400,
        ["There are two logins: send pw, or a token."],
      ]);
    }
  });

  test("in a URL, right or wrong, stands in no log and not in the audit", async () => {
    const wrong = "wrong-but-secret";
    for (const name of ["pw", "PW", "%70w"]) {
      await ask(koppla, `trainings/?org=demo&${name}=${PW}`);
      await ask(koppla, `trainings/?org=demo&${name}=${wrong}`);
      await ask(koppla, `nothing/at/all?org=demo&${name}=${PW}`);
      await ask(koppla, `trainings/?org=demo&${name}=${PW}&maxRows=x`, { method: "DELETE" });
    }
    const audit = await (await koppla.demo.api("/api/v1/audit?limit=500")).text();
    expect(audit).toContain("login.denied");
    const logged = koppla.log.text();
    expect(logged).toContain("/api/public/trainings/");
    for (const text of [audit, logged]) {
      expect(text).not.toContain(PW);
      expect(text).not.toContain(wrong);
    }
  });
});

describe("the organisation of another", () => {
  let koppla: Koppla;
  beforeAll(async () => {
    koppla = await publicHouse();
  });
  afterAll(() => koppla.dispose());

  test("is not opened by a token: 403, and the audit log of its own has it", async () => {
    const headers = { authorization: `Bearer ${koppla.demo.token}` };
    const response = await ask(koppla, "trainings/?org=other", { headers });
    expect([response.status, await errorsOf(response)]).toEqual([
      403,
      ["The login is one of demo, and org is another."],
    ]);
    const audit = await (await koppla.demo.api("/api/v1/audit?outcome=denied&limit=1")).text();
    expect(audit).toContain("org of another");
  });

  test("is not opened by a browser's login either, and other sites cannot use that at all", async () => {
    await makeUser(koppla, "demo", "anna", "--role", "administrator");
    const site = await makeSite(koppla);
    const browser = new Browser();
    await browser.login(site.link(), "anna", PASSWORD);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect(cookie).toContain("koppla_session");
    const as = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
      ask(koppla, path, { ...init, headers: { cookie, ...headers } });

    // Neither organisation nor password: typed into the address line, and asked by a page of the console.
    for (const headers of [{ "sec-fetch-site": "none" }, { "sec-fetch-site": "same-origin" }] as Record<
      string,
      string
    >[]) {
      const response = await as("trainings/", headers);
      expect(response.headers.get("cache-control")).toBe("private, no-cache");
      expect(await response.text()).toContain("hemlig");
    }
    expect((await as("trainings/?org=other", { "sec-fetch-site": "none" })).status).toBe(403);

    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
    ] as Record<string, string>[]) {
      expect([headers, (await as("trainings/", headers)).status]).toEqual([headers, 400]);
      const open = await as("trainings/?org=demo", headers);
      expect([headers, await open.text()]).toEqual([headers, expect.not.stringContaining("hemlig")]);
    }
    // What can change something needs the browser's word that a page of ours sent it.
    const body = () => new URLSearchParams({ maxRows: "1" });
    expect((await as("trainings/", {}, { method: "POST", body: body() })).status).toBe(400);
    const ours = { "sec-fetch-site": "same-origin" };
    expect((await as("trainings/", ours, { method: "POST", body: body() })).status).toBe(200);
  });
});

describe("an odd request", () => {
  let koppla: Koppla;
  beforeAll(async () => {
    koppla = await publicHouse({ config: { server: { limits: { body: "100KB" } } } });
  });
  afterAll(() => koppla.dispose());
  const json = (value: unknown): RequestInit => ({
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: typeof value === "string" ? value : JSON.stringify(value),
  });

  test("with 10 000 parameters is refused before it is looked at", async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `p${i}=${i}`).join("&");
    const inForm = await ask(koppla, "trainings/?org=demo", {
      method: "POST",
      body: new URLSearchParams(many),
    });
    expect([inForm.status, await errorsOf(inForm)]).toEqual([413, [expect.stringContaining("larger than")]]);
    const short = Array.from({ length: 10_000 }, () => "a=1").join("&");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const shorter = await ask(koppla, "trainings/", { method: "POST", body: short, headers });
    expect([shorter.status, await errorsOf(shorter)]).toEqual([400, ["There are more than 200 parameters."]]);
    // A URL this long is the server's own business: 431, or the same answer.
    const inUrl = await ask(koppla, `trainings/?org=demo&${short}`);
    expect([400, 414, 431]).toContain(inUrl.status);
    const url = await ask(koppla, `trainings/?org=demo&${"a=1&".repeat(300)}`);
    expect([url.status, await errorsOf(url)]).toEqual([400, ["There are more than 200 parameters."]]);
    const parts = new FormData();
    for (let i = 0; i < 300; i++) parts.append(`p${i}`, "1");
    const multipart = await ask(koppla, "trainings/", { method: "POST", body: parts });
    expect([multipart.status, await errorsOf(multipart)]).toEqual([
      400,
      ["There are more than 200 parameters."],
    ]);
  });

  test("is told what is wrong with it, and the server goes on", async () => {
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    const cases: [string, RequestInit | undefined, number][] = [
      ["trainings/", json(deep), 400],
      ["trainings/", json(`{"a":${deep}}`), 400],
      ["trainings/", json([{ org: "demo" }]), 400],
      ["trainings/", json({ org: "demo", pw: { $ne: "" } }), 200],
      ["trainings/", json('{"org":"demo","__proto__":{"pw":"x"}}'), 400],
      ["trainings/", json({ org: ["demo", "other"] }), 400],
      ["trainings/?org=demo&org=other", undefined, 400],
      ["trainings/?org=demo%00", undefined, 404],
      ["trainings/?org=DEMO", undefined, 404],
      ["trainings/?org=demo&city=%ff", undefined, 400],
      ["trainings/?org=demo&city=%", undefined, 400],
      ["trainings/?org=demo&__proto__=1", undefined, 400],
      ["trainings/?org=demo&filter[__proto__]=1", undefined, 400],
      ["trainings/?org=demo&constructor=1", undefined, 400],
      ["trainings/?org=demo&city=%00", undefined, 200],
      ["trainings/?org=demo&sort=city;drop%20table%20records", undefined, 400],
      ["trainings/?org=demo&firstRow=99999999999999999999", undefined, 400],
      ["trainings/?org=demo&firstRow=1e3", undefined, 400],
      ["__proto__/?org=demo", undefined, 404],
      ["constructor/?org=demo", undefined, 404],
      ["trainings%2f..%2finvoices/?org=demo", undefined, 404],
    ];
    for (const [path, init, status] of cases) {
      const response = await ask(koppla, path, init);
      expect([path, String(init?.body ?? "").slice(0, 60), response.status]).toEqual([
        path,
        String(init?.body ?? "").slice(0, 60),
        status,
      ]);
      if (status !== 200) expect((await errorsOf(response)).length).toBeGreaterThan(0);
    }
    expect(idsOf(await pull(koppla, "org=demo"))).toEqual([1, 2, 3]);
    expect(koppla.log.text()).not.toContain("request failed");
  });

  test("with wildcards, quotes and operators in its text search finds what has the words, and nothing else", async () => {
    const search = async (text: string) =>
      idsOf(await pull(koppla, new URLSearchParams({ org: "demo", textSearch: text }).toString()));
    for (const text of ["*", "%", "_", '"', "'", "()", "-", "^", "\\", ":", "{}", "*:*"]) {
      expect([text, await search(text)]).toEqual([text, []]);
    }
    for (const text of [
      '"truck"',
      "truck*",
      "truck)",
      "NOT truck".slice(4),
      "'truck'",
      "-truck",
      "^truck",
      "tru_ck".replace("_", ""),
    ]) {
      expect([text, await search(text)]).toEqual([text, [2]]);
    }
    for (const text of [
      "truck OR svetsning",
      "truck AND svetsning",
      "remark:hemlig",
      "name:truck NEAR grund",
      "'; drop table records; --",
      "truck\0",
      "%uck",
    ]) {
      const found = await search(text);
      expect([text, found.every((id) => id === 2), found.length < 2]).toEqual([text, true, true]);
    }
    expect(idsOf(await pull(koppla, "org=demo"))).toEqual([1, 2, 3]);
  });
});
