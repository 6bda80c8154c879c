/**
 * From a push that was accepted to its webhook's arrival, with a bundling window of 0, in an open loop: requests leave
 * on schedule even when the server is late.
 */
import type { Case } from "../lib/bench.ts";
import type { OpenJob, OpenResult } from "../lib/jobs.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { figure, type Sample } from "../lib/rounds.ts";
import { median } from "../lib/stats.ts";
import { ITEM } from "../lib/subjects.ts";
import { FIRST_ID } from "../lib/template.ts";

const RATES = [100, 1_000, 5_000];
const CONNECTIONS = 64;

export const latencyCase: Case = {
  name: "latency",
  async run({ generator, report, alternate, mode }) {
    const koppla = await Koppla.start();
    const { port } = await generator.ask<{ port: number }>({ kind: "listen" });
    const bundle = { quiet: "0s", longest: "0s", size: 500 };
    await koppla.receiver("Latency", `http://127.0.0.1:${port}/hook`, bundle);
    const duration = mode === "quick" ? 1_500 : 4_000;
    let nextId = FIRST_ID;
    const results = new Map<number, OpenResult[]>();

    const side = (rate: number) => async (): Promise<Sample> => {
      const job: OpenJob = {
        kind: "open",
        port: koppla.port,
        request: {
          method: "POST",
          path: `/api/v1/${TYPE}`,
          body: ITEM,
          headers: { authorization: `Bearer ${koppla.account.token}` },
        },
        ids: { first: nextId, order: "next" },
        connections: CONNECTIONS,
        status: 201,
        watch: [koppla.pid],
        rate,
        warmup: 500,
        duration,
      };
      const result = await generator.ask<OpenResult>(job);
      nextId = result.nextId;
      if (result.missing > 0) throw new Error(`${result.missing} webhooks did not come at ${rate}/s`);
      results.set(rate, [...(results.get(rate) ?? []), result]);
      return {
        rate: result.requests / result.seconds,
        cpu: (result.cpu[0] ?? NaN) / result.requests,
        p50: result.accepted.p50,
        p99: result.accepted.p99,
        others: result.others,
        generator: result.own / (result.seconds * 1e6),
      };
    };
    const measured = await alternate(Object.fromEntries(RATES.map((rate) => [rate, side(rate)])));
    for (const rate of RATES) {
      report.add(`latency-${rate}`, "/s", {
        value: measured.rate(`${rate}`),
        cpu: measured.cpu(`${rate}`),
        p50: measured.p50(`${rate}`),
        p99: measured.p99(`${rate}`),
      });
      // From when the push was due to leave: what the server's own answer took is in it too.
      const { doubt } = measured.p99(`${rate}`);
      const due = (of: "p50" | "p99") =>
        figure(median((results.get(rate) ?? []).map((one) => one.due[of])), doubt);
      report.add(`latency-${rate}-due`, "/s", {
        value: measured.rate(`${rate}`),
        p50: due("p50"),
        p99: due("p99"),
      });
    }
    await koppla.remove();
  },
};
