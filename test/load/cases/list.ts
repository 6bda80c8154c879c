/** List push: `POST /api/v1/{type}` of 500 new objects in one transaction; figures are per record. */
import type { Case } from "../lib/bench.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { ITEM, startInsert } from "../lib/subjects.ts";

const LENGTH = 500;

export const listCase: Case = {
  name: "list",
  async run({ generator, report, alternate, time }) {
    const koppla = await Koppla.start();
    const server = koppla.subject(generator);
    const insert = await startInsert(generator);
    const list = { method: "POST", body: ITEM, list: LENGTH };
    const options = { connections: 4, operations: LENGTH };
    const measured = await alternate({
      koppla: () => server.load({ ...list, path: `/api/v1/${TYPE}` }, options, time),
      insert: () => insert.load({ ...list, path: "/" }, { ...options, status: 201 }, time),
    });
    report.add("list-500", "records/s", {
      value: measured.rate("koppla"),
      cpu: measured.cpu("koppla"),
      bare: measured.rate("insert"),
      ratio: measured.rateRatio("koppla", "insert"),
      p50: measured.p50("koppla"),
      p99: measured.p99("koppla"),
    });
    report.add("list-500-cpu-insert", "µs", {
      value: measured.cpu("koppla"),
      bare: measured.cpu("insert"),
      ratio: measured.cpuRatio("koppla", "insert"),
    });
    await Promise.all([koppla.remove(), insert.stop()]);
  },
};
