import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { eq } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { indexSubjects, subjectsOf } from "../../src/deliveries/subjects.ts";
import type { ShownOperation } from "../../src/operations/operation.ts";
import { Resends } from "../../src/operations/resend.ts";
import { OperationRunner } from "../../src/operations/runner.ts";
import { OperationService } from "../../src/operations/service.ts";
import { TypeRegistry } from "../../src/records/types.ts";
import { databases } from "./databases.ts";
import { until } from "./nodes.ts";
import { makeRooms, type Rooms, type Tenant } from "./rooms.ts";

type Row = Tables["deliveries"]["$inferSelect"];

/** When the first delivery of a test was made. */
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
/** Rows of a slice in these tests. */
const SLICE = 4;

const type = (name: string, object: string) => ({
  ...{
    name,
    object,
    key: "integer" as const,
    schema: { type: "object" },
    parent: null,
    public: [],
    filters: [],
  },
  description: "",
});

describe.each(databases)("sending again by the many on %s", (kind) => {
  let rooms: Rooms;
  let receiver: string;
  let count = 0;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(async () => {
    await rooms.renew();
    receiver = await makeReceiver();
    rooms.clock.advance(START + 100 * HOUR - rooms.clock.now());
    count = 0;
  });
  afterAll(() => rooms.close());

  const makeReceiver = async (tenant: Tenant = rooms.mine) => {
    const body = { name: "r", url: "https://partner.example/", topics: ["*"] };
    return (await rooms.receivers.create(tenant.by, body, tenant.account.id)).id;
  };

  /** A delivery an hour after the one before. */
  const make = async (more: Partial<Row> = {}): Promise<string> => {
    const createdAt = more.createdAt ?? START + count++ * HOUR;
    const id = `msg_${createdAt.toString(16).padStart(12, "0")}${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
    const row: Row = {
      ...{ id, organisationId: rooms.mine.id, receiverId: receiver, topics: ["Trainings.Update"] },
      ...{ status: "failed", statusCode: 500, error: "status", attempts: 5, createdAt },
      ...{ nextAttemptAt: null, node: null, scheduleFrom: 0, body: '{"changes":[]}' },
      ...more,
    };
    await rooms.store.write(async (tx) => {
      await tx.query(({ db, t }) => db.insert(t.deliveries).values(row));
      const subjects = subjectsOf(row.body);
      await indexSubjects(tx, rooms.store.dialect, row.organisationId, [
        { id, topics: row.topics, subjects },
      ]);
    });
    return id;
  };
  const makeMany = async (number: number, more?: Partial<Row>) => {
    const ids: string[] = [];
    for (let i = 0; i < number; i++) ids.push(await make(more));
    return ids;
  };

  /** Those that are due, in the order in which they will be sent. */
  const due = async () => {
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db.select().from(t.deliveries).orderBy(t.deliveries.nextAttemptAt, t.deliveries.id),
      ),
    );
    const mine = rows.filter(
      ({ status, organisationId }) => status === "pending" && organisationId === rooms.mine.id,
    );
    for (const { scheduleFrom, attempts } of mine) expect(scheduleFrom).toBe(attempts);
    return mine.map(({ id }) => id);
  };

  const server = (nudge: (receiverId: string) => void = () => {}) => {
    const { store, clock, receivers } = rooms;
    const audit = new AuditLog({ store, clock });
    const operations = new OperationService({ store, clock, audit });
    const types = new TypeRegistry({
      trainings: type("trainings", "training"),
      institutes: type("institutes", "institute"),
    });
    const resends = new Resends({ store, clock, operations, receivers, types, nudge, slice: SLICE });
    const errors: unknown[] = [];
    const log = { error: (_: string, fields?: unknown) => void errors.push(fields) };
    return {
      resends,
      operations,
      errors,
      runner: new OperationRunner({ store, clock, operations, log }),
    };
  };

  const ended = async (operations: OperationService, id: string): Promise<ShownOperation> => {
    const get = () => operations.get(rooms.mine.id, id, "all");
    await until("the operation ends", async () => (await get()).status !== "IN_PROGRESS");
    return await get();
  };

  /** Does what is asked for to its end. */
  const run = async (ask: (resends: Resends) => Promise<ShownOperation>): Promise<ShownOperation> => {
    const { resends, operations, runner, errors } = server();
    await runner.start();
    try {
      return await ended(operations, (await ask(resends)).id);
    } finally {
      await runner.stop();
      expect(errors).toEqual([]);
    }
  };

  const recover = (body: Record<string, unknown>, id = receiver) =>
    run((resends) => resends.recover(rooms.mine.by, id, body));
  const resend = (body: Record<string, unknown>) => run((resends) => resends.resend(rooms.mine.by, body));

  const at = (hours: number) => new Date(START + hours * HOUR).toISOString();

  test("recovers what failed in a time, oldest first, with a fresh budget", async () => {
    const failed = await makeMany(11);
    const delivered = await make({ status: "delivered", statusCode: 204, error: null });
    const [late] = await makeMany(1);
    const operation = await recover({ since: at(2), until: at(12) });
    expect(operation).toMatchObject({
      ...{ kind: "receivers.recover", status: "SUCCESS", message: "9 deliveries are due again." },
      ...{ progress: { done: 9, total: 9 }, result: { resent: 9, skipped: 0 } },
      ...{ resource_type: "receiver", resource_name: receiver, submitted_by: "shell" },
    });
    expect(await due()).toEqual(failed.slice(2));
    expect(await due()).not.toContain(delivered);
    expect(await due()).not.toContain(String(late));
  });

  test("recovers once: a second time finds nothing, unless it has failed again", async () => {
    await makeMany(3);
    expect(await recover({ since: at(0) })).toMatchObject({ result: { resent: 3 } });
    expect(await recover({ since: at(0) })).toMatchObject({
      result: { resent: 0 },
      progress: { done: 0, total: 0 },
    });
  });

  test("recovers what has another status, where that is asked for", async () => {
    await make();
    const retrying = await make({ status: "retrying", nextAttemptAt: START + 1_000 * HOUR });
    expect(await recover({ since: at(0), status: "retrying" })).toMatchObject({ result: { resent: 1 } });
    expect(await due()).toEqual([retrying]);
  });

  test("leaves alone what is another receiver's, another organisation's, or under way", async () => {
    await make({ receiverId: await makeReceiver() });
    const theirs = await makeReceiver(rooms.theirs);
    await make({ receiverId: theirs, organisationId: rooms.theirs.id });
    await make({ status: "delivering", nextAttemptAt: START + 1_000 * HOUR });
    expect(await recover({ since: at(0) })).toMatchObject({ result: { resent: 0 } });
    expect(await resend({ receiver: theirs })).toMatchObject({ result: { resent: 0 } });
    await expect(recover({ since: at(0) }, theirs)).rejects.toMatchObject({ code: "not_found" });
  });

  test("refuses a receiver that is disabled or removed, and input that is not right", async () => {
    await rooms.receivers.disable(rooms.mine.by, receiver);
    await expect(recover({ since: at(0) })).rejects.toMatchObject({ code: "conflict" });
    await rooms.receivers.remove(rooms.mine.by, receiver);
    await expect(recover({ since: at(0) })).rejects.toMatchObject({ code: "not_found" });
    receiver = await makeReceiver();
    for (const body of [
      {},
      { since: "yesterday" },
      { since: at(2), until: at(1) },
      { since: at(0), status: "delivering" },
      { since: at(0), other: 1 },
    ]) {
      await expect(recover(body)).rejects.toMatchObject({ code: "invalid" });
    }
    for (const body of [
      {},
      { object_id: 1 },
      { object: "nothing" },
      { object: "training", object_id: "x" },
      { status: "pending" },
    ]) {
      await expect(resend(body)).rejects.toMatchObject({ code: "invalid" });
    }
  });

  test("goes on where it was after a stop: nothing is sent again twice, nothing left out", async () => {
    const ids = await makeMany(5 * SLICE + 1);
    const stopped = Promise.withResolvers<void>();
    let slices = 0;
    const first = server(() => {
      if (++slices === 2) stopped.resolve(first.runner.stop());
    });
    await first.runner.start();
    const { id } = await first.resends.recover(rooms.mine.by, receiver, { since: at(0) });
    await stopped.promise;
    const half = await first.operations.get(rooms.mine.id, id, "all");
    expect(half).toMatchObject({ status: "IN_PROGRESS", progress: { total: ids.length } });
    expect(half.progress.done).toBeLessThan(ids.length);
    const before = await due();
    expect(before).toEqual(ids.slice(0, half.progress.done));
    // What was sent meanwhile and has failed once more is not this operation's any more.
    await rooms.store.write((tx) =>
      tx.query(({ db, t }) =>
        db.update(t.deliveries).set({ status: "failed", nextAttemptAt: null, attempts: 6 }),
      ),
    );
    const second = server();
    await second.runner.start();
    expect(await ended(second.operations, id)).toMatchObject({
      ...{
        status: "SUCCESS",
        progress: { done: ids.length, total: ids.length },
        result: { resent: ids.length },
      },
    });
    expect(await due()).toEqual(ids.slice(before.length));
    await second.runner.stop();
  });

  test("tells the dispatcher of each receiver that has something to be sent, after it is stored", async () => {
    const other = await makeReceiver();
    await makeMany(3);
    await makeMany(2, { receiverId: other });
    const nudged = new Set<string>();
    const { resends, runner, operations } = server((id) => void nudged.add(id));
    await runner.start();
    await ended(operations, (await resends.resend(rooms.mine.by, { status: "failed" })).id);
    expect(nudged).toEqual(new Set([receiver, other]));
    await runner.stop();
  });

  test("finds by each of the log's filters, and by all of them together", async () => {
    const about = (id: number, object = "training") =>
      `{"changes":[{"action":"update","object":"${object}","id":${id}}]}`;
    const made = {
      plain: await make({ body: about(1) }),
      destroyed: await make({ topics: ["Trainings.Destroy"], body: about(2) }),
      institute: await make({ topics: ["Institutes.Update"], body: about(1, "institute") }),
      timeout: await make({ error: "timeout", statusCode: null, body: about(2) }),
      delivered: await make({ status: "delivered", error: null, statusCode: 204, body: about(1) }),
      cancelled: await make({ status: "cancelled", error: "rights", statusCode: null, body: about(3) }),
      other: await make({ receiverId: await makeReceiver(), statusCode: 503, body: about(3) }),
    };
    const found = async (body: Record<string, unknown>) => {
      const before = await rooms.store.read((reader) =>
        reader.query(({ db, t }) => db.select().from(t.deliveries)),
      );
      await resend(body);
      const ids = await due();
      for (const row of before) {
        await rooms.store.write((tx) =>
          tx.query(({ db, t }) => db.update(t.deliveries).set(row).where(eq(t.deliveries.id, row.id))),
        );
      }
      return Object.entries(made).flatMap(([name, id]) => (ids.includes(id) ? [name] : []));
    };
    expect(await found({ topic: "Trainings.Destroy" })).toEqual(["destroyed"]);
    expect(await found({ topic: "Institutes.*" })).toEqual(["institute"]);
    expect(await found({ topic: "*" })).toEqual(Object.keys(made));
    expect(await found({ object: "institute" })).toEqual(["institute"]);
    expect(await found({ object: "training", object_id: 2 })).toEqual(["destroyed", "timeout"]);
    expect(await found({ object: "training", object_id: "3", status: "cancelled" })).toEqual(["cancelled"]);
    expect(await found({ status: "delivered" })).toEqual(["delivered"]);
    expect(await found({ status_code: 503 })).toEqual(["other"]);
    expect(await found({ error: "timeout" })).toEqual(["timeout"]);
    expect(
      await found({ receiver, status: "failed", topic: "Trainings.*", since: at(1), until: at(3) }),
    ).toEqual(["destroyed"]);
    expect(await found({ receiver: "no-such-receiver" })).toEqual([]);
  });

  test("passes over receivers that are disabled, and says so", async () => {
    const off = await makeReceiver();
    await rooms.receivers.disable(rooms.mine.by, off);
    await makeMany(2, { receiverId: off });
    await make();
    expect(await resend({ status: "failed" })).toMatchObject({
      ...{ status: "SUCCESS", result: { resent: 1, skipped: 2 }, progress: { done: 3, total: 3 } },
    });
  });
});
