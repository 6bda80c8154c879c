/** The console in a real browser: a server of its own, a person who is logged in, and whatever went wrong in the page. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

import { type Koppla, run } from "../binary/harness.ts";

export const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const thereIsChromium = existsSync(executablePath);

export const ORGANISATION = "demo";
export const PASSWORD = "tre hästar i en hage";

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** Makes the organisation `demo` (once) and a person in it, by the command line. */
export async function createPerson(koppla: Koppla, username: string, ...roles: string[]): Promise<void> {
  const options = { cwd: koppla.dir };
  // It is there already when another person has been made.
  await run(
    ["organisation", "create", "-c", koppla.configFile, "--code", ORGANISATION, "--name", "Demo AB"],
    options,
  );
  const args = ["user", "create", "-c", koppla.configFile, "--org", ORGANISATION, "--username", username];
  const given = [...args, "--email", `${username}@example.org`, "--password-stdin"];
  const result = await run([...given, ...roles.flatMap((role) => ["--role", role])], {
    ...options,
    input: `${PASSWORD}\n`,
  });
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

export interface ConsolePage {
  page: Page;
  context: BrowserContext;
  /** Errors of scripts, lines of the browser's console, refused by the policy: there are to be none. */
  errors: string[];
  /** URLs of other hosts that were asked for: there are to be none. */
  outside: string[];
  /** Opens a page of the console, such as `/receivers`. */
  goto(path: string): Promise<void>;
  /** Writes `test/results/console/NAME.png`, the whole page. */
  shoot(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ConsoleOptions {
  /** Who logs in; nobody if not given. */
  username?: string;
  language?: "en" | "sv" | "nl" | "fr";
  scheme?: "light" | "dark";
  viewport?: { width: number; height: number };
}

export async function openConsole(
  browser: Browser,
  koppla: Koppla,
  {
    username,
    language = "en",
    scheme = "light",
    viewport = { width: 1440, height: 900 },
  }: ConsoleOptions = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({
    viewport,
    locale: language,
    colorScheme: scheme,
    reducedMotion: "reduce",
  });
  const errors: string[] = [];
  const outside: string[] = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== koppla.url) outside.push(url.href);
  });
  if (username !== undefined) {
    const response = await context.request.post(`${koppla.url}/api/v1/session`, {
      headers: { "x-koppla-console": "1" },
      data: { organisation: ORGANISATION, username, password: PASSWORD },
    });
    if (!response.ok()) throw new Error(`${response.status()} ${await response.text()}`);
  }
  return {
    ...{ page, context, errors, outside },
    goto: async (path) => {
      await page.goto(`${koppla.url}/console${path}`);
      await page.locator("h1").first().waitFor();
    },
    shoot: async (name) => {
      const folder = join(import.meta.dir, "../results/console");
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    },
    close: () => context.close(),
  };
}
