/** Copies of the audit log: in a file, at a syslog server. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFile, rename, stat } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

import { eventually } from "./eventually.ts";
import { type Koppla, prepareKoppla } from "./harness.ts";

interface Copied {
  organisation: string | null;
  sequence: number;
  action: string;
  outcome: string;
  hash: string;
}

let koppla: Koppla;
let syslog: Server;
let text = "";
const sockets = new Set<Socket>();

const file = () => join(koppla.dir, "audit.ndjson");
const linesOf = async (path: string): Promise<Copied[]> => {
  const content = await readFile(path, "utf8").catch(() => "");
  return content
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Copied => JSON.parse(line));
};

beforeAll(async () => {
  syslog = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding("utf8").on("data", (data) => (text += String(data)));
  });
  await new Promise<void>((resolve) => syslog.listen(0, "127.0.0.1", resolve));
  const address = syslog.address();
  if (address === null || typeof address === "string") throw new Error("it listens nowhere");
  koppla = await prepareKoppla({
    config: { audit: { file: "./audit.ndjson", syslog: `tcp://127.0.0.1:${address.port}` } },
  });
  await koppla.start();
  await koppla.makeDemo();
});
afterAll(async () => {
  await koppla.dispose();
  for (const socket of sockets) socket.destroy();
  syslog.close();
});

test("every event stands in the file, which nobody else may read, with whose it is", async () => {
  await koppla.demo.get("/api/v1/trainings", { authorization: "Bearer koppla_wrong" });
  const events = await eventually("both chains are copied", async () => {
    const lines = await linesOf(file());
    const denied = lines.some(({ organisation, outcome }) => organisation === null && outcome === "denied");
    return denied && lines.some(({ action }) => action === "account.create") ? lines : undefined;
  });
  const own = events.filter(({ organisation }) => organisation === "demo");
  expect(own.map(({ action }) => action)).toEqual(["organisation.create", "account.create"]);
  expect(own.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  const page = await koppla.demo.read<{ items: { hash: string }[] }>("/api/v1/audit");
  expect(own.map(({ hash }) => hash)).toEqual(page.items.map(({ hash }) => hash).toReversed());
});

test("a syslog server is sent each by RFC 5424, with the severity of what was denied", async () => {
  await eventually("both are there", async () =>
    text.includes('"action":"account.create"') && text.includes('"outcome":"denied"') ? true : undefined,
  );
  const [, length, rest = ""] = /^(\d+) (.*)$/s.exec(text) ?? [];
  const first = Buffer.from(rest).subarray(0, Number(length)).toString();
  expect(text).toMatch(/<109>1 [^<]*"action":"account.create"/);
  expect(first).toMatch(/^<10[89]>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ koppla \d+ audit - \{"organisation":.*\}$/);
  expect(text).toMatch(/<108>1 [^<]*"outcome":"denied"/);
});

test("a file that was rotated away is begun anew, and a restart leaves nothing out and repeats nothing", async () => {
  await rename(file(), `${file()}.1`);
  const { sequence } = (await koppla.demo.read<{ items: Copied[] }>("/api/v1/audit")).items[0] ?? {
    sequence: 0,
  };
  await koppla.stop();
  // Written while no server runs.
  await koppla.cliJson("organisation", "change", "--code", "demo", "--name", "Another name");
  await koppla.start();
  const lines = await eventually("it is copied", async () => {
    const found = await linesOf(file());
    return found.some(({ action }) => action === "organisation.change") ? found : undefined;
  });
  const own = lines.filter(({ organisation }) => organisation === "demo");
  expect(own.map((one) => one.sequence)).toEqual([sequence + 1]);
});
