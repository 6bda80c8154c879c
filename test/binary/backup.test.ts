/** Backups: made beside a running server, checked, brought back; by the clock; and what goes wrong. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import {
  binary,
  hasMounts,
  type Koppla,
  LONG_TEST_MS,
  onPostgres,
  prepareKoppla,
  run,
  startKoppla,
} from "./harness.ts";
import { Mailbox } from "./mailbox.ts";
import { acceptedChanges, changesOf, createReceiver, put, TestReceiver } from "./receiver.ts";
import type { Page, RecordOut } from "./wire.ts";

const PASSPHRASE = "correct horse battery staple";

interface Made {
  file: string;
  bytes: number;
  rows: number;
  key: boolean;
}

const passphraseFile = (koppla: Koppla): string => {
  const file = join(koppla.dir, "passphrase");
  writeFileSync(file, `${PASSPHRASE}\n`);
  return file;
};

/** Without the server's own: what a reader of the folder sees. */
const filesOf = (folder: string): string[] => readdirSync(folder).sort();

describe("a backup of a running server", () => {
  let koppla: Koppla;
  let sink: TestReceiver;
  let file: string;
  /** Taken after the backup. */
  let cursorSince: string;
  let cursorBefore: string;
  let accessToken: string;
  const total = 300;

  beforeAll(async () => {
    koppla = await startKoppla();
    sink = new TestReceiver();
    const { demo } = koppla;
    await createReceiver(demo, sink.url("/taken"), { bundle: { quiet: "10ms" } });
    for (let id = 1; id <= 20; id++) await put(demo, `trainings/${id}`, { name: `n${id}` });
    await sink.waitFor("all changes", (all) => new Set(acceptedChanges(all).map(({ id }) => id)).size >= 20);
    // Refused until it is restored elsewhere.
    sink.script((_, { path }) => (path === "/refused" ? 500 : 204));
    await createReceiver(demo, sink.url("/refused"), {
      bundle: { quiet: "10ms" },
      retry: { steps: ["1s"], then: "repeat" },
    });
    await put(demo, "trainings/21", { name: "n21" });
    await sink.waitFor("a refusal", (all) => all.some(({ path }) => path === "/refused"));
    const login = await fetch(`${koppla.url}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: demo.clientId,
        client_secret: demo.token,
      }),
    });
    accessToken = ((await login.json()) as { access_token: string }).access_token;
    cursorBefore = (await demo.read<{ next_cursor: string }>("/api/v1/changes?since=now")).next_cursor;

    file = join(koppla.dir, "made.kopplabackup");
    // While pushes go on.
    let going = true;
    let pushed = 0;
    const pushes = (async () => {
      while (going) await put(demo, `articles/a${pushed++ % total}`, { title: "x".repeat(500) });
    })();
    const made = await koppla.cliJson<Made>(
      "backup",
      file,
      "--with-key",
      "--passphrase-file",
      passphraseFile(koppla),
    );
    going = false;
    await pushes;
    expect(made).toMatchObject({ file, key: true });
    expect(made.bytes).toBe(statSync(file).size);
    expect(pushed).toBeGreaterThan(0);
    await put(demo, "trainings/99", { name: "after the backup" });
    cursorSince = (await demo.read<{ next_cursor: string }>("/api/v1/changes?since=now")).next_cursor;
  });
  afterAll(async () => {
    await koppla.dispose();
    await sink.stop();
  });

  test("is one file for its owner alone, without anything left beside it", () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(filesOf(koppla.dir).filter((name) => name.startsWith("made."))).toEqual(["made.kopplabackup"]);
  });

  test("is whole, and its passphrase opens the key", async () => {
    const told = await run(["backup", "verify", file, "--passphrase-file", passphraseFile(koppla)]);
    expect(told).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: expect.stringMatching(
        /^ok .*made\.kopplabackup\n.*made 20.* by koppla .*; \d+ rows; with the key file, sealed\n$/,
      ),
    });
    writeFileSync(join(koppla.dir, "wrong"), "something else altogether");
    const wrong = await run(["backup", "verify", file, "--passphrase-file", join(koppla.dir, "wrong")]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("does not open the key file"),
    ]);
    expect(filesOf(koppla.dir).filter((name) => name.includes("verifying"))).toEqual([]);
  });

  test("can be taken apart by zstd and tar, and its sums are those of sha256sum", async () => {
    if (!Bun.which("zstd")) return;
    const folder = join(koppla.dir, "apart");
    const script = `mkdir ${folder} && cd ${folder} && zstd -qdc ${file} | tar x && sha256sum --quiet -c SHA256SUMS && ls`;
    const child = Bun.spawnSync(["sh", "-ec", script]);
    expect(child.stdout.toString()).toBe("SHA256SUMS\ndatabase.sqlite\nkoppla.key.age\nmanifest.json\n");
  });

  test("overwrites nothing", async () => {
    const again = await koppla.cli("backup", file);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("is there already")]);
  });

  test("needs a folder that is there", async () => {
    const nowhere = await koppla.cli("backup", join(koppla.dir, "nowhere/x"));
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([1, expect.stringContaining("There is no folder")]);
  });

  test("has the key only sealed", async () => {
    const unsealed = await koppla.cli("backup", join(koppla.dir, "unsealed"), "--with-key");
    expect([unsealed.exitCode, unsealed.stderr]).toEqual([
      1,
      expect.stringContaining("a key is never written unsealed"),
    ]);
    expect(existsSync(join(koppla.dir, "unsealed"))).toBeFalse();
    const without = await koppla.cli("backup", join(koppla.dir, "without"));
    expect(without.stderr).toContain("The key file is not in it");
  });

  test("of which a byte has changed, or the end is missing, is refused, and nothing of it stays", async () => {
    const bytes = readFileSync(file);
    const damaged = join(koppla.dir, "damaged");
    const ways = [bytes.subarray(0, bytes.length - 1_000), Buffer.from(bytes)];
    ways[1]?.writeUInt8((bytes[bytes.length >> 1] ?? 0) ^ 1, bytes.length >> 1);
    await using second = await prepareKoppla();
    for (const way of ways) {
      writeFileSync(damaged, way);
      const told = await run(["backup", "verify", damaged]);
      expect([told.exitCode, told.stderr]).toEqual([1, expect.stringContaining("is no whole backup")]);
      const restored = await second.cli("restore", damaged);
      expect([restored.exitCode, restored.stderr]).toEqual([
        1,
        expect.stringContaining("is no whole backup"),
      ]);
    }
    expect(filesOf(join(second.dir, "data")).filter((name) => !name.endsWith(".lock"))).toEqual([]);
  });

  test(
    "is restored beside nothing else: with its rows, its key, what was outstanding, and not what was confirmed",
    async () => {
      await using second = await prepareKoppla();
      const refused = await second.cli("restore", file);
      expect([refused.exitCode, refused.stderr]).toEqual([
        1,
        expect.stringContaining("give --passphrase-file"),
      ]);
      const restored = await second.cli("restore", file, "--passphrase-file", passphraseFile(koppla));
      expect([restored.exitCode, restored.stdout]).toEqual([
        0,
        expect.stringMatching(/^Restored \d+ rows, as it was at 20/),
      ]);
      expect(readFileSync(join(second.dir, "data/koppla.key"))).toEqual(
        readFileSync(join(koppla.dir, "data/koppla.key")),
      );
      const again = await second.cli("restore", file);
      expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("nothing is overwritten")]);

      // The old server is gone; its receivers see the new one.
      await koppla.kill9();
      const outstanding = new Set(
        sink.requests.filter(({ path }) => path === "/refused").map(({ id }) => id),
      );
      const taken = new Set(sink.requests.filter(({ path }) => path === "/taken").map(({ id }) => id));
      const seen = sink.requests.length;
      sink.script(() => 204);
      await second.start();
      const demo = koppla.demo.at(second);
      const trainings = await demo.read<Page<RecordOut>>("/api/v1/trainings?limit=100");
      expect(trainings.items.map(({ id }) => id)).toEqual(Array.from({ length: 21 }, (_, at) => at + 1));
      await put(demo, "trainings/22", { name: "after" });
      const since = () => sink.requests.slice(seen);
      await sink.waitFor("the outstanding delivery and the new change", () => {
        const refusedOnce = since().filter(({ path }) => path === "/refused");
        const all = refusedOnce.flatMap(changesOf).map(({ id }) => id);
        return all.includes(21) && all.includes(22);
      });
      expect(since().some(({ id }) => outstanding.has(id))).toBeTrue();
      await sink.waitFor("the new change", () =>
        since().some((one) => one.path === "/taken" && changesOf(one).some(({ id }) => id === 22)),
      );
      // Trainings 1 to 20 had been confirmed before the backup.
      const repeated = since().filter(
        (one) => one.path === "/taken" && changesOf(one).some(({ id }) => Number(id) <= 20),
      );
      expect(repeated.map(({ id }) => id)).toEqual([]);
      expect(taken.size).toBeGreaterThan(0);

      // A poller that has seen what was lost is told so, one that has not goes on.
      const lost = await demo.get(`/api/v1/changes?since=${cursorSince}`);
      expect([lost.status, await lost.text()]).toEqual([
        422,
        expect.stringContaining("lost when a backup was restored"),
      ]);
      const kept = await demo.read<Page<{ id: number }>>(
        `/api/v1/changes?since=${cursorBefore}&topics=Trainings.*`,
      );
      expect(kept.items.map(({ id }) => id)).toEqual([22]);
      // Its auditors can see that it was set back, by whom and to when.
      const [event, ...more] = (
        await demo.read<Page<{ action: string; subject: string; detail: Record<string, string> }>>(
          "/api/v1/audit?action=database.restore",
        )
      ).items;
      expect([event, more]).toEqual([
        expect.objectContaining({
          ...{ action: "database.restore", subject: "shell" },
          detail: {
            file: "made.kopplabackup",
            made_by: expect.stringMatching(/^\d/),
            as_of: expect.stringMatching(/^20/),
          },
        }),
        [],
      ]);
      const verified = await second.cli("audit", "verify");
      expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringMatching(/demo: .* whole/)]);
      // Logins have ended.
      const login = await fetch(`${second.url}/api/v1/me`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      expect(login.status).toBe(401);
    },
    LONG_TEST_MS,
  );
});

test("a backup of a stopped server leaves no log beside the database, and everything can be moved by export and import", async () => {
  await using koppla = await startKoppla();
  for (let id = 1; id <= 30; id++)
    await put(koppla.demo, `trainings/${id}`, { name: `n${id}`, city: "Luleå" });
  const cursor = (await koppla.demo.read<{ next_cursor: string }>("/api/v1/changes?since=now")).next_cursor;
  await koppla.stop();
  const file = join(koppla.dir, "all.kopplabackup");
  const wrote = await koppla.cli("export", "--all", file);
  expect([wrote.exitCode, wrote.stdout]).toEqual([0, expect.stringContaining("Wrote ")]);
  expect(filesOf(join(koppla.dir, "data")).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);

  await using second = await prepareKoppla();
  const moved = await second.cli("import", "--all", file);
  expect([moved.exitCode, moved.stdout]).toEqual([0, expect.stringMatching(/^Moved \d+ rows\.\n$/)]);
  expect(moved.stderr).toContain("put the key file of that time at");
  writeFileSync(join(second.dir, "data/koppla.key"), readFileSync(join(koppla.dir, "data/koppla.key")), {
    mode: 0o600,
  });
  await second.start();
  const demo = koppla.demo.at(second);
  const found = await demo.read<Page<RecordOut>>("/api/v1/trainings?filter[city]=Lule%C3%A5&limit=100");
  expect(found.items).toHaveLength(30);
  // Moved, not set back: cursors go on.
  await put(demo, "trainings/31", { name: "n31" });
  const changes = await demo.read<Page<{ id: number }>>(`/api/v1/changes?since=${cursor}`);
  expect(changes.items.map(({ id }) => id)).toEqual([31]);
  // Ids that the database numbers go on, too.
  expect((await second.cli("organisation", "create", "--code", "other", "--name", "Other")).exitCode).toBe(0);
});

test("--all and --type exclude each other", async () => {
  await using koppla = await prepareKoppla();
  for (const args of [
    ["export", "x"],
    ["export", "x", "--all", "--type", "trainings"],
    ["import", "x"],
  ]) {
    const refused = await koppla.cli(...args);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("one of them")]);
  }
});

test("a backup that is killed leaves nothing under its name, and the next one tidies up", async () => {
  await using koppla = await startKoppla();
  const rows = Array.from({ length: 400 }, (_, id) => ({
    id,
    name: Buffer.from(crypto.getRandomValues(new Uint8Array(30_000))).toString("base64"),
  }));
  for (let from = 0; from < rows.length; from += 100)
    await koppla.demo.send("POST", "/api/v1/institutes", rows.slice(from, from + 100), 200);
  const file = join(koppla.dir, "killed.kopplabackup");
  const child = Bun.spawn([binary, "backup", file, "-c", koppla.configFile], {
    stderr: "ignore",
    stdout: "ignore",
  });
  await eventually("it has begun", async () => existsSync(`${file}.part-database`) || undefined);
  child.kill("SIGKILL");
  expect(await child.exited).not.toBe(0);
  expect(existsSync(file)).toBeFalse();
  expect((await koppla.cli("backup", file)).exitCode).toBe(0);
  expect(filesOf(koppla.dir).filter((name) => name.startsWith("killed"))).toEqual(["killed.kopplabackup"]);
  expect((await run(["backup", "verify", file])).exitCode).toBe(0);
});

test("by the clock: into the folder, with the key sealed, and the older one of the day goes", async () => {
  await using koppla = await startKoppla({
    config: { backup: { folder: "./backups", keep: { daily: 1, weekly: 0 }, passphrase: PASSPHRASE } },
  });
  const { demo } = koppla;
  const shown = await demo.read<{ chore: string; cron: string; catch_up: string }>(
    "/api/v1/schedules/backup",
  );
  expect(shown).toMatchObject({ chore: "backup", cron: "30 2 * * *", catch_up: "one" });
  const folder = join(koppla.dir, "backups");
  const made: string[] = [];
  writeFileSync(join(koppla.dir, "notes.txt"), "");
  for (let run = 0; run < 2; run++) {
    const started = await demo.send<{ id: string }>("POST", "/api/v1/schedules/backup/run", undefined, 202);
    const ended = await demo.read<{ status: string; message: string }>(
      `/api/v1/operations/${started.id}?wait=20`,
    );
    expect(ended).toMatchObject({
      status: "SUCCESS",
      message: expect.stringMatching(/^Made .*\.kopplabackup, /),
    });
    const names = filesOf(folder);
    expect(names).toHaveLength(1);
    made.push(...names);
    // What a killed one has left, and what is somebody else's.
    writeFileSync(join(folder, "koppla-20260101T023000Z.kopplabackup.part"), "");
    await Bun.sleep(1_000 - (Date.now() % 1_000)); // its name has seconds
    if (run === 0) continue;
    expect(made[0]).not.toBe(made[1]);
  }
  const told = await run([
    "backup",
    "verify",
    join(folder, made[1] ?? ""),
    "--passphrase-file",
    passphraseFile(koppla),
  ]);
  expect(told.exitCode).toBe(0);
});

interface CheckOut {
  name: string;
  status: string;
  message: string;
}

/** Runs the schedule of backups by hand. @returns how the operation ended */
async function runSchedule({ demo }: Koppla): Promise<{ status: string; message: string }> {
  const { id } = await demo.send<{ id: string }>("POST", "/api/v1/schedules/backup/run", undefined, 202);
  return await demo.read(`/api/v1/operations/${id}?wait=20`);
}

describe("a backup by the clock that fails", () => {
  test("is told by its operation, in the log, by mail, by doctor and in the metrics, until one is made", async () => {
    const box = await Mailbox.open();
    await using koppla = await prepareKoppla({
      config: { backup: { folder: "./backups" }, smtp: { ...box.smtp, admin: "sysadmin@example.org" } },
    });
    const folder = join(koppla.dir, "backups");
    writeFileSync(folder, "in its place there is a file");
    await koppla.start();
    await koppla.makeDemo();
    const reason = `Nothing can be written in the folder of backups ${folder}`;
    const doctor = async () => {
      const { exitCode, stdout } = await koppla.cli("doctor", "--json");
      const { items } = JSON.parse(stdout) as { items: CheckOut[] };
      return { exitCode, backup: items.find(({ name }) => name === "backup") };
    };
    const metrics = async () => {
      const text = await (await fetch(`${koppla.url}/metrics`)).text();
      return text.split("\n").filter((line) => /^koppla_backup_(failures|last_successful)/.test(line));
    };

    for (let run = 0; run < 2; run++)
      expect(await runSchedule(koppla)).toMatchObject({
        ...{ status: "ERROR", message: expect.stringContaining(reason) },
      });
    await koppla.log.waitFor(({ json }) => json?.["msg"] === "no backup was made");
    const mail = await box.to("sysadmin@example.org");
    expect(mail.headers.get("subject")).toBe("Koppla: no backup was made");
    expect(mail.body).toContain(`Why: ${reason}`);
    expect(mail.body).toContain("The last one: there is none yet");
    expect(await metrics()).toEqual(["koppla_backup_last_successful 0", "koppla_backup_failures_total 2"]);
    const told = await doctor();
    expect([told.exitCode, told.backup]).toEqual([
      1,
      expect.objectContaining({ status: "error", message: expect.stringContaining(reason) }),
    ]);

    rmSync(folder);
    expect(await runSchedule(koppla)).toMatchObject({ status: "SUCCESS" });
    expect((await doctor()).backup?.status).toBe("ok");
    await koppla.restart();
    expect(await metrics()).toEqual(["koppla_backup_last_successful 1", "koppla_backup_failures_total 0"]);
    // One a day is enough.
    expect(box.sentTo("sysadmin@example.org")).toHaveLength(1);
    await box.close();
  });

  test.skipIf(!hasMounts)("for want of room ends, and is not begun again and again", async () => {
    await using koppla = await startKoppla({
      config: { backup: { folder: "./backups" } },
      mounts: (dir) => `mkdir -p ${dir}/backups && mount -t tmpfs -o size=400k tmpfs ${dir}/backups`,
    });
    expect(await runSchedule(koppla)).toMatchObject({
      ...{ status: "ERROR", message: expect.stringMatching(/ are free|is full/) },
    });
    const failures = koppla.log.lines.filter(({ json }) => json?.["msg"] === "no backup was made");
    expect(failures).toHaveLength(1);
    expect((await koppla.inside("ls", join(koppla.dir, "backups"))).stdout).toBe("");
  });
});

describe.skipIf(!hasMounts || onPostgres)("a full disk", () => {
  test(
    "is told before anything is written, and in the middle; nothing is left, and the server goes on",
    async () => {
      await using koppla = await startKoppla({
        mounts: (dir) => `mkdir -p ${dir}/small && mount -t tmpfs -o size=20m tmpfs ${dir}/small`,
      });
      const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("base64");
      const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: random() }));
      for (let from = 0; from < rows.length; from += 50)
        await koppla.demo.send("POST", "/api/v1/institutes", rows.slice(from, from + 50), 200);
      const small = `${koppla.dir}/small`;
      const file = `${small}/full.kopplabackup`;
      const ballast = (mb: number) =>
        koppla.inside("dd", "if=/dev/zero", `of=${small}/ballast`, "bs=1M", `count=${mb}`, "status=none");
      // The database takes some 8 MB, and packed 6: base64 of what is random.
      expect((await ballast(14)).exitCode).toBe(0);
      const told = await koppla.cli("backup", file);
      expect([told.exitCode, told.stderr]).toEqual([
        1,
        expect.stringMatching(/needs .* MB in .*, where .* MB are free/),
      ]);
      expect((await ballast(9)).exitCode).toBe(0);
      const middle = await koppla.cli("backup", file);
      expect([middle.exitCode, middle.stderr]).toEqual([
        1,
        expect.stringContaining("is full. No backup was made."),
      ]);
      expect((await koppla.inside("ls", small)).stdout).toBe("ballast\n");
      await put(koppla.demo, "institutes/1", { name: "goes on" });
      expect((await koppla.inside("rm", `${small}/ballast`)).exitCode).toBe(0);
      const made = await koppla.cli("backup", file);
      expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining("Made ")]);
    },
    LONG_TEST_MS,
  );
});
