/**
 * Drain: queued deliveries, all overdue, to 1 and to 250 receivers, log rows included; against a bare signed
 * fetch to the same sink.
 */
import type { Bench, Case } from "../lib/bench.ts";
import { cpuTime, meter } from "../lib/cpu.ts";
import { Koppla } from "../lib/koppla.ts";
import { Process } from "../lib/processes.ts";
import type { Sample } from "../lib/rounds.ts";
import { logged, queue } from "../lib/seed.ts";
import type { Counted, Expectation } from "../lib/sink.ts";

const bundle = { quiet: "24h", longest: "24h", size: 500 };
const PATIENCE = 120_000;

/** CPU time in µs that a start takes when nothing is queued. */
async function startCost(koppla: Koppla): Promise<number> {
  await koppla.start();
  await Bun.sleep(100);
  const cost = cpuTime(koppla.pid);
  await koppla.stop();
  return cost;
}

/** Starts a stopped Koppla on `count` queued deliveries and watches until the last has its row in the log. */
export async function drain(koppla: Koppla, count: number, { sink }: Bench): Promise<Sample> {
  const started = await startCost(koppla);
  const before = logged(koppla);
  queue(koppla, count);
  const expectation: Expectation = { expect: count, timeout: PATIENCE };
  const arrived = sink.ask<Counted>(expectation);
  // The server is not yet there to be watched, so what it uses is taken from the others afterwards.
  const stop = meter([sink.pid, process.pid]);
  await koppla.start();
  const counted = await arrived;
  // Until the results are written the work is not done: what comes after the last arrival counts as CPU.
  const end = performance.now() + 10_000;
  while (performance.now() < end && logged(koppla).due > 0) await Bun.sleep(20);
  const server = cpuTime(koppla.pid);
  const { wall, others: all } = stop();
  await koppla.stop();
  const after = logged(koppla);
  check(count, counted, after.delivered - before.delivered, after.attempts - before.attempts);
  const others = Math.max(0, all - server / (wall * navigator.hardwareConcurrency));
  return { rate: (count / counted.elapsed) * 1000, cpu: (server - started) / count, others };
}

function check(
  count: number,
  { distinct, requests, unsigned }: Counted,
  delivered: number,
  attempts: number,
): void {
  const wrong = Object.entries({ distinct, requests, delivered, attempts }).filter(([, n]) => n !== count);
  if (wrong.length > 0)
    throw new Error(`of ${count} deliveries: ${wrong.map(([what, n]) => `${n} ${what}`).join(", ")}`);
  if (unsigned > 0) throw new Error(`${unsigned} deliveries had no signature`);
}

async function bareDeliver(bare: Process, { sink, sinkPort }: Bench, count: number): Promise<Sample> {
  const expectation: Expectation = { expect: count, timeout: PATIENCE };
  const arrived = sink.ask<Counted>(expectation);
  const stop = meter([bare.pid, sink.pid, process.pid]);
  await bare.ask({ port: sinkPort, count });
  const { elapsed } = await arrived;
  const { cpu, others } = stop();
  return { rate: (count / elapsed) * 1000, cpu: (cpu[0] ?? NaN) / count, others };
}

async function withReceivers(count: number, sinkPort: number): Promise<Koppla> {
  const koppla = await Koppla.start();
  for (let i = 0; i < count; i++)
    await koppla.receiver(`Receiver ${i}`, `http://127.0.0.1:${sinkPort}/hook/${i}`, bundle);
  await koppla.stop();
  return koppla;
}

export const drainCase: Case = {
  name: "drain",
  async run(bench) {
    const { sinkPort, report, rounds, mode } = bench;
    const count = mode === "quick" ? 10_000 : 100_000;
    const one = await withReceivers(1, sinkPort);
    const many = await withReceivers(250, sinkPort);
    const bare = new Process([process.execPath, `${import.meta.dir}/../bare/deliver.ts`]);
    await bare.next();
    await bareDeliver(bare, bench, 5_000);
    const measured = await bench.alternate(
      {
        one: () => drain(one, count, bench),
        bare: () => bareDeliver(bare, bench, count),
        many: () => drain(many, count, bench),
      },
      Math.min(rounds, 3),
    );
    for (const [side, receivers] of [
      ["one", 1],
      ["many", 250],
    ] as const) {
      report.add(`drain-${receivers}`, "/s", {
        value: measured.rate(side),
        cpu: measured.cpu(side),
        bare: measured.rate("bare"),
        ratio: measured.rateRatio(side, "bare"),
      });
      report.add(`drain-${receivers}-cpu`, "µs", {
        value: measured.cpu(side),
        bare: measured.cpu("bare"),
        ratio: measured.cpuRatio(side, "bare"),
      });
    }
    report.add("drain-spread", "x", { value: measured.rateRatio("many", "one") });
    await Promise.all([one.remove(), many.remove(), bare.stop()]);
  },
};
