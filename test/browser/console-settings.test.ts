/** Whatever the API takes, the console edits: receivers, accounts and organisations to their last setting; searches. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";

import { type Koppla, LONG_TEST_MS, startKoppla } from "../binary/harness.ts";
import { createReceiver, put, TestReceiver } from "../binary/receiver.ts";
import { hasOpenssl, newAuthority } from "../certificates.ts";
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
  koppla = await startKoppla({
    config: { webhooks: { bundle: { quiet: "5ms", longest: "1s", size: 500 } } },
  });
  browser = await launch();
  await createPerson(koppla, "anna", "administrator");
  await createPerson(koppla, "sara", "superadministrator");
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await koppla?.dispose();
  await sink?.stop();
});

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, options);
  try {
    await story(opened);
    // What the server refuses, which some of these want to see, the browser's console tells of.
    expect(opened.errors.filter((error) => !/status of 422/.test(error))).toEqual([]);
    expect(opened.outside).toEqual([]);
  } finally {
    await opened.close();
  }
}

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const tick = (page: Page, name: string) => page.getByRole("checkbox", { name, exact: true }).check();
const mark = (page: Page, name: RegExp) => page.getByRole("radio", { name }).check();
const noFindings = async (page: Page) => expect(await seriousFindings(page)).toEqual([]);

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("combobox", { name: label, exact: true }).or(field(page, label)).first().click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

/** Types a value into a field of several, such as tags. */
async function add(page: Page, label: string, value: string): Promise<void> {
  const input = page.getByRole("combobox", { name: label }).or(field(page, label)).first();
  await input.fill(value);
  await input.press("Enter");
}

interface Shown {
  content_filter: unknown;
  metadata: unknown;
  signature: string;
  tls: { cert?: { subject: string }; ca?: unknown[] } | null;
  enabled: boolean;
}

describe.skipIf(!thereIsChromium)("the last settings in the console", () => {
  test.skipIf(!hasOpenssl)(
    "a receiver has its filter, certificates, signature and notes from the form",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        const authority = newAuthority();
        const [own, other] = [authority.issue("koppla.example"), authority.issue("other.example")];
        await goto("/receivers/new");
        await field(page, "Name").fill("Careful partner");
        await field(page, "URL").fill("https://partner.example/hooks");
        await choose(page, "API account", "Line of business");
        await press(page, "Add metadata");
        await field(page, "Name of the note").fill("team");
        await field(page, "Value of the note").fill("web");
        await noFindings(page);
        await press(page, "Next");

        await tick(page, "Trainings.*");
        await press(page, "Only those where …");
        await add(page, "Values of institute_id", "234234");
        await told(page, "Of trainings, only those where institute_id is 234234.");
        await noFindings(page);
        await page.getByText("JSON", { exact: true }).click();
        const json = field(page, "The condition as JSON");
        expect(JSON.parse(await json.inputValue())).toEqual({ institute_id: [234234] });
        await json.fill('{"institute_id": 7}');
        await told(page, "Must be JSON: an object of fields, each with a list of values");
        await press(page, "Next");
        // It does not go on with what cannot be read.
        await json.fill('{"institute_id": [7, 8]}');
        await told(page, "Of trainings, only those where institute_id is 7 or 8.");
        await noFindings(page);
        await press(page, "Next");

        await mark(page, /^v1 and v1a/);
        await mark(page, /^Certificates of its own/);
        await field(page, "Trusted authorities (CA)").fill(authority.ca);
        await page.setInputFiles("input[type=file] >> nth=1", {
          ...{ name: "own.pem", mimeType: "application/x-pem-file", buffer: Buffer.from(own.cert) },
        });
        expect(await field(page, "Client certificate").inputValue()).toBe(own.cert);
        const key = field(page, "Private key of the client certificate");
        await key.fill(other.key);
        await told(page, /^•+ hidden, \d+ characters$/);
        expect(await page.content()).not.toContain(other.key.split("\n")[1] ?? "");
        await noFindings(page);
        await press(page, "Next");
        await page.getByRole("checkbox", { name: "Send to it from the start" }).uncheck();
        await press(page, "Make the receiver");
        // What the server says stands at the field it is about.
        await told(page, "is not the key of the first certificate");
        await press(page, "Clear");
        await key.fill(own.key);
        await press(page, "Next");
        await press(page, "Make the receiver");
        await page.getByRole("checkbox", { name: "I have stored the secret" }).check();
        await press(page, "To the receiver");

        await page.getByRole("heading", { level: 1, name: "Careful partner" }).waitFor();
        const id = page.url().split("/").at(-1) ?? "";
        const shown = () => koppla.demo.read<Shown>(`/api/v1/receivers/${id}`);
        expect(await shown()).toMatchObject({
          ...{ content_filter: { institute_id: [7, 8] }, metadata: { team: "web" }, signature: "v1a" },
          ...{ enabled: false, tls: { cert: { subject: "CN=koppla.example" } } },
        });
        expect((await shown()).tls?.ca).toHaveLength(1);
        await told(page, "CN=koppla.example");
        await told(page, "its private key is stored, and not shown");
        await told(page, /^whpk_/);
        await noFindings(page);

        // All of it is there to be changed, and what is not touched stays.
        await page.getByRole("link", { name: "Change" }).click();
        await press(page, "Remove the note");
        await page.getByRole("tab", { name: "Topics" }).click();
        await page
          .getByRole("textbox", { name: "Values of institute_id" })
          .or(page.getByRole("combobox", { name: "Values of institute_id" }))
          .first()
          .waitFor();
        await page.getByRole("tab", { name: "Protocol" }).click();
        expect(await page.getByRole("radio", { name: /^As they are stored/ }).isChecked()).toBe(true);
        await noFindings(page);
        await press(page, "Save");
        await page.getByRole("heading", { level: 1, name: "Careful partner" }).waitFor();
        await told(page, "CN=koppla.example");
        expect(await shown()).toMatchObject({ metadata: {}, content_filter: { institute_id: [7, 8] } });
        expect((await shown()).tls?.cert?.subject).toBe("CN=koppla.example");
        await goto(`/receivers/${id}/edit`);
        await page.getByRole("tab", { name: "Protocol" }).click();
        await mark(page, /^None of its own/);
        await press(page, "Save");
        await page.getByRole("heading", { level: 1, name: "Careful partner" }).waitFor();
        expect(await shown()).toMatchObject({ tls: null, signature: "v1a" });
      }),
    LONG_TEST_MS,
  );

  test(
    "an account has its refresh tokens, redirect URIs and DPoP; what is wrong is said in the reader's language",
    () =>
      inConsole({ username: "anna", language: "sv" }, async ({ page, goto }) => {
        const account = { name: "Kassan", grants: [{ resource: "trainings", actions: ["read"] }] };
        const { id } = await koppla.demo.send<{ id: string }>("POST", "/api/v1/accounts", account, 201);
        await goto(`/accounts/${id}/edit`);
        await add(page, "Tillåtna nät", "nowhere");
        await page.getByRole("radio", { name: /^JWT/ }).check();
        await field(page, "Mottagare (aud)").fill("https://kassan.example");
        await page.getByRole("checkbox", { name: /^Ge förnyelsetoken/ }).check();
        await page.getByRole("checkbox", { name: /^Bind åtkomsttoken/ }).check();
        await add(page, "Omdirigeringsadresser", "https://kassan.example/klart");
        await noFindings(page);
        await press(page, "Spara");
        await told(page, "måste vara en IP-adress eller ett nät som 192.0.2.0/24");
        await page
          .getByRole("textbox", { name: "Tillåtna nät" })
          .or(page.getByRole("combobox", { name: "Tillåtna nät" }))
          .first()
          .press("Backspace");
        await press(page, "Spara");
        await page.getByRole("heading", { level: 1, name: "Kassan" }).waitFor();
        expect(await koppla.demo.read<object>(`/api/v1/accounts/${id}`)).toMatchObject({
          ...{ dpop: true, redirect_uris: ["https://kassan.example/klart"] },
          token: { kind: "jwt", refresh: true, audience: "https://kassan.example" },
        });
        await told(page, "https://kassan.example/klart");
      }),
    LONG_TEST_MS,
  );

  test(
    "lists are searched by text, and the search stands in the address",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        const topics = ["Cases.*"];
        await createReceiver(koppla.demo, "https://partner.example/1", { name: "Kurser i Göteborg", topics });
        await createReceiver(koppla.demo, "https://partner.example/2", { name: "Kurser i Borås", topics });
        await goto("/receivers");
        await told(page, "Kurser i Borås");
        const search = page.getByRole("searchbox", { name: "Search" });
        await search.fill("goteborg kurser");
        await page.getByText("Kurser i Borås").waitFor({ state: "detached" });
        await told(page, "Kurser i Göteborg");
        await page.waitForURL(/search=goteborg/);
        await page.reload();
        await told(page, "Kurser i Göteborg");
        expect(await page.getByText("Kurser i Borås").count()).toBe(0);
        await search.fill("nothing such");
        await told(page, "Nothing found");
        await noFindings(page);
        await press(page, "Show all of them");
        await told(page, "Kurser i Borås");
        await goto("/users?search=SARA");
        await page.getByRole("cell", { name: /sara/ }).first().waitFor();
        expect(await page.getByRole("cell", { name: /anna/ }).count()).toBe(0);
        await goto("/accounts?search=business");
        await told(page, "Line of business");
      }),
    LONG_TEST_MS,
  );

  test(
    "a record's page says who was told what of it, and how that differs from what it is now",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        const whole = { format: "event", payload: "full", topics: ["Trainings.*"] };
        await createReceiver(koppla.demo, sink.url("/whole"), { ...whole, name: "Catalogue" });
        await put(koppla.demo, "trainings/41", { name: "Svetsning", city: "Lund", institute_id: 3 });
        await sink.nth(1, "/whole");
        await put(koppla.demo, "trainings/41", { name: "Svetsning, grund", city: "Lund", price: 900 });
        await sink.nth(2, "/whole");
        await goto("/data/trainings/record?id=41&tab=history");
        const rows = page.getByRole("table", { name: "What happened, and who was told" }).getByRole("row");
        await told(page, "Changed: version 2");
        // The head, two deliveries, the change between them, the making.
        expect(await rows.count()).toBe(5);
        await noFindings(page);
        await rows.nth(3).click();
        const sheet = page.getByRole("dialog");
        await sheet.getByText("Catalogue").first().waitFor();
        const table = sheet.getByRole("table", { name: "Comparison" });
        const cells = async () => (await table.innerText()).replaceAll(/\s+/g, " ");
        await table.waitFor();
        expect(await cells()).toContain("name changed Svetsning Svetsning, grund");
        expect(await cells()).toContain("institute_id only then 3 –");
        expect(await cells()).toContain("price not sent – 900");
        expect(await cells()).not.toContain("Lund");
        await sheet.getByRole("switch", { name: "All 4 fields" }).click();
        await table.getByText("Lund").first().waitFor();
        await noFindings(page);
        // With what was told at another time.
        await sheet
          .getByRole("combobox", { name: "Compare with" })
          .or(sheet.getByRole("textbox", { name: "Compare with" }))
          .first()
          .click();
        await page.getByRole("option").nth(1).click();
        await table.getByRole("columnheader", { name: "Catalogue" }).waitFor();
        expect(await cells()).toContain("name changed Svetsning Svetsning, grund");
        await sheet.getByRole("region", { name: "What the request said of it" }).waitFor();
      }),
    LONG_TEST_MS,
  );

  test(
    "what the organisation's password may do is changed, and the audit log's chain is walked",
    () =>
      inConsole({ username: "sara" }, async ({ page, goto }) => {
        await goto("/organisations/demo");
        await told(page, "Read and write: all types of data");
        await press(page, "Change what it may do");
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("checkbox", { name: "write" }).uncheck();
        await dialog.getByText("Read: all types of data").waitFor();
        expect(await dialog.getByRole("checkbox", { name: "every action" }).count()).toBe(0);
        await noFindings(page);
        await dialog.getByRole("button", { name: "Save" }).click();
        await dialog.waitFor({ state: "detached" });
        await told(page, "Read: all types of data");
        expect(await koppla.demo.read<object>("/api/v1/organisations/demo")).toMatchObject({
          password_grants: [{ resource: "*", actions: ["read"] }],
        });

        await goto("/audit");
        await press(page, "Check the chain");
        await dialog.getByRole("textbox", { name: /^An event that was noted/ }).fill("17");
        await dialog.getByText("Must be a number, a colon").waitFor();
        await dialog.getByRole("textbox", { name: /^An event that was noted/ }).fill("");
        await dialog.getByRole("button", { name: "Check", exact: true }).click();
        await dialog.getByText(/^\d+ events, whole; the last is \d+:/).waitFor();
        await noFindings(page);
      }),
    LONG_TEST_MS,
  );
});
