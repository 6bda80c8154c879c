/** Record read and page, held against the CPU of Elysia hello. */
import type { Case } from "../lib/bench.ts";
import { TYPE } from "../lib/koppla.ts";
import { SEEDED_ID } from "../lib/seed.ts";
import { startHello } from "../lib/subjects.ts";

const ROWS = 10_000;

export const readCase: Case = {
  name: "read",
  async run({ generator, report, alternate, time, grown }) {
    const koppla = await grown(ROWS);
    await koppla.start();
    const server = koppla.subject(generator);
    const elysia = await startHello(generator);
    const first = await koppla.api<{ next_cursor: string }>("GET", `/api/v1/${TYPE}?limit=50`, 200);
    const page = `/api/v1/${TYPE}?limit=50&cursor=${encodeURIComponent(first.next_cursor)}`;
    const ids = { first: SEEDED_ID, count: ROWS, order: "random" } as const;
    const connections = 64;
    const measured = await alternate({
      read: () => server.load({ method: "GET", path: `/api/v1/${TYPE}/{id}` }, { connections, ids }, time),
      hello: () => elysia.load({ method: "GET", path: "/" }, { connections }, time),
      page: () => server.load({ method: "GET", path: page }, { connections }, time),
    });
    for (const side of ["read", "page"]) {
      report.add(`${side}-rate`, "/s", {
        value: measured.rate(side),
        cpu: measured.cpu(side),
        bare: measured.rate("hello"),
        ratio: measured.rateRatio(side, "hello"),
        p50: measured.p50(side),
        p99: measured.p99(side),
      });
      report.add(side, "µs", {
        value: measured.cpu(side),
        bare: measured.cpu("hello"),
        ratio: measured.cpuRatio(side, "hello"),
      });
    }
    await Promise.all([koppla.stop(), elysia.stop()]);
  },
};
