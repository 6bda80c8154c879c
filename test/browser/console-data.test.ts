/** Data, messages and the help for integrators in the console: in a real browser, against the executable. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, LONG_TEST_MS, startKoppla } from "../binary/harness.ts";
import { sendMessage } from "../binary/messages.ts";
import { put } from "../binary/receiver.ts";
import { type Page as ApiPage, type RecordOut } from "../binary/wire.ts";
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
let message: string;

/** One black pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "taken over"</script></svg>';
const EVIL =
  '<img src=x onerror="document.title=\'taken over\'"><script>document.title="taken over"</script>';

const schema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", title: "Name", minLength: 1, maxLength: 100 },
    city: { type: "string", maxLength: 60 },
    seats: { type: "integer", minimum: 1 },
    level: { enum: ["basic", "advanced"] },
    starts_on: { type: "string", format: "date" },
    online: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    place: { type: "object", properties: { street: { type: "string" }, floor: { type: "integer" } } },
    dates: { type: "array", items: { type: "object" } },
  },
};

beforeAll(async () => {
  if (!thereIsChromium) return;
  const description = "What can be booked.";
  koppla = await startKoppla({
    config: {
      types: {
        trainings: {
          ...{ object: "training", key: "integer", description, schema },
          ...{ filters: ["city", "level", "seats"], search: ["name"], public: ["name", "city"] },
        },
      },
      // Nothing may be sent there: what is published has failed.
      channels: {
        away: {
          ...{ kind: "http", url: "http://127.0.0.2:9/", secret: `whsec_${btoa("k".repeat(32))}` },
          retry: "standard",
        },
      },
      webhooks: { retry_schedules: { standard: { steps: ["1ms"], then: "fail" } } },
    },
  });
  browser = await launch();
  await createPerson(koppla, "anna", "administrator");
  await createPerson(koppla, "rut", "reader");
  const { demo } = koppla;
  for (let id = 100; id < 140; id++)
    await put(demo, `trainings/${id}`, { name: `Course ${id}`, city: id % 2 ? "Umeå" : "Lund", seats: 20 });
  await put(demo, "trainings/7", {
    name: EVIL,
    city: "Kiruna",
    place: { street: "Storgatan 1" },
    extra: [1, 2],
  });
  message = await sendMessage(demo, {
    partyId: "6d0773d6-3e7f-4552-81bc-f0007af95adf",
    message: `Beslut i ditt ärende.\n${EVIL}`,
    externalReferences: [{ key: "caseId", value: "2026-1234" }],
    attachments: [
      { fileName: "bild.png", base64Data: PNG },
      { fileName: "logo.svg", base64Data: btoa(SVG) },
      { fileName: "sida.html", base64Data: btoa(EVIL) },
      { fileName: "beslut.txt", base64Data: btoa("Beviljas.") },
    ],
  });
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await koppla?.dispose();
});

/** What the browser says of an answer that a story is about: somebody else was quicker. */
const REFUSED = /status of 412/;

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, { username: "anna", ...options });
  try {
    await story(opened);
    expect(await opened.page.title()).not.toBe("taken over");
    expect(opened.errors.filter((line) => !REFUSED.test(line))).toEqual([]);
    expect(opened.outside).toEqual([]);
  } finally {
    await opened.close();
  }
}

const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
/** Asked from outside: waiting in the page, Playwright would evaluate text, which the page's policy forbids. */
const comesAbout = (what: string, page: Page, expression: string) =>
  eventually(what, async () => ((await page.evaluate(expression)) === true ? true : undefined));
const record = (id: number) => koppla.demo.read<RecordOut>(`/api/v1/trainings/${id}`);

describe.skipIf(!thereIsChromium)("in the browser", () => {
  test(
    "a CSV file is mapped, checked without being stored, and imported with its progress",
    () =>
      inConsole({}, async ({ page, goto }) => {
        const rows = Array.from(
          { length: 2_000 },
          (_, index) => `${index + 1_000};Kurs ${index};Luleå;${index + 1}`,
        );
        rows[4] = "1004;Utan plats;Luleå;0";
        const csv = Buffer.from(["Nr;Benämning;Ort;Seats", ...rows].join("\n"), "latin1");
        await goto("/data/trainings/import");
        await page
          .locator('input[type="file"]')
          .setInputFiles({ name: "kurser.csv", mimeType: "text/csv", buffer: csv });
        await told(page, "Kurs 0");
        // What is named alike is found; the rest is said.
        expect(await page.getByRole("combobox", { name: "Field of the column Seats" }).inputValue()).toBe(
          "seats",
        );
        await told(page, /No column is mapped to: Name/);
        for (const [column, name] of [
          ["Nr", "id"],
          ["Benämning", "name"],
          ["Ort", "city"],
        ] as const) {
          await page.getByRole("combobox", { name: `Field of the column ${column}` }).click();
          await page.getByRole("option", { name, exact: true }).click();
        }
        await press(page, "Check without storing");
        await told(page, /Nothing was stored\. It would be: 1999 created/);
        await page.getByRole("cell", { name: "must be at least 1" }).waitFor();
        const before = await koppla.demo.get("/api/v1/trainings/1000");
        expect(before.status).toBe(404);
        await page.getByRole("radio", { name: "Leave it out" }).check();
        await press(page, "Import");
        await told(page, /^1999 created, 0 updated, 0 unchanged, 1 rejected/);
        expect((await record(1_001))["city"]).toBe("Luleå");
        const [file] = await Promise.all([page.waitForEvent("download"), press(page, "All of them as CSV")]);
        expect(await Bun.file(await file.path()).text()).toContain("1004");
        // What would remove others asks first, for the type's name.
        await page.getByRole("radio", { name: "Replace all" }).check();
        await press(page, "Import");
        const dialog = page.getByRole("dialog");
        expect(await dialog.getByRole("button", { name: "Replace all" }).isDisabled()).toBeTrue();
        await dialog.getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("radio", { name: "Add and update" }).check();
        await press(page, "Import");
        await told(page, /^0 created, 0 updated, 1999 unchanged/);
        // Loaded anew, the page still has it.
        await page.reload();
        await told(page, /^0 created, 0 updated, 1999 unchanged/);
      }),
    LONG_TEST_MS,
  );

  test(
    "records are found by their words and filters, which stand in the address, and come as a file",
    () =>
      inConsole({}, async ({ page, goto }) => {
        await goto("/data");
        await page.getByRole("link", { name: "trainings" }).click();
        await page.getByRole("searchbox", { name: "Text search" }).fill("cours");
        await field(page, "city").fill("Lund");
        await page.waitForURL(/filter\.city=Lund/);
        await page.getByRole("cell", { name: "108", exact: true }).waitFor();
        await page.getByRole("cell", { name: "101", exact: true }).waitFor({ state: "detached" });
        await page.reload();
        await page.getByRole("cell", { name: "108", exact: true }).waitFor();
        expect(await field(page, "city").inputValue()).toBe("Lund");
        await page.getByRole("combobox", { name: "Order" }).selectOption({ label: "id, descending" });
        await page.getByRole("row").nth(1).getByRole("cell", { name: "138", exact: true }).waitFor();
        await page.getByRole("link", { name: "Export" }).click();
        await told(page, "Only those with city = Lund.");
        await press(page, "Make the file");
        const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Download")]);
        expect(file.suggestedFilename()).toBe("trainings.csv");
        const text = await Bun.file(await file.path()).text();
        expect(text).toContain("Course 138");
        expect(text).not.toContain("Course 139");
      }),
    LONG_TEST_MS,
  );

  test(
    "a record is made, changed and removed by a form of its schema, which says what is wrong before it is sent",
    () =>
      inConsole({}, async ({ page, goto }) => {
        await goto("/data/trainings/new");
        await press(page, "Create");
        await told(page, "is missing");
        await field(page, "id").fill("1");
        await field(page, "Name").fill("Svetsning");
        await field(page, "seats").fill("0");
        await press(page, "Create");
        await told(page, "must be at least 1");
        await field(page, "seats").fill("12");
        await page.getByRole("combobox", { name: "level" }).click();
        await page.getByRole("option", { name: "advanced" }).click();
        await page.getByLabel("starts_on").fill("2027-02-01");
        await field(page, "street").fill("Storgatan 1");
        await field(page, "dates").fill('[{"day": 1}]');
        await press(page, "Create");
        await page.getByRole("heading", { level: 1, name: "training 1" }).waitFor();
        const { _meta, ...data } = await record(1);
        expect(data).toEqual({
          ...{ id: 1, name: "Svetsning", seats: 12, level: "advanced", starts_on: "2027-02-01" },
          ...{ place: { street: "Storgatan 1" }, dates: [{ day: 1 }] },
        });
        expect(_meta.version).toBe(1);

        await press(page, "Edit");
        await field(page, "Name").fill("Svetsning, grund");
        // Somebody else is quicker.
        await koppla.demo.patch("/api/v1/trainings/1", { city: "Kiruna" });
        await press(page, "Save");
        await told(page, "Somebody else has changed it");
        await press(page, "Try again");
        await comesAbout(
          "the form has what is stored",
          page,
          `document.querySelector('[name="city"]')?.value === "Kiruna"`,
        );
        await field(page, "Name").fill("Svetsning, grund");
        await press(page, "Save");
        await page.getByRole("button", { name: "Edit" }).waitFor();
        expect(await record(1)).toMatchObject({ name: "Svetsning, grund", city: "Kiruna" });
        await page.getByRole("tab", { name: "History" }).click();
        await told(page, "user:anna");
        await press(page, "Delete");
        await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
        await page.waitForURL(/\/data\/trainings$/);
        expect((await koppla.demo.get("/api/v1/trainings/1")).status).toBe(404);
      }),
    LONG_TEST_MS,
  );

  test(
    "what a record says is text, whatever it says; who may only read is offered nothing else",
    () =>
      inConsole({ username: "rut" }, async ({ page, goto }) => {
        await goto("/data/trainings");
        expect(await page.getByRole("link", { name: /New record|Import/ }).count()).toBe(0);
        await goto("/data/trainings/record?id=7");
        await told(page, EVIL);
        await told(page, "Storgatan 1");
        expect(await page.getByRole("button", { name: /^(Edit|Delete)$/ }).count()).toBe(0);
        await goto("/data/nothing");
        await told(page, "There is nothing here");
      }),
    LONG_TEST_MS,
  );

  test(
    "a message is found by its reference; pictures and text are shown, SVG and HTML only saved",
    () =>
      inConsole({}, async ({ page, goto }) => {
        await goto("/messages");
        await field(page, "Reference (key:value)").fill("caseId:2026-1234");
        await press(page, "Look up");
        await page.waitForURL(/reference=caseId/);
        await page.getByRole("row").nth(1).click();
        await told(page, /Beslut i ditt ärende/);
        await press(page, "Show bild.png");
        await comesAbout(
          "the picture is shown",
          page,
          `document.querySelector("main img")?.naturalWidth === 1`,
        );
        await press(page, "Show beslut.txt");
        await told(page, "Beviljas.");
        expect(await page.getByRole("button", { name: /^Show (logo\.svg|sida\.html)$/ }).count()).toBe(0);
        const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Save logo.svg")]);
        expect(file.suggestedFilename()).toBe("logo.svg");
        expect(await Bun.file(await file.path()).text()).toBe(SVG);
        await page.getByRole("button", { name: /^away failed/ }).click();
        await page.getByRole("table", { name: "Attempts" }).waitFor();
        await press(page, "Publish once more");
        await told(page, "It is published once more");
        const other = await sendMessage(koppla.demo);
        await goto(`/messages/${other}`);
        await press(page, "Delete");
        await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
        await page.waitForURL(/\/messages$/);
        expect((await koppla.demo.get(`/webmessages/${other}`)).status).toBe(404);
      }),
    LONG_TEST_MS,
  );

  test(
    "the call that the help shows works as it is in every language, and its answer stands beside it",
    () =>
      inConsole({}, async ({ page, goto }) => {
        await goto("/integrate?type=trainings&filter.city=Ume%C3%A5&sort=-id&rows=2&fields=id,name");
        await told(page, "Course 139");
        await told(page, "As you see it");
        const shown = async (language: string) => {
          await page.getByRole("tab", { name: language, exact: true }).click();
          return await page.getByRole("region", { name: `The call in ${language}` }).innerText();
        };
        const env = { KOPPLA_TOKEN: koppla.demo.token };
        const curl = await output(["sh", "-c", await shown("curl")], env);
        expect((JSON.parse(curl) as ApiPage<RecordOut>).items.map(({ id }) => id)).toEqual([139, 137]);
        const lines = /^139\W+Course 139\W*\n137\W+Course 137\W*\n$/;
        for (const [language, command] of [
          ["Python", ["python3", "-"]],
          ["PHP", ["php"]],
          ["JavaScript", [join(import.meta.dir, "../../node_modules/.bin/bun"), "run", "-"]],
        ] as const) {
          const text = await shown(language);
          if (Bun.which(command[0]))
            expect([language, await output(command, env, text)]).toEqual([
              language,
              expect.stringMatching(lines),
            ]);
        }
        // As an account of a partner that sees less.
        const grant = JSON.stringify({ resource: "trainings", actions: ["read"], fields: ["name", "city"] });
        const partner = await koppla.account("demo", [grant]);
        await page.getByLabel("An API token").fill(partner.token);
        await press(page, "Ask");
        await told(page, "As the account sees it whose token you typed.");
        const answer = page.getByRole("region", { name: "The answer" }).getByRole("region");
        await answer.filter({ hasText: "Course 139" }).waitFor();
        expect(await answer.innerText()).not.toContain("seats");
      }),
    LONG_TEST_MS,
  );

  test(
    "other ways in work as they are shown, too: OAuth 2.0, and the public view without a login",
    () =>
      inConsole({}, async ({ page, goto }) => {
        const query = "type=trainings&filter.city=Ume%C3%A5&sort=-id&rows=1";
        const shown = () => page.getByRole("region", { name: "The call in curl" }).innerText();
        await goto(`/integrate?way=oauth&${query}`);
        const { clientId, token } = koppla.demo;
        const env = { KOPPLA_CLIENT_ID: clientId, KOPPLA_CLIENT_SECRET: token };
        expect(await output(["sh", "-c", await shown()], env)).toContain('"Course 139"');
        await field(page, "Client id").fill(clientId);
        await page.getByLabel("Client secret (the API token)").fill(token);
        await press(page, "Ask");
        await told(page, "As the account sees it whose secret you typed.");
        await told(page, '"Course 139"');
        await goto(`/integrate?way=public&type=trainings&rows=1&filter.city=Ume%C3%A5`);
        const open = await output(["sh", "-c", await shown()], {});
        expect(open).toContain('"Course 101"');
        expect(open).not.toContain("seats");
        await told(page, '"Course 101"');
        await goto("/integrate?tab=topics&topic=Trainings.Destroy&format=event");
        await told(page, '"topic": "Trainings.Destroy"');
      }),
    LONG_TEST_MS,
  );

  test.each(["light", "dark"] as const)(
    "axe finds nothing serious on any of these pages, %s, and none is wider than a telephone",
    (scheme) =>
      inConsole({ scheme, viewport: { width: 360, height: 760 } }, async ({ page, goto }) => {
        const one = "/data/trainings/record?id=7";
        // What looks different in the dark are the parts, not each page.
        const everywhere = ["/data/trainings", `${one}&edit=1`, `/messages/${message}`, "/integrate"];
        const more = ["/data", one, `${one}&tab=history`, "/messages"];
        const files = ["/data/trainings/import", "/data/trainings/export"];
        const help = ["/integrate?tab=topics"];
        const paths = scheme === "light" ? [...everywhere, ...more, ...files, ...help] : everywhere;
        for (const path of paths) {
          await goto(path);
          await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
          expect({ path, found: await seriousFindings(page) }).toEqual({ path, found: [] });
          const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect({ path, wide: Number(over) > 0 }).toEqual({ path, wide: false });
        }
      }),
    LONG_TEST_MS,
  );
});

/** What a command prints; anything but success fails the test. */
async function output(command: readonly string[], env: Record<string, string>, input = ""): Promise<string> {
  const child = Bun.spawn([...command], {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/tmp", ...env },
    ...{ stdin: new Blob([input]), stdout: "pipe", stderr: "pipe" },
    timeout: 15_000,
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${command[0]}: ${err}`);
  return out;
}
