/** People at the console: how they get in, what they may do there, and what others may not do with their browsers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";

import { ConsoleBrowser, COOKIE, type SessionJson, setupToken, superadministrator } from "./console.ts";
import { Contract } from "./contract.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import { makeUser, PASSWORD } from "./person.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { deliveryWith } from "./wire.ts";

const OTHER = "battery staple correct";

let koppla: Koppla;
let root: ConsoleBrowser;
let contract: Contract;
let sink: TestReceiver;
let names = 0;
const newName = () => `person${++names}`;

beforeAll(async () => {
  sink = new TestReceiver();
  koppla = await startKoppla({
    config: { actions: { notify: { run: { http: { url: sink.url("/action") } } } } },
  });
  contract = new Contract(JSON.parse(await (await fetch(`${koppla.url}/openapi.json`)).text()));
  await koppla.partner("elsewhere");
  root = await superadministrator(koppla);
}, LONG_TEST_MS);
afterAll(async () => {
  await koppla.dispose();
  await sink.stop();
});

/** Somebody of `demo` with a role, in a browser. */
async function person(role: string, organisation = "demo"): Promise<[ConsoleBrowser, string]> {
  const username = newName();
  await makeUser(koppla, organisation, username, ...(role === "" ? [] : ["--role", role]));
  const browser = new ConsoleBrowser(koppla);
  await browser.enter(organisation, username);
  return [browser, username];
}

const copy = (response: Response) => response.clone() as Response;

/** A refusal without what differs from request to request. */
async function told(response: Response) {
  const { instance: _, ...rest } = JSON.parse(await response.text()) as Record<string, unknown>;
  return { ...rest, challenge: response.headers.get("www-authenticate") };
}

describe("the first administrator", () => {
  test("makes himself and his organisation by a link, once", async () => {
    await using fresh = await startKoppla({ organisation: false });
    const browser = new ConsoleBrowser(fresh);
    const needed = () => browser.json<{ needed: boolean }>("GET", "/api/v1/setup");
    expect(await needed()).toEqual({ needed: true });
    const token = await setupToken(fresh);
    expect(fresh.log.text()).toContain("there is no administrator yet");
    expect(fresh.log.text()).not.toContain("/console/setup#");
    const body = { username: "root", email: "root@example.org", password: PASSWORD };
    const organisation = { code: "first", name: "The first" };
    const refused = await browser.call("POST", "/api/v1/setup", {
      token,
      ...body,
      organisation: { code: "first" },
    });
    expect(await told(refused)).toMatchObject({ status: 422, violations: [{ field: "organisation.name" }] });
    const short = { ...body, password: "short" };
    expect((await browser.call("POST", "/api/v1/setup", { token, organisation, ...short })).status).toBe(422);
    const two = await Promise.all(
      ["root", "other"].map((username) =>
        new ConsoleBrowser(fresh).call("POST", "/api/v1/setup", { token, organisation, ...body, username }),
      ),
    );
    expect(two.map(({ status }) => status).toSorted()).toEqual([201, 401]);
    const made = two.find(({ status }) => status === 201);
    const session = (await made?.json()) as SessionJson;
    expect(session).toMatchObject({
      ...{ kind: "user", account: null, organisation, organisations: [organisation] },
      ...{ superadministrator: true, user: { email: "root@example.org", language: null, totp: false } },
    });
    browser.cookie = made?.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect(await browser.json<SessionJson>("GET", "/api/v1/session")).toEqual(session);
    await eventually("it is known", async () => !(await needed()).needed || undefined);
    const used = await browser.call("POST", "/api/v1/setup", {
      token,
      organisation,
      ...body,
      username: "third",
    });
    expect(used.status).toBe(401);
  });

  test("is nobody who has no link", async () => {
    const body = {
      organisation: { code: "demo" },
      username: "x",
      email: "x@example.org",
      password: PASSWORD,
    };
    for (const token of ["", "x", "A".repeat(43), "å".repeat(43), "\0".repeat(43)]) {
      const response = await new ConsoleBrowser(koppla).call("POST", "/api/v1/setup", { token, ...body });
      expect([token, response.status]).toEqual([token, 401]);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe("a login", () => {
  test("tells who it is, and sets a cookie that no script and no other site gets", async () => {
    const username = newName();
    await makeUser(koppla, "demo", username, "--role", "administrator");
    const browser = new ConsoleBrowser(koppla);
    const response = await browser.login("demo", username);
    expect(await contract.faults(contract.operation("createSession"), copy(response))).toEqual([]);
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-koppla_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const session = (await response.json()) as SessionJson;
    expect(session).toMatchObject({
      ...{ kind: "user", user: { username, roles: ["administrator"] }, superadministrator: false },
      ...{ organisation: { code: "demo" }, organisations: [{ code: "demo" }], idle_seconds: 1800 },
    });
    expect(session.grants).toEqual([{ resource: "*", actions: ["*"] }]);
    expect(await browser.json<SessionJson>("GET", "/api/v1/session")).toEqual(session);
    expect((await browser.call("GET", "/api/v1/me")).status).toBe(200);
  });

  test("is refused in the same words whatever is wrong, and the cookie stays what it was", async () => {
    const [, username] = await person("reader");
    const disabled = newName();
    await makeUser(koppla, "demo", disabled);
    await koppla.cliJson("user", "disable", "--org", "demo", "--username", disabled);
    const refusals = [];
    for (const wrong of [
      { organisation: "demo", username, password: "wrong wrong wrong" },
      { organisation: "demo", username: "nobody-of-this-name", password: PASSWORD },
      { organisation: "demo", username: disabled, password: PASSWORD },
      { organisation: "elsewhere", username, password: PASSWORD },
      { organisation: "nowhere", username, password: PASSWORD },
      { organisation: "'; --", username, password: PASSWORD },
    ]) {
      const response = await new ConsoleBrowser(koppla).call("POST", "/api/v1/session", wrong);
      expect(response.headers.getSetCookie()).toEqual([]);
      refusals.push(await told(response));
    }
    expect(refusals[0]).toMatchObject({ status: 401, code: "unauthorized" });
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
  });

  test("gives a browser another value than any it had, and what it had is worthless", async () => {
    const [browser, username] = await person("reader");
    const before = browser.cookie;
    await browser.enter("demo", username);
    expect(browser.cookie).not.toBe(before);
    const planted = new ConsoleBrowser(koppla);
    planted.cookie = before;
    expect((await planted.call("GET", "/api/v1/session")).status).toBe(401);
    planted.cookie = `${COOKIE}=${"A".repeat(43)}`;
    await planted.enter("demo", username);
    expect(planted.value).not.toBe("A".repeat(43));
  });

  test("ends when it is told to, and with the person", async () => {
    const [browser, username] = await person("reader");
    const { cookie } = browser;
    const response = await browser.call("DELETE", "/api/v1/session");
    expect([response.status, browser.cookie]).toEqual([204, ""]);
    browser.cookie = cookie;
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(401);
    expect((await browser.call("DELETE", "/api/v1/session")).status).toBe(401);
    await browser.enter("demo", username);
    await koppla.cliJson("user", "disable", "--org", "demo", "--username", username);
    expect((await browser.call("GET", "/api/v1/trainings")).status).toBe(401);
  });

  test("ends when it was not used for as long as the YAML says", async () => {
    await using other = await startKoppla({ config: { sessions: { idle: "300ms" } } });
    await makeUser(other, "demo", "anna", "--role", "reader");
    const browser = new ConsoleBrowser(other);
    expect((await browser.enter("demo", "anna")).idle_seconds).toBe(0);
    for (let i = 0; i < 5; i++) {
      await Bun.sleep(120);
      expect((await browser.call("GET", "/api/v1/trainings")).status).toBe(200);
    }
    await Bun.sleep(350);
    expect((await browser.call("GET", "/api/v1/trainings")).status).toBe(401);
  });

  test("is not kept by what a page asks while nobody touches it", async () => {
    await using other = await startKoppla({ config: { sessions: { idle: "400ms" } } });
    await makeUser(other, "demo", "anna", "--role", "reader");
    const browser = new ConsoleBrowser(other);
    await browser.enter("demo", "anna");
    const alone = { "koppla-idle": "3600" };
    const status = await eventually("it has ended", async () => {
      const response = await browser.call("GET", "/api/v1/session", undefined, alone);
      return response.status === 200 ? undefined : response.status;
    });
    expect(status).toBe(401);
  });

  test("counts only from where the organisation allows it", async () => {
    const fenced = await koppla.partner("fenced");
    await makeUser(koppla, "fenced", "frida", "--role", "reader");
    const browser = new ConsoleBrowser(koppla);
    await browser.enter("fenced", "frida");
    await koppla.cliJson("organisation", "change", "--code", "fenced", "--allow-ip", "192.0.2.0/24");
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(403);
    expect((await browser.call("GET", "/api/v1/trainings")).status).toBe(403);
    expect((await new ConsoleBrowser(koppla).login("fenced", "frida")).status).toBe(401);
    expect((await fenced.get("/api/v1/trainings")).status).toBe(401);
  });

  test("cannot be tried out", async () => {
    const [browser, username] = await person("reader");
    const dry = { "dry-run": "true" };
    const login = { organisation: "demo", username, password: PASSWORD };
    const response = await new ConsoleBrowser(koppla).call("POST", "/api/v1/session", login, dry);
    expect([response.status, response.headers.getSetCookie()]).toEqual([400, []]);
    const change = { current: PASSWORD, new: OTHER };
    expect((await browser.call("PUT", "/api/v1/session/password", change, dry)).status).toBe(400);
    expect((await browser.call("DELETE", "/api/v1/session", undefined, dry)).status).toBe(400);
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(200);
  });

  test("is slowed down when it is guessed, by dry runs too", async () => {
    await using other = await startKoppla();
    await makeUser(other, "demo", "anna");
    const guess = (headers: Record<string, string> = {}) => {
      const body = { organisation: "demo", username: "anna", password: "wrong wrong wrong" };
      return new ConsoleBrowser(other).call("POST", "/api/v1/session", body, headers);
    };
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await guess()).status);
    expect(statuses[0]).toBe(401);
    const last = await guess();
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("a session's request that changes something", () => {
  const body = { name: "From a page" };
  const path = "/api/v1/trainings/9001";

  test.each([
    ["without the console's header", { "x-koppla-console": null }, 403],
    ["with another value of it", { "x-koppla-console": "true" }, 403],
    ["from another site", { "sec-fetch-site": "cross-site" }, 401],
    ["from a neighbour in the domain", { "sec-fetch-site": "same-site" }, 401],
    ["of another origin", { "sec-fetch-site": null, origin: "https://evil.example" }, 401],
    ["as a form sends it", { "x-koppla-console": null, "content-type": "text/plain" }, 403],
  ] as const)("is refused %s", async (_, headers, status) => {
    const [browser] = await person("administrator");
    expect((await browser.call("PUT", path, body, headers)).status).toBe(status);
    expect((await koppla.demo.get(path)).status).toBe(404);
    // What went wrong was not the login.
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(200);
  });

  test("is carried out where a page of ours sends it, and is the person's", async () => {
    const [browser, username] = await person("administrator");
    const mine = "/api/v1/trainings/9002";
    expect((await browser.call("PUT", mine, body)).status).toBe(201);
    const created = await browser.call("POST", "/api/v1/users", {
      username: newName(),
      email: "a@example.org",
    });
    expect(created.status).toBe(201);
    const { items } = await koppla.demo.read<{ items: { subject: string; action: string }[] }>(
      "/api/v1/audit",
    );
    expect(items).toContainEqual(
      expect.objectContaining({ action: "user.create", subject: `user:${username}` }),
    );
  });

  test("counts for nothing where a token is sent, too: that decides", async () => {
    const [browser] = await person("administrator");
    const response = await browser.call("GET", "/api/v1/me", undefined, {
      authorization: "Bearer koppla_wrong",
    });
    expect(response.status).toBe(401);
  });

  test("does not log anybody in or out from another site", async () => {
    const [browser, username] = await person("reader");
    const login = { organisation: "demo", username, password: PASSWORD };
    const away = { "sec-fetch-site": "cross-site" };
    const forged = await browser.call("POST", "/api/v1/session", login, away);
    expect([forged.status, forged.headers.getSetCookie()]).toEqual([403, []]);
    expect((await browser.call("DELETE", "/api/v1/session", undefined, away)).status).toBe(401);
    expect(
      (await browser.call("DELETE", "/api/v1/session", undefined, { "x-koppla-console": null })).status,
    ).toBe(403);
    expect((await browser.call("GET", "/api/v1/session", undefined, away)).status).toBe(401);
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(200);
  });
});

describe("another organisation", () => {
  test("is not there for anybody's session or token, by its name or by its ids", async () => {
    const [browser] = await person("administrator");
    const elsewhere = { "koppla-organisation": "elsewhere" };
    for (const path of ["/api/v1/me", "/api/v1/users", "/api/v1/session"])
      expect((await browser.call("GET", path, undefined, elsewhere)).status).toBe(403);
    for (const code of ["nowhere", "", "DEMO", "x'--"]) {
      const response = await browser.call("GET", "/api/v1/me", undefined, { "koppla-organisation": code });
      expect([code, response.status]).toEqual([code, 403]);
    }
    expect(
      (await browser.call("GET", "/api/v1/me", undefined, { "koppla-organisation": "demo" })).status,
    ).toBe(200);
    expect((await koppla.demo.get("/api/v1/me", elsewhere)).status).toBe(403);
    expect((await koppla.demo.get("/api/v1/me", { "koppla-organisation": "demo" })).status).toBe(200);
    const { id } = await makeUser(koppla, "elsewhere", newName());
    const other = await koppla.account("elsewhere");
    const receiver = await createReceiver(other, sink.url("/elsewhere"));
    for (const path of [
      `users/${id}`,
      `accounts/${other.clientId}`,
      `receivers/${receiver.id}`,
      "organisations/elsewhere",
    ])
      expect([path, (await browser.call("GET", `/api/v1/${path}`)).status]).toEqual([path, 404]);
    expect((await browser.call("DELETE", `/api/v1/receivers/${receiver.id}`)).status).toBe(404);
  });

  test("is a superadministrator's to look after, and its audit log says whose he is", async () => {
    const session = await root.json<SessionJson>("GET", "/api/v1/session");
    expect(session.organisations.map(({ code }) => code)).toContain("elsewhere");
    const at = { "koppla-organisation": "elsewhere" };
    const looking = await root.call("GET", "/api/v1/session", undefined, at);
    expect(await looking.json()).toMatchObject({
      organisation: { code: "elsewhere" },
      user: { username: "root" },
    });
    const username = newName();
    const made = await root.call("POST", "/api/v1/users", { username, email: "b@example.org" }, at);
    expect(made.status).toBe(201);
    expect(
      (await root.call("PATCH", "/api/v1/organisations/elsewhere", { name: "Renamed" }, at)).status,
    ).toBe(200);
    const log = await root.call("GET", "/api/v1/audit?limit=5", undefined, at);
    const { items } = (await log.json()) as { items: Record<string, unknown>[] };
    expect(items).toContainEqual(
      expect.objectContaining({
        ...{ action: "user.create", subject: "user:root", target: `user:${username}` },
        detail: expect.objectContaining({ home_organisation: "hq" }),
      }),
    );
    expect(
      (await root.call("GET", "/api/v1/me", undefined, { "koppla-organisation": "nowhere" })).status,
    ).toBe(404);
  });
});

describe("the built-in roles", () => {
  test("let each do what it is for, and no more", async () => {
    const { demo } = koppla;
    const receiver = await createReceiver(demo, sink.url("/roles"), { topics: ["Trainings.*"] });
    await put(demo, "trainings/77", { name: "x" });
    const sent = await sink.nth(1, "/roles");
    await deliveryWith(demo, sent.id, "delivered");
    const table: [string, string, unknown, Record<string, number>][] = [
      // method and path, body, and the status for each role
      ...[
        "trainings",
        "receivers",
        "deliveries",
        "operations",
        "accounts",
        "users",
        "audit",
        "organisations",
      ].map((path): [string, string, unknown, Record<string, number>] => [
        ...(["GET", `/api/v1/${path}`, undefined] as const),
        { reader: 200, operator: 200, administrator: 200 },
      ]),
      ["PUT", "/api/v1/trainings/78", { name: "y" }, { reader: 403, operator: 403, administrator: 201 }],
      [
        "POST",
        `/api/v1/deliveries/${sent.id}/resend`,
        {},
        { reader: 403, operator: 202, administrator: 202 },
      ],
      [
        "POST",
        `/api/v1/receivers/${receiver.id}/test`,
        {},
        { reader: 403, operator: 200, administrator: 200 },
      ],
      [
        ...(["POST", `/api/v1/receivers/${receiver.id}/recover`, { since: "2020-01-01T00:00:00Z" }] as const),
        { reader: 403, operator: 202, administrator: 202 },
      ],
      [
        "PATCH",
        `/api/v1/receivers/${receiver.id}`,
        { name: "z" },
        { reader: 403, operator: 403, administrator: 200 },
      ],
      [
        ...(["POST", `/api/v1/receivers/${receiver.id}/rotate-secret`, {}] as const),
        { reader: 403, operator: 403, administrator: 200 },
      ],
      ["POST", "/api/v1/actions/notify", {}, { reader: 403, operator: 202, administrator: 202 }],
      [
        ...(["POST", "/api/v1/accounts", { name: "n", grants: [] }] as const),
        { reader: 403, operator: 403, administrator: 201 },
      ],
      [
        ...(["PATCH", "/api/v1/organisations/demo", { name: "Demo" }] as const),
        { reader: 403, operator: 403, administrator: 200 },
      ],
    ];
    const browsers = new Map<string, ConsoleBrowser>();
    for (const role of ["reader", "operator", "administrator"]) browsers.set(role, (await person(role))[0]);
    for (const [method, path, body, expected] of table) {
      const found: Record<string, number> = {};
      for (const [role, browser] of browsers) {
        let response = await browser.call(method, path, body);
        // The delivery before is still under way.
        if (response.status === 409)
          response = await eventually("it has ended", async () => {
            const again = await browser.call(method, path, body);
            return again.status === 409 ? undefined : again;
          });
        found[role] = response.status;
      }
      expect({ method, path, ...found }).toEqual({ method, path, ...expected });
    }
  });

  test("cannot be used to become more than one is", async () => {
    const [browser] = await person("administrator");
    const body = { username: newName(), email: "c@example.org", roles: ["superadministrator"] };
    expect((await browser.call("POST", "/api/v1/users", body)).status).toBe(403);
    const organisation = { code: "of-my-own", name: "Of my own" };
    expect((await browser.call("POST", "/api/v1/organisations", organisation)).status).toBe(403);
    const system = { name: "system", grants: [{ resource: "system", actions: ["read"] }] };
    expect((await browser.call("POST", "/api/v1/accounts", system)).status).toBe(403);
    expect((await koppla.demo.post("/api/v1/accounts", system)).status).toBe(403);
    const { id } = await makeUser(koppla, "demo", newName(), "--role", "superadministrator");
    expect((await browser.call("POST", `/api/v1/users/${id}/password`, { password: OTHER })).status).toBe(
      403,
    );
    expect((await koppla.demo.post(`/api/v1/users/${id}/password`, { password: OTHER })).status).toBe(403);
    for (const role of ["operator", "reader", "administrator"]) {
      const made = { username: newName(), email: "d@example.org", roles: [role] };
      expect([role, (await browser.call("POST", "/api/v1/users", made)).status]).toEqual([role, 201]);
    }
  });
});

describe("a person", () => {
  test("changes its password, which ends its other sessions and not this one", async () => {
    const [browser, username] = await person("reader");
    const other = new ConsoleBrowser(koppla);
    await other.enter("demo", username);
    const change = (current: string, to: string) =>
      browser.call("PUT", "/api/v1/session/password", { current, new: to });
    expect(await told(await change("wrong wrong wrong", OTHER))).toMatchObject({
      violations: [{ field: "current" }],
    });
    expect(await told(await change(PASSWORD, "short"))).toMatchObject({ violations: [{ field: "new" }] });
    const before = browser.cookie;
    const changed = await change(PASSWORD, OTHER);
    expect(changed.status).toBe(204);
    expect(await contract.faults(contract.operation("setSessionPassword"), changed)).toEqual([]);
    expect(browser.cookie).not.toBe(before);
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(200);
    expect((await other.call("GET", "/api/v1/session")).status).toBe(401);
    expect((await new ConsoleBrowser(koppla).login("demo", username)).status).toBe(401);
    await new ConsoleBrowser(koppla).enter("demo", username, { password: OTHER });
  });

  test("enrols an authenticator app, after which a login needs its code, each once", async () => {
    const [browser, username] = await person("reader");
    const path = "/api/v1/session/totp";
    expect((await browser.call("POST", path, { password: "wrong wrong wrong" })).status).toBe(422);
    expect((await browser.call("POST", `${path}/confirm`, { code: "123456" })).status).toBe(409);
    const begun = await browser.call("POST", path, { password: PASSWORD });
    expect(await contract.faults(contract.operation("enrolSessionTotp"), copy(begun))).toEqual([]);
    const { secret, otpauth_uri: uri, qr } = (await begun.json()) as Record<string, string>;
    expect(uri).toContain(`secret=${secret}`);
    expect(qr).toStartWith("<svg");
    // Not active until a code was shown.
    await new ConsoleBrowser(koppla).enter("demo", username);
    const code = (steps = 0) =>
      generateSync({ secret: String(secret), epoch: Math.floor(Date.now() / 1000) + steps * 30 });
    expect((await browser.call("POST", `${path}/confirm`, { code: "000000" })).status).toBe(422);
    expect((await browser.call("POST", `${path}/confirm`, { code: code(-1) })).status).toBe(204);
    expect((await browser.call("POST", path, { password: PASSWORD })).status).toBe(409);
    const next = new ConsoleBrowser(koppla);
    const without = await next.login("demo", username);
    expect(await contract.faults(contract.operation("createSession"), copy(without))).toEqual([]);
    expect(await told(without)).toMatchObject({ status: 401, code: "totp_required" });
    const wrong = await next.login("demo", username, { password: "wrong wrong wrong", totp: code() });
    expect(await told(wrong)).toMatchObject({ status: 401, code: "unauthorized" });
    const shown = code();
    const spaced = `${shown.slice(0, 3)} ${shown.slice(3)}`;
    expect((await next.enter("demo", username, { totp: spaced })).user?.totp).toBe(true);
    expect((await new ConsoleBrowser(koppla).login("demo", username, { totp: shown })).status).toBe(401);
    const remove = (given: string) => browser.call("DELETE", path, { password: PASSWORD, code: given });
    expect((await remove(shown)).status).toBe(422);
    expect((await remove(code(1))).status).toBe(204);
    expect((await new ConsoleBrowser(koppla).login("demo", username)).status).toBe(200);
  });

  test("chooses its name and language, and nothing else", async () => {
    const [browser] = await person("reader");
    const path = "/api/v1/session";
    const shown = await browser.json<SessionJson>("PATCH", path, { language: "sv", name: "Åsa" });
    expect(shown.user).toMatchObject({ language: "sv", name: "Åsa" });
    const back = await browser.json<SessionJson>("PATCH", path, { language: null });
    expect(back.user).toMatchObject({ language: null, name: "Åsa" });
    for (const body of [
      { language: "xx" },
      { roles: ["administrator"] },
      { email: "x@example.org" },
      { language: 7 },
    ])
      expect((await browser.call("PATCH", path, body)).status).toBe(422);
  });
});
