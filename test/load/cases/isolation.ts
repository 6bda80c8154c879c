/**
 * Receivers that hang or fail must not be felt by the others: accepted to received at a healthy one of 20, alone and
 * beside 300 that never answer and 20 % more that answer 500. And 10 000 receivers with one delivery due each, while
 * records are read.
 */
import type { Case } from "../lib/bench.ts";
import type { OpenJob, OpenResult } from "../lib/jobs.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { figure, type Sample } from "../lib/rounds.ts";
import { ITEM } from "../lib/subjects.ts";
import { FIRST_ID } from "../lib/template.ts";

const HEALTHY = 20;
const HANGING = 300;
const FAILING = 5;
/** Pushes a second: each is a delivery to every healthy receiver. */
const RATE = 100;
const AT_ONCE = { quiet: "0s", longest: "0s", size: 500 };
const READERS = 8;

/** A server that takes requests and never answers, and one that always answers 500. */
function troublemakers() {
  const hang = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const fail = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(null, { status: 500 }),
  });
  return {
    hanging: `http://127.0.0.1:${hang.port}/`,
    failing: `http://127.0.0.1:${fail.port}/`,
    stop() {
      hang.stop(true);
      void fail.stop(true);
    },
  };
}

/** Makes `count` receivers, some at a time. */
async function make(
  koppla: Koppla,
  count: number,
  url: (n: number) => string,
  bundle = AT_ONCE,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await koppla.receiver(`Receiver ${++next}`, url(next), bundle);
  };
  await Promise.all(Array.from({ length: Math.min(count, 32) }, worker));
}

export const isolationCase: Case = {
  name: "isolation",
  async run({ generator, sinkPort, report, alternate, mode }) {
    const trouble = troublemakers();
    const { port } = await generator.ask<{ port: number }>({ kind: "listen" });
    const prepare = async (crowded: boolean): Promise<Koppla> => {
      const koppla = await Koppla.start();
      if (crowded) {
        await make(koppla, HANGING, (n) => `${trouble.hanging}${n}`);
        await make(koppla, FAILING, (n) => `${trouble.failing}${n}`);
      }
      await make(koppla, HEALTHY - 1, (n) => `http://127.0.0.1:${sinkPort}/hook/${n}`);
      // One of the healthy ones is timed; the others are like it.
      await koppla.receiver("Timed", `http://127.0.0.1:${port}/hook`, AT_ONCE);
      return koppla;
    };
    const servers = { alone: await prepare(false), crowd: await prepare(true) };
    const duration = mode === "quick" ? 3_000 : 8_000;
    let nextId = FIRST_ID;
    const side = (koppla: Koppla) => async (): Promise<Sample> => {
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
        connections: 16,
        status: 201,
        watch: [koppla.pid],
        rate: RATE,
        warmup: 2_000,
        duration,
      };
      const result = await generator.ask<OpenResult>(job);
      nextId = result.nextId;
      if (result.missing > 0) throw new Error(`${result.missing} webhooks did not come`);
      return {
        rate: result.requests / result.seconds,
        cpu: (result.cpu[0] ?? NaN) / result.requests,
        p50: result.accepted.p50,
        p99: result.accepted.p99,
        others: result.others,
        generator: result.own / (result.seconds * 1e6),
      };
    };
    const measured = await alternate({ alone: side(servers.alone), crowd: side(servers.crowd) });
    const [alone, crowd] = [measured.p99("alone"), measured.p99("crowd")];
    for (const name of ["alone", "crowd"] as const) {
      report.add(`isolation-${name}`, "/s", {
        value: measured.rate(name),
        cpu: measured.cpu(name),
        p50: measured.p50(name),
        p99: measured.p99(name),
      });
    }
    report.add("isolation-p99", "times", {
      value: figure(crowd.value / alone.value, crowd.doubt ?? alone.doubt),
    });
    for (const server of Object.values(servers)) await server.remove();
    trouble.stop();
    await dueAtOnce(sinkPort, report, mode === "quick" ? 1_000 : 10_000);
  },
};

/** One push makes a delivery due for each of many receivers; records are read until all of them have arrived. */
async function dueAtOnce(
  sinkPort: number,
  report: Parameters<Case["run"]>[0]["report"],
  count: number,
): Promise<void> {
  const koppla = await Koppla.start();
  await make(koppla, count, (n) => `http://127.0.0.1:${sinkPort}/hook/${n}`, {
    ...AT_ONCE,
    quiet: "200ms",
    longest: "200ms",
  });
  await koppla.api("POST", `/api/v1/${TYPE}`, 201, JSON.parse(ITEM.replaceAll("{id}", `${FIRST_ID}`)));
  const headers = { authorization: `Bearer ${koppla.account.token}` };
  const url = `http://127.0.0.1:${koppla.port}/api/v1/${TYPE}/${FIRST_ID}`;
  const times: number[] = [];
  const began = performance.now();
  let done = false;
  const reader = async () => {
    while (!done) {
      const start = performance.now();
      const response = await fetch(url, { headers });
      await response.bytes();
      if (response.status !== 200) throw new Error(`a read was answered ${response.status}`);
      times.push(performance.now() - start);
      await Bun.sleep(2);
    }
  };
  const readers = Array.from({ length: READERS }, reader);
  for (;;) {
    await Bun.sleep(250);
    const open = await koppla.api<{ items: unknown[] }>(
      "GET",
      "/api/v1/deliveries?limit=1&status=pending",
      200,
    );
    const busy = await koppla.api<{ items: unknown[] }>(
      "GET",
      "/api/v1/deliveries?limit=1&status=delivering",
      200,
    );
    const some = await koppla.api<{ items: unknown[] }>("GET", "/api/v1/deliveries?limit=1", 200);
    if (some.items.length > 0 && open.items.length === 0 && busy.items.length === 0) break;
    if (performance.now() - began > 120_000) throw new Error("the deliveries did not end in two minutes");
  }
  done = true;
  await Promise.all(readers);
  times.sort((a, b) => a - b);
  const p99 = (times[Math.floor(times.length * 0.99)] ?? NaN) * 1000;
  report.add(`due-at-once-${count}`, "ms", {
    value: figure(performance.now() - began),
    p99: figure(p99),
  });
  await koppla.remove();
}
