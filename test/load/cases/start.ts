/** From spawning the process to its first 200 at /healthz: in a new folder, on an empty and on a big database. */
import { bigRows, type Case } from "../lib/bench.ts";
import { cpuTime, meter } from "../lib/cpu.ts";
import { Koppla } from "../lib/koppla.ts";
import { figure, type Rounds, type Sample } from "../lib/rounds.ts";

/** One start and stop. `rate` is starts per second, `p50` the time of this start in µs. */
export async function startOnce(koppla: Koppla): Promise<Sample> {
  const stop = meter([process.pid]);
  const ms = await koppla.start();
  const cpu = cpuTime(koppla.pid);
  const { wall, others } = stop();
  await koppla.stop();
  // The meter began before there was a process to watch, so what the server used is still among the others.
  const server = cpu / (wall * navigator.hardwareConcurrency);
  return { rate: 1000 / ms, cpu, p50: ms * 1000, others: Math.max(0, others - server) };
}

function milliseconds(measured: Rounds, side: string) {
  const { value, doubt } = measured.p50(side);
  return figure(value / 1000, doubt);
}

export const startCase: Case = {
  name: "start",
  async run({ alternate, report, mode, grown }) {
    const empty = await Koppla.prepare();
    const big = await grown(bigRows(mode));
    const measured = await alternate(
      {
        fresh: async () => {
          const fresh = Koppla.bare();
          const sample = await startOnce(fresh);
          await fresh.remove();
          return sample;
        },
        empty: () => startOnce(empty),
        big: () => startOnce(big),
      },
      mode === "quick" ? 10 : 20,
    );
    const sides = { "start-new": "fresh", "start-empty": "empty", "start-big": "big" };
    for (const [name, side] of Object.entries(sides))
      report.add(name, "ms", { value: milliseconds(measured, side), cpu: measured.cpu(side) });
    await empty.remove();
  },
};
