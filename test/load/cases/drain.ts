/**
 * Drain: queued deliveries, all due at once, to 1 and to 250 receivers, log rows included; against a bare signed
 * fetch to the same sink.
 */
import type { Bench, Case } from "../lib/bench.ts";
import { meter } from "../lib/cpu.ts";
import { Koppla } from "../lib/koppla.ts";
import { Process } from "../lib/processes.ts";
import { alternate, type Sample } from "../lib/rounds.ts";
import { logged, queue } from "../lib/seed.ts";
import type { Counted, Expectation } from "../lib/sink.ts";

const bundle = { quiet: "24h", longest: "24h", size: 500 };
/** The queue becomes due so long after it is filled that the server has started and is idle, in ms. */
const LEAD = 2_500;
const PATIENCE = 120_000;

/** Starts a stopped Koppla on `count` queued deliveries and watches until the last has its row in the log. */
export async function drain(koppla: Koppla, count: number, { sink }: Bench): Promise<Sample> {
  const before = logged(koppla);
  const dueAt = Date.now() + LEAD + count / 100;
  queue(koppla, count, dueAt);
  await koppla.start();
  const expectation: Expectation = { expect: count, timeout: PATIENCE };
  const arrived = sink.ask<Counted>(expectation);
  if (Date.now() > dueAt) throw new Error("filling the queue took too long");
  await Bun.sleep(dueAt - Date.now() - 50);
  const stop = meter([koppla.pid, sink.pid, process.pid]);
  const counted = await arrived;
  // Until the results are written the work is not done: what comes after the last arrival counts as CPU.
  for (const end = performance.now() + 10_000; performance.now() < end && logged(koppla).due > 0;)
    await Bun.sleep(20);
  const { cpu, others } = stop();
  await koppla.stop();
  const after = logged(koppla);
  check(count, counted, after.delivered - before.delivered, after.attempts - before.attempts);
  return { rate: (count / counted.elapsed) * 1000, cpu: (cpu[0] ?? NaN) / count, others };
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
    const count = mode === "quick" ? 20_000 : 100_000;
    const one = await withReceivers(1, sinkPort);
    const many = await withReceivers(250, sinkPort);
    const bare = new Process([process.execPath, `${import.meta.dir}/../bare/deliver.ts`]);
    await bare.next();
    await bareDeliver(bare, bench, 5_000);
    const measured = await alternate(
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
