/**
 * Imports: rows a second against the bare program that parses the same file and inserts its rows; reads meanwhile; and
 * the memory that a large file takes.
 */
import { createWriteStream } from "node:fs";
import { join } from "node:path";

import type { Case, Mode } from "../lib/bench.ts";
import { memory, meter } from "../lib/cpu.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { removeFolder, run, temporaryFolder } from "../lib/processes.ts";
import { figure, type Sample } from "../lib/rounds.ts";

const ROWS: Record<Mode, number> = { quick: 100_000, normal: 300_000, full: 300_000 };
const LARGE: Record<Mode, number> = { quick: 50_000_000, normal: 300_000_000, full: 1_000_000_000 };
/** Reads a second while it imports. */
const READS = 100;

interface Operation {
  id: string;
  status: string;
  message: string;
  submitted_at: string;
  completed_at: string;
  result: { rows: number; created: number } | null;
}

/** NDJSON of that many rows. @param padding  characters more in each row */
async function write(file: string, rows: number, padding = 0): Promise<void> {
  const stream = createWriteStream(file);
  const more = padding > 0 ? `,"text":"${"lorem ipsum ".repeat(padding / 12)}"` : "";
  for (let id = 1; id <= rows; id++) {
    const room = stream.write(
      `{"id":${id},"name":"Item ${id}","quantity":${id % 97},"city":"Stockholm"${more}}\n`,
    );
    if (!room) await new Promise((resolve) => stream.once("drain", resolve));
  }
  await new Promise<void>((resolve) => stream.end(resolve));
}

async function imported(koppla: Koppla, file: string): Promise<Operation> {
  const answer = await fetch(`http://127.0.0.1:${koppla.port}/api/v1/${TYPE}/import`, {
    method: "POST",
    headers: { authorization: `Bearer ${koppla.account.token}`, "content-type": "application/x-ndjson" },
    body: Bun.file(file),
  });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  let operation = (await answer.json()) as Operation;
  while (operation.status === "IN_PROGRESS")
    operation = await koppla.api("GET", `/api/v1/operations/${operation.id}?wait=30`, 200);
  if (operation.status !== "SUCCESS") throw new Error(operation.message);
  return operation;
}

const secondsOf = ({ submitted_at, completed_at }: Operation) =>
  (Date.parse(completed_at) - Date.parse(submitted_at)) / 1_000;

/** Reads one record again and again until it is told to stop. @returns ms of each */
function reads(koppla: Koppla): () => Promise<number[]> {
  const taken: number[] = [];
  let over = false;
  const done = (async () => {
    for (let next = performance.now(); !over; next += 1_000 / READS) {
      await Bun.sleep(Math.max(0, next - performance.now()));
      const from = performance.now();
      await koppla.api("GET", `/api/v1/${TYPE}?limit=1`, 200);
      taken.push(performance.now() - from);
    }
  })();
  return async () => {
    over = true;
    await done;
    return taken;
  };
}

const quantile = (values: number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? NaN;

export const importCase: Case = {
  name: "import",
  async run({ report, alternate, mode }) {
    const folder = temporaryFolder("import");
    const file = join(folder, "items.ndjson");
    const rows = ROWS[mode];
    await write(file, rows);
    const koppla = async (): Promise<Sample> => {
      const server = await Koppla.start();
      const metered = meter([server.pid, process.pid]);
      const seconds = secondsOf(await imported(server, file));
      const { cpu, others } = metered();
      await server.remove();
      return { rate: rows / seconds, cpu: (cpu[0] ?? NaN) / rows, others };
    };
    const bare = async (): Promise<Sample> => {
      const program = join(import.meta.dir, "../bare/import.ts");
      const printed = await run([process.execPath, program, file, folder]);
      const { seconds }: { seconds: number } = JSON.parse(printed);
      return { rate: rows / seconds, cpu: NaN, others: 0 };
    };
    const measured = await alternate({ koppla, bare });
    report.add("import", "/s", {
      value: measured.rate("koppla"),
      cpu: measured.cpu("koppla"),
      bare: measured.rate("bare"),
      ratio: measured.rateRatio("koppla", "bare"),
    });

    const server = await Koppla.start();
    const large = join(folder, "large.ndjson");
    await write(large, Math.round(LARGE[mode] / 2_000), 1_920);
    await Bun.sleep(1_500);
    const idle = memory(server.pid).rss;
    let most = idle;
    const timer = setInterval(() => (most = Math.max(most, memory(server.pid).rss)), 50);
    const stop = reads(server);
    await imported(server, large);
    clearInterval(timer);
    const taken = await stop();
    report.add("import-reads", "ms", {
      value: figure(quantile(taken, 0.5)),
      p99: figure(1_000 * quantile(taken, 0.99)),
    });
    report.add("import-memory", "MB", { value: figure(most - idle) });
    await server.remove();
    removeFolder(folder);
  },
};
