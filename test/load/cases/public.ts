/**
 * The public data API over a type of 200 000 records: pages that are filtered, sorted and searched while records are
 * pushed; and the public view, when nothing has changed, against a bare server that sends the same bytes from memory.
 */
import { join } from "node:path";

import type { Bench, Case, Mode } from "../lib/bench.ts";
import { Koppla, OBJECT, ORGANISATION, TYPE } from "../lib/koppla.ts";
import type { Process } from "../lib/processes.ts";
import type { Figure } from "../lib/rounds.ts";
import { startBytes, startGenerator, Subject } from "../lib/subjects.ts";
import { FIRST_ID } from "../lib/template.ts";

const ROWS = { quick: 20_000, normal: 200_000, full: 200_000 };
/** Many short rounds: both send so many bytes that a neighbour is felt at once. */
const VIEW_ROUNDS: Record<Mode, number> = { quick: 2, normal: 12, full: 16 };
const VIEW_TIME = { warmup: 300, duration: 1_000 };
/** Records of one push while the type is filled. */
const LIST = 1_000;
/** Of 200 000 records 2 000 have the value that a page is filtered by. */
const GROUPS = 100;
/** Each record has eight of these, so that a word is found in 800 of 200 000. */
const WORDS = 2_000;
const WORDS_EACH = 8;

const type = {
  object: OBJECT,
  key: "integer",
  schema: {
    type: "object",
    properties: {
      name: { type: "string" },
      group: { type: "string" },
      starts: { type: "string" },
      text: { type: "string" },
    },
  },
  public: ["id", "name", "group", "starts", "text"],
  filters: ["group", "name", "starts"],
  search: ["name", "text"],
};

/** A record of which everything follows from its number. */
function recordOf(index: number): Record<string, unknown> {
  const mixed = Math.imul(index + 1, 0x9e37_79b1) >>> 0;
  const words = Array.from({ length: WORDS_EACH }, (_, i) => {
    return `w${FIRST_ID + ((Math.imul(mixed + i * 7919, 0x85eb_ca6b) >>> 0) % WORDS)}`;
  });
  const day = new Date(Date.UTC(2026, 0, 1 + (mixed % 700))).toISOString().slice(0, 10);
  return {
    id: FIRST_ID + index,
    name: `Kurs ${mixed.toString(36)}`,
    group: `g${FIRST_ID + (index % GROUPS)}`,
    starts: day,
    text: words.join(" "),
  };
}

async function fill(koppla: Koppla, rows: number): Promise<void> {
  for (let start = 0; start < rows; start += LIST) {
    const list = Array.from({ length: Math.min(LIST, rows - start) }, (_, i) => recordOf(start + i));
    await koppla.api("POST", `/api/v1/${TYPE}`, 200, list);
  }
}

/** Changes one record after the other, each durable. @returns how many a second */
function pushing(koppla: Koppla, generator: Process, rows: number, ms: number): Promise<{ rate: number }> {
  const pushes = koppla.subject(generator);
  const body = '{"name":"Kurs {n}","text":"w{n} w{id}"}';
  return pushes.load(
    { method: "PATCH", path: `/api/v1/${TYPE}/{id}`, body },
    { connections: 1, ids: { first: FIRST_ID, count: rows, order: "random" } },
    { warmup: 100, duration: ms },
  );
}

export const publicCase: Case = {
  name: "public",
  async run(bench: Bench) {
    const { generator, report, alternate, time, mode } = bench;
    const rows = ROWS[mode];
    const koppla = await Koppla.start({}, { [TYPE]: type });
    await fill(koppla, rows);
    const server = koppla.subject(generator);
    const pusher = await startGenerator();
    const pushRates: number[] = [];

    /** A question of somebody who has logged in, so that every answer is made anew; one at a time. */
    const asked = (query: string, count: number) => async () => {
      const pushes = pushing(koppla, pusher, rows, time.duration);
      const ids = { first: FIRST_ID, count, order: "random" } as const;
      const sample = await server.load(
        { method: "GET", path: `/api/public/${TYPE}/?${query}` },
        { connections: 1, ids, beside: [pusher.pid] },
        { warmup: 100, duration: time.duration },
      );
      pushRates.push((await pushes).rate);
      return sample;
    };
    const measured = await alternate({
      page: asked("group=g{id}&sort=name", GROUPS),
      search: asked("textSearch=w{id}", WORDS),
      sorted: asked("textSearch=w{id}&sort=name", WORDS),
      both: asked("textSearch=w{id}&group=g{id}&sort=-starts", GROUPS),
      all: asked("sort=name", GROUPS),
      deep: asked(`group=g{id}&sort=name&firstRow=${Math.floor(rows / GROUPS / 2)}`, GROUPS),
    });
    for (const side of ["page", "search", "sorted", "both", "all", "deep"]) {
      report.add(`public-${side}-p95`, "ms", {
        value: milliseconds(measured.p95(side)),
        cpu: measured.cpu(side),
        p50: measured.p50(side),
        p99: measured.p99(side),
      });
    }
    report.add("public-pushes-meanwhile", "/s", {
      value: { value: Math.min(...pushRates), observed: pushRates },
    });

    const path = `/api/public/${TYPE}/?org=${ORGANISATION}`;
    const anybody = new Subject(generator, koppla, koppla.port);
    const file = join(koppla.folder, "answer.json");
    await Bun.write(file, await (await fetch(`http://127.0.0.1:${koppla.port}${path}`)).arrayBuffer());
    const bare = await startBytes(generator, file);
    const connections = 64;
    const view = await alternate(
      {
        view: () => anybody.load({ method: "GET", path }, { connections }, VIEW_TIME),
        bytes: () => bare.load({ method: "GET", path: "/" }, { connections }, VIEW_TIME),
      },
      VIEW_ROUNDS[mode],
    );
    report.add("public-view", "/s", {
      value: view.rate("view"),
      cpu: view.cpu("view"),
      bare: view.rate("bytes"),
      ratio: view.rateRatio("view", "bytes"),
      p50: view.p50("view"),
      p99: view.p99("view"),
    });
    report.add("public-view-cpu", "µs", {
      value: view.cpu("view"),
      bare: view.cpu("bytes"),
      ratio: view.cpuRatio("view", "bytes"),
    });
    await Promise.all([koppla.remove(), bare.stop(), pusher.stop()]);
  },
};

function milliseconds(figure: Figure): Figure {
  const observed = figure.observed?.map((value) => value / 1000);
  return { ...figure, value: figure.value / 1000, ...(observed && { observed }) };
}
