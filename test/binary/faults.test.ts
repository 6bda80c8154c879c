/**
 * What goes wrong around a server, and what it does then. Others of the kind stand with what they are about: a full disk
 * (care, disk-full, backup), the key file and a read-only folder (care, process), certificates (tls), a second server
 * (provision), a storm of SIGHUP (reload), the clock (clock-off).
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { Crowd, filesAllowed } from "./crowd.ts";
import { eventually } from "./eventually.ts";
import {
  binary,
  hasMounts,
  Koppla,
  LONG_TEST_MS,
  onPostgres,
  prepareKoppla,
  startKoppla,
} from "./harness.ts";
import { Partner } from "./partner.ts";
import { acceptedChanges, createReceiver, put, TestReceiver } from "./receiver.ts";
import type { Page, RecordOut } from "./wire.ts";

const fixtures = join(import.meta.dir, "../fixtures/first-schema");
const NO_DATABASE = { url: "", drop: async () => {} };
const KB = 1024;

interface House {
  token: string;
  client_id: string;
  key: string;
}

/** A small disk in place of a server's data folder, which it keeps from one start to the next. */
class SmallDisk {
  /** Where this process sees it. */
  readonly path: string;

  private constructor(
    readonly holder: Bun.Subprocess,
    /** What a program is started by that is to see it. */
    readonly starter: string[],
    folder: string,
  ) {
    this.path = `/proc/${holder.pid}/root${folder}`;
  }

  /** @param dir  its `data` becomes the disk, with the files that it has */
  static async under(dir: string, size: string): Promise<SmallDisk> {
    const script =
      `cp -a ${dir}/data ${dir}/before && mount -t tmpfs -o size=${size},mode=700 tmpfs ${dir}/data && ` +
      `cp -a ${dir}/before/. ${dir}/data && echo ready && exec sleep 600`;
    const holder = Bun.spawn(["unshare", "--mount", "sh", "-ec", script], { stdout: "pipe" });
    const { value } = await holder.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("ready\n");
    const starter = ["nsenter", "--target", String(holder.pid), "--mount", `--wd=${dir}`];
    return new SmallDisk(holder, starter, join(dir, "data"));
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Fills it but for so many bytes. */
  leave(bytes: number): void {
    this.clear();
    writeFileSync(join(this.path, "ballast"), Buffer.alloc(Math.max(0, this.free - bytes)));
  }

  clear(): void {
    rmSync(join(this.path, "ballast"), { force: true });
  }

  /** A program on it that is to end by itself. */
  run(...command: string[]) {
    const { exitCode, stdout, stderr } = Bun.spawnSync([...this.starter, ...command], { timeout: 20_000 });
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.holder.kill("SIGKILL");
    await this.holder.exited;
  }
}

describe.skipIf(!hasMounts || onPostgres)("a disk that becomes full during a migration", () => {
  test(
    "leaves the old database as it was, however far it comes, and the next start with room goes through",
    async () => {
      const house = JSON.parse(readFileSync(join(fixtures, "house.sqlite.json"), "utf8")) as House;
      await using prepared = await prepareKoppla({ config: { database: { reserve: "0B" } } });
      const { dir, configFile } = prepared;
      const data = join(dir, "data");
      mkdirSync(data, { mode: 0o700 });
      writeFileSync(join(data, "koppla.key"), house.key, { mode: 0o600 });
      const made = new Database(join(data, "koppla.db"), { create: true });
      made.run(readFileSync(join(fixtures, "sqlite.sql"), "utf8"));
      made.close();
      await using disk = await SmallDisk.under(dir, "16m");

      /** A copy of what is there, opened where there is room. */
      const asItIs = () => {
        const look = join(dir, "look");
        rmSync(look, { recursive: true, force: true });
        mkdirSync(look);
        for (const name of readdirSync(disk.path).filter((one) => /^koppla\.db(-wal)?$/.test(one)))
          copyFileSync(join(disk.path, name), join(look, name));
        using database = new Database(join(look, "koppla.db"), { strict: true });
        const [check] = database.query("PRAGMA integrity_check").values();
        const migrations = database.query("select name from koppla_migrations order by name").values();
        const [records] = database.query("select count(*) from records where type = 'trainings'").values();
        return { check, migrations: migrations.flat(), records };
      };
      const before = asItIs();
      expect(before.migrations).toEqual(["0000_spine"]);

      const newest = readdirSync(join(import.meta.dir, "../../db/sqlite"))
        .filter((name) => name.endsWith(".sql"))
        .map((name) => name.replace(".sql", ""))
        .sort();
      const isWhole = ({ check, migrations, records }: ReturnType<typeof asItIs>) =>
        Bun.deepEquals([check, migrations, records], [before.check, newest, before.records]);

      const copy = join(disk.path, "koppla.db.before-upgrade-from-0000_spine");
      const failed = { beforeCopy: 0, afterCopy: 0 };
      for (let left = 0; ; left += 96 * KB) {
        if (left > 12_000 * KB) throw new Error("it does not come to an end");
        disk.leave(left);
        const command =
          left % (384 * KB) === 0 ? ["organisation", "list"] : ["account", "list", "--org", "demo"];
        const { exitCode, stdout, stderr } = disk.run(binary, ...command, "-c", configFile);
        if (exitCode === 0) break;
        expect([left, exitCode, stdout, stderr]).toEqual([
          ...[left, 1, ""],
          expect.stringContaining("is full. Make room there and start again."),
        ]);
        const now = asItIs();
        if (isWhole(now)) continue; // upgraded, and then there was no room for what the start does next
        expect([left, now]).toEqual([left, before]);
        failed[existsSync(copy) ? "afterCopy" : "beforeCopy"]++;
      }
      // Each of the two was met: no room for the copy, and room for that alone.
      expect(failed.beforeCopy).toBeGreaterThan(0);
      expect(failed.afterCopy).toBeGreaterThan(0);

      disk.clear();
      await using koppla = new Koppla(dir, configFile, NO_DATABASE, {}, disk.starter);
      await koppla.start();
      const partner = new Partner(koppla, "demo", house.token, house.client_id);
      expect((await partner.read<Page<RecordOut>>("/api/v1/trainings?limit=100")).items).toHaveLength(19);
      expect((await partner.put("/api/v1/trainings/100", { name: "n" })).status).toBe(201);
      await koppla.stop();
      // The copy is whole, and as the database was.
      copyFileSync(copy, join(dir, "copy.db"));
      using kept = new Database(join(dir, "copy.db"), { strict: true });
      expect(kept.query("select count(*) from records where type = 'trainings'").values()[0]).toEqual(
        before.records ?? [],
      );
    },
    LONG_TEST_MS,
  );
});

describe.skipIf(onPostgres)("a database that another process has locked", () => {
  test("is waited for: reads go on, and the push is stored when the lock is gone", async () => {
    await using koppla = await startKoppla();
    await put(koppla.demo, "trainings/1", { name: "n" });
    const other = new Database(join(koppla.dir, "data/koppla.db"), { strict: true });
    other.run("BEGIN IMMEDIATE");
    let stored = false;
    const push = koppla.demo.put("/api/v1/trainings/2", { name: "n" }).then((answer) => {
      stored = true;
      return answer.status;
    });
    for (let n = 0; n < 20; n++) {
      const began = performance.now();
      expect((await koppla.demo.get("/api/v1/trainings/1")).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(1_000);
      await Bun.sleep(20);
    }
    expect(stored).toBe(false);
    other.run("ROLLBACK");
    other.close();
    expect(await push).toBe(201);
  });

  test("is waited for at the start, too", async () => {
    await using koppla = await startKoppla();
    await put(koppla.demo, "trainings/1", { name: "n" });
    await koppla.stop();
    const other = new Database(join(koppla.dir, "data/koppla.db"), { strict: true });
    other.run("BEGIN IMMEDIATE");
    const starting = koppla.start();
    await Bun.sleep(500);
    other.run("ROLLBACK");
    other.close();
    await starting;
    expect((await koppla.demo.get("/api/v1/trainings/1")).status).toBe(200);
  });
});

test(
  "SIGTERM under load, webhooks included: it is over in ten seconds, and what was accepted is delivered",
  async () => {
    await using sink = new TestReceiver();
    await using koppla = await startKoppla();
    const { demo } = koppla;
    await createReceiver(demo, sink.url(), { bundle: { quiet: "5ms", size: 5 } });
    const accepted = new Set<number>();
    let next = 0;
    let stopping: Promise<number> | undefined;
    const stop = async () => {
      const began = performance.now();
      await koppla.stop();
      return performance.now() - began;
    };
    const pusher = async () => {
      for (;;) {
        const id = next++;
        try {
          const { status } = await demo.put(`/api/v1/trainings/${id}`, { name: "n" });
          if (status === 201) accepted.add(id);
          else expect(status).toBe(503);
        } catch (error) {
          // Connections are refused once it stops, and not before.
          if (!stopping) throw error;
          return;
        }
        if (accepted.size >= 500) stopping ??= stop();
      }
    };
    await Promise.all(Array.from({ length: 16 }, pusher));
    expect(await stopping).toBeLessThan(10_000);
    expect(sink.requests.length).toBeGreaterThan(0);
    await koppla.start();
    await sink.waitFor("every change that was accepted", (all) => {
      const taken = new Set(acceptedChanges(all).map(({ id }) => Number(id)));
      return [...accepted].every((id) => taken.has(id));
    });
  },
  LONG_TEST_MS,
);

describe.skipIf(filesAllowed < 12_000)("connections", () => {
  /** Milliseconds of the second slowest of a hundred pushes: a test's machine may have a moment of its own. */
  async function pushes({ demo }: Koppla): Promise<number> {
    const taken: number[] = [];
    for (let n = 0; n < 100; n++) {
      const began = performance.now();
      expect((await demo.put(`/api/v1/trainings/${n}`, { name: "n" })).status).toBe(201);
      taken.push(performance.now() - began);
    }
    return taken.toSorted((a, b) => b - a)[1] ?? Number.NaN;
  }
  const resident = ({ pid }: Koppla) =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * KB;
  const connections = (koppla: Koppla) => readdirSync(`/proc/${koppla.pid}/fd`).length;

  test(
    "20 000 that have had an answer and are idle hold nobody up, neither who is connected nor who comes",
    async () => {
      await using koppla = await startKoppla({ config: { server: { listen: "0.0.0.0:0" } } });
      const { port } = new URL(koppla.url);
      const before = { resident: resident(koppla), connections: connections(koppla) };
      // At an address each: Linux hands out the ports of one half of its range quickly, 14 000 of them.
      await using first = new Crowd(`http://127.0.0.1:${port}`, 10_000, "asked");
      await first.opened();
      expect(connections(koppla) - before.connections).toBeGreaterThanOrEqual(10_000);
      await using second = new Crowd(`http://127.0.0.2:${port}`, 10_000, "asked");
      await second.opened();
      // Where the process may not have so many files open, those that were idle have made room.
      if (filesAllowed > 25_000)
        expect(connections(koppla) - before.connections).toBeGreaterThanOrEqual(20_000);
      expect(await pushes(koppla)).toBeLessThan(500);
      for (let n = 0; n < 20; n++) {
        const answer = await fetch(`${koppla.url}/readyz`, {
          ...{ keepalive: false, signal: AbortSignal.timeout(2_000) },
        });
        expect(answer.status).toBe(200);
      }
      expect(resident(koppla) - before.resident).toBeLessThan(200 * KB * KB);
    },
    LONG_TEST_MS,
  );

  test(
    "slowloris: more headers that come letter by letter than there may be connections are ended in twelve seconds",
    async () => {
      await using koppla = await startKoppla({ config: { server: { limits: { connections: 200 } } } });
      const health = () =>
        fetch(`${koppla.url}/readyz`, { keepalive: false, signal: AbortSignal.timeout(2_000) });
      await using crowd = new Crowd(koppla.url, 400, "drip");
      await crowd.opened();
      // Others are told so at once, and when to come again.
      const refused = await eventually("there are too many", async () => {
        const answer = await health();
        return answer.status === 503 ? answer : undefined;
      });
      expect(refused.headers.get("retry-after")).toBe("5");
      await eventually("they are ended", async () => crowd.closed === 400 || undefined, 20_000);
      await eventually("there is room again", async () => (await health()).status === 200 || undefined);
      expect((await koppla.demo.put("/api/v1/trainings/1", { name: "n" })).status).toBe(201);
    },
    LONG_TEST_MS,
  );
});
