/** The authorize page in a real browser, with scripts switched off. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { generateSync } from "otplib";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

import { type Koppla, LONG_TEST_MS, startKoppla } from "../binary/harness.ts";
import { makeSite, makeUser, PASSWORD, type Site } from "../binary/person.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const there = existsSync(executablePath);
if (!there) console.warn(`${executablePath} is not there (apt-get install chromium): no test in a browser.`);

/** What came to the site that the person is sent back to. */
interface Arrival {
  parameters: Record<string, string>;
  referer: string | null;
}

describe.skipIf(!there)("in Chromium without scripts, the authorize page", () => {
  let koppla: Koppla;
  let browser: Browser;
  let site: Site;
  let secret: string;
  let app: Bun.Server<undefined>;
  let callback: Bun.Server<undefined>;
  const arrivals: Arrival[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    // Without a public address it is the one that it listens on, as a browser needs it.
    koppla = await startKoppla({
      config: {
        server: { public_url: undefined },
        roles: { reader: { grants: [{ resource: "*", actions: ["read"] }] } },
      },
    });
    app = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("You are back.") });
    callback = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        const { searchParams } = new URL(request.url);
        arrivals.push({
          parameters: Object.fromEntries(searchParams),
          referer: request.headers.get("referer"),
        });
        // Sites send people on to where they were, which is another origin as often as not.
        return Response.redirect(`http://localhost:${app.port}/`, 302);
      },
    });
    site = await makeSite(koppla, { redirect_uris: [`http://127.0.0.1:${callback.port}/callback`] });
    const user = await makeUser(koppla, "demo", "anna", "--role", "reader", "--name", "Anna", "--totp");
    if (!user.totp) throw new Error("no secret was told");
    ({ secret } = user.totp);
    await makeUser(koppla, "demo", "bo", "--role", "reader");
    browser = await chromium.launch({
      executablePath,
      // As root, which containers run tests as, its sandbox does not start; nor does it with a small /dev/shm.
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
  }, LONG_TEST_MS);
  afterAll(async () => {
    await browser?.close();
    await Promise.all([app, callback].map((server) => server?.stop(true)));
    await koppla?.dispose();
  });

  async function visit(options: Parameters<Browser["newContext"]>[0], work: (page: Page) => Promise<void>) {
    arrivals.length = complaints.length = 0;
    const context: BrowserContext = await browser.newContext({ javaScriptEnabled: false, ...options });
    try {
      const page = await context.newPage();
      // What a policy forbids is told here and nowhere else; that a login was refused is told, too.
      page.on("console", (message) => {
        if (!message.text().includes("403 (Forbidden)")) complaints.push(message.text());
      });
      await work(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }

  test(
    "leads through login, code and consent back to the site, and on from there",
    () =>
      visit({ locale: "sv-SE" }, async (page) => {
        await page.goto(site.link());
        expect(await page.title()).toBe("Logga in – Organisation demo");
        expect(await page.locator("html").getAttribute("lang")).toBe("sv");
        // The cursor stands where one begins to type.
        await page.locator("#username:focus").waitFor();
        await page.keyboard.type("anna");
        await page.getByLabel("Lösenord").fill("fel lösenord, tyvärr");
        await page.keyboard.press("Enter");
        expect(await page.getByRole("alert").textContent()).toContain("stämmer inte");
        expect(await page.getByLabel("Användarnamn").inputValue()).toBe("anna");
        await page.locator("#password:focus").waitFor();
        await page.keyboard.type(PASSWORD);
        await page.keyboard.press("Enter");
        await page.locator("#code:focus").waitFor();
        await page.keyboard.type(generateSync({ secret }));
        await page.getByRole("button", { name: "Fortsätt" }).click();
        expect(await page.getByRole("heading").textContent()).toBe("Ge Course site åtkomst?");
        expect(await page.getByRole("listitem").allTextContents()).toEqual(["Se ”trainings”"]);
        await page.getByRole("button", { name: "Tillåt", exact: true }).click();
        await page.waitForURL(`http://localhost:${app.port}/`);
        expect(arrivals).toEqual([
          {
            parameters: {
              code: expect.stringMatching(/^kac_/),
              state: "state of the site",
              iss: koppla.url,
            },
            referer: null,
          },
        ]);
        expect((await site.exchange(arrivals[0]?.parameters["code"] ?? "")).status).toBe(200);
      }),
    LONG_TEST_MS,
  );

  test(
    "takes no for an answer, and lets somebody else log in",
    () =>
      visit({ locale: "en-GB" }, async (page) => {
        await page.goto(site.link());
        for (const _ of ["once", "and again"]) {
          await page.getByLabel("Username").fill("bo");
          await page.getByLabel("Password").fill(PASSWORD);
          await page.getByRole("button", { name: "Log in" }).click();
          expect(await page.getByText("You are logged in as bo.").isVisible()).toBe(true);
          if (_ === "once") await page.getByRole("button", { name: "Log in as somebody else" }).click();
        }
        await page.getByRole("button", { name: "Do not allow" }).click();
        await page.waitForURL(`http://localhost:${app.port}/`);
        expect(arrivals.map(({ parameters }) => parameters["error"])).toEqual(["access_denied"]);
      }),
    LONG_TEST_MS,
  );

  test(
    "is styled, in the light and in the dark, and fits a telephone",
    async () => {
      const colours: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        await visit({ colorScheme, viewport: { width: 320, height: 600 } }, async (page) => {
          await page.goto(site.link());
          // Without scripts nothing can be asked of the page itself; its picture tells.
          const box = await page.getByRole("main").boundingBox();
          expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 999) <= 320).toBe(true);
          const button = await page.getByRole("button").boundingBox();
          expect(button?.height).toBeGreaterThanOrEqual(44);
          colours.push(Buffer.from(await page.screenshot()).toString("base64"));
        });
      }
      expect(colours[0]).not.toBe(colours[1]);
    },
    LONG_TEST_MS,
  );

  test(
    "cannot be sent from another site, nor put into a frame there",
    () =>
      visit({ locale: "en-GB" }, async (page) => {
        await page.goto(site.link());
        await page.getByLabel("Username").fill("bo");
        await page.getByLabel("Password").fill(PASSWORD);
        await page.getByRole("button", { name: "Log in" }).click();
        const link = site.link().replaceAll("&", "&amp;");
        const evil = Bun.serve({
          port: 0,
          hostname: "127.0.0.1",
          fetch: ({ url }) =>
            new Response(
              url.endsWith("/frame")
                ? `<iframe src="${link}"></iframe>`
                : `<form method="post" action="${link}"><input name="step" value="consent"><button name="decision" value="allow">Win</button></form>`,
              { headers: { "content-type": "text/html" } },
            ),
        });
        try {
          // Another port is the same site, to which cookies go: this is what a neighbour could do.
          await page.goto(`http://127.0.0.1:${evil.port}/form`);
          await page.getByRole("button", { name: "Win" }).click();
          expect(await page.getByText("The form was not sent from a page of this server.").isVisible()).toBe(
            true,
          );
          await page.goto(`http://127.0.0.1:${evil.port}/frame`);
          expect(page.frames().map((frame) => frame.url())).not.toContain(site.link());
          expect(arrivals).toEqual([]);
        } finally {
          await evil.stop(true);
        }
        expect(complaints.splice(0).join()).toContain("frame-ancestors");
      }),
    LONG_TEST_MS,
  );
});
