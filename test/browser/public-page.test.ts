/** The page of docs/partners/public-api.md in a real browser: on a site that the organisation lists, and on another. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

import { type Koppla, LONG_TEST_MS } from "../binary/harness.ts";
import { publicHouse } from "../wire/public-house.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const there = existsSync(executablePath);
if (!there) console.warn(`${executablePath} is not there (apt-get install chromium): no test in a browser.`);

const documentation = readFileSync(join(import.meta.dir, "../../docs/partners/public-api.md"), "utf8");

/** A file as it stands on the page. */
function fileOf(name: string): string {
  const start = documentation.indexOf(` ${name}\n`);
  if (start === -1) throw new Error(`docs/partners/public-api.md has no ${name}`);
  const text = documentation.slice(start + name.length + 2);
  return text.slice(0, text.indexOf("\n```"));
}

describe.skipIf(!there)("in Chromium, a page that shows courses", () => {
  let koppla: Koppla;
  let browser: Browser;
  const sites: Bun.Server<undefined>[] = [];

  /** A website of a partner: the page and its script, which asks `koppla`. */
  const serve = () => {
    const site = Bun.serve({
      ...{ port: 0, hostname: "127.0.0.1" },
      fetch: ({ url }) => {
        const isScript = new URL(url).pathname === "/courses.js";
        const text = isScript
          ? fileOf("courses.js").replaceAll("starts_on", "starts")
          : fileOf("courses.html").replace("http://127.0.0.1:8080", koppla.url);
        return new Response(text, {
          headers: { "content-type": isScript ? "text/javascript" : "text/html" },
        });
      },
    });
    sites.push(site);
    return `http://127.0.0.1:${site.port}`;
  };

  beforeAll(async () => {
    koppla = await publicHouse();
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  }, LONG_TEST_MS);
  afterAll(async () => {
    await browser?.close();
    for (const site of sites) await site.stop(true);
    await koppla?.dispose();
  });

  test(
    "shows them on a site of the organisation, and a change at once; nothing on another site",
    async () => {
      const [mine, other] = [serve(), serve()];
      await koppla.demo.send("PATCH", "/api/v1/organisations/demo", { sites: [mine] }, 200);
      const context = await browser.newContext();
      const page = await context.newPage();
      for (let visit = 0; visit < 2; visit++) {
        await page.goto(mine);
        await page.waitForSelector("li:nth-child(3)");
        expect(await page.locator("li").allTextContents()).toEqual([
          "2026-12-01 Svetsning grund, Köpenick",
          "2026-12-02T10:00:00+01:00 Truck, Lund",
          "undefined Ställning, Lund",
        ]);
      }
      await koppla.demo.send("PUT", "/api/v1/trainings/3", { name: "Ny", city: "Lund" }, 200);
      await page.goto(mine);
      await page.waitForSelector("text=undefined Ny, Lund");

      const refused = new Promise<string>((resolve) =>
        page.once("pageerror", ({ message }) => resolve(message)),
      );
      await page.goto(other);
      expect(await refused).toContain("Failed to fetch");
      expect(await page.locator("li").count()).toBe(0);
      await context.close();
    },
    LONG_TEST_MS,
  );
});
