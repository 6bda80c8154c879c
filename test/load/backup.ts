/**
 * A backup of a large database while the server is used: `bun test/load/backup.ts [--gigabytes 5] [--rate 200]`, after
 * `npm run build`; SQLite. It tells how long requests took meanwhile, and holds the restored copy against the original,
 * table by table.
 *
 * The database is filled by SQL while the server is stopped: records of 8 KB of text that packs about as prose does.
 */
import { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { differences } from "../../src/transfer/digest.ts";
import { sqliteDigests } from "../../src/transfer/sqlite.ts";
import { meter } from "./lib/cpu.ts";
import { binary, Koppla, TYPE } from "./lib/koppla.ts";
import { describeMachine } from "./lib/machine.ts";
import { cleanUp, Process, run } from "./lib/processes.ts";
import { show } from "./lib/report.ts";
import { SEEDED_ID } from "./lib/seed.ts";
import { FIRST_ID, type RequestText } from "./lib/template.ts";
import type { Interval, SteadyJob } from "./soak/steady.ts";

const { values } = parseArgs({
  options: {
    gigabytes: { type: "string", default: "5" },
    rate: { type: "string", default: "200" },
  },
});
const bytes = Number(values.gigabytes) * 1e9;
const rate = Number(values.rate);
if (!(bytes > 0 && rate > 0)) throw new Error("--gigabytes N --rate N");

const TEXT = 8_000;
/** Of so many pieces texts are put together: more than what a packer looks back over. */
const PIECES = 40_000;
const PIECE = 200;
const SMALL = 5_000;
/** Where a restore notes that there was one (docs/sysadmins/backup.md). */
const RESTORE_WRITES = ["audit_events", "audit_heads", "feed_gaps", "feeds"];
const INTERVAL_MS = 1_000;
const QUIET_SECONDS = 10;

/** Text that no two records share much of, and that packs to a third or so. */
function texts(): () => string {
  const words = Array.from({ length: 5_000 }, () => Math.random().toString(36).slice(2, 9));
  const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  const pieces = Array.from({ length: PIECES }, () => {
    let piece = "";
    while (piece.length < PIECE) piece += `${any(words)} `;
    return piece;
  });
  return () => Array.from({ length: TEXT / PIECE }, () => any(pieces)).join("");
}

/** @returns how many records it took */
function fill(koppla: Koppla): number {
  const db = new Database(koppla.database);
  db.run("PRAGMA synchronous = OFF");
  const model = db
    .query<{ organisation_id: number; key: string; at: number }, [string]>(
      "SELECT organisation_id, key, created_at AS at FROM records WHERE key LIKE ?",
    )
    .get(`%${FIRST_ID}`);
  if (!model) throw new Error("there is no record to copy");
  const insert = db.prepare(
    `INSERT INTO records (organisation_id, type, key, data, version, created_at, modified_at)
     VALUES (?, ?, ?, ?, 1, ?, ?)`,
  );
  const text = texts();
  let count = 0;
  const some = db.transaction(() => {
    for (let n = 0; n < 2_000; n++) {
      const key = model.key.replace(`${FIRST_ID}`, `${SEEDED_ID + count}`);
      const data = JSON.stringify({ name: `${++count}`, city: text() });
      insert.run(model.organisation_id, TYPE, key, data, model.at, model.at);
    }
  });
  while (statSync(koppla.database).size < bytes) {
    some();
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  db.close();
  return count;
}

/** What requests took in each interval until `end`. */
async function watched(koppla: Koppla, end: Promise<unknown>) {
  const headers = { authorization: `Bearer ${koppla.account.token}` };
  const change: RequestText = {
    ...{ method: "PUT", path: `/api/v1/${TYPE}/{id}`, headers },
    body: '{"name":"Item {n}","quantity":17,"city":"Stockholm"}',
  };
  const read: RequestText = { method: "GET", path: `/api/v1/${TYPE}/{id}`, headers };
  const paced = { status: 200, connections: 16, rate };
  const small = { first: FIRST_ID, count: SMALL, order: "random" } as const;
  const large = { first: SEEDED_ID, count: records, order: "random" } as const;
  const steady = new Process([process.execPath, join(import.meta.dir, "soak/steady.ts")]);
  const job: SteadyJob = {
    port: koppla.port,
    pushes: { ...paced, ids: small, request: change },
    reads: { ...paced, ids: large, request: read },
    every: INTERVAL_MS,
  };
  const p99s: number[] = [];
  let wal = 0;
  let ended = false;
  void end.finally(() => (ended = true));
  const stop = meter([koppla.pid, steady.pid, process.pid]);
  for (let next = steady.ask<Interval>(job); !ended;) {
    const { pushes, reads } = await next;
    next = steady.next<Interval>();
    // Nobody waits for the last one.
    next.catch(() => {});
    p99s.push(Math.max(pushes.p99, reads.p99) / 1_000);
    wal = Math.max(wal, statSync(`${koppla.database}-wal`).size / 1e6);
  }
  const { others } = stop();
  await steady.stop();
  return { p99s, wal, others };
}

function tell(what: string, { p99s, wal, others }: Awaited<ReturnType<typeof watched>>): void {
  const sorted = p99s.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  console.log(
    `${what}: p99 of each second ${show(median)} ms in the median, above 50 ms in ${sorted.filter((ms) => ms > 50).length} ` +
      `of ${p99s.length}, ${show(sorted.at(-1))} ms in the worst; ` +
      `write-ahead log up to ${show(wal)} MB; other processes ${show(others * 100)} % of the machine`,
  );
}

async function timed<T>(what: string, work: Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work;
  console.log(`${what}: ${show((performance.now() - begun) / 1_000)} s`);
  return result;
}

const machine = describeMachine();
const koppla = await Koppla.start();
let records = 0;
try {
  const items = Array.from({ length: SMALL }, (_, n) => ({ id: FIRST_ID + n, name: "Item" }));
  await koppla.api("POST", `/api/v1/${TYPE}`, 200, items);
  await koppla.stop();
  records = fill(koppla);
  await koppla.start();
  const size = statSync(koppla.database).size;
  console.log(`${machine.cpu}, ${machine.cores} cores; ${show(size / 1e9)} GB, ${show(records)} records`);
  console.log(`${rate} changes and ${rate} reads a second`);
  await watched(koppla, Bun.sleep(3_000));
  tell("without a backup", await watched(koppla, Bun.sleep(QUIET_SECONDS * 1_000)));
  const file = join(koppla.folder, "one.kopplabackup");
  const made = timed("made", run([binary, "backup", file, "-c", koppla.config, "--json"]));
  tell("while it is made", await watched(koppla, made));
  console.log(`the backup: ${show(statSync(file).size / 1e9)} GB`);

  // Of the server at rest, so that both can be the same.
  await koppla.stop();
  const still = join(koppla.folder, "still.kopplabackup");
  await timed("made of the stopped server", run([binary, "backup", still, "-c", koppla.config]));
  await timed("verified", run([binary, "backup", "verify", still]));
  const second = Koppla.bare();
  try {
    await timed("restored", run([binary, "restore", still, "-c", second.config]));
    const [before, after] = [koppla, second].map(({ database }) => {
      const db = new Database(database, { readonly: true });
      const digests = sqliteDigests(db);
      db.close();
      return digests;
    });
    const found = before && after ? differences(before, after) : ["nothing to compare"];
    const unexpected = found.filter((text) => !RESTORE_WRITES.some((table) => text.startsWith(`${table}:`)));
    console.log(unexpected.length === 0 ? "the copy is the same, table by table" : unexpected);
  } finally {
    await second.remove();
  }
} finally {
  await koppla.remove();
  await cleanUp();
}
