import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { control } from "../cli/control.ts";
import { systemClock } from "../clock.ts";
import type { DatabaseConfig } from "../config/types.ts";
import { createLogger } from "../log.ts";
import { Problem } from "../problem.ts";
import { holderOf, takeDatabase } from "./lock.ts";
import { ControlSocket } from "./socket.ts";

let folder: string;
let database: DatabaseConfig & { kind: "sqlite" };
const lines: string[] = [];
const log = createLogger({ level: "warn", format: "json", write: (line) => void lines.push(line) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "koppla-control-"));
  database = { kind: "sqlite", path: join(folder, "koppla.db"), durability: "normal" };
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const configAt = (key: string) => ({ database, file: null, secrets: { keyFile: key } });

test("a database that is taken is refused, naming who has it, and is free when that one gives it back", () => {
  const first = takeDatabase(database, { clock: systemClock, what: "serve", socket: "/run/x.sock" });
  let told: unknown;
  try {
    takeDatabase(database, { clock: systemClock, what: "serve" });
  } catch (error) {
    told = error;
  }
  expect(told).toBeInstanceOf(Problem);
  expect(String(told)).toContain(`process ${process.pid}, since 20`);
  expect(String(told)).toContain("control socket /run/x.sock");
  expect(holderOf(database)).toMatchObject({ pid: process.pid, what: "serve", socket: "/run/x.sock" });
  first.release();
  expect(holderOf(database)).toBeUndefined();
  takeDatabase(database, { clock: systemClock, what: "restore" }).release();
});

test("a process that was killed leaves the database to the next", async () => {
  const script = `
    import { takeDatabase } from ${JSON.stringify(join(import.meta.dir, "lock.ts"))};
    takeDatabase(${JSON.stringify(database)}, { clock: { now: Date.now }, what: "serve" });
    console.log("taken");
    setInterval(() => {}, 1000);`;
  const other = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await other.stdout.getReader().read();
  expect(holderOf(database)?.pid).toBe(other.pid);
  other.kill("SIGKILL");
  await other.exited;
  expect(holderOf(database)).toBeUndefined();
});

test("the socket is its owner's alone, answers with the process, and goes with it", async () => {
  const config = configAt(join(folder, "koppla.key"));
  expect(await control(config)).toBeUndefined();
  const socket = await ControlSocket.open(config, { log, now: 0 });
  socket.handle("POST", "/fail", () => {
    throw new Problem("conflict", "It is so.");
  });
  const path = join(folder, "koppla.sock");
  expect(socket.path).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const found = await control(config);
  expect(found?.status).toMatchObject({ pid: process.pid, started_at: "1970-01-01T00:00:00.000Z" });
  expect(found?.ask("POST", "/fail")).rejects.toThrow("It is so.");
  await socket.stop();
  expect(existsSync(path)).toBe(false);
});

test("where the key's folder cannot be written, the socket is beside the database", async () => {
  const config = configAt("/proc/koppla.key");
  const socket = await ControlSocket.open(config, { log, now: 0 });
  expect(socket.path).toBe(join(folder, "koppla.sock"));
  expect(await control(config)).toBeDefined();
  await socket.stop();
});

test("a second server does not take the first one's socket away", async () => {
  const config = configAt(join(folder, "koppla.key"));
  const first = await ControlSocket.open(config, { log, now: 0 });
  const second = await ControlSocket.open(config, { log, now: 1 });
  expect(second.path).toBeNull();
  expect(lines.join("")).toContain("another server listens there");
  await second.stop();
  expect((await control(config))?.status.started_at).toBe("1970-01-01T00:00:00.000Z");
  await first.stop();
});

test("what a killed server left is taken over", async () => {
  const config = configAt(join(folder, "koppla.key"));
  await Bun.write(join(folder, "koppla.sock"), "");
  const socket = await ControlSocket.open(config, { log, now: 0 });
  expect(await control(config)).toBeDefined();
  await socket.stop();
});
