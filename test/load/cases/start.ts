/**
 * From spawning the process to its first 200 at /healthz, and at /readyz: in a new folder, on an empty and on a big
 * database.
 */
import { bigRows, type Case } from "../lib/bench.ts";
import { cpuTime, meter } from "../lib/cpu.ts";
import { Koppla } from "../lib/koppla.ts";
import { figure, type Rounds, type Sample } from "../lib/rounds.ts";
import { median } from "../lib/stats.ts";

/** Starts that make one sample: a single one is too short to tell whether the machine was busy meanwhile. */
const STARTS = 4;

/** The medians of a few starts. `rate` is starts per second, `p50` the time to the first answer, `p99` to readiness, µs. */
export async function starts(next: () => Promise<Koppla>): Promise<Sample> {
  const times: number[] = [];
  const ready: number[] = [];
  const cpus: number[] = [];
  let ended = 0;
  const stop = meter([process.pid]);
  for (let i = 0; i < STARTS; i++) {
    const koppla = await next();
    times.push(await koppla.start());
    ready.push(koppla.readyAfter);
    cpus.push(cpuTime(koppla.pid));
    // A process that has ended cannot be read any more, so what its stop costs stays with the others: a little.
    await Bun.sleep(50);
    ended += cpuTime(koppla.pid);
    await koppla.stop();
  }
  const { wall, others } = stop();
  const servers = ended / (wall * navigator.hardwareConcurrency);
  const ms = median(times);
  return {
    rate: 1000 / ms,
    cpu: median(cpus),
    p50: ms * 1000,
    p99: median(ready) * 1000,
    others: Math.max(0, others - servers),
  };
}

function milliseconds({ value, doubt }: ReturnType<Rounds["p50"]>) {
  return figure(value / 1000, doubt);
}

export const startCase: Case = {
  name: "start",
  async run({ alternate, report, mode, grown }) {
    const empty = await Koppla.prepare();
    const big = await grown(bigRows(mode));
    const made: Koppla[] = [];
    const fresh = async () => {
      const koppla = Koppla.bare();
      made.push(koppla);
      return koppla;
    };
    const measured = await alternate({
      fresh: () => starts(fresh),
      empty: () => starts(async () => empty),
      big: () => starts(async () => big),
    });
    const sides = { "start-new": "fresh", "start-empty": "empty", "start-big": "big" };
    for (const [name, side] of Object.entries(sides)) {
      report.add(name, "ms", { value: milliseconds(measured.p50(side)), cpu: measured.cpu(side) });
      report.add(`${name}-ready`, "ms", { value: milliseconds(measured.p99(side)) });
    }
    await Promise.all([empty, ...made].map((koppla) => koppla.remove()));
  },
};
