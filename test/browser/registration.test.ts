/** The whole registration in a real browser: a partner's form, a mail, a password, and back at the partner's. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

import { type Koppla, LONG_TEST_MS, run, startKoppla } from "../binary/harness.ts";
import { linksIn, Mailbox } from "../binary/mailbox.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const there = existsSync(executablePath);
if (!there) console.warn(`${executablePath} is not there (apt-get install chromium): no test in a browser.`);

const PW = "the partner's password";
const PASSWORD = "tre hästar i en hage";

describe.skipIf(!there)("in Chromium", () => {
  let koppla: Koppla;
  let box: Mailbox;
  let browser: Browser;
  let partner: Bun.Server<undefined>;
  /** What the partner's site was answered. */
  const answers: { status: number; body: Record<string, unknown> }[] = [];
  const welcomes: { userKey: string | null; referer: string | null }[] = [];

  /** The partner's site calls from its own server, so its password is in no page. */
  async function call(path: string, fields: Record<string, string>) {
    const body = new URLSearchParams({ org: "demo", pw: PW, ...fields });
    const response = await fetch(`${koppla.url}/api/public/${path}/`, { method: "POST", body });
    const answer = { status: response.status, body: JSON.parse(await response.text()) };
    answers.push(answer);
    return answer;
  }

  const html = (text: string) =>
    new Response(`<!doctype html><html lang="sv"><title>Kurser</title>${text}</html>`, {
      headers: { "content-type": "text/html; charset=utf-8" },
    });

  async function site(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.method === "GET" && url.pathname === "/register") {
      return html(`<form method="post">
        <label>Förnamn <input name="firstName"></label>
        <label>Efternamn <input name="lastName"></label>
        <label>E-post <input name="email" type="email"></label>
        <button>Skapa konto</button></form>`);
    }
    if (url.pathname === "/register") {
      const given = Object.fromEntries(new URLSearchParams(await request.text()));
      const { status } = await call("userAccount", { ...given, returnUrl: `${url.origin}/welcome?course=7` });
      return html(status === 200 ? "<h1>Titta i din e-post</h1>" : `<h1>Fel ${status}</h1>`);
    }
    if (url.pathname === "/welcome") {
      welcomes.push({ userKey: url.searchParams.get("userKey"), referer: request.headers.get("referer") });
      // Sites send people on, to another origin as often as not.
      return Response.redirect(
        `http://localhost:${partner.port}/in?course=${url.searchParams.get("course")}`,
        302,
      );
    }
    if (request.method === "GET") {
      return html(`<h1>Välkommen tillbaka</h1><form method="post">
        <label>Användarnamn <input name="username" autocomplete="username"></label>
        <label>Lösenord <input name="userPw" type="password" autocomplete="current-password"></label>
        <button>Logga in</button></form>`);
    }
    const given = Object.fromEntries(new URLSearchParams(await request.text()));
    const { status } = await call("userLogin", given);
    return html(status === 200 ? "<h1>Inloggad</h1>" : "<h1>Fel lösenord</h1>");
  }

  beforeAll(async () => {
    box = await Mailbox.open();
    koppla = await startKoppla({ config: { server: { public_url: undefined }, smtp: box.smtp } });
    partner = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: site });
    const back = `http://127.0.0.1:${partner.port}/welcome`;
    const options = { cwd: koppla.dir, input: `${PW}\n` };
    for (const args of [
      [
        "organisation",
        "change",
        "--code",
        "demo",
        "--name",
        "Köpenicks kurser",
        "--return-url",
        back,
        "--language",
        "sv",
      ],
      ["organisation", "password", "--code", "demo", "--password-stdin"],
    ]) {
      const { exitCode, stderr } = await run([...args, "-c", koppla.configFile], options);
      if (exitCode !== 0) throw new Error(stderr);
    }
    browser = await chromium.launch({
      executablePath,
      // As root, which containers run tests as, its sandbox does not start; nor does it with a small /dev/shm.
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
  }, LONG_TEST_MS);
  afterAll(async () => {
    await browser?.close();
    await partner?.stop(true);
    await koppla?.dispose();
    await box?.close();
  });

  async function visit(javaScriptEnabled: boolean, locale: string, work: (page: Page) => Promise<void>) {
    answers.length = welcomes.length = 0;
    const complaints: string[] = [];
    const context = await browser.newContext({ javaScriptEnabled, locale });
    try {
      const page = await context.newPage();
      // What a policy forbids is told here and nowhere else.
      page.on("console", (message) => {
        if (!/\b(410|422)\b|favicon/.test(message.text())) complaints.push(message.text());
      });
      await work(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const register = async (page: Page, email: string) => {
    await page.goto(`http://127.0.0.1:${partner.port}/register`);
    await page.getByLabel("Förnamn").fill("Åsa");
    await page.getByLabel("Efternamn").fill("Öberg");
    await page.getByLabel("E-post").fill(email);
    await page.getByRole("button").click();
    expect(await page.getByRole("heading").textContent()).toBe("Titta i din e-post");
    const mail = await box.to(email);
    expect(mail.headers.get("from")).toBe("Koppla <koppla@example.org>");
    expect(mail.body).toContain("Hej Åsa Öberg!");
    const [link = ""] = linksIn(mail);
    return link;
  };

  test.each([false, true])(
    "somebody registers, chooses a password, is back at the partner's and logs in there (scripts: %p)",
    (scripts) =>
      visit(scripts, "sv-SE", async (page) => {
        const email = `asa.${scripts}@example.org`;
        const link = await register(page, email);
        await page.goto(link);
        expect(await page.title()).toBe("Välj ett lösenord – Köpenicks kurser");
        expect(await page.locator("html").getAttribute("lang")).toBe("sv");
        expect(await page.getByLabel("Användarnamn").inputValue()).toBe(email);
        expect(
          await page.getByText(`Därefter kommer du tillbaka till 127.0.0.1:${partner.port}.`).count(),
        ).toBe(1);
        await page.locator("#new:focus").waitFor();
        await page.keyboard.type(PASSWORD);
        await page.getByLabel("Samma en gång till").fill(`${PASSWORD}!`);
        await page.getByRole("button", { name: "Spara lösenordet" }).click();
        expect(await page.getByRole("alert").textContent()).toContain("inte lika");
        // The address has no key any more.
        expect(page.url()).toBe(`${koppla.url}/account/password`);
        await page.getByLabel("Nytt lösenord").fill(PASSWORD);
        await page.getByLabel("Samma en gång till").fill(PASSWORD);
        await page.getByRole("button", { name: "Spara lösenordet" }).click();
        await page.waitForURL(`http://localhost:${partner.port}/in?course=7`);
        expect(welcomes).toEqual([{ userKey: expect.stringMatching(/^[0-9a-f-]{36}$/), referer: null }]);
        await page.getByLabel("Användarnamn").fill(email);
        await page.getByLabel("Lösenord").fill(PASSWORD);
        await page.getByRole("button").click();
        expect(await page.getByRole("heading").textContent()).toBe("Inloggad");
        expect(answers.at(-1)).toEqual({
          status: 200,
          body: {
            userLogin: { userKey: welcomes[0]?.userKey ?? null, email, name: "Åsa Öberg", errors: [] },
          },
        });
        // Back in the mail, the link is used up; another one comes.
        await page.goto(link);
        expect(await page.getByRole("heading").textContent()).toBe("Länken är redan använd");
        await page.getByRole("button", { name: "Mejla mig en ny länk" }).click();
        expect(await page.getByText(`Den skickades till ${email}.`).count()).toBe(1);
        expect((await box.to(email, 1)).body).toContain("bett om ett nytt lösenord");
      }),
    LONG_TEST_MS,
  );

  test.each([
    ["en-GB", "Choose a password"],
    ["nl-BE", "Kies een wachtwoord"],
    ["fr-CH", "Choisissez un mot de passe"],
    // None of ours: that of the mail.
    ["fi-FI", "Välj ett lösenord"],
  ])(
    "the page is in the reader's language (%s), and fits a telephone",
    (locale, title) =>
      visit(false, locale, async (page) => {
        const link = await register(page, `${locale}@example.org`);
        await page.setViewportSize({ width: 320, height: 640 });
        await page.goto(link);
        expect(await page.getByRole("heading").textContent()).toBe(title);
        const { width } = (await page.locator("main").boundingBox()) ?? { width: 0 };
        expect(width).toBeGreaterThan(200);
        expect(width).toBeLessThanOrEqual(320);
      }),
    LONG_TEST_MS,
  );
});
