/**
 * The log page of the console over a million deliveries: when its first rows stand there, and whether it stalls while
 * one scrolls and filters. `bun test/load/log-page.ts [--deliveries 1000000]`, after `npm run build`; SQLite.
 *
 * The log is written by SQL while the server is stopped, as many a receiver would have left it: 97 of 100 delivered,
 * two given up, one cancelled, over thirty days.
 */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";

import { startKoppla } from "../binary/harness.ts";
import { createReceiver } from "../binary/receiver.ts";
import { createPerson, launch, openConsole } from "../browser/console.ts";

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: { deliveries: { type: "string", default: "1000000" } },
});
const count = Number(values.deliveries);
const DAYS_MS = 30 * 86_400_000;
const RECEIVERS = 20;
const RUN_TERMS = 1_000;
/** Requests that a figure is the mean of. */
const TIMES = 20;

/**
 * Notes in the page when its first row is drawn: who asks from outside whether it is there asks seldom, and is told up to
 * half a second late.
 */
const NOTE_FIRST_ROW = `
  window.firstRow = new Promise((drawn) => {
    const looking = new MutationObserver(() => {
      if (!document.querySelector('[role="row"][data-index="0"]')) return;
      looking.disconnect();
      requestAnimationFrame(() => setTimeout(() => drawn(performance.now())));
    });
    looking.observe(document, { childList: true, subtree: true });
  });
`;

const koppla = await startKoppla({ config: { server: { public_url: undefined } } });
const browser = await launch();
try {
  const receivers: string[] = [];
  for (let number = 0; number < RECEIVERS; number++) {
    const made = await createReceiver(koppla.demo, `http://127.0.0.1:9/${number}`, {
      name: `Site ${number}`,
    });
    receivers.push(made.id);
  }
  await createPerson(koppla, "anna", "administrator");
  await koppla.stop();
  fill(join(koppla.dir, "data/koppla.db"), receivers);
  await koppla.start();
  const tell = (what: string, ms: number) => console.log(`${ms.toFixed(1).padStart(8)} ms  ${what}`);
  const filters = [
    "status=failed",
    "status=cancelled&receiver=" + receivers[3],
    "status_code=500",
    "error=timeout",
    "topic=Trainings.Destroy",
    "since=" + new Date(Date.now() - DAYS_MS / 2).toISOString().slice(0, 16),
    "receiver=" + receivers[7],
    `object=training&object_id=${Math.floor(count / 3)}`,
  ];
  for (const filter of ["", ...filters]) {
    const before = serverCpu();
    for (let time = 0; time < TIMES; time++) await koppla.demo.read(`/api/v1/deliveries?limit=100&${filter}`);
    tell(`CPU of the server for the first page by ${namesOf(filter)}`, (serverCpu() - before) / TIMES);
  }
  const view = await openConsole(browser, koppla, { username: "anna" });
  await view.context.addInitScript(NOTE_FIRST_ROW);
  await view.goto("/deliveries?live=off");
  // The first time loads the program, the second is what somebody who works with it waits for.
  tell("first rows, the page loaded anew", await load(view.page));
  await view.goto("/receivers");
  tell("first rows, coming from another page", await visit(view.page));
  await view.page.locator('nav a[href$="/receivers"]').click();
  await view.page.getByRole("heading", { level: 1, name: "Receivers" }).waitFor();
  tell("first rows, coming from another page once more", await visit(view.page));
  const cpu = await cpuOf(view.page);
  const before = await cpu();
  tell("longest stall while scrolling through 2 000 rows", await scroll(view.page, 2_000));
  tell("CPU of the page's thread for all of that", (await cpu()) - before);
  for (const filter of filters) {
    await view.goto(`/deliveries?live=off&${filter}`);
    tell(`first rows, filtered by ${namesOf(filter)}`, await load(view.page));
  }
  const listed = await view.page.evaluate(`
    performance.getEntriesByType("resource").filter(({ name }) => name.includes("/deliveries?")).at(-1).duration`);
  tell("of the last, the request for the list", Number(listed));
  for (const fault of view.errors) console.log(fault);
} finally {
  await browser.close();
  await koppla.dispose();
}

/** Of a query, the names alone. */
function namesOf(query: string): string {
  return query.replaceAll(/=[^&]*/g, "") || "nothing";
}

/** Milliseconds of CPU, all threads (proc(5): utime and stime, hundredths of a second). */
function serverCpu(): number {
  const [, fields = ""] = readFileSync(`/proc/${koppla.pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}

/** Loads the page anew and waits for its first row. @returns milliseconds from the navigation's begin until it is drawn */
async function load(page: Page): Promise<number> {
  await page.reload({ waitUntil: "commit" });
  return Number(await page.evaluate("window.firstRow"));
}

/** Goes there by the menu. @returns milliseconds from the click to the first row, by the browser's own clock */
async function visit(page: Page): Promise<number> {
  return Number(
    await page.evaluate(`new Promise((done) => {
      const begun = performance.now();
      document.querySelector('nav a[href$="/deliveries"]').click();
      const look = () => document.querySelector('[aria-label="Webhook log"] [data-index="0"]')
        ? done(performance.now() - begun) : requestAnimationFrame(look);
      look();
    })`),
  );
}

/** @returns milliseconds of CPU that the page's thread has used: they hardly depend on what else the machine does */
async function cpuOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
}

/** Scrolls page by page until so many rows have gone by. @returns the longest task of the browser's thread, ms */
async function scroll(page: Page, rows: number): Promise<number> {
  await page.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ entryTypes: ["longtask"] });
  `);
  const table = page.getByRole("table");
  for (let seen = 0; seen < rows;) {
    await page.evaluate("document.querySelector('[role=table]').scrollBy(0, 1200)");
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    seen = Number(await table.locator("[data-index]").last().getAttribute("data-index"));
  }
  return Number(await page.evaluate("window.longest"));
}

/** @param file  the database, which nobody else has open */
function fill(file: string, receivers: readonly string[]): void {
  const db = new Database(file);
  db.run("pragma synchronous = off");
  const organisation = db.query<{ id: number }, []>("select id from organisations where code = 'demo'").get();
  const insert = db.prepare(
    `insert into deliveries (id, organisation_id, receiver_id, topics, status, status_code, error, attempts, created_at, body)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const term = db.prepare(
    "insert into delivery_terms (organisation_id, run, term, delivery_id) values (?, ?, ?, ?)",
  );
  const organisationId = organisation?.id ?? 0;
  const begun = Date.now() - DAYS_MS;
  let run = 0;
  const write = db.transaction((from: number, to: number) => {
    for (let number = from; number < to; number++) {
      const at = begun + Math.floor((number / count) * DAYS_MS);
      const id = `msg_${at.toString(16).padStart(12, "0")}7${number.toString(16).padStart(19, "0")}`;
      const kind = number % 100;
      const [status, code, error] =
        kind < 97
          ? ["delivered", 204, null]
          : kind < 98
            ? ["failed", 500, "status"]
            : kind < 99
              ? ["failed", null, "timeout"]
              : ["cancelled", null, null];
      const topic = number % 5_000 === 0 ? "Trainings.Destroy" : "Trainings.Update";
      const change = { action: "update", object: "training", id: number, url: `https://k.example/${number}` };
      const body = JSON.stringify({ changes: [change] });
      insert.run(
        ...([
          id,
          organisationId,
          receivers[Math.floor(number / 100) % receivers.length] ?? "",
          `["${topic}"]`,
        ] as const),
        ...([status ?? "", code ?? null, error ?? null, 1, at, body] as const),
      );
      // As the server gathers them: a thousand terms a run, numbered with the time of its first delivery.
      if (number % (RUN_TERMS / 2) === 0) run = at;
      const digits = String(number);
      const object = `training/${String.fromCharCode(96 + digits.length)}${digits}`;
      for (const one of [topic, object]) term.run(organisationId, run, one, id);
    }
  });
  const wrote = performance.now();
  for (let from = 0; from < count; from += 50_000) write(from, Math.min(from + 50_000, count));
  db.close();
  console.log(`${count} deliveries written in ${Math.round((performance.now() - wrote) / 1000)} s`);
}
