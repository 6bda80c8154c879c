/**
 * Pictures of every page of the console, light and dark, on a screen and on a telephone, to be looked at:
 * `bun test/browser/pictures.ts [--language sv] [PATH...]`. They go to `test/results/console/`, which git ignores.
 */
import { parseArgs } from "node:util";

import { startKoppla } from "../binary/harness.ts";
import { createReceiver, put, TestReceiver } from "../binary/receiver.ts";
import { createPerson, launch, openConsole } from "./console.ts";

const PAGES = [
  "/",
  "/deliveries",
  "/audit",
  "/accounts",
  "/accounts/new",
  "/receivers",
  "/receivers/new",
  "/impersonation",
  "/integrate",
  "/integrate?tab=topics",
  "/data",
  "/data/trainings",
  "/data/trainings/record?id=7",
  "/data/trainings/record?id=7&edit=1",
  "/data/trainings/import",
  "/messages",
  "/operations",
  "/actions",
  "/actions/send-report",
  "/schedules",
  "/users",
  "/organisations",
  "/settings",
  "/settings?tab=server",
  "/settings?tab=configuration",
  "/profile",
  "/no-such-page",
];

const LOOKS = [
  { scheme: "light", width: 1440, height: 900 },
  { scheme: "dark", width: 1440, height: 900 },
  { scheme: "light", width: 390, height: 844 },
  { scheme: "dark", width: 390, height: 844 },
] as const;

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  options: { language: { type: "string", default: "en" } },
  allowPositionals: true,
});
const language = (["en", "sv", "nl", "fr"] as const).find((one) => one === values.language) ?? "en";
const pages = positionals.length > 0 ? positionals : PAGES;

const sink = new TestReceiver({ answer: (call) => (call % 7 === 0 ? 500 : 204) });
const koppla = await startKoppla({
  config: {
    server: { public_url: undefined },
    actions: {
      "send-report": {
        description: "Sends the monthly report to somebody.",
        input: {
          type: "object",
          required: ["month"],
          properties: {
            month: { type: "string", title: "Month", description: "Such as 2026-11." },
            copies: { type: "integer", title: "Copies", minimum: 1, default: 1 },
            draft: { type: "boolean", title: "As a draft" },
            language: { enum: ["sv", "nl", "fr", "en"], title: "Language" },
          },
        },
        run: { http: { method: "POST", url: sink.url("/report") } },
      },
    },
    schedules: {
      "nightly-report": {
        cron: "0 3 * * *",
        timezone: "Europe/Stockholm",
        action: "send-report",
        input: { month: "2026-11" },
      },
    },
  },
});
const browser = await launch();
let faults = 0;
try {
  await createPerson(koppla, "anna", "superadministrator");
  const { demo } = koppla;
  const bundle = { quiet: "5ms", longest: "50ms", size: 3 };
  await createReceiver(demo, sink.url("/courses"), { name: "Course site", bundle, retry: "standard" });
  await createReceiver(demo, "http://127.0.0.1:9/planning", { name: "Planning tool, which is down", bundle });
  const cities = ["Malmö", "Utrecht", "Liège", "London"];
  for (let id = 0; id < 120; id++)
    await put(demo, `trainings/${id}`, { name: `Training ${id}`, city: cities[id % 4] });
  await demo.post("/api/v1/actions/send-report", { month: "2026-10" });
  await demo.post("/webmessages", {
    partyId: "6d0773d6-3e7f-4552-81bc-f0007af95adf",
    message: "Ditt ärende har fått ett beslut.",
    externalReferences: [{ key: "caseId", value: "2026-1234" }],
    attachments: [{ fileName: "beslut.txt", base64Data: Buffer.from("Beviljas.").toString("base64") }],
  });
  await sink.waitFor("deliveries", (requests) => requests.length > 20);
  for (const { scheme, ...viewport } of LOOKS) {
    const view = await openConsole(browser, koppla, { username: "anna", scheme, viewport, language });
    for (const path of pages) {
      await view.goto(path);
      await view.page.waitForLoadState("networkidle", { timeout: 2_000 }).catch(() => {});
      // What was read is drawn, and charts and lists have measured themselves.
      await view.page.waitForTimeout(300);
      const wide = await view.page.evaluate("document.documentElement.scrollWidth > innerWidth");
      if (wide) console.log(`wider than the screen: ${path} at ${viewport.width}`);
      faults += wide ? 1 : 0;
      await view.shoot(
        `${path.replace(/^\//, "").replaceAll(/[/?=]/g, "_") || "overview"}-${viewport.width}-${scheme}`,
      );
    }
    for (const fault of [...view.errors, ...view.outside]) console.log(fault);
    faults += view.errors.length + view.outside.length;
    await view.close();
  }
} finally {
  await browser.close();
  await koppla.dispose();
  await sink.stop();
}
console.log(`${pages.length * LOOKS.length} pictures in test/results/console, ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
