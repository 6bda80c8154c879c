import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { OperationRow, OperationContext, OperationKind } from "../../src/operations/operation.ts";
import { OperationRetention } from "../../src/operations/retention.ts";
import { OperationRunner } from "../../src/operations/runner.ts";
import { OperationService } from "../../src/operations/service.ts";
import type { Clock } from "../../src/clock.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { Problem } from "../../src/problem.ts";
import { aborted } from "../../src/stop-signal.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { until } from "./nodes.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

/** Longer than a run may say nothing, ms. */
const LEASE_OVER = 31_000;

/** A process: its own connection where it is another one, and what it logged as errors. */
interface Process {
  store: Store;
  operations: OperationService;
  runner: OperationRunner;
  errors: unknown[];
  finished: OperationRow[];
}

describe.each(databases)("operations on %s", (kind) => {
  let rooms: Rooms;
  const open: Process[] = [];
  const stores: Store[] = [];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(() => rooms.renew());
  afterAll(async () => {
    for (const { runner } of open) await runner.stop();
    for (const store of stores) await store.close();
    await rooms.close();
  });

  const process = (
    kinds: Record<string, OperationKind>,
    { store = rooms.store, clock = rooms.clock as Clock } = {},
  ) => {
    const audit = new AuditLog({ store, clock });
    const finished: OperationRow[] = [];
    const operations = new OperationService({
      ...{ store, clock, audit },
      finished: (_, row) => void finished.push(row),
    });
    for (const [name, one] of Object.entries(kinds)) operations.kind(name, one);
    const errors: unknown[] = [];
    const runner = new OperationRunner({
      ...{ store, clock, operations },
      log: { error: (_, fields) => void errors.push(fields) },
    });
    const made = { store, operations, runner, errors, finished };
    open.push(made);
    return made;
  };

  const otherStore = async () => {
    const store = await openStore(rooms.database.options, rooms.clock);
    stores.push(store);
    return store;
  };

  const begin = ({ operations, store }: Process, kindName = "test", input = {}) =>
    store.write((tx) => operations.start(tx, rooms.mine.by, { kind: kindName, input }));

  const get = (id: string) => new OperationService(rooms).get(rooms.mine.id, id, "all");

  /** Waits until an operation has ended. */
  const ended = async (id: string) => {
    await until(`operation ${id} ends`, async () => (await get(id)).status !== "IN_PROGRESS");
    return await get(id);
  };

  test("run to their end, and say what came of it", async () => {
    const server = process({
      test: {
        run: async ({ input, progress, position, done, total }) => {
          expect([position, done, total]).toEqual([{}, 0, 3]);
          await rooms.store.write((tx) => progress(2, 3, { at: 2 }, tx));
          return { message: `${String(input["word"])} is done.`, result: { made: 3 } };
        },
      },
    });
    await server.runner.start();
    const resource = { resourceType: "receiver", resourceName: "r1", total: 3 };
    const started = await rooms.store.write((tx) =>
      server.operations.start(tx, rooms.mine.by, { kind: "test", input: { word: "It" }, ...resource }),
    );
    const at = new Date(rooms.clock.now()).toISOString();
    const shown = {
      id: started.id,
      kind: "test",
      status: "IN_PROGRESS",
      message: "It is in progress.",
      progress: { done: 0, total: 3 },
      resource_type: "receiver",
      resource_name: "r1",
      submitted_at: at,
      submitted_by: "shell",
      last_updated_at: at,
      completed_at: null,
      result: null,
    };
    expect<unknown>(started).toEqual(shown);
    expect<unknown>(await ended(started.id)).toEqual({
      ...shown,
      status: "SUCCESS",
      message: "It is done.",
      progress: { done: 2, total: 3 },
      completed_at: at,
      result: { made: 3 },
    });
    expect(server.finished.map(({ id, status }) => [id, status])).toEqual([[started.id, "SUCCESS"]]);
    await server.runner.stop();
  });

  test("begin when the transaction that starts them has committed, and not if it does not", async () => {
    let runs = 0;
    const server = process({ test: { run: async () => (runs++, { message: "" }) } });
    await server.runner.start();
    const failed = rooms.store.write(async (tx) => {
      await server.operations.start(tx, rooms.mine.by, { kind: "test", input: {} });
      throw new Problem("conflict", "no");
    });
    await expect(failed).rejects.toThrow("no");
    await ended((await begin(server)).id);
    expect(runs).toBe(1);
    await server.runner.stop();
  });

  test("that fail say why: a problem in its own words, a fault of the server in none", async () => {
    const server = process({
      problem: { run: () => Promise.reject(new Problem("conflict", "The receiver is gone.")) },
      fault: { run: () => Promise.reject(new Error("secret internals")) },
    });
    await server.runner.start();
    expect(await ended((await begin(server, "problem")).id)).toMatchObject({
      ...{ status: "ERROR", message: "The receiver is gone.", result: null },
    });
    const fault = await ended((await begin(server, "fault")).id);
    expect(fault).toMatchObject({ status: "ERROR" });
    expect(JSON.stringify(fault)).not.toContain("internals");
    expect(server.errors).toHaveLength(1);
    await server.runner.stop();
  });

  test("whose kind is gone end as an error that says so", async () => {
    const before = process({ gone: { run: async () => ({ message: "" }) } });
    const { id } = await begin(before, "gone");
    const now = process({});
    await now.runner.start();
    expect(await ended(id)).toMatchObject({
      ...{ status: "ERROR", message: "This server knows no operation gone (any more)." },
    });
    await now.runner.stop();
  });

  /** Counts to five, a step each transaction, and waits after the second for `gate`. */
  const counting = (gate: Promise<unknown>, steps: number[]): OperationKind => ({
    run: async ({ position, progress, signal }) => {
      for (let at = Number(position["at"] ?? 0) + 1; at <= 5 && !signal.aborted; at++) {
        steps.push(at);
        await rooms.store.write((tx) => progress(at, 5, { at }, tx));
        if (at === 2) await Promise.race([gate, aborted(signal)]);
      }
      return { message: "It counted." };
    },
  });

  test("go on where they were when the server stops and starts again", async () => {
    const steps: number[] = [];
    const first = process({ test: counting(new Promise(() => {}), steps) });
    await first.runner.start();
    const { id } = await begin(first);
    await until("it has come to the second step", async () => (await get(id)).progress.done === 2);
    await first.runner.stop();
    expect(await get(id)).toMatchObject({ status: "IN_PROGRESS", progress: { done: 2, total: 5 } });
    const second = process({ test: counting(Promise.resolve(), steps) });
    await second.runner.start();
    expect(await ended(id)).toMatchObject({ status: "SUCCESS", progress: { done: 5, total: 5 } });
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    expect(first.finished).toEqual([]);
    await second.runner.stop();
  });

  /** Time of a process that stands still from now on: no timer of its runs out any more. */
  const frozen = (): Clock => ({ now: () => rooms.clock.now(), after: () => () => {} });

  test("go on elsewhere when their process says nothing any more; what it still writes does not count", async () => {
    const gate = Promise.withResolvers<void>();
    const steps: number[] = [];
    const asleep = process({ test: counting(gate.promise, steps) }, { clock: frozen() });
    await asleep.runner.start();
    const { id } = await begin(asleep);
    await until("it has come to the second step", async () => (await get(id)).progress.done === 2);

    const awake = process({ test: counting(Promise.resolve(), steps) }, { store: await otherStore() });
    // On SQLite nobody else can be running anything when a server starts: there it is taken over at once.
    if (kind === "postgres") {
      await awake.runner.start();
      expect((await get(id)).progress.done).toBe(2);
      rooms.clock.advance(LEASE_OVER);
    } else await awake.runner.start();
    expect(await ended(id)).toMatchObject({ status: "SUCCESS", progress: { done: 5, total: 5 } });
    expect(steps).toEqual([1, 2, 3, 4, 5]);

    gate.resolve();
    await until("the one that slept goes on", () => steps.length === 6);
    await asleep.runner.stop();
    expect(steps).toEqual([1, 2, 3, 4, 5, 3]);
    expect(asleep.finished).toEqual([]);
    expect(await get(id)).toMatchObject({ status: "SUCCESS", progress: { done: 5, total: 5 } });
    await awake.runner.stop();
  });

  test("of a process that works for long stay its own", async () => {
    const gate = Promise.withResolvers<void>();
    const steps: number[] = [];
    const busy = process({ test: counting(gate.promise, steps) });
    await busy.runner.start();
    const { id } = await begin(busy);
    await until("it has come to the second step", async () => (await get(id)).progress.done === 2);
    const idle = process({ test: counting(gate.promise, steps) }, { store: await otherStore() });
    if (kind === "postgres") await idle.runner.start();
    for (let minute = 0; minute < 3; minute++) {
      for (let step = 0; step < 6; step++) {
        const before = rooms.clock.now();
        rooms.clock.advance(10_000);
        await until("the lease is renewed", async () => (await leaseOf(id)) > before + 30_000);
      }
    }
    gate.resolve();
    expect(await ended(id)).toMatchObject({ status: "SUCCESS" });
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    for (const { runner } of [busy, idle]) await runner.stop();
  });

  const leaseOf = async (id: string): Promise<number> => {
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db.select({ id: t.operations.id, lease: t.operations.leaseUntil }).from(t.operations),
      ),
    );
    return rows.find((row) => row.id === id)?.lease ?? 0;
  };

  test.if(kind === "postgres")("of two nodes, one runs each", async () => {
    const ran: string[] = [];
    const kindOf = (node: string): OperationKind => ({
      run: async ({ id }: OperationContext) => {
        ran.push(`${id} ${node}`);
        await Bun.sleep(1);
        return { message: "" };
      },
    });
    const [a, b] = [
      process({ test: kindOf("a") }),
      process({ test: kindOf("b") }, { store: await otherStore() }),
    ];
    await a.runner.start();
    await b.runner.start();
    const started = await Promise.all(Array.from({ length: 30 }, (_, i) => begin(i % 2 ? a : b)));
    for (const { id } of started) await ended(id);
    const ids = started.map(({ id }) => id).sort();
    expect(ran.map((line) => line.split(" ")[0] ?? "").sort()).toEqual(ids);
    for (const { runner } of [a, b]) await runner.stop();
  });

  describe("that are to end before their time", () => {
    const waiting: OperationKind = {
      run: async ({ signal, progress }) => {
        await rooms.store.write((tx) => progress(1, 3, {}, tx));
        await aborted(signal);
        return { message: "One is done.", result: { done: 1 } };
      },
    };

    test("end when they are cancelled, with what they have done", async () => {
      const server = process({ test: waiting });
      await server.runner.start();
      const { id } = await begin(server);
      await until("it has begun", async () => (await get(id)).progress.done === 1);
      const told = await server.operations.cancel({ ...rooms.mine.by, subject: "user:anna" }, id, "all");
      expect(told).toMatchObject({ status: "IN_PROGRESS", message: "It is being cancelled by user:anna." });
      expect(await ended(id)).toMatchObject({
        ...{ status: "ERROR", message: "It was cancelled by user:anna. One is done." },
        result: { done: 1, cancelled: true },
      });
      await expect(server.operations.cancel(rooms.mine.by, id, "all")).rejects.toMatchObject({
        code: "conflict",
      });
      await server.runner.stop();
    });

    test("end at once when they have not begun, and never run", async () => {
      let runs = 0;
      const server = process({ test: { run: async () => (runs++, { message: "" }) } });
      const { id } = await begin(server);
      expect(await server.operations.cancel(rooms.mine.by, id, "all")).toMatchObject({ status: "ERROR" });
      expect(server.finished.map((row) => row.id)).toEqual([id]);
      await server.runner.start();
      await ended((await begin(server)).id);
      expect(runs).toBe(1);
      await server.runner.stop();
    });

    test("are cancelled from another process, too", async () => {
      const server = process({ test: waiting });
      await server.runner.start();
      const { id } = await begin(server);
      await until("it has begun", async () => (await get(id)).progress.done === 1);
      const other = process({ test: waiting }, { store: await otherStore() });
      await other.operations.cancel(rooms.mine.by, id, "all");
      // On PostgreSQL it is told; on SQLite it hears of it when it renews its lease.
      if (kind === "sqlite") rooms.clock.advance(10_000);
      expect(await ended(id)).toMatchObject({ status: "ERROR", result: { cancelled: true } });
      await server.runner.stop();
    });

    test("run to their end where their kind cannot be cancelled", async () => {
      const gate = Promise.withResolvers<void>();
      const server = process({
        test: {
          cancellable: false,
          run: async ({ progress }) => {
            await rooms.store.write((tx) => progress(1, 1, {}, tx));
            await gate.promise;
            return { message: "Done." };
          },
        },
      });
      await server.runner.start();
      const { id } = await begin(server);
      await until("it has begun", async () => (await get(id)).progress.done === 1);
      await expect(server.operations.cancel(rooms.mine.by, id, "all")).rejects.toMatchObject({
        code: "conflict",
      });
      gate.resolve();
      expect(await ended(id)).toMatchObject({ status: "SUCCESS" });
      await server.runner.stop();
    });

    test("end when they take longer than their kind may, and those that do not listen are left alone", async () => {
      const deaf: OperationKind = { timeout: 60_000, run: () => new Promise(() => {}) };
      const server = process({ test: { ...waiting, timeout: 60_000 }, deaf });
      await server.runner.start();
      const { id } = await begin(server);
      const { id: other } = await begin(server, "deaf");
      await until("it has begun", async () => (await get(id)).progress.done === 1);
      await until("the other has, too", async () => (await leaseOf(other)) > rooms.clock.now());
      rooms.clock.advance(59_999);
      expect((await get(id)).status).toBe("IN_PROGRESS");
      rooms.clock.advance(1);
      expect(await ended(id)).toMatchObject({
        ...{ status: "ERROR", result: { done: 1, timed_out: true } },
        message: "It took longer than 1 min, which is all the time that it may take. One is done.",
      });
      await until("it is left alone", async () => {
        rooms.clock.advance(1_000);
        return (await get(other)).status !== "IN_PROGRESS";
      });
      expect(await get(other)).toMatchObject({ status: "ERROR", result: { timed_out: true } });
      expect(server.errors).toHaveLength(1);
      await server.runner.stop();
    });
  });

  test("that fail are begun anew as often as their kind says, later each time", async () => {
    const tries: number[] = [];
    const server = process({
      test: {
        retry: { times: 2, wait: (failures) => failures * 1_000, when: (error) => error instanceof Problem },
        run: async ({ failures }) => {
          tries.push(failures);
          throw failures === 2 ? new Problem("conflict", "For good.") : new Problem("conflict", "Not yet.");
        },
      },
    });
    await server.runner.start();
    const { id } = await begin(server);
    await until(
      "it has failed once",
      async () => (await get(id)).message === "It has failed and is begun anew: Not yet.",
    );
    await server.runner.stop();
    // A restart does not shorten the wait.
    const next = process({ test: server.operations.kindOf("test") as OperationKind });
    await next.runner.start();
    rooms.clock.advance(999);
    await Bun.sleep(20);
    expect(tries).toEqual([0]);
    rooms.clock.advance(1);
    await until("it has failed twice", () => tries.length === 2);
    await until("it waits again", async () => (await leaseOf(id)) === rooms.clock.now() + 2_000);
    rooms.clock.advance(2_000);
    expect(await ended(id)).toMatchObject({ status: "ERROR", message: "For good." });
    expect(tries).toEqual([0, 1, 2]);
    await next.runner.stop();
  });

  test("of which nobody knows how far they came end as errors when their process dies, or stops", async () => {
    const kinds: Record<string, OperationKind> = {
      test: {
        interrupted: "fail",
        run: async ({ signal, progress }) => {
          await rooms.store.write((tx) => progress(1, 1, {}, tx));
          await aborted(signal);
          return { message: "" };
        },
      },
    };
    const killed = process(kinds, { clock: frozen() });
    await killed.runner.start();
    const { id } = await begin(killed);
    await until("it has begun", async () => (await get(id)).progress.done === 1);
    const next = process(kinds, { store: await otherStore() });
    await next.runner.start();
    if (kind === "postgres") rooms.clock.advance(LEASE_OVER);
    expect(await ended(id)).toMatchObject({
      ...{ status: "ERROR", message: "The server was killed while it ran; nobody knows how far it came." },
    });
    // What it still writes does not count.
    await killed.runner.stop();
    expect(killed.finished).toEqual([]);
    const { id: stopped } = await begin(next);
    await until("it has begun", async () => (await get(stopped)).progress.done === 1);
    await next.runner.stop();
    expect(await get(stopped)).toMatchObject({
      status: "ERROR",
      message: "The server was stopped while it ran.",
    });
  });

  test("of a kind run no more at once than it says, of one organisation and in all", async () => {
    const gates: (() => void)[] = [];
    const running = new Map<string, number>();
    let most = { mine: 0, all: 0 };
    const server = process({
      test: {
        limits: { perOrganisation: 2, total: 3 },
        run: async ({ id, organisationId }) => {
          running.set(id, organisationId);
          const mine = [...running.values()].filter((one) => one === rooms.mine.id).length;
          most = { mine: Math.max(most.mine, mine), all: Math.max(most.all, running.size) };
          await new Promise<void>((resolve) => gates.push(resolve));
          running.delete(id);
          return { message: "" };
        },
      },
      free: { run: async () => ({ message: "" }) },
    });
    const ids: string[] = [];
    for (const by of [...Array.from({ length: 5 }, () => rooms.mine.by), rooms.theirs.by, rooms.theirs.by]) {
      const { id } = await rooms.store.write((tx) =>
        server.operations.start(tx, by, { kind: "test", input: {} }),
      );
      ids.push(id);
    }
    await server.runner.start();
    await until("three run", () => running.size === 3);
    // Those that wait hold up nobody.
    await ended((await begin(server, "free")).id);
    expect([...running.values()].filter((one) => one === rooms.theirs.id)).toHaveLength(1);
    for (let done = 0; done < ids.length; done++) {
      await until("one runs", () => gates.length > 0);
      gates.shift()?.();
    }
    await until("all have run", () => server.finished.length === ids.length + 1);
    expect(most).toEqual({ mine: 2, all: 3 });
    await server.runner.stop();
  });

  test("say how far they have come at most twice a second, and all of it at their end", async () => {
    const gate = Promise.withResolvers<void>();
    let writes = 0;
    const server = process({
      test: {
        run: async ({ note }) => {
          for (let done = 1; done <= 1_000; done++) note(done, 2_000, `At ${done}.`);
          await gate.promise;
          note(2_000, 2_000);
          return { message: "Done." };
        },
      },
    });
    await server.runner.start();
    const { id } = await begin(server);
    server.operations.news.listen(id, () => writes++);
    await until("it has begun", () => (rooms.clock.advance(1), Promise.resolve(writes > 0)));
    expect(await get(id)).toMatchObject({ message: "At 1000.", progress: { done: 1_000, total: 2_000 } });
    expect(writes).toBe(1);
    gate.resolve();
    expect(await ended(id)).toMatchObject({ message: "Done.", progress: { done: 2_000, total: 2_000 } });
    await server.runner.stop();
  });

  test("that ended long ago are removed, with what they have left", async () => {
    const left: string[] = [];
    const server = process({
      test: { run: async () => ({ message: "" }), removed: async (id) => void left.push(id) },
      open: { run: () => new Promise(() => {}), interrupted: "resume" },
    });
    await server.runner.start();
    const old = await ended((await begin(server)).id);
    rooms.clock.advance(1_000);
    const young = await ended((await begin(server)).id);
    const retention = new OperationRetention({
      ...{ store: rooms.store, clock: rooms.clock, operations: server.operations, retention: 10_000 },
      log: { error: () => {} },
    });
    rooms.clock.advance(9_500);
    expect(await retention.sweep()).toBe(Date.parse(young.completed_at ?? "") + 10_001);
    expect(left).toContain(old.id);
    expect(left).not.toContain(young.id);
    await expect(get(old.id)).rejects.toMatchObject({ code: "not_found" });
    expect((await get(young.id)).status).toBe("SUCCESS");
    await server.runner.stop();
  });

  test("are found by what they are about, and when they were begun", async () => {
    const server = process({
      a: { run: async () => ({ message: "" }) },
      b: { run: async () => ({ message: "" }) },
    });
    const start = (name: string, resourceName: string, subject: string) =>
      rooms.store.write((tx) =>
        server.operations.start(
          tx,
          { ...rooms.mine.by, subject },
          { kind: name, input: {}, resourceType: "receiver", resourceName },
        ),
      );
    const first = await start("a", "r1", "user:anna");
    rooms.clock.advance(5_000);
    const second = await start("b", "r1", "user:bo");
    const third = await start("b", "r2", "user:anna");
    await server.operations.cancel(rooms.mine.by, third.id, "all");
    const found = async (filter: object, sight: Parameters<OperationService["list"]>[1] = "all") =>
      (await server.operations.list(rooms.mine.id, sight, { limit: 10, ...filter })).items.map(
        ({ id }) => id,
      );
    expect(await found({ kind: "b" })).toEqual([third.id, second.id]);
    expect(await found({ status: "ERROR" })).toEqual([third.id]);
    expect(await found({ status: "IN_PROGRESS", resourceType: "receiver", resourceName: "r1" })).toEqual([
      second.id,
      first.id,
    ]);
    expect(await found({ submittedBy: "user:anna" })).toEqual([third.id, first.id]);
    expect(await found({ since: Date.parse(second.submitted_at) })).toContain(second.id);
    expect(await found({ since: Date.parse(second.submitted_at) })).not.toContain(first.id);
    expect(await found({ submittedBy: "user:bo" }, { submittedBy: "user:anna" })).toEqual([]);
  });

  test("are shown to who may see all, and to who submitted them; newest first, in pages", async () => {
    const server = process({ test: { run: async () => ({ message: "" }) } });
    const by = (subject: string) => ({ ...rooms.mine.by, subject });
    const ids: string[] = [];
    for (const subject of ["account:a", "account:b", "account:a"]) {
      const { id } = await rooms.store.write((tx) =>
        server.operations.start(tx, by(subject), { kind: "test", input: {} }),
      );
      ids.unshift(id);
    }
    const theirs = await rooms.store.write((tx) =>
      server.operations.start(tx, rooms.theirs.by, { kind: "test", input: {} }),
    );
    const list = async (sight: Parameters<OperationService["list"]>[1], limit = 50) => {
      const found: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await server.operations.list(rooms.mine.id, sight, { limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      return found;
    };
    expect(await list("all")).toEqual(ids);
    expect(await list("all", 2)).toEqual(ids);
    expect(await list({ submittedBy: "account:a" }, 1)).toEqual([ids[0], ids[2]] as string[]);
    const shown = (id: string, sight: Parameters<OperationService["get"]>[2]) =>
      server.operations.get(rooms.mine.id, id, sight);
    expect(await shown(String(ids[0]), { submittedBy: "account:a" })).toMatchObject({
      submitted_by: "account:a",
    });
    for (const [id, sight] of [
      [ids[1], { submittedBy: "account:a" }],
      [theirs.id, "all"],
      ["no-such-id\0", "all"],
    ] as const) {
      await expect(shown(String(id), sight)).rejects.toMatchObject({ code: "not_found" });
    }
  });
});
