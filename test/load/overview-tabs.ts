/**
 * What the console's overview costs that is open in twenty tabs: CPU of the server, beside a change a second that is
 * delivered, against that of the same server with none open. `bun test/load/overview-tabs.ts`, after `npm run build`.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { startKoppla } from "../binary/harness.ts";
import { createReceiver, TestReceiver } from "../binary/receiver.ts";
import { createPerson, launch, openConsole } from "../browser/console.ts";

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    tabs: { type: "string", default: "20" },
    seconds: { type: "string", default: "30" },
  },
});
const tabs = Number(values.tabs);
const seconds = Number(values.seconds);

const koppla = await startKoppla({ config: { server: { public_url: undefined } } });
const browser = await launch();
await using site = new TestReceiver();
const changing = setInterval(() => {
  const json = { id: 1, name: `Welding ${Date.now()}` };
  void koppla.demo.api("/api/v1/trainings/1", { method: "PUT", json }).catch(() => {});
}, 1_000);
try {
  await createReceiver(koppla.demo, site.url());
  await createPerson(koppla, "anna", "administrator");
  await Bun.sleep(3_000);
  console.log(`${(await share()).toFixed(2)} % of a core: the server, no tab open`);
  const view = await openConsole(browser, koppla, { username: "anna" });
  await view.goto("/");
  for (let tab = 1; tab < tabs; tab++) await (await view.context.newPage()).goto(view.page.url());
  await Bun.sleep(5_000);
  console.log(`${(await share()).toFixed(2)} % of a core: the server, the overview open in ${tabs} tabs`);
  for (const error of view.errors) console.log(error);
} finally {
  clearInterval(changing);
  await browser.close();
  await koppla.dispose();
}

/** What the server uses of a core, percent (proc(5): utime and stime, hundredths of a second). */
async function share(): Promise<number> {
  const before = used();
  const begun = performance.now();
  await Bun.sleep(seconds * 1_000);
  return ((used() - before) / (performance.now() - begun)) * 100;
}

/** Milliseconds of CPU, all threads. */
function used(): number {
  const [, fields = ""] = readFileSync(`/proc/${koppla.pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}
