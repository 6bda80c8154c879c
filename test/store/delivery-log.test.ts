import { SQL } from "bun";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { Tables } from "../../db/schema.ts";
import type { LogQuery } from "../../src/deliveries/log.ts";
import {
  countUpTo,
  logPage,
  type LogRange,
  resendDelivery,
  scanEnd,
} from "../../src/deliveries/log-queries.ts";
import { deliveriesWithTerm, nextTerm, runBefore, termRun } from "../../src/deliveries/subject-queries.ts";
import { indexSubjects, subjectsOf } from "../../src/deliveries/subjects.ts";
import { Problem } from "../../src/problem.ts";
import { openStore } from "../../src/store/open.ts";
import type { Room } from "../../src/store/statement.ts";
import { SqliteConnection } from "../../src/store/sqlite/connection.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

type Row = Tables["deliveries"]["$inferSelect"];
type AttemptRow = Tables["attempts"]["$inferSelect"];

/** How many rows a page looks at in these tests. */
const SCAN = 10;
/** When the first delivery of a test was made. */
const START = Date.UTC(2026, 0, 1, 12);

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw error ?? new Error("nothing was thrown");
}

describe.each(databases)("the delivery log on %s", (kind) => {
  let rooms: Rooms;
  let receiver: string;
  /** Deliveries of this test, and of all. */
  let count: number;
  let all = 0;

  beforeAll(async () => {
    rooms = await makeRooms(kind, SCAN);
  });
  beforeEach(async () => {
    await rooms.renew();
    receiver = await makeReceiver();
    count = 0;
  });
  afterAll(() => rooms.close());

  const makeReceiver = async (tenant = rooms.mine) => {
    const body = { name: "r", url: "https://partner.example/", topics: ["*"] };
    return (await rooms.receivers.create(tenant.by, body, tenant.account.id)).id;
  };

  /** A delivery a second after the one before. */
  const row = (more: Partial<Row> = {}): Row => {
    const createdAt = more.createdAt ?? START + count++ * 1_000;
    const tail = (all++).toString(16).padStart(20, "0");
    return {
      id: `msg_${createdAt.toString(16).padStart(12, "0")}${tail}`,
      organisationId: rooms.mine.id,
      receiverId: receiver,
      topics: ["Trainings.Update"],
      status: "delivered",
      statusCode: 200,
      error: null,
      attempts: 1,
      createdAt,
      nextAttemptAt: null,
      node: null,
      scheduleFrom: 0,
      body: '{"changes":[]}',
      ...more,
    };
  };
  const insert = async (...rows: Row[]): Promise<string[]> => {
    await rooms.store.write(async (tx) => {
      await tx.query(({ db, t }) => db.insert(t.deliveries).values(rows));
      for (const { id, organisationId, topics, body } of rows) {
        const subjects = subjectsOf(body);
        await indexSubjects(tx, rooms.store.dialect, organisationId, [{ id, topics, subjects }]);
      }
    });
    return rows.map(({ id }) => id);
  };
  const attempt = (deliveryId: string, number: number, more: Partial<AttemptRow> = {}): AttemptRow => ({
    ...{ deliveryId, number, at: START + number, durationMs: 12, statusCode: 500 },
    ...{
      error: "status",
      detail: null,
      requestHeaders: { "webhook-timestamp": String(number) },
      responseBody: "no",
      address: "192.0.2.10",
    },
    ...more,
  });
  const insertAttempts = (rows: AttemptRow[]) =>
    rooms.store.write((tx) => tx.query(({ db, t }) => db.insert(t.attempts).values(rows)));

  /** The ids of each page, to the end. */
  const pages = async (query: Omit<LogQuery, "limit">, limit: number): Promise<string[][]> => {
    const all: string[][] = [];
    for (let cursor: string | undefined; ;) {
      const page = await rooms.log.list(rooms.mine.id, { ...query, limit, cursor });
      all.push(page.items.map(({ id }) => id));
      if (page.next_cursor === null) return all;
      if (all.length > 100) throw new Error("the pages do not end");
      cursor = page.next_cursor;
    }
  };
  const ids = async (query: Omit<LogQuery, "limit">): Promise<string[]> => (await pages(query, 4)).flat();

  test("shows a delivery with the fields of the contract", async () => {
    const nextAttemptAt = START + 5_000;
    const [id] = await insert(
      row({ status: "retrying", statusCode: 503, error: "status", attempts: 2, nextAttemptAt }),
    );
    expect(await rooms.log.list(rooms.mine.id, { limit: 50 })).toEqual({
      items: [
        {
          id: String(id),
          receiver_id: receiver,
          topics: ["Trainings.Update"],
          status: "retrying",
          status_code: 503,
          error: "status",
          attempts: 2,
          created_at: "2026-01-01T12:00:00.000Z",
          next_attempt_at: "2026-01-01T12:00:05.000Z",
        },
      ],
      next_cursor: null,
    });
  });

  test("shows no next attempt while one is under way or nothing is to come", async () => {
    const states = ["pending", "retrying", "delivering", "cancelled"] as const;
    await insert(...states.map((status) => row({ status, nextAttemptAt: START })));
    const { items } = await rooms.log.list(rooms.mine.id, { limit: 50 });
    const shown = items.map(({ status, next_attempt_at }) => [status, next_attempt_at !== null]);
    expect(Object.fromEntries(shown)).toEqual({
      pending: true,
      retrying: true,
      delivering: false,
      cancelled: false,
    });
  });

  test("is paged newest first, without a gap or a repetition while more comes in", async () => {
    const all = (await insert(...Array.from({ length: 7 }, () => row()))).reverse();
    const first = await rooms.log.list(rooms.mine.id, { limit: 3 });
    await insert(row());
    const second = await rooms.log.list(rooms.mine.id, { limit: 3, cursor: String(first.next_cursor) });
    const third = await rooms.log.list(rooms.mine.id, { limit: 3, cursor: String(second.next_cursor) });
    expect([first, second, third].map(({ items }) => items.map(({ id }) => id))).toEqual([
      all.slice(0, 3),
      all.slice(3, 6),
      all.slice(6),
    ]);
    expect(third.next_cursor).toBeNull();
  });

  test("has no next page when a page holds the last one", async () => {
    await insert(row(), row(), row());
    expect((await pages({}, 3)).map((page) => page.length)).toEqual([3]);
  });

  test("takes a cursor for the same filters only", async () => {
    await insert(row(), row(), row());
    const { next_cursor: next } = await rooms.log.list(rooms.mine.id, { limit: 1, status: "delivered" });
    for (const query of [{}, { status: "failed" as const }, { status: "delivered" as const, since: 1 }]) {
      const other = rooms.log.list(rooms.mine.id, { limit: 1, cursor: String(next), ...query });
      expect((await problemOf(other)).violations[0]?.field).toBe("cursor");
    }
  });

  describe("filtered", () => {
    test("by receiver, status and status code, alone and together", async () => {
      const other = await makeReceiver();
      const [ok, failed, retrying, others] = await insert(
        row(),
        row({ status: "failed", statusCode: 500 }),
        row({ status: "retrying", statusCode: null }),
        row({ receiverId: other, status: "failed", statusCode: 410 }),
      );
      expect(await ids({ receiver })).toEqual([retrying, failed, ok].map(String));
      expect(await ids({ receiver: other })).toEqual([String(others)]);
      expect(await ids({ status: "failed" })).toEqual([others, failed].map(String));
      expect(await ids({ statusCode: 500 })).toEqual([String(failed)]);
      expect(await ids({ receiver, status: "failed" })).toEqual([String(failed)]);
      expect(await ids({ receiver, status: "failed", statusCode: 410 })).toEqual([]);
      expect(await ids({ status: "failed", statusCode: 410 })).toEqual([String(others)]);
    });

    test("by topic, exactly or by its type", async () => {
      const [update, both, institutes] = await insert(
        row({ topics: ["Trainings.Update"] }),
        row({ topics: ["Institutes.Destroy", "Trainings.Destroy"] }),
        row({ topics: ["Institutes.Update"] }),
      );
      expect(await ids({ topic: "Trainings.Update" })).toEqual([String(update)]);
      expect(await ids({ topic: "Trainings.Destroy" })).toEqual([String(both)]);
      expect(await ids({ topic: "Trainings.*" })).toEqual([both, update].map(String));
      expect(await ids({ topic: "Institutes.*", receiver })).toEqual([institutes, both].map(String));
      expect(await ids({ topic: "*" })).toHaveLength(3);
    });

    test("by error class, alone and with a receiver", async () => {
      const other = await makeReceiver();
      const [, dns, status, others] = await insert(
        row(),
        row({ status: "retrying", statusCode: null, error: "dns" }),
        row({ status: "failed", statusCode: 404, error: "status" }),
        row({ receiverId: other, status: "failed", statusCode: null, error: "dns" }),
      );
      expect(await ids({ error: "dns" })).toEqual([others, dns].map(String));
      expect(await ids({ error: "dns", receiver })).toEqual([String(dns)]);
      expect(await ids({ error: "dns", receiver: other, status: "failed" })).toEqual([String(others)]);
      expect(await ids({ error: "status", statusCode: 404 })).toEqual([String(status)]);
      expect(await ids({ error: "status", statusCode: 500 })).toEqual([]);
    });

    /** A bundle of changes of these trainings. */
    const about = (...keys: number[]) => ({
      body: JSON.stringify({ changes: keys.map((id) => ({ action: "update", object: "training", id })) }),
    });

    test("by object, and by one of its kind, in its own form of id", async () => {
      const [both, one, institute] = await insert(
        row(about(7, -12)),
        row(about(7)),
        row({
          topics: ["Institutes.Update"],
          body: JSON.stringify({
            id: "msg_1",
            topic: "Institutes.Update",
            object: "institute",
            object_id: 7,
          }),
        }),
      );
      expect(await ids({ object: "training" })).toEqual([one, both].map(String));
      expect(await ids({ object: "training", objectId: "7" })).toEqual([one, both].map(String));
      expect(await ids({ object: "training", objectId: "-12" })).toEqual([String(both)]);
      expect(await ids({ object: "training", objectId: "8" })).toEqual([]);
      expect(await ids({ object: "institute", objectId: "7" })).toEqual([String(institute)]);
      expect(await ids({ object: "institute", topic: "Trainings.*" })).toEqual([]);
      expect(await ids({ object: "training", objectId: "7", topic: "Institutes.Update" })).toEqual([]);
      expect(await ids({ object: "training", objectId: "7", receiver, status: "delivered" })).toHaveLength(2);
      expect(await ids({ object: "training", objectId: "7", since: START + 1_000 })).toEqual([String(one)]);
    });

    test("by an object's id that does not fit, by one alone, or by no such object, is told so", async () => {
      const asked = (query: Partial<LogQuery>) =>
        problemOf(rooms.log.list(rooms.mine.id, { limit: 1, ...query }));
      expect((await asked({ object: "training", objectId: "x" })).violations[0]?.field).toBe("object_id");
      expect((await asked({ objectId: "7" })).violations[0]?.field).toBe("object_id");
      expect((await asked({ object: "course" })).violations[0]?.field).toBe("object");
    });

    test("by an object, finds all of them through many runs of the index, in pages of any size", async () => {
      // About 200 terms each: on SQLite every five begin a run.
      const bundles = Array.from({ length: 23 }, (_, index) =>
        row(about(7, ...Array.from({ length: 198 }, (_, other) => 1_000 * (index + 1) + other))),
      );
      const all = (await insert(...bundles)).reverse();
      for (const limit of [1, 4, 22, 23, 50]) {
        expect((await pages({ object: "training", objectId: "7" }, limit)).flat()).toEqual(all);
        expect((await pages({ topic: "Trainings.*" }, limit)).flat()).toEqual(all);
      }
      expect(await ids({ object: "training", objectId: "3100" })).toEqual([String(bundles[2]?.id)]);
      expect(await ids({ object: "training", objectId: "7", statusCode: 500 })).toEqual([]);
      const [since, until] = [START + 5_000, START + 15_000];
      expect(await ids({ object: "training", objectId: "7", since, until })).toEqual(all.slice(8, 18));
    });

    test("finds what took another's place where that was", async () => {
      const rows = Array.from({ length: 12 }, () =>
        row(about(7, ...Array.from({ length: 198 }, (_, other) => 9_000 + other))),
      );
      await insert(...rows);
      const before = rows[3];
      const successor = row({ ...about(7), createdAt: before?.createdAt ?? 0 });
      await insert(successor);
      const all = [...rows, successor]
        .map(({ id }) => id)
        .sort()
        .reverse();
      expect(await ids({ object: "training", objectId: "7" })).toEqual(all);
    });

    test.each(["trainings.update", "Trainings", "Update", "%", "Trainings_Update", '"', "", "\0"])(
      "by the topic %j, which is none, finds nothing",
      async (topic) => {
        await insert(row());
        expect(await ids({ topic })).toEqual([]);
      },
    );

    test("by time: since is included, until is not", async () => {
      const all = await insert(row(), row(), row(), row());
      const at = (index: number) => START + index * 1_000;
      expect(await ids({ since: at(2) })).toEqual([all[3], all[2]].map(String));
      expect(await ids({ until: at(2) })).toEqual([all[1], all[0]].map(String));
      expect(await ids({ since: at(1), until: at(3) })).toEqual([all[2], all[1]].map(String));
      expect(await ids({ since: at(1) + 1, until: at(2), receiver })).toEqual([]);
      expect(await ids({ since: at(3), until: at(1) })).toEqual([]);
    });

    test("by times outside of what an id can hold, is everything or nothing", async () => {
      await insert(row());
      expect(await ids({ since: -8.64e15, until: 8.64e15 })).toHaveLength(1);
      expect(await ids({ since: 8.64e15 })).toEqual([]);
      expect(await ids({ until: -8.64e15 })).toEqual([]);
    });

    test("by what is rare, looks at a bounded part for each page and goes on from there", async () => {
      const rare = row();
      const failed = { status: "failed", statusCode: 500, error: "status" } as const;
      await insert(rare, ...Array.from({ length: 2 * SCAN + 4 }, () => row(failed)));
      expect(await pages({ status: "delivered" }, 4)).toEqual([[], [], [rare.id]]);
      expect(await pages({ topic: "Trainings.*", status: "delivered" }, 4)).toContainEqual([rare.id]);
    });

    test("whose last part ends exactly where the log ends, ends there", async () => {
      await insert(...Array.from({ length: SCAN }, () => row()));
      expect((await pages({ statusCode: 204 }, 4)).flat()).toEqual([]);
      expect((await pages({ statusCode: 200 }, SCAN)).flat()).toHaveLength(SCAN);
    });
  });

  describe("one delivery", () => {
    test("has its body, the last attempt's headers and every attempt", async () => {
      const [id = ""] = await insert(row({ body: '{"x":"é"}', status: "retrying", attempts: 2 }));
      const failed = {
        statusCode: null,
        error: "connect",
        detail: "refused",
        address: null,
        responseBody: null,
      };
      await insertAttempts([attempt(id, 2), attempt(id, 1, failed)]);
      const shown = await rooms.log.get(rooms.mine.id, id);
      expect(shown).toMatchObject({ id, status: "retrying", request_body: '{"x":"é"}' });
      expect(shown.request_headers).toEqual({ "webhook-timestamp": "2" });
      expect(shown.attempts).toEqual([
        {
          ...{ number: 1, at: "2026-01-01T12:00:00.001Z", duration_ms: 12, status_code: null },
          ...{ error: "connect", detail: "refused", address: null, response_body: null },
        },
        {
          ...{ number: 2, at: "2026-01-01T12:00:00.002Z", duration_ms: 12, status_code: 500 },
          ...{ error: "status", detail: null, address: "192.0.2.10", response_body: "no" },
        },
      ]);
    });

    test("that was tried for very long shows the newest hundred attempts", async () => {
      const [id = ""] = await insert(row({ attempts: 130 }));
      await insertAttempts(Array.from({ length: 130 }, (_, index) => attempt(id, index + 1)));
      const { attempts } = await rooms.log.get(rooms.mine.id, id);
      expect(attempts.map(({ number }) => number)).toEqual(
        Array.from({ length: 100 }, (_, index) => index + 31),
      );
    });

    test("that was not tried yet has no headers and no attempts", async () => {
      const [id = ""] = await insert(row({ status: "pending", attempts: 0 }));
      expect(await rooms.log.get(rooms.mine.id, id)).toMatchObject({ request_headers: {}, attempts: [] });
    });

    test.each(["nonesuch", "", "msg_", `msg_${"0".repeat(32)}`, "\0"])("%j is not there", async (id) => {
      expect((await problemOf(rooms.log.get(rooms.mine.id, id))).code).toBe("not_found");
    });
  });

  test("of another organisation is not there, whatever is asked", async () => {
    const theirs = await makeReceiver(rooms.theirs);
    const foreign = row({
      organisationId: rooms.theirs.id,
      receiverId: theirs,
      topics: ["Institutes.Update"],
    });
    await insert(foreign, ...Array.from({ length: 2 * SCAN }, () => row({ ...foreign, id: row().id })));
    const empty = { items: [], next_cursor: null };
    const filters = [
      {},
      { receiver: theirs },
      { status: "delivered" as const },
      { topic: "Trainings.Update" },
    ];
    for (const query of [
      ...filters,
      { receiver: theirs, topic: "Trainings.Update" },
      { receiver: "nonesuch" },
    ]) {
      expect(await rooms.log.list(rooms.mine.id, { limit: 5, ...query })).toEqual(empty);
    }
    expect((await problemOf(rooms.log.get(rooms.mine.id, foreign.id))).code).toBe("not_found");
    expect((await problemOf(rooms.log.resend(rooms.mine.by, foreign.id))).code).toBe("not_found");
    expect((await rooms.log.get(rooms.theirs.id, foreign.id)).status).toBe("delivered");
  });

  describe("a resend", () => {
    const stored = async (id: string) => {
      const [found] = await rooms.store
        .read((reader) => reader.query(({ db, t }) => db.select().from(t.deliveries)))
        .then((all) => all.filter((one) => one.id === id));
      return found;
    };

    test.each(["failed", "delivered", "cancelled", "retrying", "pending"] as const)(
      "of one that is %s makes it due now with a fresh schedule, and leaves id, body and attempts",
      async (status) => {
        const old = row({
          status,
          attempts: 4,
          scheduleFrom: 0,
          nextAttemptAt: status === "retrying" ? 9e12 : null,
        });
        await insert(old);
        const answer = await rooms.log.resend(rooms.mine.by, old.id);
        const now = rooms.clock.now();
        expect(answer).toMatchObject({ id: old.id, status: "pending", attempts: 4 });
        expect(answer.next_attempt_at).toBe(new Date(now).toISOString());
        expect(await stored(old.id)).toEqual({
          ...old,
          status: "pending",
          nextAttemptAt: now,
          scheduleFrom: 4,
        });
      },
    );

    test("is refused while it is being delivered", async () => {
      const busy = row({ status: "delivering", nextAttemptAt: 9e12 });
      await insert(busy);
      expect((await problemOf(rooms.log.resend(rooms.mine.by, busy.id))).code).toBe("conflict");
      expect(await stored(busy.id)).toEqual(busy);
    });

    test.each(["disabled", "deleted"] as const)("to a receiver that is %s is refused", async (standing) => {
      const failed = row({ status: "failed" });
      await insert(failed);
      if (standing === "deleted") await rooms.receivers.remove(rooms.mine.by, receiver);
      else await rooms.receivers.disable(rooms.mine.by, receiver);
      const problem = await problemOf(rooms.log.resend(rooms.mine.by, failed.id));
      expect(problem.code).toBe("conflict");
      expect(problem.message).toContain(standing);
      expect(await stored(failed.id)).toEqual(failed);
    });

    test("from another process holds off its receiver's removal, which then cancels it", async () => {
      const failed = row({ status: "failed" });
      await insert(failed);
      const other = await openStore(rooms.database.options, rooms.clock);
      const holds = Promise.withResolvers<void>();
      const removed = Promise.withResolvers<void>();
      try {
        const resend = other.write(async (tx) => {
          await rooms.receivers.hold(tx, rooms.mine.id, receiver);
          holds.resolve();
          await removed.promise;
          await tx.run(resendDelivery, { id: failed.id, now: 1 });
        });
        await holds.promise;
        const removal = rooms.receivers.remove(rooms.mine.by, receiver);
        // Were the receiver not held, it would be removed by now, and the delivery due for nobody.
        await Promise.race([removal, Bun.sleep(250)]);
        removed.resolve();
        await Promise.all([resend, removal]);
        expect(await stored(failed.id)).toMatchObject({ status: "cancelled", nextAttemptAt: null });
      } finally {
        await other.close();
      }
    });
  });
});

describe.each(databases)("on %s", (kind) => {
  let rooms: Rooms;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    // Enough of everything that a planner has reasons to prefer an index.
    const receivers = ["a", "b", "c", "d"];
    for (let part = 0; part < 20; part++) {
      await rooms.store.write(async (tx) => {
        const rows: Row[] = Array.from({ length: 200 }, (_, index) => {
          const n = part * 200 + index;
          const failed = n % 20 === 0;
          return {
            ...{
              id: `msg_${n.toString(16).padStart(12, "0")}${"0".repeat(20)}`,
              organisationId: 1 + (n % 3),
            },
            ...{
              receiverId: receivers[n % 4] ?? "",
              topics: ["Trainings.Update"],
              attempts: 1,
              createdAt: n,
            },
            ...{ status: failed ? "failed" : "delivered", statusCode: failed ? 500 : 200 },
            ...{ error: failed ? "status" : null, nextAttemptAt: null, scheduleFrom: 0, body: "{}" },
            node: null,
          } satisfies Row;
        });
        await tx.query(({ db, t }) => db.insert(t.deliveries).values(rows));
        const subjects = [{ object: "training", key: `a${part}` }];
        const deliveries = rows.map(({ id, topics }) => ({ id, topics, subjects }));
        await indexSubjects(tx, rooms.store.dialect, 1 + (part % 3), deliveries);
      });
    }
  });
  afterAll(() => rooms.close());

  /** How the database would answer. */
  const plan = async (builds: ((room: Room) => { toSQL(): { sql: string; params: unknown[] } })[]) => {
    const { options } = rooms.database;
    const details: string[] = [];
    const compiled = await rooms.store.read((reader) =>
      reader.query((room) => Promise.resolve(builds.map((build) => build(room).toSQL()))),
    );
    if (options.kind === "sqlite") {
      const connection = new SqliteConnection(options.path, "read");
      for (const { sql, params } of compiled) {
        const rows = connection.raw.prepare<{ detail: string }, never[]>(`explain query plan ${sql}`);
        details.push(...rows.all(...(params as never[])).map(({ detail }) => detail));
      }
      connection.close();
    } else {
      const client = new SQL(options.url, { max: 1 });
      await client.unsafe("analyze");
      for (const { sql, params } of compiled) {
        const rows: { "QUERY PLAN": string }[] = await client.unsafe(`explain ${sql}`, params as never[]);
        details.push(...rows.map((row) => row["QUERY PLAN"]));
      }
      await client.close();
    }
    return details.join("\n");
  };
  const indexes = (text: string) =>
    [...text.matchAll(/(?:INDEX|using) (deliver\w+_\w+)/g)].map(([, name]) => name);
  const scans = /SCAN (TABLE )?deliver|TEMP B-TREE|Seq Scan|Sort/;

  const ranges: [string, Partial<LogRange>, string][] = [
    ["everything", {}, "deliveries_by_organisation"],
    ["a status", { by: { status: "failed" } }, "deliveries_by_status"],
    ["a status code", { by: { statusCode: 500 } }, "deliveries_by_status_code"],
    ["an error class", { by: { error: "status" } }, "deliveries_by_error"],
    ["a receiver", { by: { receiverId: "a" } }, "deliveries_by_receiver"],
  ];
  test.each(ranges)(
    "a page of %s is one stretch of its index, with nothing to sort",
    async (_, more, index) => {
      const range: LogRange = { organisationId: 1, from: "msg_0", to: "msg_f", ...more };
      for (const residual of [{}, { topics: ["Trainings."], status: "failed" as const }]) {
        const text = await plan([logPage(range, residual, 5, 10), scanEnd(range, 10), countUpTo(range, 10)]);
        expect(indexes(text)).toEqual([index, index, index]);
        expect(text).not.toMatch(scans);
      }
    },
  );

  test("the deliveries of a topic or an object are one stretch of the terms' key, and so is the way to it", async () => {
    const values = {
      organisationId: 1,
      run: 0,
      time: 0,
      term: "t",
      after: "a",
      before: "b",
      from: "m",
      to: "n",
      limit: 5,
    };
    const statements = [deliveriesWithTerm, termRun, runBefore, nextTerm];
    const builds = statements.map(({ build }) => (room: Room) => {
      const query = build(room) as unknown as { toSQL(): { sql: string; params: unknown[] } };
      const { sql, params } = query.toSQL();
      const filled = params.map((value) => {
        const name = typeof value === "object" && value !== null && "name" in value ? String(value.name) : "";
        return name in values ? values[name as keyof typeof values] : value;
      });
      return { toSQL: () => ({ sql, params: filled }) };
    });
    const text = await plan(builds);
    expect(text).not.toMatch(scans);
    expect(text).not.toMatch(/SCAN delivery_terms(?! USING)/);
    if (kind === "postgres") expect(indexes(text)).toHaveLength(4);
  });
});
