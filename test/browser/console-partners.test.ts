/** Accounts, receivers and the webhook log in the console: a real browser, the executable, a receiver that listens. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";
import type { Browser, Page } from "playwright-core";

import { type Koppla, LONG_TEST_MS, startKoppla } from "../binary/harness.ts";
import { createReceiver, put, TestReceiver, verify } from "../binary/receiver.ts";
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
let partner: TestReceiver;

beforeAll(async () => {
  if (!thereIsChromium) return;
  partner = new TestReceiver();
  koppla = await startKoppla({
    config: {
      // The links that are handed out lead here.
      server: { public_url: undefined },
      webhooks: { retry_schedules: { patient: { steps: ["1h"], then: "fail" } } },
    },
  });
  browser = await launch();
  await createPerson(koppla, "anna", "administrator");
  await createPerson(koppla, "rut", "reader");
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await koppla?.dispose();
  await partner?.stop();
});

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, options);
  const dialogs: string[] = [];
  opened.page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  try {
    await story(opened);
    expect(opened.errors).toEqual([]);
    expect(opened.outside).toEqual([]);
    // What a partner wrote ran nowhere.
    expect(dialogs).toEqual([]);
  } finally {
    await opened.close();
  }
}

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const told = (page: Page, text: string) => page.getByText(text).first().waitFor();
const tick = (page: Page, name: string) => page.getByRole("checkbox", { name, exact: true }).check();

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("combobox", { name: label, exact: true }).or(field(page, label)).first().click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

/** What a field that shows a secret has. */
const secretOf = (page: Page, label: string) => page.getByLabel(label, { exact: true }).first().inputValue();
const noFindings = async (page: Page) => expect(await seriousFindings(page)).toEqual([]);
const rows = (page: Page) => page.getByRole("table").getByRole("row");
/** The text of a body that is shown. */
const bodyOf = (page: Page, label: string) => page.getByRole("region", { name: label }).first().innerText();

describe.skipIf(!thereIsChromium)("partners in the console", () => {
  /** A name that is to be shown and not to be run. */
  const NAME = `Course site <img src=x onerror="alert(1)">`;

  test(
    "an account is made, its receiver is told, fails, is sent again, and is deleted without its log",
    async () => {
      await inConsole({ username: "anna" }, async ({ page, goto }) => {
        // The account, with codes; what it may do is said before it is made.
        await goto("/accounts/new");
        await field(page, "Name").fill("Course partner");
        await noFindings(page);
        await press(page, "Next");
        await choose(page, "On", "trainings");
        await tick(page, "read");
        await tick(page, "write");
        await press(page, "Only those where …");
        const values = page.getByRole("combobox", { name: "Values of institute_id" });
        await values.fill("234234");
        await values.press("Enter");
        await told(page, "Read and write: trainings – only where institute_id is 234234");
        await noFindings(page);
        await press(page, "Next");
        await press(page, "Next");
        await told(page, "A login needs a one-time code.");
        await press(page, "Make the account");
        await page.getByRole("img", { name: "QR code with the secret for one-time codes" }).waitFor();
        const token = await secretOf(page, "API token");
        const totpSecret = await secretOf(page, "Secret for one-time codes");
        await noFindings(page);
        const go = page.getByRole("button", { name: "To the account" });
        expect(await go.isDisabled()).toBe(true);
        await tick(page, "I have stored it");
        await go.click();
        await page.getByRole("heading", { level: 1, name: "Course partner" }).waitFor();
        const clientId = await page.getByText(/^acc_/).first().innerText();
        await noFindings(page);

        // Its receiver, with an example that changes with what is chosen.
        await goto("/receivers/new");
        await field(page, "Name").fill(NAME);
        await field(page, "URL").fill(partner.url("/hook?a=1"));
        await choose(page, "API account", "Course partner");
        await press(page, "Next");
        await tick(page, "Trainings.*");
        await noFindings(page);
        await press(page, "Next");
        const example = page.getByRole("region", { name: "Example request" });
        expect(await example.innerText()).toContain("POST /hook?a=1 HTTP/1.1");
        expect(await example.innerText()).toContain('"object": "training"');
        await page.getByRole("radio", { name: /^CloudEvents/ }).check();
        expect(await example.innerText()).toContain('"specversion": "1.0"');
        await page.getByRole("radio", { name: /^Changes/ }).check();
        await noFindings(page);
        await press(page, "Next");
        await told(page, "What fails is tried again after 1 hr, 2 hrs, 6 hrs and 1 day.");
        await choose(page, "Schedule", "patient");
        await told(page, "What fails is tried again after 1 hr.");
        await noFindings(page);
        await press(page, "Make the receiver");
        const secret = await secretOf(page, "Signing secret");
        expect(secret).toStartWith("whsec_");
        await tick(page, "I have stored the secret");
        await press(page, "To the receiver");
        await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
        await noFindings(page);

        // The account logs in with a code and pushes; the bundle arrives.
        const login = await fetch(`${koppla.url}/oauth/token`, {
          method: "POST",
          headers: { authorization: `Basic ${btoa(`${clientId}:${token}`)}` },
          body: new URLSearchParams({
            grant_type: "client_credentials",
            totp: generateSync({ secret: totpSecret }),
          }),
        });
        expect(login.status).toBe(200);
        const { access_token }: { access_token: string } = JSON.parse(await login.text());
        const push = (id: number) =>
          fetch(`${koppla.url}/api/v1/trainings/${id}`, {
            method: "PUT",
            headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
            body: JSON.stringify({ name: "Svetsning", institute_id: 234234 }),
          });
        expect((await push(345345)).status).toBe(201);
        const arrived = await partner.nth(1);
        verify(secret, arrived);

        // Its row is opened, with the body that the receiver got.
        await page.getByRole("link", { name: "Its log" }).click();
        await rows(page).filter({ hasText: "Delivered" }).click();
        const label = "Body, the same on every attempt";
        await page.getByRole("dialog").getByText("Attempt 1").waitFor();
        expect(JSON.parse(await bodyOf(page, label))).toEqual(JSON.parse(arrived.body));
        await page.getByRole("dialog").getByText("Raw").last().click();
        expect(await bodyOf(page, label)).toBe(arrived.body);
        expect(page.url()).toContain(`/deliveries/${arrived.id}?receiver=`);
        await noFindings(page);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });

        // It fails: what it answered is shown and not run. Sent again, it arrives.
        partner.script(() => new Response("<script>alert(2)</script>", { status: 500 }));
        expect((await push(345346)).status).toBe(201);
        await rows(page).filter({ hasText: "Will be retried" }).click();
        await page.getByRole("dialog").getByText("<script>alert(2)</script>").waitFor();
        partner.script(() => 204);
        await press(page, "Send again");
        const again = await partner.nth(3);
        await page.getByRole("dialog").getByText("Attempt 2").waitFor();
        expect(again.body).toBe((await partner.nth(2)).body);
        expect(again.id).toBe((await partner.nth(2)).id);
        await page.getByRole("dialog").getByText("Delivered").first().waitFor();

        // It is deleted by its name, and found among the deleted ones with its log.
        await page.getByRole("dialog").getByRole("link", { name: NAME }).click();
        await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
        await press(page, "More");
        await page.getByRole("menuitem", { name: "Delete" }).click();
        const question = page.getByRole("dialog", { name: `Delete ${NAME}?` });
        await question.getByRole("textbox").fill(NAME);
        await question.getByRole("button", { name: "Delete", exact: true }).click();
        await page.getByRole("heading", { level: 1, name: "Receivers" }).waitFor();
        await told(page, "No receivers yet");
        await page.getByRole("switch", { name: "Show deleted ones, too" }).check();
        await rows(page).filter({ hasText: "Course site" }).click();
        await told(page, "This receiver is deleted. Its log stays until its retention ends.");
        expect(await page.getByRole("button", { name: "Send a test" }).count()).toBe(0);
        await page.getByRole("link", { name: "Its log" }).click();
        await rows(page).filter({ hasText: "Delivered" }).nth(1).waitFor();
        expect(await rows(page).filter({ hasText: "Delivered" }).count()).toBe(2);
      });
    },
    LONG_TEST_MS,
  );

  test(
    "a test shows the whole exchange, a new secret is shown once, and many are sent again with a bar",
    async () => {
      partner.script(() => new Response(`{"taken":true}`, { status: 418 }));
      const bundle = { quiet: "5ms", longest: "50ms", size: 1 };
      const { id } = await createReceiver(koppla.demo, partner.url("/many"), {
        ...{ name: "Planning tool", bundle, retry: { steps: ["1h"], then: "fail" } },
      });
      await inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto(`/receivers/${id}`);
        await press(page, "Send a test");
        const dialog = page.getByRole("dialog");
        await dialog.getByText("It was not accepted").waitFor();
        expect(JSON.parse(await bodyOf(page, "Body that was sent"))).toEqual({ changes: [] });
        expect(JSON.parse(await bodyOf(page, "Answer"))).toEqual({ taken: true });
        await dialog.getByRole("rowheader", { name: "webhook-id" }).waitFor();
        await noFindings(page);
        await dialog.getByRole("button", { name: "Close", exact: true }).last().click();

        await press(page, "More");
        await page.getByRole("menuitem", { name: "New secret" }).click();
        await press(page, "Make a new secret");
        const secret = await secretOf(page, "Signing secret");
        await noFindings(page);
        await tick(page, "I have stored the secret");
        await press(page, "Close");

        for (const training of [1, 2, 3]) await put(koppla.demo, `trainings/${training}`, { name: "Many" });
        await partner.nth(4, "/many");
        partner.script(() => 204);
        await goto(`/deliveries?receiver=${id}`);
        await rows(page).filter({ hasText: "Will be retried" }).nth(2).waitFor();
        await press(page, "Send many again…");
        await choose(page, "Those that are", "Will be retried");
        await page.getByRole("dialog").getByText("Receiver: Planning tool").waitFor();
        await press(page, "Send them again");
        await page.getByRole("dialog").getByText("Done · 3 of 3").waitFor();
        await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
        verify(secret, await partner.nth(7, "/many"));
        await rows(page).filter({ hasText: "Delivered" }).nth(2).waitFor();
        // The filter is in the address: it is there when the page is loaded anew.
        await choose(page, "Status", "Failed");
        await page.waitForURL(/status=failed/);
        await page.reload();
        await rows(page).filter({ hasText: "Failed" }).waitFor();
        expect(await rows(page).count()).toBe(2);
      });
    },
    LONG_TEST_MS,
  );

  test(
    "a reader looks and changes nothing; a partner's link shows its own receivers alone, until it is revoked",
    async () => {
      // An administrator hands out no link to an account that may do more than he.
      const demo = await koppla.account("demo", ["trainings:read", "receivers:manage"]);
      const own = await createReceiver(demo, partner.url("/own"), { name: "Of the line of business" });
      const other = await koppla.account("demo", ["trainings:read", "receivers:manage"]);
      await createReceiver(other, partner.url("/other"), { name: "Of somebody else" });
      await inConsole({ username: "rut" }, async ({ page, goto }) => {
        await goto("/receivers");
        await rows(page).filter({ hasText: "Of somebody else" }).waitFor();
        expect(await page.getByRole("link", { name: "New receiver" }).count()).toBe(0);
        await goto(`/receivers/${own.id}`);
        await told(page, "Circuit breaker");
        for (const name of ["Send a test", "More"])
          expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
        await goto("/accounts");
        await rows(page).nth(1).click();
        await told(page, "API tokens");
        for (const name of ["New token", "Make a link", "Revoke"])
          expect(await page.getByRole("button", { name }).count()).toBe(0);
      });

      await inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto(`/accounts/${demo.clientId}`);
        await press(page, "Make a link");
        await field(page, "For whom").fill("Pia");
        await page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
        const url = await secretOf(page, "Link to the portal");
        await noFindings(page);
        await tick(page, "I have copied the link");
        await press(page, "Close");

        await inConsole({}, async (portal) => {
          await portal.page.goto(url);
          // There is no session yet, which is what the browser's console says of it.
          await portal.page.getByRole("link", { name: "Receivers", exact: true }).first().click();
          await rows(portal.page).filter({ hasText: "Of the line of business" }).waitFor();
          expect(await portal.page.getByText("Of somebody else").count()).toBe(0);
          expect(await portal.page.getByRole("link", { name: "API accounts" }).count()).toBe(0);
          await portal.page.getByRole("link", { name: "New receiver" }).click();
          await field(portal.page, "Name").fill("By the partner");
          expect(await portal.page.getByLabel("API account").count()).toBe(0);
          await field(portal.page, "URL").fill(partner.url("/portal"));
          await press(portal.page, "Next");
          await tick(portal.page, "Trainings.*");
          await press(portal.page, "Next");
          await press(portal.page, "Next");
          await press(portal.page, "Make the receiver");
          await told(portal.page, "By the partner is ready");
          await noFindings(portal.page);
          const notYet = portal.errors.filter((line) => /status of 401/.test(line));
          for (const line of notYet) portal.errors.splice(portal.errors.indexOf(line), 1);
        });

        await press(page, "Revoke the link Pia");
        await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
        await page.getByRole("button", { name: "Revoke the link Pia" }).waitFor({ state: "detached" });
      });
    },
    LONG_TEST_MS,
  );
});
