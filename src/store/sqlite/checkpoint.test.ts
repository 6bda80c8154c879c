import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ManualClock } from "../../clock.ts";
import { Checkpointer, type LogState } from "./checkpoint.ts";

let folder: string;
let database: Database;
let clock: ManualClock;
let checkpointer: Checkpointer;
let rested: PromiseWithResolvers<LogState>;
/** How often it has begun to wait. */
let waits: number;

const stateOf = (): LogState => {
  const noop = database.query<LogState, []>("PRAGMA wal_checkpoint(NOOP)");
  return noop.get() ?? { log: -1, checkpointed: -1 };
};

/** Rows of a page each. */
async function write(rows: number): Promise<void> {
  await checkpointer.between();
  const insert = database.prepare("INSERT INTO pages (text) VALUES (?)");
  database.transaction(() => {
    for (let row = 0; row < rows; row++) insert.run("x".repeat(4_000));
  })();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-checkpoint-"));
  const path = join(folder, "a.db");
  database = new Database(path, { create: true, strict: true });
  for (const text of ["journal_mode = WAL", "wal_autocheckpoint = 0"]) database.run(`PRAGMA ${text}`);
  database.run("CREATE TABLE pages (text TEXT)");
  clock = new ManualClock();
  waits = 0;
  const after: ManualClock["after"] = (ms, fn) => {
    waits++;
    return clock.after(ms, fn);
  };
  rested = Promise.withResolvers();
  checkpointer = new Checkpointer({
    path,
    clock: { after },
    state: stateOf,
    rested: () => rested.resolve(stateOf()),
  });
});
afterEach(async () => {
  await checkpointer.close();
  database.close();
  await rm(folder, { recursive: true });
});

test("the log is brought into the database when nobody has written for a while, and not before", async () => {
  await write(300);
  clock.advance(2_000);
  await write(1);
  clock.advance(2_000);
  expect(stateOf().checkpointed).toBe(0);
  clock.advance(2_000);
  const { log, checkpointed } = await rested.promise;
  expect(log).toBeGreaterThan(300);
  expect(checkpointed).toBe(log);
  // Then it is not looked at again until somebody writes.
  clock.advance(10_000);
  expect(waits).toBe(3);
});

test("a few pages are left in the log", async () => {
  await write(10);
  clock.advance(10_000);
  expect(waits).toBe(2);
  await checkpointer.close();
  expect(stateOf().checkpointed).toBe(0);
});

test("a long log is brought into the database beside the writes, and then they wait for the rest", async () => {
  await write(8_500);
  // This one begins it, and does not wait.
  await write(10);
  while (stateOf().checkpointed < 8_500) await new Promise((resolve) => setImmediate(resolve));
  await write(10);
  const { log } = stateOf();
  expect(log).toBeLessThan(100);
});
