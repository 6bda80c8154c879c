/** What the kernel is asked to do before a write is acknowledged, as strace sees it (SQLite, Linux). */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { LineLog } from "./lines.ts";

const canTrace =
  !onPostgres &&
  Bun.which("strace") !== null &&
  Bun.spawnSync(["strace", "-f", "-o", "/dev/null", "true"]).exitCode === 0;
if (!canTrace)
  console.warn(
    onPostgres
      ? "durability: not traced on PostgreSQL, whose server does the syncing"
      : "durability: not traced, strace or the right to use it is missing here",
  );

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "koppla-strace-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Syncs of the write-ahead log and acknowledgements, in the order in which they were complete and begun. */
type Seen = "sync" | "acknowledged";

/** Runs `work` while strace watches the server. */
async function trace(koppla: Koppla, work: () => Promise<void>): Promise<Seen[]> {
  const file = join(dir, `${koppla.pid}.strace`);
  const syscalls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg";
  const strace = Bun.spawn(
    ["strace", "-f", "-y", "-s", "20", "-o", file, "-e", syscalls, "-p", String(koppla.pid)],
    {
      stderr: "pipe",
    },
  );
  const said = new LineLog();
  void said.read(strace.stderr);
  await said.waitFor(({ text }) => text.includes("attached"));
  await work();
  strace.kill("SIGINT");
  await strace.exited;
  return readTrace(await Bun.file(file).text());
}

/** A sync counts when it ended, an acknowledgement when its sending began. */
function readTrace(text: string): Seen[] {
  const seen: Seen[] = [];
  const unfinished = new Set<string>();
  for (const line of text.split("\n")) {
    const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (/^f(data)?sync\(\d+<[^>]*-wal>/.test(call)) {
      if (call.includes("<unfinished")) unfinished.add(thread);
      else if (call.endsWith("= 0")) seen.push("sync");
    } else if (/^<\.\.\. f(data)?sync resumed>/.test(call)) {
      if (unfinished.delete(thread) && call.endsWith("= 0")) seen.push("sync");
    } else if (/"HTTP\/1\.1 20[01]/.test(call)) seen.push("acknowledged");
  }
  return seen;
}

const pushes = 40;
const push = (koppla: Koppla, from: number) => async () => {
  for (let id = from; id < from + pushes; id++) {
    const response = await koppla.demo.put(`/api/v1/trainings/${id}`, { name: "n" });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
};

describe.if(canTrace)("durability", () => {
  test(
    "full: before each acknowledgement a sync of the write-ahead log has ended",
    async () => {
      await using koppla = await startKoppla({ config: { database: { durability: "full" } } });
      await push(koppla, 1000)();
      const seen = await trace(koppla, push(koppla, 0));
      expect(seen.filter((event) => event === "acknowledged").length).toBe(pushes);
      let synced = false;
      const early: number[] = [];
      for (const [at, event] of seen.entries()) {
        if (event === "acknowledged" && !synced) early.push(at);
        synced = event === "sync";
      }
      expect(early).toEqual([]);
    },
    LONG_TEST_MS,
  );

  test(
    "full: writes that arrive together share syncs",
    async () => {
      await using koppla = await startKoppla({ config: { database: { durability: "full" } } });
      await push(koppla, 1000)();
      const seen = await trace(koppla, async () => {
        const all = Array.from({ length: 64 }, (_, id) =>
          koppla.demo.put(`/api/v1/trainings/${id}`, { name: "n" }),
        );
        for (const response of await Promise.all(all)) expect(response.status).toBe(201);
      });
      expect(seen.filter((event) => event === "acknowledged").length).toBe(64);
      const syncs = seen.filter((event) => event === "sync").length;
      expect(syncs).toBeGreaterThanOrEqual(1);
      expect(syncs).toBeLessThanOrEqual(16);
    },
    LONG_TEST_MS,
  );

  test(
    "normal: nothing is synced for an acknowledgement",
    async () => {
      await using koppla = await startKoppla({ config: { database: { durability: "normal" } } });
      await push(koppla, 1000)();
      const seen = await trace(koppla, push(koppla, 0));
      expect(seen.filter((event) => event === "acknowledged").length).toBe(pushes);
      expect(seen.filter((event) => event === "sync").length).toBe(0);
    },
    LONG_TEST_MS,
  );
});
