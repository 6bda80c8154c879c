/** The overview, operations, actions, schedules and the server's own page: in a real browser, against the executable. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";

import { type Koppla, LONG_TEST_MS, startKoppla } from "../binary/harness.ts";
import { createReceiver, put, TestReceiver } from "../binary/receiver.ts";
import { seriousFindings } from "./axe.ts";
import {
  type ConsoleOptions,
  type ConsolePage,
  createPerson,
  launch,
  openConsole,
  thereIsChromium,
} from "./console.ts";

let koppla: Koppla;
let browser: Browser;
let sink: TestReceiver;

beforeAll(async () => {
  if (!thereIsChromium) return;
  sink = new TestReceiver();
  const input = {
    type: "object",
    required: ["month"],
    properties: { month: { type: "string", title: "Month", pattern: "^\\d{4}-\\d\\d$" } },
  };
  koppla = await startKoppla({
    config: {
      actions: {
        "send-report": {
          description: "Sends the report.",
          input,
          run: { http: { method: "POST", url: sink.url("/report") } },
        },
      },
      schedules: {
        nightly: {
          cron: "0 3 * * *",
          timezone: "Europe/Stockholm",
          action: "send-report",
          input: { month: "2026-11" },
        },
      },
    },
  });
  browser = await launch();
  for (const [name, role] of [
    ["sara", "superadministrator"],
    ["anna", "administrator"],
    ["rut", "reader"],
    ["olle", "operator"],
  ] as const)
    await createPerson(koppla, name, role);
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await koppla?.dispose();
  await sink?.stop();
});

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, options);
  try {
    opened.page.setDefaultTimeout(15_000);
    await story(opened);
    expect(opened.errors).toEqual([]);
    expect(opened.outside).toEqual([]);
  } finally {
    await opened.close();
  }
}

const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const runs = () => sink.requests.filter(({ path }) => path === "/report").length;

describe.skipIf(!thereIsChromium)("in the browser", () => {
  test(
    "an action is tried out first, which does nothing, then run, and followed to its end",
    () =>
      inConsole({ username: "olle" }, async ({ page, goto }) => {
        await goto("/actions");
        await page.getByRole("link", { name: /send-report/ }).click();
        await page.getByRole("heading", { level: 1, name: "send-report" }).waitFor();
        const month = page.getByRole("textbox", { name: "Month" });
        await month.fill("2026-11");
        await press(page, "Try it out");
        await told(page, "It would be done");
        expect(runs()).toBe(0);
        expect(await seriousFindings(page)).toEqual([]);
        await press(page, "Run it");
        await told(page, /^Done/);
        expect(runs()).toBe(1);
        await goto("/operations");
        await page.getByRole("row", { name: /send-report/ }).click();
        await told(page, "user:olle");
        expect(await seriousFindings(page)).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "a schedule tells its next times, and is run by hand once one has said so",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        const before = runs();
        await goto("/schedules");
        await page.getByRole("row", { name: /nightly/ }).click();
        await told(page, "Europe/Stockholm");
        await press(page, "Run it now");
        await told(page, "Run nightly now?");
        await page
          .getByRole("dialog", { name: "Run nightly now?" })
          .getByRole("button", { name: "Run it now" })
          .click();
        await told(page, /^Done/);
        expect(runs()).toBe(before + 1);
        expect(await seriousFindings(page)).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "the overview shows what happens while one looks",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto("/");
        await told(page, "Live");
        const { demo } = koppla;
        await createReceiver(demo, sink.url("/live"), { name: "A receiver made meanwhile" });
        await put(demo, "trainings/1", { name: "one" });
        await sink.nth(1, "/live");
        await page.getByRole("link", { name: /A receiver made meanwhile.*Works/s }).waitFor();
        expect(await seriousFindings(page)).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "the overview in more tabs than a browser has connections is live in all of them, whoever has the stream",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto, context }) => {
        await goto("/");
        await told(page, "Live");
        const others: Page[] = [];
        for (let tab = 0; tab < 8; tab++) {
          const other = await context.newPage();
          others.push(other);
          await other.goto(page.url());
          await other.getByRole("heading", { level: 1 }).waitFor();
        }
        const { demo } = koppla;
        await createReceiver(demo, sink.url("/tabs"), { name: "A receiver of many tabs" });
        await put(demo, "trainings/2", { name: "two" });
        for (const tab of [page, ...others])
          await tab.getByRole("link", { name: /A receiver of many tabs.*Works/s }).waitFor();
        // The first one has the stream.
        await page.close();
        await createReceiver(demo, sink.url("/left"), { name: "A receiver of those that are left" });
        await put(demo, "trainings/3", { name: "three" });
        for (const tab of others)
          await tab.getByRole("link", { name: /A receiver of those that are left.*Works/s }).waitFor();
      }),
    LONG_TEST_MS,
  );

  test(
    "who looks after the server sees whether it is well, what it is, and what its settings come to",
    () =>
      inConsole({ username: "sara" }, async ({ page, goto }) => {
        await goto("/settings");
        await page.getByText("disk", { exact: true }).waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        await page.getByRole("tab", { name: "Server" }).click();
        await told(page, "SQLite");
        expect(page.url()).toEndWith("/console/settings?tab=server");
        expect(await seriousFindings(page)).toEqual([]);
        await page.getByRole("tab", { name: "Configuration" }).click();
        await page.getByRole("textbox", { name: "Find a setting" }).fill("webhooks.bundle.quiet");
        await told(page, /webhooks\.bundle\.quiet.*50ms/);
        expect(await seriousFindings(page)).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "what one may not do is not shown: pages, buttons, and the whole of the server's own",
    () =>
      inConsole({ username: "rut" }, async ({ page, goto }) => {
        await goto("/");
        const pages = page.getByRole("navigation", { name: "Pages" });
        await pages.getByRole("link", { name: "Webhook log" }).waitFor();
        expect(await pages.getByRole("link", { name: "Settings" }).count()).toBe(0);
        await goto("/receivers");
        expect(await page.getByRole("link", { name: "New receiver" }).count()).toBe(0);
        await goto("/settings");
        await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
        await goto("/schedules");
        await page.getByRole("row", { name: /nightly/ }).click();
        await told(page, "Europe/Stockholm");
        expect(await page.getByRole("button", { name: "Run it now" }).count()).toBe(0);
      }),
    LONG_TEST_MS,
  );

  test(
    "language and appearance are chosen, and remembered",
    () =>
      inConsole({ username: "rut" }, async ({ page, goto }) => {
        await goto("/");
        await press(page, "Language and appearance");
        await page.getByRole("menuitemradio", { name: "Svenska" }).click();
        await page.getByRole("heading", { level: 1, name: "Översikt" }).waitFor();
        expect(await page.locator("html").getAttribute("lang")).toBe("sv");
        // The menu stays open: one may want to change both.
        await page.getByRole("menuitemradio", { name: "Mörkt" }).click();
        await goto("/operations");
        await page.getByRole("heading", { level: 1, name: "Operationer" }).waitFor();
        expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
        expect(await seriousFindings(page)).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "the palette opens by Ctrl+K, and leads to a page by its name alone",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto("/");
        await page.keyboard.press("Control+k");
        await page.getByPlaceholder("Go to a page, or paste an id").fill("sched");
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { level: 1, name: "Schedules" }).waitFor();
      }),
    LONG_TEST_MS,
  );

  test(
    "every page fits a telephone of 360 pixels, in languages with long words too",
    () =>
      inConsole({ username: "sara", viewport: { width: 360, height: 740 } }, async ({ page, goto }) => {
        const wider: string[] = [];
        for (const language of ["Svenska", "Français"]) {
          await goto("/");
          await page.locator("header button").nth(-2).click();
          await page.getByRole("menuitemradio", { name: language }).click();
          for (const path of [
            "/",
            "/operations",
            "/schedules",
            "/actions/send-report",
            "/settings",
            "/settings?tab=server",
          ]) {
            await goto(path);
            if (await page.evaluate("document.documentElement.scrollWidth > innerWidth"))
              wider.push(`${language} ${path}`);
          }
        }
        expect(wider).toEqual([]);
      }),
    LONG_TEST_MS,
  );
});
