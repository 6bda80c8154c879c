import { expect, test } from "bun:test";

import { eventually } from "./eventually.ts";
import { type Koppla, startKoppla } from "./harness.ts";

type Config = Record<string, Record<string, unknown>>;

/** Changes the YAML file of a server, which the harness writes as JSON. */
async function edit(koppla: Koppla, change: (config: Config) => void): Promise<void> {
  const config: Config = await Bun.file(koppla.configFile).json();
  change(config);
  await Bun.write(koppla.configFile, JSON.stringify(config));
}

interface Reloaded {
  changed: string[];
  provisioned: string[];
}

const reload = (koppla: Koppla) => koppla.cliJson<Reloaded>("reload");
const isMessage = (text: string) => (entry: { json?: Record<string, unknown> | undefined }) =>
  entry.json?.["msg"] === text;

test("a running server takes new limits, log levels, types, filters, actions, schedules and provisions", async () => {
  await using koppla = await startKoppla();
  const { demo } = koppla;
  expect(await reload(koppla)).toEqual({ changed: [], provisioned: [] });
  await demo.put("/api/v1/trainings/1", { name: "one", city: "Umeå", price: 7 });
  expect((await demo.get("/api/v1/courses")).status).toBe(404);
  await edit(koppla, (config) => {
    const types = config["types"] as Record<string, { filters: string[]; schema: { properties: object } }>;
    types["trainings"]?.filters.push("price");
    Object.assign(types["trainings"]?.schema.properties ?? {}, { teacher: { type: "string" } });
    Object.assign(types, { courses: { object: "course", key: "string" } });
    config["log"] = { level: "debug", format: "json" };
    config["rate_limits"] = { account: { requests: 1000, window: "1m" } };
    config["webhooks"] = {
      ...config["webhooks"],
      retry_schedules: { mine: { steps: ["1s"], then: "fail" } },
    };
    config["actions"] = { ping: { run: { http: { method: "POST", url: "http://127.0.0.1:9/" } } } };
    config["schedules"] = { nightly: { cron: "0 3 * * *", action: "ping" } };
    config["provision"] = { organisations: [{ code: "more", name: "More" }] };
  });
  expect(await reload(koppla)).toEqual({
    changed: [
      ...["log.level", "webhooks.retry_schedules", "rate_limits.account", "provision"],
      ...["types.trainings", "types.courses", "actions.ping", "schedules.nightly"],
    ],
    provisioned: [expect.stringContaining("create organisation more")],
  });
  const made = await demo.put("/api/v1/courses/a", { name: "A" });
  expect([made.status, made.headers.get("ratelimit-policy")]).toEqual([201, '"account";q=1000;w=60']);
  const found = await demo.read<{ items: { id: number }[] }>("/api/v1/trainings?filter[price]=7");
  expect(found.items.map(({ id }) => id)).toEqual([1]);
  const actions = await demo.read<{ items: { name: string }[] }>("/api/v1/actions");
  expect(actions.items.map(({ name }) => name)).toEqual(["ping"]);
  const document = await demo.read<{ paths: Record<string, unknown> }>("/openapi.json");
  expect(Object.keys(document.paths)).toContain("/api/v1/courses/{id}");
  const receiver = await demo.post("/api/v1/receivers", {
    ...{ name: "Site", url: "http://127.0.0.1:9/", topics: ["Courses.*"], retry: "mine" },
    account_id: demo.clientId,
  });
  expect(receiver.status).toBe(201);
});

test("receivers that are there follow new retry schedules and allowed targets", async () => {
  const webhooks = { allow_targets: [], retry_schedules: { mine: { steps: ["30d"], then: "fail" } } };
  await using koppla = await startKoppla({ config: { webhooks } });
  const { demo } = koppla;
  const refused = await demo.post("/api/v1/receivers", {
    ...{ name: "Site", url: "http://127.0.0.1:9/", topics: ["Trainings.*"], account_id: demo.clientId },
  });
  expect(refused.status).toBe(422);
  await edit(koppla, (config) => {
    const allow = {
      allow_targets: ["127.0.0.1"],
      retry_schedules: { mine: { steps: ["1s"], then: "fail" } },
    };
    config["webhooks"] = { ...config["webhooks"], ...allow };
  });
  expect((await reload(koppla)).changed).toEqual(["webhooks.retry_schedules", "webhooks.allow_targets"]);
  const made = await demo.post("/api/v1/receivers", {
    ...{ name: "Site", url: "http://127.0.0.1:9/", topics: ["Trainings.*"], retry: "mine" },
    account_id: demo.clientId,
  });
  expect(made.status).toBe(201);
  await edit(koppla, (config) => {
    const retry_schedules = { mine: { steps: ["2s"], then: "fail" } };
    config["webhooks"] = { ...config["webhooks"], retry_schedules };
  });
  await reload(koppla);
  await demo.put("/api/v1/trainings/1", { name: "one" });
  const failed = await eventually("it has failed once", async () => {
    const { items } = await demo.read<{
      items: { status: string; next_attempt_at: string; created_at: string }[];
    }>("/api/v1/deliveries");
    return items.find(({ status }) => status === "retrying");
  });
  const wait = Date.parse(failed.next_attempt_at) - Date.parse(failed.created_at);
  expect(wait).toBeGreaterThanOrEqual(2_000);
  expect(wait).toBeLessThan(60_000);
});

test("what needs a restart is named and nothing at all is changed, nor by a broken file", async () => {
  await using koppla = await startKoppla();
  const before = await Bun.file(koppla.configFile).text();
  await edit(koppla, (config) => {
    const types = config["types"] as Record<string, { key: string }>;
    delete types["articles"];
    if (types["cases"]) types["cases"].key = "string";
    config["server"] = { ...config["server"], listen: "127.0.0.1:1" };
    config["rate_limits"] = { account: { requests: 1, window: "1m" } };
  });
  const refused = await koppla.cli("reload");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("server.listen, types.articles (taken out), types.cases.key");
  await Bun.write(koppla.configFile, JSON.stringify({ ...JSON.parse(before), webhook: {} }));
  const broken = await koppla.cli("reload");
  expect([broken.exitCode, broken.stderr]).toEqual([78, expect.stringContaining("webhook")]);
  const told = koppla.log.waitFor(isMessage("not reloaded, the old configuration stays"));
  process.kill(koppla.pid, "SIGHUP");
  await told;
  for (let i = 0; i < 3; i++) {
    const response = await koppla.demo.get("/api/v1/articles");
    expect([response.status, response.headers.get("ratelimit-policy")]).toEqual([200, null]);
  }
});

test("a storm of signals is a few reloads, and the server serves on", async () => {
  await using koppla = await startKoppla();
  await edit(koppla, (config) => void (config["log"] = { level: "debug", format: "json" }));
  const reloads = () => koppla.log.text().split('"msg":"reloaded"').length - 1;
  for (let i = 0; i < 500; i++) {
    process.kill(koppla.pid, "SIGHUP");
    if (i % 100 === 0) expect((await fetch(`${koppla.url}/healthz`)).status).toBe(200);
  }
  // Its own reload comes after those of the signals.
  await reload(koppla);
  expect(reloads()).toBeGreaterThanOrEqual(1);
  expect(reloads()).toBeLessThan(50);
  expect((await koppla.demo.get("/api/v1/trainings")).status).toBe(200);
});

test("koppla reload says so where no server runs", async () => {
  await using koppla = await startKoppla();
  await koppla.stop();
  const { exitCode, stderr } = await koppla.cli("reload");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("No server runs with this configuration")]);
});
