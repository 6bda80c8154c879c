/** Schedules as sysadmins see them: times, runs, chores. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { configure, ended, type Operation, startWithCommands } from "./actions.ts";
import { eventually } from "./eventually.ts";
import { type Koppla, LONG_TEST_MS, onPostgres, prepareKoppla } from "./harness.ts";

interface Schedule {
  name: string;
  action: string | null;
  chore: string | null;
  cron: string | null;
  enabled: boolean;
  next_runs: string[];
  last_run: { operation_id: string; due_at: string | null; status: string } | null;
  skipped_at: string | null;
  last_round_at: string | null;
}

const EVERY_SECOND = "* * * * * *";
const NEVER_SOON = "0 3 29 2 *";

let koppla: Koppla;
beforeAll(async () => {
  koppla = await startWithCommands({
    actions: {
      hello: { description: "Says hello.", run: { command: ["/bin/echo", "hello"] } },
      long: { run: { command: ["/bin/sleep", "1000"] } },
    },
    schedules: {
      often: { cron: EVERY_SECOND, action: "hello", organisations: ["demo"] },
      yearly: { cron: NEVER_SOON, timezone: "Europe/Stockholm", action: "hello", organisations: ["demo"] },
      long: { cron: NEVER_SOON, action: "long" },
      off: { cron: EVERY_SECOND, action: "hello", enabled: false },
      tidy: { cron: EVERY_SECOND, chore: "audit-retention" },
    },
  });
});
afterAll(() => koppla.dispose());

const show = (name: string) => koppla.demo.read<Schedule>(`/api/v1/schedules/${name}`);
const runsOf = async (name: string) =>
  (
    await koppla.demo.read<{ items: Operation[] }>(
      `/api/v1/operations?resource_type=schedule&resource_name=${name}&limit=500`,
    )
  ).items;

test("run at their times, each time as an operation of the server's own", async () => {
  const runs = await eventually("it has run twice", async () => {
    const found = await runsOf("often");
    return found.length > 1 ? found : undefined;
  });
  const first = runs.at(-1) ?? { id: "" };
  expect(await ended(koppla.demo, first)).toMatchObject({
    ...{ kind: "action:hello", status: "SUCCESS", submitted_by: "koppla" },
    ...{ resource_type: "schedule", resource_name: "often", result: { exit_code: 0, output: "hello\n" } },
  });
  const { last_run: last, next_runs: next } = await show("often");
  expect(last?.due_at).toMatch(/:\d\d\.000Z$/);
  expect(next).toHaveLength(5);
});

test("are shown with their times and their last run", async () => {
  expect(await koppla.demo.read("/api/v1/schedules/yearly")).toEqual({
    ...{ name: "yearly", description: "Says hello.", action: "hello", chore: null, cron: NEVER_SOON },
    ...{ timezone: "Europe/Stockholm", catch_up: "none", enabled: true },
    next_runs: expect.arrayContaining(["2028-02-29T02:00:00.000Z"]),
    ...{ last_run: null, skipped_at: null, last_round_at: null },
  });
  expect(await show("off")).toMatchObject({ enabled: false, next_runs: [], last_run: null });
  expect((await koppla.demo.get("/api/v1/schedules/unheard-of")).status).toBe(404);
  const names: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page: { items: Schedule[]; next_cursor: string | null } = await koppla.demo.read(
      `/api/v1/schedules?limit=4${query}`,
    );
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
  }
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(expect.arrayContaining(["delivery-retention", "long", "often", "tidy", "yearly"]));
  // Its times are those of the YAML.
  expect(names).not.toContain("audit-retention");
});

test("run by hand: not while the last run is under way, and not at all where they are not there", async () => {
  const start = () => koppla.demo.api("/api/v1/schedules/long/run", { method: "POST" });
  const answer = await start();
  expect(answer.status).toBe(202);
  const operation: Operation = JSON.parse(await answer.text());
  expect(answer.headers.get("location")).toEndWith(`/api/v1/operations/${operation.id}`);
  expect(operation).toMatchObject({
    ...{ kind: "action:long", resource_name: "long", submitted_by: `account:${koppla.demo.clientId}` },
  });
  expect((await start()).status).toBe(409);
  expect((await show("long")).last_run).toMatchObject({ operation_id: operation.id, due_at: null });
  await koppla.demo.send("POST", `/api/v1/operations/${operation.id}/cancel`, {}, 202);
  await ended(koppla.demo, operation);
  const again: Operation = JSON.parse(await (await start()).text());
  await koppla.demo.send("POST", `/api/v1/operations/${again.id}/cancel`, {}, 202);
  expect((await koppla.demo.post("/api/v1/schedules/unheard-of/run", {})).status).toBe(404);
});

describe("chores", () => {
  test("are schedules: by their own timer, and by hand", async () => {
    const before = await show("message-retention");
    expect(before).toMatchObject({ action: null, chore: "message-retention", cron: null, enabled: true });
    expect(before.next_runs).toHaveLength(1);
    const operation = await koppla.demo.send<Operation>(
      "POST",
      "/api/v1/schedules/message-retention/run",
      {},
      202,
    );
    expect(await ended(koppla.demo, operation)).toMatchObject({
      ...{ kind: "chore:message-retention", status: "SUCCESS", message: "It has been done." },
    });
    const after = await show("message-retention");
    expect(after.last_run).toMatchObject({ operation_id: operation.id, status: "SUCCESS" });
    expect(Date.parse(after.last_round_at ?? "")).toBeGreaterThan(Date.parse(before.last_round_at ?? ""));
  });

  test("that the server has can all be run by hand", async () => {
    const { items } = await koppla.demo.read<{ items: Schedule[] }>("/api/v1/schedules?limit=500");
    const chores = items.filter(({ chore }) => chore !== null && chore !== "audit-retention");
    expect(chores.length).toBeGreaterThan(5);
    for (const { name } of chores) {
      const operation = await koppla.demo.send<Operation>("POST", `/api/v1/schedules/${name}/run`, {}, 202);
      expect([name, (await ended(koppla.demo, operation)).status]).toEqual([name, "SUCCESS"]);
    }
  });

  test("run when a schedule of the YAML says so", async () => {
    const [run] = await eventually("it has run", async () => {
      const found = await runsOf("tidy");
      return found.length > 0 ? found : undefined;
    });
    expect(run).toMatchObject({ kind: "chore:audit-retention", submitted_by: "koppla" });
    expect(await show("tidy")).toMatchObject({ chore: "audit-retention", cron: EVERY_SECOND });
  });
});

test("who may see them, and who may run them", async () => {
  const reader = await koppla.account("demo", ["schedules:read"]);
  const none = await koppla.account("demo", ["operations:read"]);
  expect((await reader.get("/api/v1/schedules/yearly")).status).toBe(200);
  expect((await reader.post("/api/v1/schedules/yearly/run", {})).status).toBe(403);
  expect((await none.get("/api/v1/schedules")).status).toBe(403);
  // Another organisation has the schedules that are for all, and no chores.
  const other = await koppla.partner("second");
  const { items } = await other.read<{ items: Schedule[] }>("/api/v1/schedules");
  expect(items.map(({ name }) => name)).toEqual(["long", "off"]);
  expect((await other.post("/api/v1/schedules/message-retention/run", {})).status).toBe(404);
});

test("a server that does not start tells what is wrong with a schedule, and where", async () => {
  const other = await prepareKoppla();
  try {
    await configure(other, {
      actions: { hello: { run: { http: { url: "http://127.0.0.1/" } } } },
      schedules: { s: { cron: "0 25 * * *", timezone: "Europe/Stockhom", action: "helo" } },
    });
    const { exitCode, stderr } = await other.cli("check");
    expect(exitCode).toBe(78);
    for (const text of [
      /:\d+:\d+ schedules\.s\.cron: found "0 25 \* \* \*"/,
      /:\d+:\d+ schedules\.s\.timezone: found "Europe\/Stockhom".*did you mean "Europe\/Stockholm"\?/,
      /:\d+:\d+ schedules\.s\.action: found "helo".*did you mean "hello"\?/,
    ]) {
      expect(stderr).toMatch(text);
    }
  } finally {
    await other.dispose();
  }
});

test.if(onPostgres)(
  "of two servers of one database, one runs each time",
  async () => {
    await using first = await startWithCommands({
      actions: { hello: { run: { command: ["/bin/echo", "hello"] } } },
      schedules: { often: { cron: EVERY_SECOND, action: "hello" } },
    });
    await first.startTwin();
    const runs = await eventually("it has run five times", async () => {
      const { items } = await first.demo.read<{ items: (Operation & { submitted_at: string })[] }>(
        "/api/v1/operations",
      );
      return items.length >= 5 ? items : undefined;
    });
    const seconds = runs.map(({ submitted_at: at }) => at.slice(0, 19));
    expect(new Set(seconds).size).toBe(seconds.length);
  },
  LONG_TEST_MS,
);
