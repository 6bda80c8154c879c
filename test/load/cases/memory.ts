/** Resident memory: idle, under load, and with a million deliveries in the log. */
import { type Bench, bigRows, type Case } from "../lib/bench.ts";
import { memory } from "../lib/cpu.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { figure } from "../lib/rounds.ts";
import { ITEM } from "../lib/subjects.ts";

const SETTLE = 1_500;
const MILLION = 1_000_000;
const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };

/** The highest resident memory in MB while `work` runs. */
async function highest(pid: number, work: Promise<unknown>): Promise<number> {
  let most = memory(pid).rss;
  const timer = setInterval(() => (most = Math.max(most, memory(pid).rss)), 50);
  await work.finally(() => clearInterval(timer));
  return most;
}

async function idle(koppla: Koppla): Promise<number> {
  await koppla.start();
  await Bun.sleep(SETTLE);
  return memory(koppla.pid).rss;
}

function loaded(koppla: Koppla, { generator, mode }: Bench): Promise<number> {
  const time = { warmup: 500, duration: mode === "quick" ? 1_500 : 8_000 };
  const work = koppla.subject(generator).load(push, { connections: 64, status: 201 }, time);
  return highest(koppla.pid, work);
}

export const memoryCase: Case = {
  name: "memory",
  async run(bench) {
    const { report, mode, grown } = bench;
    const empty = await Koppla.prepare();
    report.add("memory-idle", "MB", { value: figure(await idle(empty)) });
    report.add("memory-load", "MB", { value: figure(await loaded(empty, bench)) });
    await empty.remove();

    const rows = bigRows(mode);
    const big = await grown(rows);
    const log = rows >= MILLION ? "memory-log" : `memory-log-${rows}`;
    report.add(log, "MB", { value: figure(await idle(big)) });
    const pages = async () => {
      for (let page = 0; page < 200; page++) await big.api("GET", "/api/v1/deliveries?limit=500", 200);
    };
    report.add(`${log}-pages`, "MB", { value: figure(await highest(big.pid, pages())) });
    report.add(`${log}-load`, "MB", { value: figure(await loaded(big, bench)) });
    await big.stop();
  },
};
