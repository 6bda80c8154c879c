/** Durable single push: `POST /api/v1/{type}` of one new object, against the bare insert and against hello. */
import type { Case } from "../lib/bench.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { ITEM, startHello, startInsert } from "../lib/subjects.ts";

const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };
const bare = { method: "POST", path: "/", body: ITEM };
const hello = { method: "GET", path: "/" };

export const pushCase: Case = {
  name: "push",
  async run({ generator, report, alternate, time }) {
    const koppla = await Koppla.start();
    const server = koppla.subject(generator);
    const insert = await startInsert(generator);
    const elysia = await startHello(generator);
    for (const connections of [64, 1]) {
      const options = { connections, status: 201 };
      const measured = await alternate({
        koppla: () => server.load(push, options, time),
        insert: () => insert.load(bare, options, time),
        hello: () => elysia.load(hello, { connections }, time),
      });
      report.add(`push-${connections}`, "/s", {
        value: measured.rate("koppla"),
        cpu: measured.cpu("koppla"),
        bare: measured.rate("insert"),
        ratio: measured.rateRatio("koppla", "insert"),
        p50: measured.p50("koppla"),
        p99: measured.p99("koppla"),
      });
      report.add(`push-${connections}-cpu-insert`, "µs", {
        value: measured.cpu("koppla"),
        bare: measured.cpu("insert"),
        ratio: measured.cpuRatio("koppla", "insert"),
      });
      if (connections === 64) {
        report.add("push-64-cpu", "µs", {
          value: measured.cpu("koppla"),
          bare: measured.cpu("hello"),
          ratio: measured.cpuRatio("koppla", "hello"),
        });
      }
    }
    await Promise.all([koppla.remove(), insert.stop(), elysia.stop()]);
  },
};
