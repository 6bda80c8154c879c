/** Counts that do not depend on time: SQL statements per request, and whether any of them scans a table. */
import { Database } from "bun:sqlite";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Case } from "../lib/bench.ts";
import { Koppla, TYPE } from "../lib/koppla.ts";
import { figure } from "../lib/rounds.ts";
import { ITEM } from "../lib/subjects.ts";
import { FIRST_ID } from "../lib/template.ts";

type Counts = Record<string, number>;

/** Tables that have a handful of rows, whatever happens. */
const SMALL_TABLES = new Set(["organisations", "feeds", "koppla_migrations"]);

const push = { method: "POST", path: `/api/v1/${TYPE}`, body: ITEM };
const read = { method: "GET", path: `/api/v1/${TYPE}/{id}` };
const page = { method: "GET", path: `/api/v1/${TYPE}?limit=50` };
const log = { method: "GET", path: "/api/v1/deliveries?limit=50" };

/** The steps of a statement's plan that read all of a table or of an index. */
export function scans(db: Database, sql: string): string[] {
  const tables = new Set(db.query("SELECT name FROM sqlite_master WHERE type = 'table'").values().flat());
  const plan = db.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all();
  return plan
    .map((step) => step.detail)
    .filter((detail) => {
      const table = /^SCAN (\w+)/.exec(detail)?.[1];
      return table !== undefined && tables.has(table) && !SMALL_TABLES.has(table);
    });
}

function isQuery(sql: string): boolean {
  return /^\s*(select|insert|update|delete|with)\b/i.test(sql);
}

export const statementsCase: Case = {
  name: "statements",
  async run({ generator, sinkPort, report, mode }) {
    const koppla = await Koppla.prepare();
    const file = join(koppla.folder, "statements.json");
    await koppla.start({ BUN_OPTIONS: `--preload=${import.meta.dir}/../lib/spy.ts`, SQL_SPY: file });
    const counts = async (): Promise<Counts> => {
      await Bun.sleep(300);
      if (!existsSync(file)) throw new Error("the spy saw no statement");
      return JSON.parse(readFileSync(file, "utf8"));
    };
    const total = (all: Counts) => Object.values(all).reduce((sum, n) => sum + n, 0);
    const server = koppla.subject(generator);
    const bursts = mode === "quick" ? 20 : 100;

    const perRequest = async (name: string, connections: number, work: () => Promise<unknown>) => {
      const before = total(await counts());
      await work();
      const after = total(await counts());
      report.add(`statements-${name}`, "per op", {
        value: figure((after - before) / (bursts * connections)),
      });
    };
    const atStart = await counts();
    await server.burst(push, { connections: 64, status: 201 }, 5);
    const ids = { first: FIRST_ID, count: 300, order: "next" } as const;
    await perRequest("push-1", 1, () => server.burst(push, { connections: 1, status: 201 }, bursts));
    await perRequest("push-64", 64, () => server.burst(push, { connections: 64, status: 201 }, bursts));
    await perRequest("read", 1, () => server.burst(read, { connections: 1, ids }, bursts));
    await perRequest("page", 1, () => server.burst(page, { connections: 1, ids }, bursts));
    await perRequest("log-page", 1, () => server.burst(log, { connections: 1, ids }, bursts));
    // So that the plans of bundling and delivering are seen as well.
    const bundle = { quiet: "0s", longest: "0s", size: 500 };
    await koppla.receiver("Statements", `http://127.0.0.1:${sinkPort}/hook`, bundle);
    await perRequest("push-delivered-1", 1, () =>
      server.burst(push, { connections: 1, status: 201 }, bursts),
    );

    const all = await counts();
    await koppla.stop();
    const db = new Database(koppla.database, { readonly: true });
    const queries = Object.keys(all).filter(isQuery);
    const serving = queries.filter((sql) => all[sql] !== atStart[sql]);
    report.add("plans", "statements", { value: figure(serving.length) });
    // What runs once at the start may look at everything that is due; the cases start and growth see to its cost.
    for (const [name, statements] of [
      ["scans", serving],
      ["scans-start", queries.filter((sql) => !serving.includes(sql))],
    ] as const) {
      const found = statements.flatMap((sql) => scans(db, sql).map((step) => `${step}: ${sql}`));
      report.add(name, "statements", { value: figure(found.length) });
      for (const scan of found) report.print(`  ${scan}`);
    }
    db.close();
    await koppla.remove();
  },
};
