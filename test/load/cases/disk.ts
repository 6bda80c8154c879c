/** Pushes and the disk: how many syncs they take, and what becomes of the rate when each takes 2 ms longer. */
import type { Bench, Case } from "../lib/bench.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { figure } from "../lib/rounds.ts";
import { Shim } from "../lib/shim.ts";
import { ITEM, startInsert, type Subject } from "../lib/subjects.ts";

const SLOW = 2_000;
const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };
const bare = { method: "POST", path: "/", body: ITEM };
const created = (connections: number) => ({ connections, status: 201 });
const NO_COMPILER = "there is no C compiler to build slow-fsync.c with";

export const slowDiskCase: Case = {
  name: "slow-disk",
  async run({ generator, report, alternate, time }) {
    const shims = [await Shim.make(SLOW), await Shim.make(SLOW)] as const;
    const [ours, theirs] = shims;
    if (!ours || !theirs) {
      report.add("slow-disk-gain", "x", { value: figure(NaN, NO_COMPILER) });
      return;
    }
    const koppla = await Koppla.start(ours.env);
    const server = koppla.subject(generator);
    const insert = await startInsert(generator, theirs.env);
    const measured = await alternate({
      koppla64: () => server.load(push, created(64), time),
      insert64: () => insert.load(bare, created(64), time),
      koppla1: () => server.load(push, created(1), time),
      insert1: () => insert.load(bare, created(1), time),
    });
    if (shims.some((shim) => shim?.calls === 0))
      throw new Error("slow-fsync.so sees no fsync of the program");
    for (const connections of [1, 64]) {
      report.add(`slow-disk-push-${connections}`, "/s", {
        value: measured.rate(`koppla${connections}`),
        cpu: measured.cpu(`koppla${connections}`),
        bare: measured.rate(`insert${connections}`),
        ratio: measured.rateRatio(`koppla${connections}`, `insert${connections}`),
        p50: measured.p50(`koppla${connections}`),
        p99: measured.p99(`koppla${connections}`),
      });
    }
    report.add("slow-disk-gain", "x", {
      value: measured.rateRatio("koppla64", "koppla1"),
      bare: measured.rateRatio("insert64", "insert1"),
    });
    await Promise.all([koppla.remove(), insert.stop()]);
  },
};

const BURST = 64;

async function syncsPerBurst(subject: Subject, shim: Shim, request: typeof push, bursts: number) {
  await subject.burst(request, created(BURST), bursts);
  const before = shim.calls;
  await subject.burst(request, created(BURST), bursts);
  return figure((shim.calls - before) / bursts);
}

async function syncs({ generator, report, mode }: Bench, name: string, delay: number): Promise<void> {
  const [ours, theirs] = [await Shim.make(delay), await Shim.make(delay)];
  if (!ours || !theirs) {
    report.add(name, "per 64", { value: figure(NaN, NO_COMPILER) });
    return;
  }
  const koppla = await Koppla.start(ours.env);
  const insert = await startInsert(generator, theirs.env);
  const bursts = mode === "quick" ? 50 : 200;
  const value = await syncsPerBurst(koppla.subject(generator), ours, push, bursts);
  const bareValue = await syncsPerBurst(insert, theirs, bare, bursts);
  if (ours.calls === 0 || theirs.calls === 0) throw new Error("slow-fsync.so sees no fsync of the program");
  report.add(name, "per 64", { value, bare: bareValue, ratio: figure(value.value / bareValue.value) });
  await Promise.all([koppla.remove(), insert.stop()]);
}

/** Checkpoints are counted too: they are part of what a push costs. */
export const syncsCase: Case = {
  name: "syncs",
  async run(bench) {
    await syncs(bench, "syncs", 0);
    await syncs(bench, "syncs-slow-disk", SLOW);
  },
};
