/** Who gets into the console, and how people are looked after there: in a real browser, against the executable. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";
import type { Browser, Locator, Page } from "playwright-core";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, LONG_TEST_MS, run, startKoppla } from "../binary/harness.ts";
import { seriousFindings } from "./axe.ts";
import {
  type ConsoleOptions,
  type ConsolePage,
  createPerson,
  launch,
  openConsole,
  PASSWORD,
  thereIsChromium,
} from "./console.ts";

let koppla: Koppla;
let browser: Browser;

beforeAll(async () => {
  if (!thereIsChromium) return;
  koppla = await startKoppla();
  browser = await launch();
  await createPerson(koppla, "sara", "superadministrator");
  await createPerson(koppla, "anna", "administrator");
  await createPerson(koppla, "rut", "reader");
  await createPerson(koppla, "tove", "reader");
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await koppla?.dispose();
});

/** What the browser says of every answer that refuses something: it is told in the page, too. */
const REFUSED = /the server responded with a status of 4\d\d/;

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, options);
  try {
    // A page that does not come is to be told of soon.
    opened.page.setDefaultTimeout(15_000);
    await story(opened);
    expect(opened.errors.filter((line) => !REFUSED.test(line))).toEqual([]);
    expect(opened.outside).toEqual([]);
  } finally {
    await opened.close();
  }
}

const heading = (page: Page, name: string) =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
/** A field that has no role: of a password, or one that takes several values. */
const labelled = (place: Page | Locator, name: string) =>
  place.getByLabel(new RegExp(`^${name}\\s*\\*?$`)).and(place.locator("input"));
const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
const told = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor();

/** Of the code before this one, of this, of the next: each is good once. */
const code = (of: string, steps: number) =>
  generateSync({ secret: of, epoch: Math.floor(Date.now() / 1000) + steps * 30 });

async function logIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await field(page, "Username").fill(username);
  await labelled(page, "Password").fill(password);
  await press(page, "Log in");
}

describe.skipIf(!thereIsChromium)("in the browser", () => {
  test(
    "whoever has the link of the first administrator makes himself one, and the token leaves the address bar",
    () =>
      inConsole({}, async ({ page, goto }) => {
        const made = await run(["user", "link", "-c", koppla.configFile, "--json"], { cwd: koppla.dir });
        const { hash } = new URL((JSON.parse(made.stdout) as { url: string }).url);
        await goto(`/setup${hash}`);
        expect(page.url()).toBe(`${koppla.url}/console/setup`);
        expect(await seriousFindings(page)).toEqual([]);
        await field(page, "Organisation’s code").fill("demo");
        await field(page, "Username").fill("first");
        await field(page, "E-mail address").fill("first@example.org");
        await labelled(page, "Password").fill("short");
        await press(page, "Create and log in");
        await told(page, "At least 12 characters. A sentence is good.");
        await labelled(page, "Password").fill(PASSWORD);
        await press(page, "Create and log in");
        await heading(page, "Overview");
        await page.goto(`${koppla.url}/console/setup${hash}`);
        await field(page, "Organisation’s code").fill("demo");
        await field(page, "Username").fill("second");
        await field(page, "E-mail address").fill("second@example.org");
        await labelled(page, "Password").fill(PASSWORD);
        await press(page, "Create and log in");
        await heading(page, "The first administrator");
        await told(page, "This link is not good (any more)");
      }),
    LONG_TEST_MS,
  );

  test(
    "one logs in by password and one-time code, and the browser remembers the organisation",
    () =>
      inConsole({}, async ({ page, goto }) => {
        await goto("/");
        expect(await seriousFindings(page)).toEqual([]);
        await field(page, "Organisation").fill("demo");
        await logIn(page, "tove", "this is not my password");
        await told(page, "Organisation, username or password are not right.");
        await logIn(page, "tove");
        await heading(page, "Overview");

        await goto("/profile");
        await press(page, "Switch on one-time codes");
        const dialog = page.getByRole("dialog");
        await labelled(dialog, "Present password").fill(PASSWORD);
        await dialog.getByRole("button", { name: "Next" }).click();
        await dialog.getByAltText("QR code with the secret").waitFor();
        await eventually("the QR code is drawn", async () => {
          return (
            (await page.evaluate(`document.querySelector("[role=dialog] img").naturalWidth > 0`)) || undefined
          );
        });
        const shown = await dialog.getByLabel("Secret", { exact: true }).first().inputValue();
        await dialog.getByLabel("One-time code").fill("000000");
        await dialog.getByRole("button", { name: "Confirm" }).click();
        await dialog.getByText("This code is not right.", { exact: false }).waitFor();
        await dialog.getByLabel("One-time code").fill(code(shown, -1));
        await dialog.getByRole("button", { name: "Confirm" }).click();
        await told(page, "Switched on");

        await press(page, "You: tove");
        await page.getByRole("menuitem", { name: "Log out" }).click();
        await heading(page, "Log in");
        expect(await field(page, "Organisation").inputValue()).toBe("demo");
        await logIn(page, "tove");
        await field(page, "One-time code").fill(code(shown, 0));
        await press(page, "Log in");
        await heading(page, "Overview");

        await goto("/profile");
        await press(page, "Switch off one-time codes");
        await labelled(dialog, "Present password").fill(PASSWORD);
        await dialog.getByLabel("One-time code").fill(code(shown, 1));
        await dialog.getByRole("button", { name: "Switch off one-time codes" }).click();
        await told(page, "Switched off");
      }),
    LONG_TEST_MS,
  );

  test(
    "everybody chooses name, language and password, and the session goes on",
    () =>
      inConsole({ username: "tove" }, async ({ page, goto }) => {
        await goto("/profile");
        await field(page, "Name").fill("Tove Berg");
        await page.getByRole("combobox", { name: "Language" }).click();
        await page.getByRole("option", { name: "Svenska" }).click();
        await press(page, "Save");
        await heading(page, "Ditt konto");
        await page.reload();
        await heading(page, "Ditt konto");
        expect(await page.evaluate("document.documentElement.lang")).toBe("sv");
        await labelled(page, "Nuvarande lösenord").fill("fel fel fel fel");
        await labelled(page, "Nytt lösenord").fill("en annan mening alls");
        await labelled(page, "Nytt lösenord en gång till").fill("en annan mening");
        await press(page, "Byt lösenord");
        await told(page, "Det är inte samma.");
        await labelled(page, "Nytt lösenord en gång till").fill("en annan mening alls");
        await press(page, "Byt lösenord");
        await told(page, "stämmer inte");
        await labelled(page, "Nuvarande lösenord").fill(PASSWORD);
        await press(page, "Byt lösenord");
        await told(page, "Lösenordet är bytt");
        await page.reload();
        await heading(page, "Ditt konto");
      }),
    LONG_TEST_MS,
  );

  test(
    "a session that ends is renewed over the page, and what was typed stays",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto, context }) => {
        await goto("/users/new");
        await field(page, "Username").fill("half.done");
        await field(page, "E-mail address").fill("half@example.org");
        await context.clearCookies();
        await press(page, "Add the user");
        const dialog = page.getByRole("dialog", { name: "Your session has ended" });
        await dialog.waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        expect(await dialog.getByLabel("Username").inputValue()).toBe("anna");
        expect(await dialog.getByLabel("Username").isEditable()).toBe(false);
        await labelled(dialog, "Password").fill(PASSWORD);
        await dialog.getByRole("button", { name: "Log in", exact: true }).click();
        await dialog.waitFor({ state: "detached" });
        expect(await field(page, "Username").inputValue()).toBe("half.done");
        await press(page, "Add the user");
        await heading(page, "half.done");
      }),
    LONG_TEST_MS,
  );

  test(
    "an administrator adds people, gives what he has, locks out and deletes by the name",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto("/users/new");
        await page.getByRole("checkbox", { name: "reader" }).waitFor();
        expect(await page.getByRole("checkbox", { name: "superadministrator" }).isDisabled()).toBe(true);
        await field(page, "Username").fill("with space");
        await field(page, "E-mail address").fill("nils@example.org");
        await page.getByRole("checkbox", { name: "reader" }).check();
        await page.getByRole("checkbox", { name: "Ask for a one-time code" }).check();
        await press(page, "Add the user");
        await told(page, "Letters, digits and . _ @ + - without spaces, at most 100.");
        await field(page, "Username").fill("rut");
        await press(page, "Add the user");
        await told(page, "It does not go together with what is there");
        await field(page, "Username").fill("nils");
        await press(page, "Add the user");
        const dialog = page.getByRole("dialog");
        await dialog.getByText("nils is to scan this", { exact: false }).waitFor();
        expect(await dialog.getByRole("button", { name: "Done" }).isDisabled()).toBe(true);
        await dialog.getByRole("checkbox").check();
        await dialog.getByRole("button", { name: "Done" }).click();
        await heading(page, "nils");

        await field(page, "Name").fill("Nils Holm");
        await press(page, "Save");
        await told(page, "Saved");
        await press(page, "Lock out");
        await press(page, "Lock nils out");
        await told(page, "This user is locked out.");
        await press(page, "Allow to log in");
        await told(page, "No login works any more, until you allow it again.");
        await press(page, "Delete");
        const really = dialog.getByRole("button", { name: "Delete nils" });
        expect(await really.isDisabled()).toBe(true);
        await dialog.getByRole("textbox").fill("nils");
        await really.click();
        await heading(page, "Users");
        await page.getByRole("cell", { name: "anna", exact: true }).waitFor();
        expect(await page.getByRole("cell", { name: "nils" }).count()).toBe(0);

        // Who is mightier than one is not to be touched.
        await page.getByRole("cell", { name: "sara", exact: true }).click();
        await told(page, "This user may do more than you, so it is not yours to change.");
        expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
      }),
    LONG_TEST_MS,
  );

  test(
    "a reader is shown no way to change anything, and the API refuses it",
    () =>
      inConsole({ username: "rut" }, async ({ page, goto, context }) => {
        await goto("/users");
        await page.getByRole("cell", { name: "anna", exact: true }).waitFor();
        expect(await page.getByRole("link", { name: "Add a user" }).count()).toBe(0);
        expect(await page.getByRole("link", { name: "Settings", exact: true }).count()).toBe(0);
        await goto("/settings");
        await told(page, "There is no such page");
        await goto("/organisations/demo");
        await told(page, "Only those who look after the whole server change organisations.");
        expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
        const refused = await context.request.post(`${koppla.url}/api/v1/users`, {
          headers: { "x-koppla-console": "1" },
          data: { username: "x", email: "x@example.org" },
        });
        expect(refused.status()).toBe(403);
      }),
    LONG_TEST_MS,
  );

  test(
    "a superadministrator makes an organisation, sets it up and looks at it",
    () =>
      inConsole({ username: "sara" }, async ({ page, goto }) => {
        await goto("/organisations/new");
        await field(page, "Code").fill("Norr");
        await field(page, "Name").fill("Norra <b>kommunen</b>");
        await press(page, "Add an organisation");
        await told(page, "Letters a-z, digits, - and _, beginning with a letter or digit.");
        await field(page, "Code").fill("norr");
        await press(page, "Add an organisation");
        await heading(page, "Norra <b>kommunen</b>");
        await labelled(page, "Websites").fill("http://insecure.example");
        await page.keyboard.press("Enter");
        await press(page, "Save");
        await page.getByText("must be a website", { exact: false }).waitFor();
        await labelled(page, "Websites").press("Backspace");
        await labelled(page, "Websites").fill("https://www.example.org");
        await page.keyboard.press("Enter");
        await press(page, "Save");
        await told(page, "Saved");
        await press(page, "Set a password");
        await press(page, "Set the password");
        await told(page, "Nobody can see it again: keep it now, or hand it on.");
        await press(page, "Done");
        await told(page, "Set");
        await press(page, "Look at this organisation");
        await heading(page, "Overview");
        await goto("/users");
        await told(page, "No users yet");
        await goto("/audit");
        await page.getByRole("cell", { name: "organisation.create", exact: true }).click();
        const event = page.getByRole("dialog");
        await event.getByText("user:sara", { exact: true }).waitFor();
        await event.getByText('"home_organisation": "demo"', { exact: false }).waitFor();
      }),
    LONG_TEST_MS,
  );

  test(
    "it is said on one page for whom an account may act",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        const grants = [
          { resource: "impersonate", actions: ["run"] },
          { resource: "trainings", actions: ["read"] },
        ];
        await koppla.demo.send("POST", "/api/v1/accounts", { name: "Planner", grants }, 201);
        await goto("/impersonation");
        await press(page, "Allow it to an account");
        const dialog = page.getByRole("dialog");
        await labelled(dialog, "Account").click();
        await page.getByRole("option", { name: "Planner" }).click();
        await dialog.getByRole("button", { name: "Allow" }).click();
        await dialog.getByText("Name somebody, or a group.").waitFor();
        await labelled(dialog, "People").fill("rut");
        await page.keyboard.press("Enter");
        await labelled(dialog, "Within").fill("trainings:read");
        await page.keyboard.press("Enter");
        await dialog.getByRole("button", { name: "Allow" }).click();
        await dialog.waitFor({ state: "detached" });
        await page.getByRole("cell", { name: "trainings:read" }).waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        await press(page, "Remove the policy for rut");
        await dialog.getByRole("button", { name: "Remove", exact: true }).click();
        await page.getByRole("cell", { name: "trainings:read" }).waitFor({ state: "detached" });
      }),
    LONG_TEST_MS,
  );

  test(
    "the audit log is narrowed by its address, opened, and taken away as a file",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto }) => {
        await goto("/audit?action=user.create&subject=shell");
        await page.getByRole("cell", { name: "user:rut" }).click();
        const event = page.getByRole("dialog", { name: "Event" });
        await event.getByText("user:rut", { exact: true }).waitFor();
        expect(page.url()).toMatch(/event=\d+/);
        await page.keyboard.press("Escape");
        await event.waitFor({ state: "detached" });
        const cells = await page.getByRole("cell", { name: /^(login|account\.create)$/ }).count();
        expect(cells).toBe(0);
        await press(page, "Export");
        const [file] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("menuitem", { name: "As a table (CSV)" }).click(),
        ]);
        expect(file.suggestedFilename()).toBe("audit.csv");
        const text = await Bun.file(await file.path()).text();
        expect(text).toContain("user:rut");
        expect(text).not.toContain("account.create");
        await goto("/audit?outcome=denied&action=nothing.at_all");
        await told(page, "Nothing found");
        await page.getByRole("button", { name: "Clear the filters" }).first().click();
        await page.getByRole("cell", { name: "user.create" }).first().waitFor();
      }),
    LONG_TEST_MS,
  );

  test.each(["light", "dark"] as const)(
    "axe finds nothing serious on these pages, %s, and none is wider than a telephone",
    (scheme) =>
      inConsole(
        { username: "sara", scheme, viewport: { width: 360, height: 760 } },
        async ({ page, goto }) => {
          const { items } = await koppla.demo.read<{ items: { id: string }[] }>("/api/v1/users");
          // In the dark, those that have every kind of part.
          const some = [`/users/${items[1]?.id}`, "/organisations/demo", "/audit", "/profile"];
          const others = ["/users", "/users/new", "/organisations", "/impersonation"];
          for (const path of scheme === "dark" ? some : [...some, ...others]) {
            await goto(path);
            await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
            expect({ path, found: await seriousFindings(page) }).toEqual({ path, found: [] });
            const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
            expect({ path, wide: Number(over) > 0 }).toEqual({ path, wide: false });
          }
        },
      ),
    LONG_TEST_MS,
  );
});
