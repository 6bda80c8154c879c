/**
 * Attacks on the console, in a real browser: what partners, citizens and receivers can write runs nowhere; other sites
 * can neither make it do something nor put it into a frame; and nobody gets beyond his organisation or his link.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";

import { eventually } from "../binary/eventually.ts";
import { type Koppla, LONG_TEST_MS, run, startKoppla } from "../binary/harness.ts";
import { sendMessage } from "../binary/messages.ts";
import { createReceiver, put, TestReceiver } from "../binary/receiver.ts";
import {
  type ConsoleOptions,
  type ConsolePage,
  createPerson,
  launch,
  openConsole,
  PASSWORD,
  thereIsChromium,
} from "./console.ts";

/** Would run wherever text is taken for HTML; the policy would stop it, and say so: that is a failure, too. */
const HTML = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`;
const ATTRIBUTE = `"><svg onload="window.hit=1">'-window.hit=1-'`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit=1</script></svg>`;

let koppla: Koppla;
let browser: Browser;
let sink: TestReceiver;
let elsewhere: Bun.Server<undefined>;
/** What the other site's page is. */
let lure = "";

beforeAll(async () => {
  if (!thereIsChromium) return;
  koppla = await startKoppla();
  sink = new TestReceiver({
    answer: () => new Response(HTML + ATTRIBUTE, { status: 500, headers: { "content-type": "text/html" } }),
  });
  elsewhere = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(lure, { headers: { "content-type": "text/html" } }),
  });
  browser = await launch();
  await createPerson(koppla, "sara", "superadministrator");
  await createPerson(koppla, "anna", "administrator");
}, LONG_TEST_MS);
afterAll(async () => {
  await browser?.close();
  await sink?.stop();
  await elsewhere?.stop(true);
  await koppla?.dispose();
});

async function inConsole(options: ConsoleOptions, story: (opened: ConsolePage) => Promise<void>) {
  const opened = await openConsole(browser, koppla, options);
  opened.page.setDefaultTimeout(15_000);
  try {
    await story(opened);
  } finally {
    await opened.close();
  }
}

/** Scripts that ran, and elements that only the attacks' texts speak of. */
const hits = (page: Page): Promise<unknown> =>
  page.evaluate(
    `[window.hit ?? 0, document.querySelectorAll('img[src="x"], [onload], [onerror], #root script').length]`,
  );

describe.skipIf(!thereIsChromium)("what others have written", () => {
  test(
    "is text on every page that shows it, and runs nowhere",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto, errors, outside }) => {
        const { demo } = koppla;
        const account = await demo.send<{ id: string }>(
          "POST",
          "/api/v1/accounts",
          { name: HTML, description: ATTRIBUTE, grants: [{ resource: "impersonate", actions: ["run"] }] },
          201,
        );
        const user = await demo.send<{ id: string }>(
          "POST",
          "/api/v1/users",
          { username: "mallory", email: "m@example.org", name: HTML, groups: [HTML], roles: [] },
          201,
        );
        const policies = `/api/v1/accounts/${account.id}/impersonation-policies`;
        await demo.send(
          "POST",
          policies,
          { users: [HTML], groups: [ATTRIBUTE], scopes: ["trainings:read"] },
          201,
        );
        const receiver = await createReceiver(demo, sink.url(`/hook?${encodeURIComponent(ATTRIBUTE)}`), {
          topics: ["Trainings.*"],
          name: HTML,
          description: ATTRIBUTE,
          headers: { "x-tenant": HTML },
        });
        await put(demo, "trainings/1", { name: HTML, city: ATTRIBUTE });
        const message = await sendMessage(demo, {
          partyId: "81471222-5798-11e9-ae24-57fa13b361e1",
          message: HTML + ATTRIBUTE,
          externalReferences: [{ key: HTML, value: ATTRIBUTE }],
          attachments: [
            { fileName: `${HTML}.svg`.replaceAll("/", ""), base64Data: btoa(SVG) },
            { fileName: "page.html", base64Data: btoa(HTML) },
            { fileName: "picture.png", base64Data: btoa(SVG) },
            { fileName: "text.txt", base64Data: btoa(HTML) },
          ],
        });
        const delivery = await eventually("a delivery has been tried", async () => {
          type Log = { items: { id: string; attempts: number }[] };
          const log = await demo.read<Log>(`/api/v1/deliveries?receiver=${receiver.id}`);
          return log.items.find(({ attempts }) => attempts > 0)?.id;
        });

        /** Where a text of the attacks is to be read, as it was written. */
        const shown: [path: string, text: string][] = [
          ["/users", HTML],
          [`/users/${user.id}`, HTML],
          ["/impersonation", HTML],
          ["/accounts", HTML],
          [`/accounts/${account.id}`, HTML],
          ["/receivers", HTML],
          [`/receivers/${receiver.id}`, HTML],
          ["/deliveries", HTML],
          [`/deliveries/${delivery}`, "onerror"],
          ["/data/trainings", HTML],
          ["/data/trainings/record?id=1", HTML],
          ["/messages", "onerror"],
          [`/messages/${message}`, "onerror"],
          ["/audit?action=account.create", "account:"],
        ];
        for (const [path, text] of shown) {
          await goto(path);
          await page.getByText(text, { exact: false }).first().waitFor();
          expect({ path, hits: await hits(page) }).toEqual({ path, hits: [0, 0] });
        }
        // Whatever can be opened in the message: attachments that claim to be pictures or text among it.
        await goto(`/messages/${message}`);
        const show = page.getByRole("button", { name: /^Show / });
        await show.first().waitFor();
        // A button that was pressed has another name.
        while ((await show.count()) > 0) await show.first().click();
        // The text is there, as text.
        await page.locator("pre").getByText("onerror", { exact: false }).first().waitFor();
        expect(await hits(page)).toEqual([0, 0]);
        expect(page.context().pages()).toHaveLength(1);
        // What is no picture is refused by the browser's own decoder, which it says.
        expect(errors.filter((line) => /Content Security Policy|hit/.test(line))).toEqual([]);
        expect(outside).toEqual([]);
      }),
    LONG_TEST_MS,
  );

  test(
    "as a file is saved and never opened as a page, whoever is logged in",
    () =>
      inConsole({ username: "anna" }, async ({ page, context, goto }) => {
        const id = await sendMessage(koppla.demo, {
          partyId: "81471222-5798-11e9-ae24-57fa13b361e1",
          message: "x",
          externalReferences: [{ key: "case", value: "1" }],
          attachments: [
            { fileName: "drawing.svg", base64Data: btoa(SVG) },
            { fileName: "page.html", base64Data: btoa(HTML) },
          ],
        });
        await goto("/");
        for (const number of [0, 1]) {
          const url = `${koppla.url}/webmessages/${id}/attachments/${number}`;
          const { headers, status } = await context.request
            .get(url)
            .then((answer) => ({ headers: answer.headers(), status: answer.status() }));
          // Without the console's own call there is nothing, or a file that no browser runs.
          if (status === 200) {
            expect(headers["content-disposition"]).toStartWith("attachment");
            expect(headers["x-content-type-options"]).toBe("nosniff");
          } else expect(status).toBe(401);
          await page.goto(url).catch(() => {});
          expect(await page.evaluate("window.hit ?? 0")).toBe(0);
        }
      }),
    LONG_TEST_MS,
  );
});

describe.skipIf(!thereIsChromium)("another site", () => {
  /** Another site, and another port of the same: cookies are sent to either, as far as SameSite goes. */
  const origins = () => [`http://localhost:${elsewhere.port}`, `http://127.0.0.1:${elsewhere.port}`];
  const users = async () => (await koppla.demo.read<{ items: unknown[] }>("/api/v1/users")).items.length;

  test(
    "changes nothing by a form or a script, though the browser is logged in",
    () =>
      inConsole({ username: "anna" }, async ({ page }) => {
        const before = await users();
        for (const origin of origins()) {
          // JSON in a form's only plain encoding; then what a script may send without being asked for more.
          lure = `<form method="post" enctype="text/plain" action="${koppla.url}/api/v1/users">
            <input name='{"username":"evil","email":"evil@example.org","name":"' value='"}'></form>
            <script>document.forms[0].submit()</script>`;
          const [answer] = await Promise.all([
            page.waitForResponse(`${koppla.url}/api/v1/users`),
            page.goto(origin).catch(() => {}),
          ]);
          expect(answer.status()).toBeGreaterThanOrEqual(400);
          lure = "<h1>lure</h1>";
          await page.goto(origin);
          for (const [mode, headers] of [
            ["no-cors", { "content-type": "text/plain" }],
            ["cors", { "content-type": "application/json", "x-koppla-console": "1" }],
          ] as const) {
            const init = { method: "POST", mode, headers, credentials: "include" };
            const body = JSON.stringify({ username: "evil", email: "evil@example.org" });
            const read = await page.evaluate(
              `fetch(${JSON.stringify(`${koppla.url}/api/v1/users`)}, ${JSON.stringify({ ...init, body })})
                .then(answer => answer.type === "opaque" ? "opaque" : answer.text(), () => "refused")`,
            );
            expect(["opaque", "refused"]).toContain(String(read));
          }
          // And it reads nothing.
          const seen = await page.evaluate(
            `fetch(${JSON.stringify(`${koppla.url}/api/v1/session`)}, { credentials: "include" })
              .then(answer => answer.text(), () => "refused")`,
          );
          expect(seen).toBe("refused");
        }
        expect(await users()).toBe(before);
      }),
    LONG_TEST_MS,
  );

  test(
    "logs nobody in as somebody else",
    () =>
      inConsole({ username: "anna" }, async ({ page, context }) => {
        const login = JSON.stringify({ organisation: "demo", username: "sara", password: PASSWORD });
        for (const origin of origins()) {
          const name = login.slice(0, -1).replaceAll("'", "&#39;");
          lure = `<form method="post" enctype="text/plain" action="${koppla.url}/api/v1/session">
            <input name='${name},"totp":"' value='"}'></form><script>document.forms[0].submit()</script>`;
          const [answer] = await Promise.all([
            page.waitForResponse(`${koppla.url}/api/v1/session`),
            page.goto(origin).catch(() => {}),
          ]);
          expect(answer.status()).toBe(403);
        }
        const session = await (await context.request.get(`${koppla.url}/api/v1/session`)).json();
        expect(session.user.username).toBe("anna");
      }),
    LONG_TEST_MS,
  );

  test(
    "has no frame with the console in it",
    () =>
      inConsole({ username: "anna" }, async ({ page }) => {
        lure = `<h1>Win</h1><iframe src="${koppla.url}/console/users" width="800" height="600"></iframe>`;
        for (const origin of origins()) {
          const asked = page.waitForResponse(`${koppla.url}/console/users`);
          await page.goto(origin);
          const headers = (await asked).headers();
          expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
          expect(headers["x-frame-options"]).toBe("DENY");
          const [, frame] = page.frames();
          await frame?.waitForLoadState();
          expect(await frame?.locator("#root").count()).toBe(0);
        }
      }),
    LONG_TEST_MS,
  );
});

describe.skipIf(!thereIsChromium)("a session", () => {
  test(
    "of one organisation finds nothing at another's addresses",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto, context }) => {
        const file = ["-c", koppla.configFile];
        await run(["organisation", "create", ...file, "--code", "other", "--name", "Other"], {
          cwd: koppla.dir,
        });
        const args = ["user", "create", ...file, "--org", "other", "--username", "carl", "--json"];
        const made = await run([...args, "--email", "carl@example.org"], { cwd: koppla.dir });
        const { id } = JSON.parse(made.stdout) as { id: string };

        await goto(`/users/${id}`);
        await page.getByText("It is not there (any more)").waitFor();
        await goto("/organisations/other");
        await page.getByRole("alert").waitFor();
        expect(await page.getByText("Other", { exact: true }).count()).toBe(0);
        // As if he had switched, which he cannot.
        await page.evaluate(`sessionStorage.setItem("koppla.organisation", "other")`);
        await goto("/users");
        await page.getByRole("cell", { name: "anna", exact: true }).waitFor();
        expect(await page.getByText("carl").count()).toBe(0);
        const headers = { "koppla-organisation": "other", "x-koppla-console": "1" };
        for (const path of [
          "/api/v1/users",
          `/api/v1/users/${id}`,
          "/api/v1/audit",
          "/api/v1/organisations/other",
        ])
          expect((await context.request.get(koppla.url + path, { headers })).status()).toBe(403);
        const removed = await context.request.delete(`${koppla.url}/api/v1/users/${id}`, { headers });
        expect(removed.status()).toBe(403);
      }),
    LONG_TEST_MS,
  );
});

describe.skipIf(!thereIsChromium)("a portal's link", () => {
  interface Link {
    id: string;
    url: string;
  }
  const hashOf = ({ url }: Link) => new URL(url).hash;
  let made = 0;
  const newAccount = async () => {
    const grants = [
      { resource: "receivers", actions: ["manage"] },
      { resource: "trainings", actions: ["read"] },
    ];
    return await koppla.demo.send<{ id: string }>(
      "POST",
      "/api/v1/accounts",
      { name: `P${++made}`, grants },
      201,
    );
  };
  const newLink = (account: string, more: Record<string, unknown> = {}) =>
    koppla.demo.send<Link>("POST", `/api/v1/accounts/${account}/portal-links`, more, 201);
  const refused = async (page: Page) => {
    await page.getByText("This link is not good (any more)").waitFor();
    expect(page.url()).toBe(`${koppla.url}/console/portal`);
  };

  test(
    "lets a partner see its own receivers alone, and is gone from the address bar",
    () =>
      inConsole({}, async ({ page, goto, context }) => {
        const account = await newAccount();
        const other = await createReceiver(koppla.demo, sink.url("/other"), {
          topics: ["Articles.*"],
          name: "Not mine",
        });
        await createReceiver(koppla.demo, sink.url("/mine"), {
          topics: ["Trainings.*"],
          name: "All mine",
          account_id: account.id,
        });
        await goto(`/portal${hashOf(await newLink(account.id))}`);
        await page.waitForURL((url) => !url.pathname.endsWith("/portal"));
        expect(page.url()).not.toContain("#");
        await goto("/receivers");
        await page.getByText("All mine").first().waitFor();
        expect(await page.getByText("Not mine").count()).toBe(0);
        for (const page_ of ["Users", "API accounts", "Audit log", "Organisations", "Settings"])
          expect(await page.getByRole("link", { name: page_, exact: true }).count()).toBe(0);
        await goto(`/receivers/${other.id}`);
        await page.getByText("It is not there (any more)").waitFor();
        for (const path of ["/api/v1/users", "/api/v1/accounts", "/api/v1/trainings", "/api/v1/audit"])
          expect((await context.request.get(koppla.url + path)).status()).toBe(403);
      }),
    LONG_TEST_MS,
  );

  test(
    "that was tampered with, has expired or was revoked opens nothing, and an open portal closes with it",
    () =>
      inConsole({}, async ({ page, goto }) => {
        const account = await newAccount();
        const link = await newLink(account.id);
        const hash = hashOf(link);
        const last = hash.at(-5) === "A" ? "B" : "A";
        await goto(`/portal${hash.slice(0, -5)}${last}${hash.slice(-4)}`);
        await refused(page);

        const short = await newLink(account.id, { expires_in: "1s" });
        const before = Date.now();
        await eventually("the link has expired", async () => Date.now() > before + 1_200 || undefined);
        await page.goto("about:blank");
        await goto(`/portal${hashOf(short)}`);
        await refused(page);

        await page.goto("about:blank");
        await goto(`/portal${hash}`);
        await page.waitForURL((url) => !url.pathname.endsWith("/portal"));
        const path = `/api/v1/accounts/${account.id}/portal-links/${link.id}`;
        expect((await koppla.demo.api(path, { method: "DELETE" })).status).toBe(204);
        await page.goto(`${koppla.url}/console/receivers`);
        await page.getByRole("heading", { name: "Log in" }).waitFor();
        await page.goto("about:blank");
        await goto(`/portal${hash}`);
        await refused(page);
      }),
    LONG_TEST_MS,
  );

  test(
    "logs nobody out who is somebody already, unless he wants it",
    () =>
      inConsole({ username: "anna" }, async ({ page, goto, context }) => {
        await goto(`/portal${hashOf(await newLink((await newAccount()).id))}`);
        await page.getByText("You are logged in as anna.", { exact: false }).waitFor();
        await page.getByRole("button", { name: "Stay as I am" }).click();
        await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        const session = await (await context.request.get(`${koppla.url}/api/v1/session`)).json();
        expect(session.user.username).toBe("anna");
      }),
    LONG_TEST_MS,
  );
});
