/** `GET /metrics` of the binary: who may ask, what is told, and that dashboard and alerts speak of what there is. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

import { hasOpenssl, newAuthority } from "../certificates.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, onPostgres, prepareKoppla, startKoppla } from "./harness.ts";
import { createReceiver, put, TestReceiver } from "./receiver.ts";
import { deliveryWith } from "./wire.ts";

const docs = join(import.meta.dir, "../../docs/grafana");

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

const scrape = async (url = `${koppla.url}/metrics`): Promise<string> => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  return await response.text();
};

/** A sample's value; undefined where there is none. @param series  name and labels as they stand in the text */
const value = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

/** Everything a text has a `# TYPE` of, with the names that a histogram's samples have. */
const namesIn = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? ["bucket", "sum", "count"].map((suffix) => `${name}_${suffix}`) : [name],
    ),
  );

/** The metrics that an expression of PromQL reads. */
const namesOf = (expression: string): string[] =>
  [...expression.matchAll(/\b(?:koppla|process)_[a-z_]+/g)].map(([name]) => name);

describe("metrics", () => {
  test("count what was accepted, made, delivered and failed, and tell of the receiver that waits", async () => {
    const before = await scrape();
    let down = true;
    await using sink = new TestReceiver({ answer: () => (down ? 500 : 204) });
    const partner = await koppla.partner("metrics");
    const name = 'Quote " and back\\slash';
    const { id } = await createReceiver(partner, sink.url(), {
      ...{ name, retry: { steps: ["1s"], then: "repeat" } },
      bundle: { quiet: "0ms", longest: "0ms", size: 10 },
    });
    await put(partner, "trainings/1", { name: "n" });
    const first = await sink.nth(1);
    await deliveryWith(partner, first.id, "retrying");
    const failing = await scrape();
    const grown = (series: string, text: string) => (value(text, series) ?? 0) - (value(before, series) ?? 0);
    expect(grown('koppla_attempts_failed_total{error="status"}', failing)).toBeGreaterThanOrEqual(1);
    const label = `receiver="${id}",name="Quote \\" and back\\\\slash"`;
    expect(value(failing, `koppla_receiver_queued{${label}}`)).toBe(1);
    down = false;
    await deliveryWith(partner, first.id, "delivered");
    const after = await scrape();
    expect(grown("koppla_changes_recorded_total", after)).toBeGreaterThanOrEqual(1);
    expect(grown("koppla_changes_bundled_total", after)).toBe(1);
    expect(grown("koppla_deliveries_made_total", after)).toBe(1);
    expect(grown("koppla_deliveries_delivered_total", after)).toBe(1);
    // The log has it a moment before the queue is rid of it.
    const empty = await eventually("nothing of the receiver waits", async () => {
      const text = await scrape();
      return value(text, `koppla_receiver_queued{${label}}`) === undefined ? text : undefined;
    });
    expect(value(empty, "koppla_deliveries_queued")).toBe(0);
  });

  test("count requests by route and status, never by path", async () => {
    const partner = await koppla.partner("metrics-http");
    const path = "trainings/987654";
    expect((await partner.get(`/api/v1/${path}`)).status).toBe(404);
    await fetch(`${koppla.url}/no/such/path-at-all`);
    const text = await scrape();
    const series = 'koppla_http_requests_total{method="GET",route="/api/v1/:type/:id",status="404"}';
    expect(value(text, series)).toBeGreaterThanOrEqual(1);
    expect(
      value(text, 'koppla_http_requests_total{method="GET",route="none",status="404"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(
      value(text, 'koppla_http_request_seconds_count{method="GET",route="/api/v1/:type/:id"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain("987654");
    expect(text).not.toContain("no/such");
  });

  test("of the process, the loop and the database are there and make sense", async () => {
    await scrape();
    await Bun.sleep(200); // the loop is looked at now and then
    const text = await scrape();
    expect(text).toMatch(/^koppla_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
    expect(value(text, "process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(value(text, "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(Math.abs((value(text, "process_start_time_seconds") ?? 0) - Date.now() / 1000)).toBeLessThan(600);
    expect(value(text, "koppla_database_bytes")).toBeGreaterThan(100_000);
    expect(value(text, "koppla_store_batch_writes_count")).toBeGreaterThan(0);
    expect(value(text, 'koppla_event_loop_delay_seconds{quantile="1"}')).toBeGreaterThan(0);
  });

  test("tell of the disk, the last backup, the files that are open, and of a reload that was not taken", async () => {
    const backups = mkdtempSync(join(tmpdir(), "koppla-metrics-"));
    writeFileSync(join(backups, "koppla-20261121T190500Z.kopplabackup"), "");
    await using own = await startKoppla({ config: { backup: { folder: backups, cron: "0 3 * * *" } } });
    const before = await scrape(`${own.url}/metrics`);
    const of = (name: string) => value(before, name) ?? Number.NaN;
    // Where PostgreSQL has its disk is not ours to know.
    if (onPostgres) expect(of("koppla_disk_free_bytes")).toBeNaN();
    else expect(of("koppla_disk_free_bytes")).toBeGreaterThan(of("koppla_disk_reserve_bytes"));
    const made = Date.parse("2026-11-21T19:05:00Z") / 1000;
    expect(of("koppla_backup_last_success_timestamp_seconds")).toBe(made);
    expect(of("koppla_config_last_reload_successful")).toBe(1);
    expect(value(before, "koppla_tls_certificate_expiry_timestamp_seconds")).toBeUndefined();
    expect(of("process_open_fds")).toBeGreaterThan(5);
    expect(of("process_open_fds")).toBeLessThan(of("process_max_fds"));

    const good = readFileSync(own.configFile);
    writeFileSync(own.configFile, "nonsense: true\n");
    process.kill(own.pid, "SIGHUP");
    await own.log.waitFor(({ json }) => json?.["msg"] === "not reloaded, the old configuration stays");
    const refused = await scrape(`${own.url}/metrics`);
    expect(value(refused, "koppla_config_last_reload_successful")).toBe(0);
    writeFileSync(own.configFile, good);
    process.kill(own.pid, "SIGHUP");
    await own.log.waitFor(({ json }) => json?.["msg"] === "reloaded");
    const taken = await scrape(`${own.url}/metrics`);
    expect(value(taken, "koppla_config_last_reload_successful")).toBe(1);
    expect(value(taken, "koppla_config_last_reload_success_timestamp_seconds")).toBeGreaterThan(made);
    rmSync(backups, { recursive: true });
  });

  test.skipIf(!hasOpenssl)("tell when the certificate ends", async () => {
    const authority = newAuthority();
    const { cert, key } = authority.issue("koppla.example", 10);
    const tls = { cert_file: "./cert.pem", key_file: "./key.pem" };
    await using own = await prepareKoppla({
      config: { server: { tls }, metrics: { listen: "127.0.0.1:0" } },
    });
    writeFileSync(join(own.dir, "cert.pem"), cert);
    writeFileSync(join(own.dir, "key.pem"), key, { mode: 0o600 });
    await own.start();
    const line = await own.log.waitFor(({ json }) => json?.["msg"] === "metrics");
    const end = await eventually("the end of the certificate is told", async () => {
      const text = await scrape(String(line.json?.["url"]));
      return value(text, "koppla_tls_certificate_expiry_timestamp_seconds");
    });
    const left = (end - Date.now() / 1000) / 86_400;
    expect(left).toBeGreaterThan(9.9);
    expect(left).toBeLessThanOrEqual(10);
  });

  test("are told to this machine; what a proxy passed on finds nothing", async () => {
    const asked = (headers: Record<string, string>) => fetch(`${koppla.url}/metrics`, { headers });
    expect((await asked({ "x-forwarded-for": "127.0.0.1" })).status).toBe(404);
    expect((await asked({ forwarded: "for=127.0.0.1" })).status).toBe(404);
    expect((await asked({})).status).toBe(200);
    expect((await fetch(`${koppla.url}/metrics`, { method: "POST" })).status).toBe(405);
  });

  test("are not told to who is not allowed, nor where they are off, and have an address of their own", async () => {
    const others = await startKoppla({ config: { metrics: { allowed_ips: ["192.0.2.1"] } } });
    const off = await startKoppla({ config: { metrics: { enabled: false } } });
    const own = await startKoppla({ config: { metrics: { listen: "127.0.0.1:0" } } });
    const proxied = await startKoppla({ config: { server: { trusted_proxies: ["127.0.0.1"] } } });
    try {
      expect((await fetch(`${others.url}/metrics`)).status).toBe(404);
      expect((await fetch(`${off.url}/metrics`)).status).toBe(404);
      expect((await fetch(`${own.url}/metrics`)).status).toBe(404);
      const line = await own.log.waitFor((entry) => entry.json?.["msg"] === "metrics");
      const url = String(line.json?.["url"]);
      expect(await scrape(url)).toContain("koppla_build_info");
      expect((await fetch(url.replace("/metrics", "/api/v1/me"))).status).toBe(404);
      const through = (client: string) =>
        fetch(`${proxied.url}/metrics`, { headers: { "x-forwarded-for": client } });
      expect((await through("203.0.113.9")).status).toBe(404);
      expect((await through("::1")).status).toBe(200);
    } finally {
      await Promise.all([others, off, own, proxied].map((one) => one.dispose()));
    }
  });
});

describe("what Grafana and Prometheus are given", () => {
  test("every expression of the dashboard reads metrics that there are, and there is a place for each", async () => {
    const there = namesIn(await scrape());
    const text = readFileSync(join(docs, "koppla.json"), "utf8");
    const dashboard: { panels: { title: string; targets?: { expr: string }[] }[] } = JSON.parse(text);
    const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) {
      expect(namesOf(expression).length).toBeGreaterThan(0);
      for (const name of namesOf(expression)) expect(there).toContain(name);
    }
    const shown = new Set(expressions.flatMap(namesOf));
    const unseen = [...there].filter((name) => !shown.has(name) && !/_(sum|count)$/.test(name));
    expect(unseen).toEqual([]);
  });

  test("every alert reads metrics that there are", async () => {
    const there = namesIn(await scrape());
    const file: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
      readFileSync(join(docs, "alerts.yaml"), "utf8"),
    );
    const rules = file.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { expr } of rules) for (const name of namesOf(expr)) expect(there).toContain(name);
  });
});
