/**
 * Half load for a long time: `bun test/load/soak.ts --minutes 30`, after `npm run build`; SQLite.
 *
 * The rate of changes that the machine can take is measured for ten seconds, and half of it is kept up: changes of 50 000
 * records, with four receivers that work and six that do not, an import every minute, and a console that is open. Every
 * five seconds memory, open files, write-ahead log and latencies are noted. A graph and the figures are written to
 * test/results, and the last third is held against the first: 0 where all is flat, 1 where it is not.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { memory, meter } from "./lib/cpu.ts";
import { binary, Koppla, TYPE } from "./lib/koppla.ts";
import { describeMachine } from "./lib/machine.ts";
import { cleanUp, freePort, Process } from "./lib/processes.ts";
import { show } from "./lib/report.ts";
import { median } from "./lib/stats.ts";
import { startGenerator, startSink } from "./lib/subjects.ts";
import { FIRST_ID, type RequestText } from "./lib/template.ts";
import { soakGraph } from "./soak/graph.ts";
import { importRows, OpenConsole, Troublemakers } from "./soak/life.ts";
import type { Interval, SteadyJob } from "./soak/steady.ts";
import { judgeSoak, type Sample, type Verdict } from "./soak/verdict.ts";

const RECORDS = 50_000;
const IMPORTED = 5_000;
/** Beyond the records that are pushed. */
const IMPORTED_FROM = 2 * FIRST_ID;
const READS = 200;
const CONNECTIONS = 32;
const INTERVAL_MS = 5_000;
const IMPORT_EVERY_MS = 60_000;
/** Code gets compiled and caches fill: not noted. Of a short trial a fifth. */
const WARMUP_MS = 60_000;
/** Where others used more of the machine than this, in the median, latencies prove nothing. */
const BUSY = 0.1;
const CALIBRATION = { warmup: 2_000, duration: 10_000 };
/** Deliveries kept in the log, and how often it is looked at: removing old ones is part of the load. */
const LOG_MAX = 2_000;
const RETENTION = { cron: "*/2 * * * *", chore: "delivery-retention" };

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    out: { type: "string", default: join(import.meta.dir, "../results") },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes N");
if (!existsSync(binary)) throw new Error(`${binary} is missing: npm run build`);

const change: RequestText = {
  ...{ method: "PUT", path: `/api/v1/${TYPE}/{id}` },
  body: '{"name":"Item {n}","quantity":17,"city":"Stockholm"}',
};
const read: RequestText = { method: "GET", path: `/api/v1/${TYPE}/{id}` };
const ids = { first: FIRST_ID, count: RECORDS, order: "random" } as const;

/** A server with 50 000 records, and what it can take. @returns changes a second, with nothing else going on */
async function calibrate(koppla: Koppla): Promise<number> {
  for (let first = FIRST_ID; first < FIRST_ID + RECORDS; first += 10_000)
    await importRows(koppla, first, 10_000, 1);
  const generator = await startGenerator();
  const target = koppla.subject(generator);
  const { rate } = await target.load(change, { connections: CONNECTIONS, ids }, CALIBRATION);
  await generator.stop();
  return rate;
}

/** @returns a reading of the server's files and memory; `queued` by its own metrics */
async function lookAt(koppla: Koppla) {
  const sizeOf = (file: string) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1e6;
  const text = await (await fetch(`http://127.0.0.1:${koppla.port}/metrics`)).text();
  return {
    rss_mb: memory(koppla.pid).rss,
    files: readdirSync(`/proc/${koppla.pid}/fd`).length,
    wal_mb: sizeOf(`${koppla.database}-wal`),
    database_mb: sizeOf(koppla.database),
    queued: Number(/^koppla_deliveries_queued (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}

/** Everything at once, for `minutes`. @param own  processes of the soak, which are nobody else's */
async function soak(koppla: Koppla, rate: number, own: number[]): Promise<Sample[]> {
  const desk = new OpenConsole();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const steady = new Process([process.execPath, join(import.meta.dir, "soak/steady.ts")]);
  const headers = { authorization: `Bearer ${koppla.account.token}` };
  const paced = { ids, status: 200, connections: CONNECTIONS };
  const job: SteadyJob = {
    port: koppla.port,
    pushes: { ...paced, rate, request: { ...change, headers } },
    reads: { ...paced, rate: READS, request: { ...read, headers } },
    every: INTERVAL_MS,
  };
  desk.start(koppla, failed.reject);
  let imports = 0;
  const importing = setInterval(() => {
    importRows(koppla, IMPORTED_FROM, IMPORTED, ++imports).catch(failed.reject);
  }, IMPORT_EVERY_MS);
  const samples: Sample[] = [];
  const watched = [koppla.pid, steady.pid, process.pid, ...own];
  let metered = meter(watched);
  const ms = (us: number) => us / 1_000;
  try {
    let next = steady.ask<Interval>(job);
    let skipped = Math.floor(Math.min(WARMUP_MS, minutes * 12_000) / INTERVAL_MS);
    while (samples.length < Math.round((minutes * 60_000) / INTERVAL_MS)) {
      const { pushes, reads } = await Promise.race([failed.promise, next]);
      next = steady.next<Interval>();
      // Where the loop ends with an error nobody waits for it any more.
      next.catch(() => {});
      const { wall, others } = metered();
      metered = meter(watched);
      if (skipped-- > 0) continue;
      samples.push({
        seconds: ((samples.length + 1) * INTERVAL_MS) / 1_000,
        ...(await lookAt(koppla)),
        pushes_per_second: (pushes.count / wall) * 1e6,
        ...{ push_p50_ms: ms(pushes.p50), push_p99_ms: ms(pushes.p99) },
        ...{ read_p50_ms: ms(reads.p50), read_p99_ms: ms(reads.p99) },
        ...{ behind_ms: Math.max(pushes.behind, reads.behind), others },
      });
      tellNow(samples);
    }
  } finally {
    clearInterval(importing);
    await desk.stop();
    await steady.stop();
  }
  console.log(`\n${imports} imports, ${desk.events} events and ${desk.pages} pages of the log`);
  return samples;
}

/** A line a minute. */
function tellNow(samples: readonly Sample[]): void {
  const newest = samples.at(-1);
  if (!newest || (samples.length * INTERVAL_MS) % IMPORT_EVERY_MS !== 0) return;
  const parts = [
    `${show(newest.rss_mb)} MB`,
    `${newest.files} files`,
    `log ${show(newest.wal_mb)} MB`,
    `${show(newest.pushes_per_second)} pushes/s, p99 ${show(newest.push_p99_ms)} ms`,
    `reads p99 ${show(newest.read_p99_ms)} ms`,
    `${show(newest.behind_ms)} ms behind`,
    `${show(newest.others * 100)} % of the machine used by others`,
  ];
  console.log(`${String(newest.seconds / 60).padStart(4)} min  ${parts.join(", ")}`);
}

function tell(verdicts: readonly Verdict[]): void {
  console.log("\nmedian of          first third  last third     allowed");
  for (const { what, first, last, allowed, flat } of verdicts) {
    const columns = [first, last, allowed].map((value) => show(value).padStart(11)).join(" ");
    console.log(`${what.padEnd(18)} ${columns}  ${flat ? "flat" : "NOT FLAT"}`);
  }
}

async function main(): Promise<number> {
  const machine = describeMachine();
  const sinkPort = freePort();
  const sink = await startSink(sinkPort);
  const trouble = new Troublemakers();
  const koppla = await Koppla.prepare();
  const config: { webhooks: object } = JSON.parse(readFileSync(koppla.config, "utf8"));
  const webhooks = { ...config.webhooks, log_max: LOG_MAX };
  writeFileSync(koppla.config, JSON.stringify({ ...config, webhooks, schedules: { log: RETENTION } }));
  await koppla.start();
  const most = await calibrate(koppla);
  const rate = Math.round(most / 2);
  console.log(
    `${machine.cpu}, ${machine.cores} cores; ${show(most)} changes/s at most, ${show(rate)} kept up`,
  );
  for (const number of [1, 2, 3, 4]) {
    const bundle = { quiet: "5s", longest: "60s", size: 500 };
    await koppla.receiver(`Healthy ${number}`, `http://127.0.0.1:${sinkPort}/${number}`, bundle);
  }
  await trouble.receivers(koppla);
  const samples = await soak(koppla, rate, [sink.pid]);
  trouble.stop();
  const verdicts = judgeSoak(samples);
  tell(verdicts);
  const out = resolve(values.out);
  await mkdir(out, { recursive: true });
  const about = `${show(rate)} changes/s and ${READS} reads/s, 10 receivers of which 6 fail, an import a minute, a console open; ${machine.cpu}, ${machine.cores} cores, ${machine.at.slice(0, 10)}`;
  await Bun.write(join(out, "soak.svg"), soakGraph(samples, about));
  const figures = { machine, minutes, most, rate, verdicts, samples };
  await Bun.write(join(out, "soak.json"), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`\n${join(out, "soak.svg")} and soak.json`);
  const kept = samples.filter(({ behind_ms }) => behind_ms < INTERVAL_MS).length / samples.length;
  const others = median(samples.map((sample) => sample.others));
  if (others > BUSY)
    console.log(`Others used ${show(others * 100)} % of the machine: its latencies prove nothing.`);
  if (kept < 0.95) console.log(`The rate was not kept in ${show(100 - kept * 100)} % of the intervals.`);
  await koppla.remove();
  return verdicts.every(({ flat }) => flat) && kept >= 0.95 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => void cleanUp().finally(() => process.exit(130)));
const code = await main().finally(cleanUp);
process.exit(code);
