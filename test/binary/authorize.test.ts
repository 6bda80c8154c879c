/** The authorize page as people, and those who attack them, see it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";

import { cpuTime } from "../load/lib/cpu.ts";
import { publicUrl } from "./config.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, run, startKoppla } from "./harness.ts";
import {
  Browser,
  formsOf,
  makeSite,
  makeUser,
  type Page,
  PASSWORD,
  REDIRECT_URI,
  type Site,
} from "./person.ts";

let koppla: Koppla;
let site: Site;
/** Each test has an address of its own, so that nobody is slowed down for another's failures. */
let addresses = 0;
const address = () => `198.51.100.${(++addresses % 250) + 1}`;
const visitor = (headers: Record<string, string> = {}) =>
  new Browser({ "x-forwarded-for": address(), ...headers });

const PREFIX = "__Host-koppla_";
const [SESSION, LOGIN] = [`${PREFIX}session`, `${PREFIX}login`];

beforeAll(async () => {
  koppla = await startKoppla({
    config: {
      server: { trusted_proxies: ["127.0.0.1"] },
      roles: { reader: { grants: [{ resource: "trainings", actions: ["read"] }] } },
    },
  });
  site = await makeSite(koppla);
  await makeUser(koppla, "demo", "anna", "--role", "reader", "--name", "Anna Andersson");
}, LONG_TEST_MS);
afterAll(() => koppla.dispose());

/** The parameters that a redirect to the client carries. */
function answerOf(page: Page, redirectUri = REDIRECT_URI): Record<string, string> {
  expect({ status: page.status, location: page.location }).toEqual({
    status: 303,
    location: expect.stringContaining(`${redirectUri}?`),
  });
  return Object.fromEntries(new URL(page.location ?? "").searchParams);
}

async function user(name: string, ...args: string[]): Promise<void> {
  const secret = args[0] === "password" ? "another long password\n" : "";
  const [command = "", ...rest] = args;
  const all = ["user", command, "-c", koppla.configFile, "--org", "demo", "--username", name, ...rest];
  const { exitCode, stderr } = await run(all, { cwd: koppla.dir, input: secret });
  if (exitCode !== 0) throw new Error(stderr);
}

describe("a person", () => {
  test("logs in, allows, and the client may then do in its name what both may", async () => {
    const browser = visitor();
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    expect(consent.status).toBe(200);
    for (const text of [
      "Course site",
      "Organisation demo",
      "Anna Andersson",
      "site.example",
      "See “trainings”",
    ])
      expect(consent.text).toContain(text);
    const { code = "", ...rest } = answerOf(await browser.submit(consent, "consent", { decision: "allow" }));
    expect(rest).toEqual({ state: "state of the site", iss: publicUrl });
    const token = JSON.parse(await (await site.exchange(code)).text());
    expect(token).toMatchObject({ token_type: "Bearer", scope: "trainings:read", base_url: publicUrl });
    const call = (path: string, method = "GET") =>
      fetch(koppla.url + path, { method, headers: { authorization: `Bearer ${token.access_token}` } });
    expect(JSON.parse(await (await call("/api/v1/me")).text()).subject).toMatchObject({ username: "anna" });
    expect((await call("/api/v1/trainings")).status).toBe(200);
    expect((await call("/api/v1/trainings/1", "DELETE")).status).toBe(403);
    expect((await site.exchange(code)).status).toBe(400);
  });

  test("says no, and the client is told", async () => {
    const browser = visitor();
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    const answer = answerOf(await browser.submit(consent, "consent", { decision: "deny" }));
    expect(answer).toMatchObject({ error: "access_denied", state: "state of the site", iss: publicUrl });
    expect(answer["code"]).toBeUndefined();
  });

  test("is not asked for the password again, until it logs out", async () => {
    const browser = visitor();
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    const again = await browser.get(site.link());
    expect(formsOf(again).map(({ fields }) => fields["step"])).toEqual(["consent", "logout"]);
    const session = browser.cookies.get(SESSION);
    const login = await browser.follow(await browser.submit(consent, "logout"));
    expect(formsOf(login).map(({ fields }) => fields["step"])).toEqual(["login"]);
    expect(browser.cookies.has(SESSION)).toBe(false);
    browser.cookies.set(SESSION, String(session));
    expect(formsOf(await browser.get(site.link()))[0]?.fields["step"]).toBe("login");
  });

  test("with TOTP is asked for a code as well, which is good once", async () => {
    const { totp } = await makeUser(koppla, "demo", "tove", "--role", "reader", "--totp");
    if (!totp) throw new Error("no secret was told");
    const browser = visitor();
    const code = generateSync({ secret: totp.secret });
    const asked = await browser.submit(await browser.get(site.link()), "login", {
      username: "tove",
      password: PASSWORD,
    });
    expect(asked.status).toBe(200);
    expect(asked.text).toContain('autocomplete="one-time-code"');
    expect(browser.cookies.has(SESSION)).toBe(false);
    const entered = await browser.submit(asked, "code", { code: `${code.slice(0, 3)} ${code.slice(3)}` });
    expect((await browser.follow(entered)).text).toContain("tove");
    const other = visitor();
    const asked2 = await other.submit(await other.get(site.link()), "login", {
      username: "tove",
      password: PASSWORD,
    });
    const used = await other.submit(asked2, "code", { code });
    expect([used.status, used.location]).toEqual([403, null]);
    expect(used.text).toContain("has been used already");
    expect(Number(used.headers.get("retry-after"))).toBeGreaterThan(0);
    const wrong = await other.submit(used, "code", { code: code === "000000" ? "111111" : "000000" });
    expect(wrong.text).toContain("The code is not right");
    const locked = await other.submit(wrong, "code", { code });
    expect([locked.status, Number(locked.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
  });

  test(
    "with TOTP, in eight browsers at once with the same code: one of them gets in",
    async () => {
      const { totp } = await makeUser(koppla, "demo", "tyra", "--role", "reader", "--totp");
      if (!totp) throw new Error("no secret was told");
      const code = generateSync({ secret: totp.secret });
      const asked: [Browser, Page][] = [];
      for (let count = 0; count < 8; count++) {
        const browser = visitor();
        const page = await browser.get(site.link());
        asked.push([browser, await browser.submit(page, "login", { username: "tyra", password: PASSWORD })]);
      }
      const entered = await Promise.all(
        asked.map(([browser, page]) => browser.submit(page, "code", { code })),
      );
      expect(entered.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(7).fill(403)]);
      expect(asked.filter(([{ cookies }]) => cookies.has(SESSION)).length).toBe(1);
    },
    LONG_TEST_MS,
  );

  test("reads the language that it likes best", async () => {
    const titles: [string, string][] = [
      ["sv-SE,sv;q=0.9,en;q=0.1", "Logga in"],
      ["de,nl;q=0.7,en;q=0.6", "Inloggen"],
      ["en;q=0.1,fr;q=0.2", "Connexion"],
      ["ja", "Log in"],
    ];
    for (const [accept, title] of titles) {
      const page = await visitor({ "accept-language": accept }).get(site.link());
      expect(page.text).toContain(`<h1>${title}</h1>`);
      expect(page.text).toContain(`<html lang="${page.headers.get("content-language")}">`);
    }
    const chosen = await visitor({ "accept-language": "fr" }).get(site.link({ ui_locales: "nl sv" }));
    expect(chosen.text).toContain("<h1>Inloggen</h1>");
  });

  test("is sent away at once when it is disabled, deleted, or given another password", async () => {
    for (const [name, ...act] of [
      ["dora", "disable"],
      ["dirk", "delete"],
      ["desi", "password", "--password-stdin"],
    ] as const) {
      await makeUser(koppla, "demo", name, "--role", "reader");
      const browser = visitor();
      const consent = await browser.login(site.link(), name, PASSWORD);
      await user(name, ...act);
      const refused = await browser.submit(consent, "consent", { decision: "allow" });
      expect(refused.location).toBe(formsOf(consent)[0]?.action ?? "");
      expect(formsOf(await browser.follow(refused))[0]?.fields["step"]).toBe("login");
    }
  });
});

describe("a client may ask", () => {
  test("that nobody is asked: prompt=none", async () => {
    const browser = visitor();
    const none = site.link({ prompt: "none" });
    expect(answerOf(await browser.get(none))).toMatchObject({ error: "login_required", iss: publicUrl });
    await browser.login(site.link(), "anna", PASSWORD);
    expect(answerOf(await browser.get(none))).toMatchObject({ error: "consent_required" });
    const both = site.link({ prompt: "none login" });
    expect(answerOf(await browser.get(both))).toMatchObject({ error: "invalid_request" });
  });

  test("for the password once more: prompt=login", async () => {
    const browser = visitor();
    await browser.login(site.link(), "anna", PASSWORD);
    const page = await browser.get(site.link({ prompt: "login", login_hint: "anna" }));
    const [form] = formsOf(page);
    expect(form?.fields).toMatchObject({ step: "login", username: "anna" });
    const before = browser.cookies.get(SESSION);
    const consent = await browser.follow(await browser.submit(page, "login", { password: PASSWORD }));
    expect(formsOf(consent)[0]?.fields["step"]).toBe("consent");
    expect(browser.cookies.get(SESSION)).not.toBe(before);
  });

  test("for something that it cannot have, and is told at its own address", async () => {
    const wrong: [Record<string, string | undefined>, string][] = [
      [{ response_type: "token" }, "unsupported_response_type"],
      [{ response_type: undefined }, "invalid_request"],
      [{ code_challenge: undefined }, "invalid_request"],
      [{ code_challenge_method: "plain" }, "invalid_request"],
      [{ code_challenge_method: undefined }, "invalid_request"],
      [{ scope: "accounts:manage" }, "invalid_scope"],
      [{ response_mode: "fragment" }, "invalid_request"],
      [{ request_uri: "https://evil.example/" }, "request_uri_not_supported"],
    ];
    for (const [changes, error] of wrong) {
      const answer = answerOf(await visitor().get(site.link(changes)));
      expect([changes, answer]).toEqual([
        changes,
        expect.objectContaining({ error, state: "state of the site", iss: publicUrl }),
      ]);
    }
  });
});

describe("nobody is sent to an address that is not registered:", () => {
  const others = [
    "https://SITE.example/callback",
    "HTTPS://site.example/callback",
    "https://site.example/Callback",
    "https://site.example/callback/",
    "https://site.example/callback/../evil",
    "https://site.example/callback/%2e%2e/evil",
    "https://site.example/%63allback",
    "https://site.example/callback?",
    "https://site.example/callback?next=https://evil.example",
    "https://site.example/callback#",
    "https://site.example/callback#fragment",
    "https://site.example:443/callback",
    "https://anna@site.example/callback",
    "https://site.example@evil.example/callback",
    "https://site.example.evil.example/callback",
    "https://evil.example/callback",
    "https://site.example\\@evil.example/callback",
    "https://site.example/callback\u0000",
    "https://site.example/callback\n",
    " https://site.example/callback",
    "http://site.example/callback",
    "//site.example/callback",
    "/callback",
    "javascript:alert(1)//https://site.example/callback",
    "data:text/html,https://site.example/callback",
    "https://site.example/callback https://evil.example/",
    "",
  ];
  test.each(others)("%j", async (redirectUri) => {
    for (const link of [
      site.link({ redirect_uri: redirectUri }),
      // Nor is an error told there.
      site.link({ redirect_uri: redirectUri, response_type: "token" }),
      site.link({ redirect_uri: redirectUri, prompt: "none" }),
    ]) {
      const page = await visitor().get(link);
      expect([page.status, page.location]).toEqual([400, null]);
      expect(page.text).not.toContain("evil.example");
      const posted = await visitor().post(link, { step: "consent", decision: "allow" });
      expect([posted.status, posted.location]).toEqual([400, null]);
    }
  });

  test("two of them, or two clients, or none", async () => {
    const doubles = [
      `${site.link()}&redirect_uri=https://evil.example/`,
      `${site.link()}&client_id=another`,
      site.link({ redirect_uri: undefined }),
      site.link({ client_id: undefined }),
      site.link({ client_id: "acc_00000000000000000000000000000000" }),
      site.link({ client_id: "a\u0000b" }),
    ];
    for (const link of doubles) {
      const page = await visitor().get(link);
      expect([page.status, page.location, page.headers.get("content-type")]).toEqual([
        400,
        null,
        "text/html; charset=utf-8",
      ]);
    }
  });

  test("a client that is disabled, has no address, or is of another organisation's people", async () => {
    const off = await makeSite(koppla, { enabled: false });
    const machine = await makeSite(koppla, { redirect_uris: [] });
    for (const { link } of [off, machine]) expect((await visitor().get(link())).status).toBe(400);
  });
});

describe("who is not let in learns nothing:", () => {
  const attempt = async (username: string, password: string, browser = visitor()) => {
    const page = await browser.get(site.link());
    return await browser.submit(page, "login", { username, password });
  };

  test("wrong user, wrong password, disabled: the same page, byte for byte", async () => {
    await makeUser(koppla, "demo", "bert", "--role", "reader");
    await user("bert", "disable");
    const browser = visitor();
    // The form's token and what was typed are the browser's own.
    const told = ({ status, text }: Page, name: string) => [status, text.replaceAll(name, "NAME")];
    const unknown = told(await attempt("nobody", PASSWORD, browser), "nobody");
    expect(unknown[0]).toBe(403);
    expect(told(await attempt("anna", "not the password", browser), "anna")).toEqual(unknown);
    expect(told(await attempt("bert", PASSWORD, browser), "bert")).toEqual(unknown);
    expect(told(await attempt("ANNA", "not the password", browser), "ANNA")).toEqual(unknown);
  });

  test.skipIf(process.platform !== "linux")(
    "nor from the time that it takes",
    async () => {
      await makeUser(koppla, "demo", "bodil", "--role", "reader");
      await user("bodil", "disable");
      const ROUNDS = 8;
      const cases: [string, string][] = [
        ["nobody-at-all", "not the password"],
        ["anna", "not the password"],
        ["bodil", PASSWORD],
      ];
      // Of the server's processor: how long it takes depends on what else the machine does.
      const spent = cases.map(() => 0);
      for (let round = 0; round < ROUNDS; round++) {
        for (const [index, [username, password]] of cases.entries()) {
          const browser = visitor();
          const page = await browser.get(site.link());
          const before = cpuTime(koppla.pid);
          await browser.submit(page, "login", { username, password });
          spent[index] = (spent[index] ?? 0) + (cpuTime(koppla.pid) - before) / 1000;
        }
      }
      // argon2id takes tens of milliseconds; without it an answer takes two.
      const [least, most] = [Math.min(...spent), Math.max(...spent)];
      expect(least / ROUNDS).toBeGreaterThan(15);
      expect(most / least).toBeLessThan(1.6);
    },
    LONG_TEST_MS,
  );

  test(
    "who guesses is slowed down, after a restart too; the person elsewhere is not",
    async () => {
      const guesser = visitor();
      for (let i = 0; i < 6; i++)
        expect((await attempt("anna", `guess number ${i} of many`, guesser)).status).toBe(403);
      for (const wait of ["1", "2"]) {
        const blocked = await attempt("anna", PASSWORD, guesser);
        expect([blocked.status, blocked.headers.get("retry-after")]).toEqual([429, wait]);
        await Bun.sleep(Number(wait) * 1_000);
        expect((await attempt("anna", "one more guess", guesser)).status).toBe(403);
      }
      // Four seconds are left, which no restart takes.
      await koppla.restart();
      expect((await attempt("anna", PASSWORD, guesser)).status).toBe(429);
      expect((await attempt("anna", PASSWORD)).status).toBe(303);
    },
    LONG_TEST_MS,
  );

  test("people of another organisation are nobody here, logged in there or not", async () => {
    const theirs = await koppla.partner("elsewhere");
    await makeUser(koppla, "elsewhere", "olga", "--role", "administrator");
    const other = await makeSite(koppla, {}, theirs);
    expect((await attempt("olga", PASSWORD)).status).toBe(403);
    const browser = visitor();
    expect(formsOf(await browser.login(other.link(), "olga", PASSWORD))[0]?.fields["step"]).toBe("consent");
    expect(formsOf(await browser.get(site.link()))[0]?.fields["step"]).toBe("login");
  });

  test("an account's credentials open no page", async () => {
    const { clientId, token } = site;
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { authorization: `Basic ${btoa(`${clientId}:${token}`)}` },
      { apikey: token },
    ];
    for (const headers of ways) {
      const page = await visitor().get(site.link(), headers);
      expect(formsOf(page)[0]?.fields["step"]).toBe("login");
    }
    expect((await attempt(clientId, token)).status).toBe(403);
  });
});

describe("no other site can act for a person:", () => {
  test("login CSRF: the form of the attacker's browser does not work in another", async () => {
    const attacker = visitor();
    await makeUser(koppla, "demo", "mallory", "--role", "reader");
    const form = formsOf(await attacker.get(site.link()))[0];
    const victim = visitor();
    const own = await victim.get(site.link());
    const sent = { ...form?.fields, username: "mallory", password: PASSWORD };
    for (const browser of [victim, visitor()]) {
      const page = await browser.post(own.url, sent);
      expect([page.status, page.location]).toEqual([403, null]);
      expect(browser.cookies.has(SESSION)).toBe(false);
    }
    for (const token of ["", "x", String(form?.fields["token"]).slice(1)])
      expect((await victim.post(own.url, { ...sent, token })).status).toBe(403);
    expect((await attacker.post(own.url, sent)).status).toBe(303);
  });

  test("a form that another site sends is refused, whatever is in it", async () => {
    const browser = visitor();
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "https://koppla.example.evil.example" },
      { origin: "http://koppla.example" },
      { "sec-fetch-site": "cross-site", origin: publicUrl },
    ];
    for (const headers of foreign) {
      const page = await browser.submit(consent, "consent", { decision: "allow" }, headers);
      expect([headers, page.status, page.location]).toEqual([headers, 403, null]);
    }
    for (const headers of [{ "sec-fetch-site": "same-origin", origin: "null" }, { origin: publicUrl }]) {
      const page = await browser.submit(consent, "consent", { decision: "allow" }, headers);
      expect(answerOf(page)["code"]).toStartWith("kac_");
    }
  });

  test("consent needs the token of this very session", async () => {
    const attacker = visitor();
    const theirs = await attacker.login(site.link(), "anna", PASSWORD);
    const browser = visitor();
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    for (const token of ["", "guess", String(formsOf(theirs)[0]?.fields["token"])]) {
      const page = await browser.submit(consent, "consent", { decision: "allow", token });
      expect([page.status, page.location]).toEqual([403, null]);
      const logout = await browser.submit(consent, "logout", { token });
      expect(logout.status).toBe(403);
    }
    for (const decision of ["", "yes", "ALLOW"])
      expect((await browser.submit(consent, "consent", { decision })).status).toBe(400);
  });

  test("session fixation: what was planted before the login is worth nothing after it", async () => {
    const planted = "A".repeat(43);
    const browser = visitor();
    browser.cookies.set(SESSION, planted);
    browser.cookies.set(LOGIN, planted);
    await browser.login(site.link(), "anna", PASSWORD);
    const first = browser.cookies.get(SESSION);
    expect(first).not.toBe(planted);
    expect(browser.cookies.has(LOGIN)).toBe(false);
    const thief = visitor();
    thief.cookies.set(SESSION, planted);
    thief.cookies.set(LOGIN, planted);
    expect(formsOf(await thief.get(site.link()))[0]?.fields["step"]).toBe("login");
    // A second login ends the first session.
    const page = await browser.get(site.link({ prompt: "login" }));
    await browser.submit(page, "login", { username: "anna", password: PASSWORD });
    expect(browser.cookies.get(SESSION)).not.toBe(first);
    thief.cookies.set(SESSION, String(first));
    expect(formsOf(await thief.get(site.link()))[0]?.fields["step"]).toBe("login");
  });

  test("cookies are out of the reach of scripts, other hosts and plain http", async () => {
    const browser = visitor();
    const login = await browser.get(site.link());
    const sent = await browser.submit(login, "login", { username: "anna", password: PASSWORD });
    const cookies = [...login.headers.getSetCookie(), ...sent.headers.getSetCookie()];
    expect(cookies).toHaveLength(3);
    for (const cookie of cookies)
      expect(cookie).toMatch(
        /^__Host-koppla_(session|login)=[\w-]*; Path=\/; HttpOnly; SameSite=Lax; Secure(; Max-Age=0)?$/,
      );
  });
});

describe("the pages", () => {
  const pages = async (): Promise<[string, Page][]> => {
    const browser = visitor();
    const login = await browser.get(site.link());
    const wrong = await browser.submit(login, "login", { username: "anna", password: "not the password" });
    const consent = await browser.login(site.link(), "anna", PASSWORD);
    const failure = await browser.get(site.link({ client_id: "none" }));
    return [
      ["login", login],
      ["wrong", wrong],
      ["consent", consent],
      ["failure", failure],
    ];
  };

  test("may be framed, kept, or made to run anything by nobody", async () => {
    for (const [name, { headers, text }] of await pages()) {
      const forms = name === "consent" ? "'self' https:" : "'self'";
      expect([name, Object.fromEntries(headers)]).toEqual([
        name,
        expect.objectContaining({
          "content-security-policy": `default-src 'none'; style-src 'self'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`,
          "x-frame-options": "DENY",
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "cache-control": "no-store",
        }),
      ]);
      expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|https?:\/\//);
    }
  });

  test("load one stylesheet, which may be kept", async () => {
    const page = await visitor().get(site.link());
    const href = /<link rel="stylesheet" href="([^"]*)"/.exec(page.text)?.[1] ?? "";
    const style = await fetch(new URL(href, page.url));
    expect([style.status, style.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
    expect(style.headers.get("cache-control")).toContain("immutable");
    expect(await style.text()).toContain("prefers-color-scheme: dark");
    expect((await fetch(`${koppla.url}/oauth/assets/older/style.css`)).status).toBe(404);
  });

  test("say what went wrong where a screen reader reads it first", async () => {
    const browser = visitor();
    const page = await browser.submit(await browser.get(site.link()), "login", { username: "anna" });
    expect(page.status).toBe(422);
    expect(page.text).toMatch(/<title>Error: Log in/);
    expect(page.text).toMatch(/role="alert"[^]*Enter your username and your password/);
    for (const field of ["username", "password"])
      expect(page.text).toMatch(
        new RegExp(`<label for="${field}">[^]*id="${field}"[^>]*aria-describedby="error"`),
      );
  });

  test("show what others wrote as text", async () => {
    const evil = `"><img src=x onerror=alert(1)><b>'&amp;`;
    const evilSite = await makeSite(koppla, { name: `Site ${evil}` });
    const browser = visitor();
    const login = await browser.get(evilSite.link({ login_hint: evil, state: evil }));
    const wrong = await browser.submit(login, "login", { username: evil, password: evil });
    const consent = await browser.login(evilSite.link({ state: evil }), "anna", PASSWORD);
    for (const page of [login, wrong, consent]) {
      expect(page.text).not.toContain("<img");
      expect(page.text).toContain("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;");
    }
    expect(formsOf(login)[0]?.fields["username"]).toBe(evil);
    const answer = answerOf(await browser.submit(consent, "consent", { decision: "allow" }));
    expect(answer["state"]).toBe(evil);
  });

  test("take forms and nothing else", async () => {
    const browser = visitor();
    const login = await browser.get(site.link());
    const [form] = formsOf(login);
    const cookie = `${LOGIN}=${browser.cookies.get(LOGIN)}`;
    const send = (type: string, body: string) =>
      fetch(login.url, { method: "POST", headers: { "content-type": type, cookie }, body });
    expect((await send("application/json", JSON.stringify(form?.fields))).status).toBe(415);
    expect((await send("text/plain", "step=login")).status).toBe(415);
    expect((await send("application/x-www-form-urlencoded", "step=%ff")).status).toBe(400);
    expect((await send("application/x-www-form-urlencoded", "step=login&step=code")).status).toBe(400);
    expect((await send("application/x-www-form-urlencoded", `step=${"x".repeat(70_000)}`)).status).toBe(413);
    expect((await send("application/x-www-form-urlencoded", "")).status).toBe(400);
    expect((await fetch(login.url, { method: "PUT" })).status).toBe(405);
  });
});

describe("the house", () => {
  test("holds for its people where they come from, too", async () => {
    const partner = await koppla.partner("fenced");
    await makeUser(koppla, "fenced", "frida", "--role", "administrator");
    const fenced = await makeSite(koppla, {}, partner);
    const inside = { "x-forwarded-for": "203.0.113.5" };
    const from = (headers: Record<string, string>) => new Browser(headers);
    const patch = { allowed_ips: ["203.0.113.0/24"] };
    await partner.send("PATCH", "/api/v1/organisations/fenced", patch, 200);
    expect((await from(inside).get(fenced.link())).status).toBe(200);
    expect((await visitor().get(fenced.link())).status).toBe(403);
    expect((await from({ "x-forwarded-for": "203.0.113.5, 198.51.100.1" }).get(fenced.link())).status).toBe(
      403,
    );
  });

  test("writes no password down, in whatever field it was typed", async () => {
    const canary = "canary-password-4711";
    const browser = visitor();
    const login = await browser.get(site.link());
    for (const fields of [
      { username: "anna", password: canary },
      { username: canary, password: canary },
      { username: "anna", password: canary, step: "code", code: canary, ticket: canary },
    ])
      await browser.submit(login, "login", fields);
    const { items } = await koppla.demo.read<{ items: unknown[] }>("/api/v1/audit?limit=500");
    expect(items.length).toBeGreaterThan(0);
    expect(JSON.stringify(items)).not.toContain(canary);
    expect(koppla.log.text()).not.toContain(canary);
    if (onPostgres) return;
    for (const [name, bytes] of koppla.dataFiles()) {
      expect([name, bytes.includes(canary), bytes.includes(PASSWORD)]).toEqual([name, false, false]);
    }
  });

  test(
    "answers others quickly while 200 passwords wait to be checked",
    async () => {
      await koppla.demo.send("POST", "/api/v1/trainings", { id: 1, name: "Svetsning" }, 201);
      const logins = Array.from({ length: 200 }, async (_, index) => {
        const browser = new Browser({ "x-forwarded-for": `2001:db8:${index.toString(16)}::1` });
        const page = await browser.get(site.link());
        return (await browser.submit(page, "login", { username: `guess${index}`, password: PASSWORD }))
          .status;
      });
      let waiting = true;
      const all = Promise.all(logins).finally(() => (waiting = false));
      let answered = 0;
      while (waiting) {
        const answers = [
          koppla.demo.get("/api/v1/trainings/1"),
          koppla.demo.put("/api/v1/trainings/1", { name: `Svetsning ${answered}` }),
        ];
        for (const response of await Promise.all(answers)) expect(response.status).toBe(200);
        answered++;
      }
      const statuses = Map.groupBy(await all, (status) => status);
      expect([...statuses.keys()].sort()).toEqual([403, 429]);
      const checked = statuses.get(403)?.length ?? 0;
      expect(checked).toBeGreaterThanOrEqual(33);
      // Were each to wait for but one password, there would be as many at the most, however slow the machine is.
      expect(answered).toBeGreaterThan(2 * checked);
    },
    LONG_TEST_MS,
  );
});
