/** What grows with the database: ingest, claim, the newest page of the log and start, on a small and on a big one. */
import { type Bench, bigRows, type Case, SMALL_ROWS } from "../lib/bench.ts";
import { type Koppla, TYPE } from "../lib/koppla.ts";
import type { Rounds } from "../lib/rounds.ts";
import { ITEM, type Subject } from "../lib/subjects.ts";
import { drain } from "./drain.ts";
import { starts } from "./start.ts";

function add({ report }: Bench, name: string, measured: Rounds): void {
  report.add(name, "µs", {
    value: measured.cpu("big"),
    bare: measured.cpu("small"),
    ratio: measured.cpuRatio("big", "small"),
  });
}

async function served(bench: Bench, small: Koppla, big: Koppla): Promise<void> {
  const { generator, time } = bench;
  await Promise.all([small.start(), big.start()]);
  const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };
  const page = { method: "GET", path: "/api/v1/deliveries?limit=50" };
  const ingest = (subject: Subject) => () => subject.load(push, { connections: 64, status: 201 }, time);
  const newest = (subject: Subject) => () => subject.load(page, { connections: 16 }, time);
  const [a, b] = [small.subject(generator), big.subject(generator)];
  // Databases are shared with other cases and runs go on where the last ended.
  a.nextId = b.nextId = 2_000_000_000;
  add(bench, "growth-ingest", await bench.alternate({ small: ingest(a), big: ingest(b) }));
  add(bench, "growth-page", await bench.alternate({ small: newest(a), big: newest(b) }));
  await Promise.all([small.stop(), big.stop()]);
}

export const growthCase: Case = {
  name: "growth",
  async run(bench) {
    const { mode, rounds, grown } = bench;
    const small = await grown(SMALL_ROWS);
    const big = await grown(bigRows(mode));
    const started = await bench.alternate({
      small: () => starts(async () => small),
      big: () => starts(async () => big),
    });
    add(bench, "growth-start", started);
    const deliveries = mode === "quick" ? 5_000 : 20_000;
    const claims = await bench.alternate(
      { small: () => drain(small, deliveries, bench), big: () => drain(big, deliveries, bench) },
      Math.min(rounds, 3),
    );
    add(bench, "growth-claim", claims);
    await served(bench, small, big);
  },
};
