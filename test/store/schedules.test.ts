import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { ActionService } from "../../src/actions/service.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { type Clock, ManualClock } from "../../src/clock.ts";
import type { ActionConfig, ScheduleConfig } from "../../src/config/types.ts";
import type { ShownOperation } from "../../src/operations/operation.ts";
import { OperationRunner } from "../../src/operations/runner.ts";
import { OperationService } from "../../src/operations/service.ts";
import type { OutgoingRequest, OutgoingResult } from "../../src/outgoing/request.ts";
import { Rounds } from "../../src/rounds.ts";
import { ScheduleService } from "../../src/schedules/service.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { until } from "./nodes.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const HOUR = 3_600_000;

const action = (changes: Partial<ActionConfig> = {}): ActionConfig => ({
  ...{ name: "report", description: "Sends a report.", input: null, timeout: 60_000 },
  ...{ limits: { atOnce: 4, perOrganisation: 4, open: 3 }, organisations: [] },
  ...{ dryRun: "validate", interrupted: "fail" },
  run: {
    ...{ kind: "http", method: "POST", url: "http://erp.local/report", headers: {}, body: undefined },
    ...{ authorization: null, caFile: null, success: { status: [], body: {} } },
    ...{ resultLimit: 1_000, retries: 0, retryWait: 10_000 },
  },
  ...changes,
});

const nightly: ScheduleConfig = {
  ...{ name: "nightly", cron: "0 3 * * *", timezone: "Europe/Stockholm" },
  runs: { kind: "action", action: "report", input: null },
  ...{ organisations: ["mine"], catchUp: "none", enabled: true },
};

/** A clock that is also set, as by hand: timers do not notice. */
class SetClock extends ManualClock {
  #offset = 0;
  set(ms: number): void {
    this.#offset += ms - this.now();
  }
  override now(): number {
    return super.now() + this.#offset;
  }
}

interface Node {
  schedules: ScheduleService;
  actions: ActionService;
  operations: OperationService;
  logged: string[];
  stop(): Promise<void>;
}

describe.each(databases)("schedules on %s", (kind) => {
  let rooms: Rooms;
  let clock: SetClock;
  let sent: OutgoingRequest[];
  /** Answers the actions' requests. */
  let answer: (request: OutgoingRequest) => Promise<OutgoingResult>;
  const nodes: Node[] = [];
  const stores: Store[] = [];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(async () => {
    for (const node of nodes.splice(0)) await node.stop();
    await rooms.renew();
    await rooms.store.write(async (tx) => {
      await tx.query(({ db, t }) => db.delete(t.schedules));
      await tx.query(({ db, t }) => db.delete(t.scheduleRuns));
      await tx.query(({ db, t }) => db.delete(t.operations));
    });
    clock = new SetClock(Date.parse("2026-01-10T12:00:00Z"));
    sent = [];
    answer = async () => ({ status: 200, body: '{"ok":true}' });
  });
  afterAll(async () => {
    for (const node of nodes) await node.stop();
    for (const store of stores) await store.close();
    await rooms.close();
  });

  /** A server's part of it; it runs what it starts. */
  const start = async (
    given: Partial<ScheduleConfig>[] = [{}],
    { store = rooms.store, actions: changes = {} as Partial<ActionConfig>, at = clock as Clock } = {},
  ): Promise<Node> => {
    const audit = new AuditLog({ store, clock: at });
    const operations = new OperationService({ store, clock: at, audit });
    const organisations = {
      all: async () => [
        { id: rooms.mine.id, code: "mine", name: "Mine" },
        { id: rooms.theirs.id, code: "theirs", name: "Theirs" },
      ],
      byId: async (id: number) => ({ id, code: id === rooms.mine.id ? "mine" : "theirs", name: "" }),
    };
    const config = {
      actions: { report: action(changes) },
      schedules: Object.fromEntries(
        given.map((one): [string, ScheduleConfig] => [one.name ?? "nightly", { ...nightly, ...one }]),
      ),
    };
    const send = async (request: OutgoingRequest) => {
      sent.push(request);
      return await answer(request);
    };
    const actions = new ActionService({ store, operations, organisations, send, actions: config.actions });
    const schedules = new ScheduleService({ store, clock: at, operations, actions, organisations, config });
    const log = { error: () => {} };
    const runner = new OperationRunner({ store, clock: at, operations, log });
    const logged: string[] = [];
    await runner.start();
    await schedules.start({
      info: (message: string) => void logged.push(message),
      error: (_, fields) => {
        throw new Error(JSON.stringify(fields));
      },
    });
    const stop = async () => {
      await schedules.stop();
      await runner.stop();
    };
    const node = { schedules, actions, operations, logged, stop };
    nodes.push(node);
    return node;
  };

  const mine = () => ({ organisation: { id: rooms.mine.id, code: "mine", name: "Mine" } });
  const theirs = () => ({ organisation: { id: rooms.theirs.id, code: "theirs", name: "Theirs" } });
  const show = (node: Node, name = "nightly") => node.schedules.get(mine(), name);
  /** Moves time, a minute each step, so that what it starts can be seen to. */
  const pass = async (node: Node, ms: number) => {
    const end = clock.now() + ms;
    while (clock.now() < end) {
      clock.advance(Math.min(60_000, end - clock.now()));
      await node.schedules.settled();
    }
  };
  /** As {@link pass}, a minute in which runs under way go on saying that they are. */
  const passMinute = async (node: Node) => {
    for (let left = 60_000; left > 0; left -= 5_000) {
      await pass(node, 5_000);
      await Bun.sleep(5);
    }
  };
  const runsOf = async ({ operations }: Node, organisationId = rooms.mine.id): Promise<ShownOperation[]> =>
    (await operations.list(organisationId, "all", { limit: 50 })).items;
  const ended = async (node: Node, count: number) => {
    await until(`${count} runs have ended`, async () => {
      const runs = await runsOf(node);
      return runs.length === count && runs.every(({ status }) => status !== "IN_PROGRESS");
    });
    return await runsOf(node);
  };

  test("run at their time, as operations of the server's own", async () => {
    const node = await start();
    expect((await show(node)).next_runs.slice(0, 2)).toEqual([
      "2026-01-11T02:00:00.000Z",
      "2026-01-12T02:00:00.000Z",
    ]);
    await pass(node, 14 * HOUR - 1);
    expect(await runsOf(node)).toEqual([]);
    await pass(node, 1);
    const [run] = await ended(node, 1);
    expect(run).toMatchObject({
      ...{ kind: "action:report", status: "SUCCESS", resource_type: "schedule", resource_name: "nightly" },
      ...{ submitted_by: "koppla", submitted_at: "2026-01-11T02:00:00.000Z" },
      result: { status: 200, body: { ok: true } },
    });
    expect(sent.map(({ url, body }) => [url, body])).toEqual([["http://erp.local/report", "{}"]]);
    expect(await show(node)).toMatchObject({
      ...{ description: "Sends a report.", action: "report", chore: null, skipped_at: null },
      last_run: { operation_id: run?.id, due_at: "2026-01-11T02:00:00.000Z", status: "SUCCESS" },
    });
    await pass(node, 24 * HOUR);
    await ended(node, 2);
  });

  test("run for each organisation that has the action, and are shown to it alone", async () => {
    const node = await start([{ organisations: [] }, { name: "ours" }], {
      actions: { organisations: ["mine", "theirs"] },
    });
    await pass(node, 15 * HOUR);
    await ended(node, 2);
    expect((await runsOf(node, rooms.theirs.id)).map(({ resource_name }) => resource_name)).toEqual([
      "nightly",
    ]);
    const names = async (who: ReturnType<typeof mine>) =>
      (await node.schedules.list(who, { limit: 10 })).items.map(({ name }) => name);
    expect(await names(mine())).toEqual(["nightly", "ours"]);
    expect(await names(theirs())).toEqual(["nightly"]);
    await expect(node.schedules.get(theirs(), "ours")).rejects.toMatchObject({ code: "not_found" });
    const first = await node.schedules.list(mine(), { limit: 1 });
    const cursor = String(first.next_cursor);
    expect((await node.schedules.list(mine(), { limit: 1, cursor })).items[0]?.name).toBe("ours");
  });

  test("come once on the days when the clock is changed, at times that are skipped or shown twice", async () => {
    clock.set(Date.parse("2026-03-28T12:00:00Z"));
    const node = await start([{ cron: "30 2 * * *" }]);
    await pass(node, 24 * HOUR);
    await ended(node, 1);
    await pass(node, 13 * HOUR);
    const spring = await ended(node, 2);
    expect(spring.map(({ submitted_at }) => submitted_at)).toEqual([
      "2026-03-30T00:30:00.000Z",
      "2026-03-29T01:00:00.000Z",
    ]);
    clock.set(Date.parse("2026-10-24T23:00:00Z"));
    // The months in between were missed.
    await pass(node, 2 * HOUR);
    await ended(node, 3);
    await pass(node, 25 * HOUR);
    const autumn = await ended(node, 4);
    expect(autumn.slice(0, 2).map(({ submitted_at }) => submitted_at)).toEqual([
      "2026-10-26T01:30:00.000Z",
      "2026-10-25T00:30:00.000Z",
    ]);
  });

  test("are found in time though the clock is set forward, over a change of the hour too", async () => {
    clock.set(Date.parse("2026-03-29T00:29:00Z"));
    const node = await start([{ cron: "*/10 * * * *" }]);
    clock.set(Date.parse("2026-03-29T01:09:30Z"));
    await pass(node, 60_000);
    // Four times were passed over; the next one is on time again.
    expect(await runsOf(node)).toHaveLength(0);
    expect(node.logged).toEqual(["a schedule was passed over: no server ran at its time"]);
    await pass(node, 10 * 60_000);
    await ended(node, 1);
    expect((await show(node)).last_run?.due_at).toBe("2026-03-29T01:20:00.000Z");
  });

  test("go on when the clock is set back: by a little without running twice, by much without waiting", async () => {
    const node = await start([{ cron: "0 * * * *" }]);
    await pass(node, HOUR);
    await ended(node, 1);
    clock.set(clock.now() - 10 * 60_000);
    await pass(node, 20 * 60_000);
    await ended(node, 1);
    clock.set(clock.now() - 100 * 24 * HOUR);
    await pass(node, HOUR);
    await ended(node, 2);
  });

  test.each([
    ["none", 0],
    ["one", 1],
  ] as const)("catch up on what no server ran: %s", async (catchUp, count) => {
    const before = await start([{ catchUp }]);
    await before.stop();
    clock.advance(5 * 24 * HOUR);
    const node = await start([{ catchUp }]);
    const runs = await ended(node, count);
    if (count === 1) {
      expect(runs[0]?.submitted_at).toBe("2026-01-15T12:00:00.000Z");
      expect((await show(node)).last_run?.due_at).toBe("2026-01-11T02:00:00.000Z");
    } else expect(node.logged).toEqual(["a schedule was passed over: no server ran at its time"]);
    // From there on they come as ever.
    await pass(node, 15 * HOUR);
    await ended(node, count + 1);
  });

  test("are not missed where the server starts within a minute, nor when they are new, changed or off", async () => {
    const first = await start([{ catchUp: "one" }]);
    await first.stop();
    clock.advance(14 * HOUR + 30_000);
    const second = await start([{ catchUp: "none" }, { name: "new", catchUp: "one" }]);
    await ended(second, 1);
    await second.stop();
    clock.advance(48 * HOUR);
    const changed = await start([
      { cron: "0 4 * * *", catchUp: "one" },
      { name: "new", enabled: false },
    ]);
    await ended(changed, 1);
    expect(await show(changed, "new")).toMatchObject({ enabled: false, next_runs: [] });
    await changed.stop();
    clock.advance(48 * HOUR);
    const on = await start([{ name: "new", catchUp: "one" }]);
    await pass(on, 60_000);
    await ended(on, 1);
  });

  test("leave a run out while the one before is under way, by the clock and by hand", async () => {
    const gate = Promise.withResolvers<OutgoingResult>();
    answer = () => gate.promise;
    const node = await start([{ cron: "* * * * *" }]);
    await passMinute(node);
    await until("it is under way", () => sent.length === 1);
    await passMinute(node);
    expect(await runsOf(node)).toHaveLength(1);
    expect(node.logged).toEqual([
      "a run of a schedule was left out: The last run of nightly is still under way.",
    ]);
    expect((await show(node)).skipped_at).toBe("2026-01-10T12:02:00.000Z");
    const byHand = node.schedules.run(rooms.mine.by, mine().organisation, "nightly");
    await expect(byHand).rejects.toMatchObject({ code: "conflict" });
    gate.resolve({ status: 200, body: "" });
    await ended(node, 1);
    await passMinute(node);
    await ended(node, 2);
  });

  test("leave a run out where as many wait as may, and where it is not allowed", async () => {
    const gate = Promise.withResolvers<OutgoingResult>();
    answer = () => gate.promise;
    const node = await start([{ cron: "* * * * *" }]);
    const report = node.actions.find("mine", "report");
    for (let i = 0; i < 3; i++) await node.actions.start(rooms.mine.by, report, {});
    await expect(node.actions.start(rooms.mine.by, report, {})).rejects.toMatchObject({
      code: "too_many_requests",
    });
    await passMinute(node);
    expect(node.logged[0]).toStartWith("a run of a schedule was left out: There are 3 runs of report");
    gate.resolve({ status: 200, body: "" });
    await ended(node, 3);
  });

  test("run by hand, their times stay", async () => {
    const node = await start();
    const started = await node.schedules.run(rooms.mine.by, mine().organisation, "nightly");
    expect(started).toMatchObject({ status: "IN_PROGRESS", submitted_by: "shell", resource_name: "nightly" });
    await ended(node, 1);
    expect(await show(node)).toMatchObject({
      next_runs: expect.arrayContaining(["2026-01-11T02:00:00.000Z"]),
      last_run: { operation_id: started.id, due_at: null },
    });
  });

  test.if(kind === "postgres")("are run by one node of several", async () => {
    const store = await openStore(rooms.database.options, clock);
    stores.push(store);
    const [a, b] = [await start([{ cron: "* * * * *" }]), await start([{ cron: "* * * * *" }], { store })];
    for (let minute = 1; minute <= 5; minute++) {
      clock.advance(60_000);
      await Promise.all([a.schedules.settled(), b.schedules.settled()]);
      await ended(a, minute);
    }
    expect(sent).toHaveLength(5);
  });

  describe("chores", () => {
    /** Counts its rounds. */
    const rounds = (log: string[]) =>
      new Rounds({
        ...{ clock, log: { error: () => {} }, pause: HOUR, failure: "" },
        round: async () => {
          log.push(new Date(clock.now()).toISOString());
          return clock.now() + 2 * HOUR;
        },
      });

    test("have their own timer, are shown to the first organisation, and can be run by hand", async () => {
      const node = await start([]);
      const log: string[] = [];
      const audit = rounds(log);
      node.schedules.chores.add("audit-retention", audit);
      audit.start();
      await audit.settled();
      expect(await show(node, "audit-retention")).toMatchObject({
        ...{ action: null, chore: "audit-retention", cron: null, enabled: true, last_run: null },
        ...{ next_runs: ["2026-01-10T14:00:00.000Z"], last_round_at: "2026-01-10T12:00:00.000Z" },
      });
      expect((await node.schedules.list(theirs(), { limit: 10 })).items).toEqual([]);
      clock.advance(HOUR);
      await node.schedules.run(rooms.mine.by, mine().organisation, "audit-retention");
      expect(await ended(node, 1)).toMatchObject([
        { kind: "chore:audit-retention", status: "SUCCESS", message: "It has been done." },
      ]);
      expect(log).toEqual(["2026-01-10T12:00:00.000Z", "2026-01-10T13:00:00.000Z"]);
      expect((await show(node, "audit-retention")).next_runs).toEqual(["2026-01-10T15:00:00.000Z"]);
      clock.advance(2 * HOUR);
      await audit.settled();
      expect(log).toHaveLength(3);
      await audit.stop();
    });

    test("with a schedule of the YAML run by that alone, each time as an operation", async () => {
      const runs = { kind: "chore", chore: "audit-retention" } as const;
      const node = await start([{ name: "tidy", organisations: [], runs }]);
      const log: string[] = [];
      const audit = rounds(log);
      node.schedules.chores.add("audit-retention", audit);
      audit.start();
      audit.nudge();
      const { items } = await node.schedules.list(mine(), { limit: 10 });
      expect(items.map(({ name, chore, cron }) => [name, chore, cron])).toEqual([
        ["tidy", "audit-retention", "0 3 * * *"],
      ]);
      await pass(node, 14 * HOUR);
      expect(await ended(node, 1)).toMatchObject([{ kind: "chore:audit-retention", resource_name: "tidy" }]);
      expect(log).toEqual(["2026-01-11T02:00:00.000Z"]);
      await audit.stop();
    });

    test("that fail end their operation as an error", async () => {
      const node = await start([]);
      const broken = new Rounds({
        ...{ clock, log: { error: () => {} }, pause: HOUR, failure: "" },
        round: () => Promise.reject(new Error("no")),
      });
      node.schedules.chores.add("mail-retention", broken);
      await node.schedules.run(rooms.mine.by, mine().organisation, "mail-retention");
      expect(await ended(node, 1)).toMatchObject([{ status: "ERROR" }]);
      await broken.stop();
    });
  });
});
