/**
 * The benchmark: `npm run bench`, `npm run bench -- --quick --only push --json results.json`.
 * `README.md` says how to read what it prints.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

import { slowDiskCase, syncsCase } from "./cases/disk.ts";
import { drainCase } from "./cases/drain.ts";
import { growthCase } from "./cases/growth.ts";
import { importCase } from "./cases/import.ts";
import { isolationCase } from "./cases/isolation.ts";
import { latencyCase } from "./cases/latency.ts";
import { listCase } from "./cases/list.ts";
import { memoryCase } from "./cases/memory.ts";
import { messagesCase } from "./cases/messages.ts";
import { operationsCase } from "./cases/operations.ts";
import { publicCase } from "./cases/public.ts";
import { pushCase } from "./cases/push.ts";
import { readCase } from "./cases/read.ts";
import { receiversCase } from "./cases/receivers.ts";
import { startCase } from "./cases/start.ts";
import { statementsCase } from "./cases/statements.ts";
import { tokenCase } from "./cases/token.ts";
import type { Bench, Mode } from "./lib/bench.ts";
import { binary } from "./lib/koppla.ts";
import { describeMachine } from "./lib/machine.ts";
import { cleanUp, endAll, freePort } from "./lib/processes.ts";
import { alternate } from "./lib/rounds.ts";
import { Report, show } from "./lib/report.ts";
import { shareGrown } from "./lib/seed.ts";
import { startGenerator, startSink } from "./lib/subjects.ts";
import { judge } from "./targets.ts";

/** What needs no big database comes first. */
const cases = [
  pushCase,
  slowDiskCase,
  syncsCase,
  statementsCase,
  listCase,
  readCase,
  tokenCase,
  publicCase,
  latencyCase,
  drainCase,
  receiversCase,
  isolationCase,
  messagesCase,
  operationsCase,
  importCase,
  startCase,
  memoryCase,
  growthCase,
];

const settings: Record<Mode, Pick<Bench, "rounds" | "time">> = {
  quick: { rounds: 2, time: { warmup: 250, duration: 500 } },
  normal: { rounds: 5, time: { warmup: 1_000, duration: 2_000 } },
  full: { rounds: 7, time: { warmup: 1_000, duration: 3_000 } },
};

/** A machine that others use too stands still now and then, for longer than a case waits. */
const TRIES = 2;

const usage = `npm run bench -- [--only NAME]... [--quick | --full] [--json FILE]
NAME is one of ${cases.map(({ name }) => name).join(", ")}.`;

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
        full: { type: "boolean", default: false },
        json: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

async function main(): Promise<number> {
  const given = readArguments();
  const unknown = given.only?.find((name) => !cases.some((known) => known.name === name));
  if (unknown !== undefined) fail(`There is no case ${unknown}.\n${usage}`);
  if (given.quick && given.full) fail(`Either --quick or --full.\n${usage}`);
  if (!existsSync(binary)) fail(`${binary} is missing: npm run build`);

  const mode: Mode = given.quick ? "quick" : given.full ? "full" : "normal";
  const machine = describeMachine();
  const report = new Report(console.log);
  const sinkPort = freePort();
  const bench: Bench = {
    mode,
    ...settings[mode],
    alternate: (sides, rounds = settings[mode].rounds) =>
      alternate(sides, rounds, mode === "quick" ? rounds : rounds * 2),
    generator: await startGenerator(),
    sink: await startSink(sinkPort),
    sinkPort,
    report,
    grown: shareGrown(sinkPort),
  };
  console.log(`${machine.cpu}, ${machine.cores} cores, fsync ${show(machine.fsync_us)} µs, ${mode}\n`);
  report.header();
  const seconds: Record<string, number> = {};
  for (const part of cases) {
    if (given.only && !given.only.includes(part.name)) continue;
    const started = performance.now();
    const before = report.results.length;
    for (let tries = 1; tries <= TRIES; tries++) {
      try {
        await part.run(bench);
        break;
      } catch (error) {
        if (tries < TRIES) report.again(part.name, error, before);
        else report.fail(part.name, error);
        // Nothing of it may run on beside what comes next.
        await endAll();
        bench.generator = await startGenerator();
        bench.sink = await startSink(sinkPort);
      }
    }
    seconds[part.name] = Math.round((performance.now() - started) / 100) / 10;
  }

  const verdicts = judge(report.results).filter(({ met }) => !given.only || met !== "not measured");
  console.log("");
  for (const { what, target, measured, met } of verdicts)
    console.log(`${what.padEnd(60)} ${target.padEnd(14)} ${show(measured).padStart(8)}  ${met}`);
  for (const { name, error } of report.failures) console.log(`FAILED: ${name}: ${error}`);
  if (given.json) {
    const { results, failures } = report;
    await Bun.write(
      given.json,
      `${JSON.stringify({ machine, seconds, results, targets: verdicts, failures }, null, 2)}\n`,
    );
  }
  return report.failures.length > 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => void cleanUp().finally(() => process.exit(130)));
const code = await main().finally(cleanUp);
process.exit(code);
