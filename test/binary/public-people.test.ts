/** Registration and the check of logins, as a partner's site uses them; and those who try something else. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Koppla, LONG_TEST_MS, onPostgres, run, startKoppla } from "./harness.ts";
import { linksIn, Mailbox } from "./mailbox.ts";
import type { Partner } from "./partner.ts";
import { Browser, makeUser, PASSWORD } from "./person.ts";

const PW = "demo's pässword";
const BACK = "https://www.partner.example/welcome";

interface Body {
  [name: string]: unknown;
}

describe("the public data API", () => {
  let koppla: Koppla;
  let box: Mailbox;
  let other: Partner;

  const cli = async (input: string | undefined, ...args: string[]) => {
    const options = { cwd: koppla.dir, ...(input !== undefined && { input: `${input}\n` }) };
    const result = await run([...args, "-c", koppla.configFile, "--json"], options);
    if (result.exitCode !== 0) throw new Error(result.stderr);
    return result.stdout;
  };

  beforeAll(async () => {
    box = await Mailbox.open();
    koppla = await startKoppla({
      config: {
        // Who calls from where is said by the header, as behind a proxy.
        server: { public_url: undefined, trusted_proxies: ["127.0.0.1"] },
        smtp: box.smtp,
        roles: { member: { grants: [{ resource: "trainings", actions: ["read"] }] } },
        public_api: { user_roles: ["member"] },
        log: { level: "debug" },
      },
    });
    other = await koppla.partner("other");
    await cli(
      undefined,
      "organisation",
      "change",
      "--code",
      "demo",
      "--return-url",
      BACK,
      "--language",
      "en",
    );
    await cli(PW, "organisation", "password", "--code", "demo");
    await cli("other's password", "organisation", "password", "--code", "other");
  }, LONG_TEST_MS);
  afterAll(async () => {
    await koppla?.dispose();
    await box?.close();
  });

  let addresses = 0;
  /** An address at which nobody has failed. */
  const elsewhere = () => `198.51.100.${++addresses}`;

  const call = async (path: string, fields: Record<string, string>, from = elsewhere()) => {
    const response = await fetch(`${koppla.url}/api/public/${path}/`, {
      ...{ method: "POST", body: new URLSearchParams(fields) },
      headers: { "x-forwarded-for": from },
    });
    const body: Body = JSON.parse(await response.text());
    return { status: response.status, body, headers: response.headers };
  };
  const ask = (email: string, more: Record<string, string> = {}, from?: string) =>
    call("userAccount", { org: "demo", pw: PW, firstName: "Anna", lastName: "Berg", email, ...more }, from);
  const check = (username: string, userPw: string, more: Record<string, string> = {}, from?: string) =>
    call("userLogin", { org: "demo", pw: PW, username, userPw, ...more }, from);
  const SENT = { status: 200, body: { userAccount: { status: "sent" } } };
  const WRONG = { status: 401, body: { userLogin: { errors: ["Wrong password"] } } };

  test(
    "leads from a form to an account: mail, link, password, back, and its login is right",
    async () => {
      expect(await ask("anna@example.org", { returnUrl: `${BACK}?c=7` })).toMatchObject(SENT);
      const mail = await box.to("anna@example.org");
      expect(mail.headers.get("subject")).toBe("Your account at Organisation demo");
      expect(mail.body).toContain("www.partner.example");
      const [link = ""] = linksIn(mail);
      const browser = new Browser({ "accept-language": "fr" });
      const page = await browser.get(link);
      expect(page.status).toBe(200);
      expect(page.text).toContain("Choisissez un mot de passe");
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script|unsafe/);
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      expect(page.headers.get("cache-control")).toBe("no-store");
      const done = await browser.submit(page, "password", { password: PASSWORD, repeat: PASSWORD });
      expect(done.status).toBe(303);
      const back = new URL(done.location ?? "");
      expect(back.href).toStartWith(`${BACK}?c=7&userKey=`);
      expect(browser.cookies.size).toBe(0);
      expect(await check("anna@example.org", PASSWORD)).toMatchObject({
        status: 200,
        body: {
          userLogin: {
            userKey: back.searchParams.get("userKey"),
            ...{ email: "anna@example.org", name: "Anna Berg", errors: [] },
          },
        },
      });
      expect(await check("anna@example.org", `${PASSWORD}!`)).toMatchObject(WRONG);
      const { items } = await koppla.demo.read<{ items: Body[] }>("/api/v1/mails?status=sent");
      expect(items).toMatchObject([{ recipient: "anna@example.org", kind: "account", status: "sent" }]);
      const key = new URL(link).searchParams.get("key") ?? "none";
      const audit = await koppla.demo.get("/api/v1/audit?limit=100");
      for (const text of [JSON.stringify(items), await audit.text(), koppla.log.text()]) {
        expect(text).not.toContain(key);
        expect(text).not.toContain(PASSWORD);
      }
    },
    LONG_TEST_MS,
  );

  test("takes JSON, names in any case, and a token with the grant; and no other login", async () => {
    const json = (headers: Record<string, string>, body: Body) =>
      fetch(`${koppla.url}/api/public/userAccount/`, {
        ...{ method: "POST", body: JSON.stringify(body) },
        headers: { "content-type": "application/json", "x-forwarded-for": elsewhere(), ...headers },
      });
    const email = "json@example.org";
    expect((await json({}, { ORG: "demo", Pw: PW, eMail: email })).status).toBe(200);
    const may = await koppla.account("demo", ["users:manage"]);
    const mayNot = await koppla.account("demo", ["users:read", "trainings:*"]);
    expect((await json({ authorization: `Bearer ${may.token}` }, { email })).status).toBe(200);
    const refused = await json({ authorization: `Bearer ${mayNot.token}` }, { email });
    expect([refused.status, await refused.json()]).toEqual([403, { errors: [{ msg: expect.any(String) }] }]);
    const nobody = await json({}, { org: "demo", email });
    expect([nobody.status, await nobody.json()]).toEqual([401, { errors: [{ msg: expect.any(String) }] }]);
    const get = await fetch(`${koppla.url}/api/public/userAccount/?org=demo&pw=x&email=${email}`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, expect.stringContaining("POST")]);
  });

  test("answers the same for an address that is known, that is not, and that is disabled", async () => {
    await makeUser(koppla, "demo", "known", "--role", "member");
    const disabled = await makeUser(koppla, "demo", "disabled");
    await koppla.demo.send("POST", `/api/v1/users/${disabled.id}/disable`, {}, 200);
    const answers = [];
    for (const name of ["known", "unknown", "disabled"]) {
      const { status, body, headers } = await ask(`${name}@example.org`);
      const shown = [...headers.keys()].filter((header) => header !== "date").sort();
      answers.push(JSON.stringify([status, body, shown]));
    }
    expect(new Set(answers).size).toBe(1);
    expect(linksIn(await box.to("known@example.org"))).toHaveLength(1);
    expect(linksIn(await box.to("unknown@example.org"))).toHaveLength(1);
    expect(linksIn(await box.to("disabled@example.org"))).toEqual([]);
  });

  const tricks = [
    "https://www.partner.example@evil.example/welcome",
    "https://evil.example\\@www.partner.example/welcome",
    "//evil.example/welcome",
    "https://www.partner.example%2eevil.example/welcome",
    "https://www.partner.example/WELCOME",
    "https://a.www.partner.example/welcome",
    "javascript:alert(1)",
    "http://www.partner.example/welcome",
  ];
  test.each(tricks)("sends nobody to %s", async (returnUrl) => {
    const { status, body } = await ask("trick@example.org", { returnUrl });
    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [{ msg: "returnUrl is none of the organisation's return addresses", field: "returnUrl" }],
    });
    expect(box.sentTo("trick@example.org")).toEqual([]);
  });

  test("lets nothing of a form into the headers of a mail", async () => {
    for (const email of [
      "a@example.org\r\nBcc: evil@example.org",
      "a@example.org, evil@example.org",
      "a@example.org;evil@example.org",
      "Anna <a@example.org>",
      '"a@example.org\n\nBuy"@example.org',
      "a@example.org\0",
    ])
      expect([email, (await ask(email)).status]).toEqual([email, 400]);
    for (const firstName of ["Anna\r\nBcc: evil@example.org", "Anna\u0000", "A".repeat(101)])
      expect([firstName, (await ask("header@example.org", { firstName })).status]).toEqual([firstName, 400]);
    // What cannot break a line is no header either.
    expect(await ask("header@example.org", { firstName: "Bcc: evil@example.org" })).toMatchObject(SENT);
    const mail = await box.to("header@example.org");
    expect(mail.to).toEqual(["header@example.org"]);
    expect(mail.headers.get("bcc") ?? mail.headers.get("cc")).toBeUndefined();
    expect(mail.body).not.toContain("evil");
    expect(box.sentTo("evil@example.org")).toEqual([]);
  });

  test("mails to one address so often and no more, whoever has it", async () => {
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await ask("Often@Example.org")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const { status, body, headers } = await ask("often@example.org");
    expect([status, body]).toEqual([429, { errors: [{ msg: expect.any(String) }] }]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(3_000);
    expect((await ask("seldom@example.org")).status).toBe(200);
  });

  test("lets nobody in by another organisation's password, nor with its own to another", async () => {
    for (const [org, pw] of [
      ["demo", "other's password"],
      ["other", PW],
      ["nobody", PW],
    ] as const) {
      for (const path of ["userAccount", "userLogin"]) {
        const fields = { org, pw, email: "x@example.org", username: "anna@example.org", userPw: PASSWORD };
        const { status, body } = await call(path, fields);
        expect([org, path, status, body]).toEqual([org, path, 401, { errors: [{ msg: "Wrong password" }] }]);
      }
    }
    const response = await other.api("/api/public/userLogin/", {
      ...{ method: "POST", json: { org: "demo", username: "known", userPw: PASSWORD } },
      headers: { "x-forwarded-for": elsewhere() },
    });
    expect(response.status).toBe(403);
    // Whoever has the other's password finds none of demo's people.
    const fields = { org: "other", pw: "other's password", username: "known", userPw: PASSWORD };
    expect(await call("userLogin", fields)).toMatchObject(WRONG);
  });

  test(
    "slows down who guesses passwords across organisations, from one address",
    async () => {
      const from = elsewhere();
      let status = 0;
      let guesses = 0;
      for (; status !== 429 && guesses < 60; guesses++) {
        const org = ["demo", "other", `org-${guesses}`][guesses % 3] ?? "";
        ({ status } = await call(
          "userLogin",
          { org, pw: `guess ${guesses}`, username: "a", userPw: "b" },
          from,
        ));
      }
      expect(status).toBe(429);
      expect(guesses).toBeLessThan(60);
      // Somebody else is not kept out.
      expect((await check("known", PASSWORD)).status).toBe(200);
    },
    LONG_TEST_MS,
  );

  test(
    "a forged address in front of the proxy's own changes nothing for who guesses",
    async () => {
      const from = elsewhere();
      let status = 0;
      for (let i = 0; i < 60 && status !== 429; i++) {
        const forged = `203.0.113.${i}, ${from}`;
        ({ status } = await call(
          "userLogin",
          { org: "demo", pw: `guess ${i}`, username: "a", userPw: "b" },
          forged,
        ));
      }
      expect(status).toBe(429);
    },
    LONG_TEST_MS,
  );

  test(
    "slows down who guesses one person's password, from wherever",
    async () => {
      await makeUser(koppla, "demo", "guessed");
      const statuses = [];
      for (let i = 0; i < 12; i++) statuses.push((await check("guessed", `guess ${i} of many`)).status);
      expect(statuses.slice(0, 11)).toEqual(Array(11).fill(401));
      expect(statuses[11]).toBe(429);
      // And one that nobody has in the same way.
      const nobody = [];
      for (let i = 0; i < 12; i++) nobody.push((await check("never was", `guess ${i} of many`)).status);
      expect(nobody).toEqual(statuses);
    },
    LONG_TEST_MS,
  );

  test("tells a wrong password, an unknown and a disabled user in the same words", async () => {
    const users = [
      ["known", "not the password"],
      ["unknown person", PASSWORD],
      ["disabled", PASSWORD],
      ["\u0000", PASSWORD],
      ["x".repeat(5_000), PASSWORD],
    ] as const;
    for (const [username, password] of users) expect(await check(username, password)).toMatchObject(WRONG);
    const { status, body } = await check("", "");
    expect([status, body]).toEqual([400, { errors: [{ msg: "username is missing", field: "username" }] }]);
  });

  test("finds a person by its address, too, where it is one person's alone", async () => {
    expect((await check("KNOWN@example.org", PASSWORD)).status).toBe(200);
    await cli(
      "correct horse battery",
      ...["user", "create", "--org", "demo", "--username", "twin"],
      ...["--email", "known@example.org", "--password-stdin"],
    );
    expect((await check("known@example.org", PASSWORD)).status).toBe(401);
    expect((await check("known", PASSWORD)).status).toBe(200);
  });

  test("asks for a code where a person has an app for it", async () => {
    await makeUser(koppla, "demo", "coded", "--totp");
    expect(await check("coded", PASSWORD)).toMatchObject({
      status: 401,
      body: { userLogin: { errors: ["One-time code needed"] } },
    });
    expect(await check("coded", "not the password")).toMatchObject(WRONG);
    expect((await check("coded", PASSWORD, { code: "000000" })).status).toBe(401);
  });

  test("keeps passwords in a URL out of log and audit, and advises against them", async () => {
    const secret = encodeURIComponent(PW);
    const url = `${koppla.url}/api/public/userLogin/?org=demo&pw=${secret}&username=known&userPw=in%20the%20url`;
    const response = await fetch(url, { method: "POST", headers: { "x-forwarded-for": elsewhere() } });
    const body: Body = JSON.parse(await response.text());
    expect([response.status, body]).toEqual([
      401,
      { userLogin: { errors: ["Wrong password"] }, warnings: [expect.stringContaining("URL")] },
    ]);
    const audit = await (await koppla.demo.get("/api/v1/audit?limit=500")).text();
    for (const text of [koppla.log.text(), audit])
      for (const one of [PW, secret, "in%20the%20url", "in the url"]) expect(text).not.toContain(one);
  });

  test(
    "takes as long for somebody unknown as for somebody known",
    async () => {
      // Another name each time: a test that is run anew finds who was made the first time.
      const one = `timed.${crypto.randomUUID().slice(0, 8)}`;
      await makeUser(koppla, "demo", one);
      const known: number[] = [];
      const unknown: number[] = [];
      const time = async (into: number[], work: () => Promise<unknown>) => {
        const began = performance.now();
        await work();
        into.push(performance.now() - began);
      };
      // In turn, so that whatever else the machine does meets both.
      for (let i = 0; i < 8; i++) {
        await time(known, () => check(one, `wrong ${i}, all the same`));
        await time(unknown, () => check(`nobody.${one}`, `wrong ${i}, all the same`));
      }
      const ratio = quick(unknown) / quick(known);
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1.7);
      const [mailKnown, mailUnknown]: [number[], number[]] = [[], []];
      for (let i = 0; i < 20; i++) {
        const name = `${one}.${i}`;
        const user = { username: name, email: `${name}@example.org` };
        await koppla.demo.send("POST", "/api/v1/users", user, 201);
        await time(mailKnown, () => ask(user.email));
        await time(mailUnknown, () => ask(`nobody.${user.email}`));
      }
      // Without a hash these are short: what is compared is whether one of them does something more that counts.
      expect(Math.abs(quick(mailKnown) - quick(mailUnknown))).toBeLessThan(onPostgres ? 15 : 5);
    },
    LONG_TEST_MS,
  );
});

/** The lower quartile: what it takes while nothing else is in the way. */
function quick(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN;
}
