/**
 * A push while 1, 100 and 10 000 receivers (1 000 in a quick run) wait for their bundle: receivers are cursors, so the
 * cost must not differ.
 */
import type { Case } from "../lib/bench.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { ITEM, type Subject } from "../lib/subjects.ts";
import { FIRST_ID } from "../lib/template.ts";

/** Fewer objects than a bundle holds, changed again and again, so that no bundle ever closes. */
const OBJECTS = 100;
const bundle = { quiet: "24h", longest: "24h", size: 500 };
const put = { method: "PUT", path: `/api/v1/${TYPE}/{id}`, body: ITEM.replace("17", "{n}") };

async function withWaiting(count: number, sinkPort: number): Promise<Koppla> {
  const koppla = await Koppla.start();
  let next = 0;
  const worker = async () => {
    while (next < count)
      await koppla.receiver(`Receiver ${next++}`, `http://127.0.0.1:${sinkPort}/hook/${next}`, bundle);
  };
  await Promise.all(Array.from({ length: Math.min(count, 32) }, worker));
  const objects = Array.from({ length: OBJECTS }, (_, i) =>
    JSON.parse(ITEM.replaceAll("{id}", `${FIRST_ID + i}`)),
  );
  await koppla.api("POST", `/api/v1/${TYPE}`, 200, objects);
  return koppla;
}

export const receiversCase: Case = {
  name: "receivers",
  async run({ generator, sinkPort, report, alternate, mode, time }) {
    const counts = [1, 100, mode === "quick" ? 1_000 : 10_000];
    const servers: Koppla[] = [];
    const subjects = new Map<number, Subject>();
    for (const count of counts) {
      const koppla = await withWaiting(count, sinkPort);
      servers.push(koppla);
      subjects.set(count, koppla.subject(generator));
    }
    const ids = { first: FIRST_ID, count: OBJECTS, order: "next" } as const;
    const sides = Object.fromEntries(
      [...subjects].map(([count, subject]) => [
        count,
        () => subject.load(put, { connections: 64, ids }, time),
      ]),
    );
    const measured = await alternate(sides);
    for (const count of counts) {
      report.add(`receivers-${count}`, "µs", {
        value: measured.cpu(`${count}`),
        bare: measured.cpu("1"),
        ratio: measured.cpuRatio(`${count}`, "1"),
      });
    }
    await Promise.all(servers.map((server) => server.remove()));
  },
};
