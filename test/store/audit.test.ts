/** The audit log's chain on both databases: written by several servers at once, altered, pruned. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import type { Tables } from "../../db/schema.ts";
import { type Author, shell } from "../../src/audit/entry.ts";
import { AuditReader } from "../../src/audit/list.ts";
import { AuditRetention } from "../../src/audit/retention.ts";
import { AuditLog, PRUNE_CHUNK } from "../../src/audit/service.ts";
import { AuditVerifier } from "../../src/audit/verify.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { type Clock, ManualClock } from "../../src/clock.ts";
import { createLogger } from "../../src/log.ts";
import { openStore } from "../../src/store/open.ts";
import { SEVERAL } from "../../src/store/many.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

type Row = Tables["auditEvents"]["$inferSelect"];

/** An organisation of a test's own: nothing else is in its chain. */
let organisation = 1_000;

describe.each(databases)("the audit log on %s", (kind) => {
  let rooms: Rooms;
  let by: Author;
  let verifier: AuditVerifier;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    verifier = new AuditVerifier(rooms);
  });
  afterAll(() => rooms.close());
  beforeEach(() => {
    by = shell(++organisation);
  });

  const record = (action: string, author = by, { audit, store }: { audit: AuditLog; store: Store } = rooms) =>
    store.write(async (tx) => audit.record(tx, author, { action, outcome: "success", detail: { n: 1 } }));
  const rows = (): Promise<Row[]> =>
    rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db
          .select()
          .from(t.auditEvents)
          .where(sql`organisation_id = ${organisation}`)
          .orderBy(t.auditEvents.sequence),
      ),
    );
  const tamper = (statement: string) =>
    rooms.store.write((tx) => tx.query(async ({ db }) => void (await db.run(sql.raw(statement)))));
  /** Statements in SQL run by drizzle's `run` on SQLite and by `execute` on PostgreSQL. */
  const alter = (statement: string) =>
    kind === "sqlite"
      ? tamper(statement)
      : rooms.store.write((tx) =>
          tx.query(async ({ db }) => {
            await (db as unknown as { execute(query: unknown): Promise<unknown> }).execute(
              sql.raw(statement),
            );
          }),
        );

  test("gives events their places in the order of their commits", async () => {
    await record("a");
    await Promise.all(["b", "c", "d"].map((action) => record(action)));
    const all = await rows();
    expect(all.map(({ sequence, action }) => [sequence, action])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, "d"],
    ]);
    expect(await verifier.verify(organisation)).toMatchObject({ events: 4, broken: null });
  });

  test("is the same whether few or many share a transaction", async () => {
    const same = {
      client: "acc_1",
      actor: 'user:åsa "a"',
      outcome: "denied",
      address: "::1",
      requestId: "r",
    } as const;
    const { client, actor, outcome, ...origin } = same;
    const author = { ...by, client, actor, origin };
    const names = Array.from({ length: 2 * SEVERAL + 3 }, (_, n) => `n${n}`);
    await rooms.store.write(async (tx) => {
      for (const action of names)
        rooms.audit.record(tx, author, { action, outcome, target: `t:${action}`, detail: { action } });
    });
    const whole = {
      ...{ organisationId: organisation, at: rooms.clock.now(), subject: by.subject },
      ...same,
    };
    expect(await rows()).toEqual(
      names.map((action, index) => ({
        ...{ ...whole, sequence: index + 1, action, target: `t:${action}` },
        ...{ detail: JSON.stringify({ action }), hash: expect.any(String) },
      })),
    );
    expect(await verifier.verify(organisation)).toMatchObject({ events: names.length, broken: null });
  });

  test("has nothing of a write that failed, and no gap where it would have been", async () => {
    await record("a");
    const failing = rooms.store.write(async (tx) => {
      rooms.audit.record(tx, by, { action: "b", outcome: "success" });
      throw new Error("no");
    });
    const [failed] = await Promise.allSettled([failing, record("c")]);
    expect(failed.status).toBe("rejected");
    expect((await rows()).map(({ sequence, action }) => [sequence, action])).toEqual([
      [1, "a"],
      [2, "c"],
    ]);
  });

  test.each([
    ["with changes beside them", true],
    ["alone", false],
  ])("is one chain whichever servers write it, and none waits for another crosswise: %s", async (_, fed) => {
    const other = await openStore(rooms.database.options, rooms.clock);
    try {
      const nodes = [
        { ...rooms },
        {
          store: other,
          feed: new ChangeFeed(other),
          audit: new AuditLog({ store: other, clock: rooms.clock }),
        },
      ];
      const tenants = [rooms.mine, rooms.theirs];
      const before = await Promise.all(tenants.map(({ id }) => verifier.verify(id)));
      const change = (organisationId: number, key: string) => ({
        ...{ organisationId, key, topic: "Trainings.Update", object: "training", action: "update" as const },
        ...{ at: 1, subject: null, actor: null },
      });
      const writes = Array.from({ length: 300 }, (_, i) => {
        const { store, feed, audit } = nodes[i % 2] ?? rooms;
        return store.write(async (tx) => {
          // Every order of organisations, and of feed and log, in one transaction.
          const order = i % 2 === 0 ? tenants : tenants.toReversed();
          for (const tenant of order) {
            const event = { action: "push", outcome: "success" } as const;
            if (i % 3 === 0) audit.record(tx, tenant.by, event);
            if (fed) feed.record(tx, change(tenant.id, `k${i % 7}`));
            if (i % 3 !== 0) audit.record(tx, tenant.by, event);
          }
          // A round trip in between, so that transactions overlap.
          await feed.head(tx, rooms.mine.id);
        });
      });
      await Promise.all(writes);
      for (const [index, { id }] of tenants.entries()) {
        const report = await verifier.verify(id);
        expect(report.broken).toBeNull();
        expect(report.events - (before[index]?.events ?? 0)).toBe(300);
      }
      if (kind === "postgres") expect(await deadlocks()).toBe(0);
    } finally {
      await other.close();
    }
  });

  const deadlocks = () =>
    rooms.store.read((reader) =>
      reader.query(async ({ db }) => {
        const execute = (query: ReturnType<typeof sql.raw>): Promise<{ deadlocks: string }[]> =>
          (db as unknown as { execute: typeof execute }).execute(query);
        await execute(sql.raw("select pg_stat_force_next_flush()"));
        const [row] = await execute(
          sql.raw("select deadlocks from pg_stat_database where datname = current_database()"),
        );
        return Number(row?.deadlocks);
      }),
    );

  test("is whole whatever text is in it", async () => {
    const odd = 'a\u0000b\ud800"\\\u001b 😀 å \u2028';
    const author = {
      ...by,
      subject: odd,
      actor: odd,
      client: odd,
      origin: { address: "::1", requestId: odd },
    };
    await rooms.store.write(async (tx) =>
      rooms.audit.record(tx, author, {
        action: "odd",
        outcome: "denied",
        target: odd,
        detail: { [odd]: [odd, 0.1, -0, 1e21, { z: null, a: odd }] },
      }),
    );
    expect(await verifier.verify(organisation)).toMatchObject({ events: 1, broken: null });
    const { items } = await new AuditReader(rooms).list(organisation, { limit: 10 });
    expect(items[0]?.subject).toBe('a\ufffdb\ufffd"\\\ufffd 😀 å \u2028');
  });

  describe("tells which event is not what was written", () => {
    beforeEach(async () => {
      for (const action of ["a", "b", "c", "d", "e"]) await record(action);
    });
    const at = (sequence: number) => `organisation_id = ${organisation} and sequence = ${sequence}`;
    const brokenAt = async (sequence: number, reason: string) =>
      expect((await verifier.verify(organisation)).broken).toEqual({ sequence, reason });

    test.each([
      "at = at + 1",
      "action = 'x'",
      "outcome = 'denied'",
      "subject = null",
      "actor = 'account:x'",
      "client = 'x'",
      "target = 'x'",
      "address = 'x'",
      "request_id = 'x'",
      "detail = '{\"n\":2}'",
      "detail = 'not JSON'",
      "at = 9999999999999999",
      "hash = 'x'",
    ])("when %s", async (change) => {
      await alter(`update audit_events set ${change} where ${at(3)}`);
      await brokenAt(3, "it was changed");
    });

    test("when it is gone: the first, one between, the last", async () => {
      await alter(`delete from audit_events where ${at(5)}`);
      await brokenAt(5, "it is missing");
      await alter(`delete from audit_events where ${at(2)}`);
      await brokenAt(2, "it is missing");
      await alter(`delete from audit_events where ${at(1)}`);
      await brokenAt(1, "it is missing");
    });

    test("when it was made anew with a hash that fits: the next one does not", async () => {
      await alter(
        `update audit_events set subject = 'user:x', hash = (select hash from audit_events where ${at(1)}) where ${at(2)}`,
      );
      await brokenAt(2, "it was changed");
    });

    test("when the chain's end was cut off together with its head: by what was noted before", async () => {
      const { last } = await verifier.verify(organisation);
      const [fourth] = (await rows()).slice(3);
      await alter(`delete from audit_events where ${at(5)}`);
      await alter(
        `update audit_heads set sequence = 4, hash = '${fourth?.hash}' where organisation_id = ${organisation}`,
      );
      expect((await verifier.verify(organisation)).broken).toBeNull();
      expect((await verifier.verify(organisation, last)).broken).toEqual({
        sequence: 5,
        reason: "the chain ends before the event that was noted",
      });
    });

    test("when another stands where one was noted", async () => {
      const { last } = await verifier.verify(organisation);
      expect((await verifier.verify(organisation, last)).broken).toBeNull();
      const noted = { sequence: 3, hash: last.hash };
      expect((await verifier.verify(organisation, noted)).broken?.sequence).toBe(3);
    });

    test("when it was added past the chain's head, and when the head is another", async () => {
      await alter(
        `update audit_heads set sequence = 4, hash = (select hash from audit_events where ${at(4)}) where organisation_id = ${organisation}`,
      );
      await brokenAt(5, "it lies beyond the chain's head");
      await alter(`update audit_heads set sequence = 5 where organisation_id = ${organisation}`);
      await brokenAt(5, "the chain's head is another");
      await alter(`delete from audit_heads where organisation_id = ${organisation}`);
      await brokenAt(1, "it lies beyond the chain's head");
    });

    test("when it is another organisation's", async () => {
      const mine = organisation;
      const theirs = ++organisation;
      for (const table of ["audit_events", "audit_heads"]) {
        await alter(`update ${table} set organisation_id = ${theirs} where organisation_id = ${mine}`);
      }
      await brokenAt(1, "the chain does not begin as this organisation's does");
    });
  });

  describe("keeps events for so long", () => {
    const DAY = 86_400_000;
    const retention = 30 * DAY;
    let clock: ManualClock;
    let audit: AuditLog;

    beforeEach(() => {
      clock = new ManualClock();
      audit = new AuditLog({ store: rooms.store, clock });
    });

    const write = (count: number) =>
      Promise.all(Array.from({ length: count }, () => record("x", by, { ...rooms, audit })));
    const verified = async () => {
      const { events, anchor, broken } = await verifier.verify(organisation);
      return { events, anchor: anchor.sequence, broken };
    };

    test("in chunks from the oldest on, with the chain's anchor moved along", async () => {
      await write(PRUNE_CHUNK + 10);
      clock.advance(DAY);
      await write(5);
      const [fifth] = (await rows()).slice(PRUNE_CHUNK - 1);
      expect(await audit.prune(organisation, clock.now())).toBe(PRUNE_CHUNK);
      expect(await verified()).toEqual({ events: 15, anchor: PRUNE_CHUNK, broken: null });
      expect((await verifier.verify(organisation)).anchor.hash).toBe(String(fifth?.hash));
      expect(await audit.prune(organisation, clock.now())).toBe(10);
      expect(await audit.prune(organisation, clock.now())).toBe(0);
      expect(await verified()).toEqual({ events: 5, anchor: PRUNE_CHUNK + 10, broken: null });
      clock.advance(1);
      expect(await audit.prune(organisation, clock.now())).toBe(5);
      expect(await verified()).toEqual({ events: 0, anchor: PRUNE_CHUNK + 15, broken: null });
      await write(1);
      expect(await verified()).toEqual({ events: 1, anchor: PRUNE_CHUNK + 15, broken: null });
    });

    test("while others write to the same chain and verify it", async () => {
      await write(PRUNE_CHUNK * 3);
      clock.advance(DAY);
      const [, ...reports] = await Promise.all([
        (async () => {
          while ((await audit.prune(organisation, clock.now())) > 0);
        })(),
        ...Array.from({ length: 10 }, async () => {
          await write(20);
          return (await verifier.verify(organisation)).broken;
        }),
      ]);
      expect(reports).toEqual(Array(10).fill(null));
      expect(await verified()).toEqual({ events: 200, anchor: PRUNE_CHUNK * 3, broken: null });
    });

    test("still tells of an event that is gone or changed after the anchor, or of an anchor that was moved", async () => {
      await write(3);
      clock.advance(DAY);
      await write(3);
      await audit.prune(organisation, clock.now());
      await alter(`delete from audit_events where organisation_id = ${organisation} and sequence = 4`);
      expect((await verified()).broken).toEqual({ sequence: 4, reason: "it is missing" });
      await alter(`update audit_heads set pruned_sequence = 4 where organisation_id = ${organisation}`);
      expect((await verified()).broken).toEqual({ sequence: 5, reason: "it was changed" });
    });

    describe("by the clock", () => {
      let running: AuditRetention | undefined;
      const errors: string[] = [];
      /** Each wait that was asked for, milliseconds. */
      const waits: number[] = [];
      let waiting = Promise.withResolvers<void>();

      const start = () => {
        waits.length = 0;
        const watched: Clock = {
          now: () => clock.now(),
          after: (ms, fn) => {
            waits.push(ms);
            waiting.resolve();
            waiting = Promise.withResolvers();
            return clock.after(ms, fn);
          },
        };
        const log = createLogger({ level: "error", format: "json", write: (line) => errors.push(line) });
        running = new AuditRetention({ store: rooms.store, clock: watched, audit, log, retention });
        const done = waiting.promise;
        running.start();
        return done;
      };
      const advance = async (ms: number) => {
        const done = waiting.promise;
        clock.advance(ms);
        await done;
      };
      beforeEach(() => alter("delete from audit_heads"));
      beforeEach(() => alter("delete from audit_events"));

      test("nothing is asked of the database until an event can be old enough", async () => {
        await start();
        expect(waits).toEqual([retention]);
        await running?.stop();
        await write(1);
        clock.advance(10 * DAY);
        await write(1);
        await start();
        expect(waits).toEqual([20 * DAY]);
        await running?.stop();
      });

      test("events go when they are old enough, not one by one", async () => {
        for (let hour = 0; hour < 4; hour++) {
          await write(1);
          clock.advance(HOUR / 4);
        }
        await start();
        expect(waits).toEqual([retention - HOUR]);
        await advance(retention - HOUR);
        expect(await verified()).toMatchObject({ events: 4 }); // at its age, not past it
        expect(waits.at(-1)).toBe(HOUR);
        await advance(HOUR);
        expect(await verified()).toMatchObject({ events: 0, anchor: 4, broken: null });
        expect(waits.at(-1)).toBe(retention);
        await running?.stop();
        expect(errors).toEqual([]);
      });

      test("a stop ends it", async () => {
        await write(1);
        await start();
        await running?.stop();
        clock.advance(retention * 2);
        expect(await verified()).toMatchObject({ events: 1 });
      });
    });
  });

  test("is told of denials within bounds, and how many it was not told of", async () => {
    const clock = new ManualClock();
    const audit = new AuditLog({ store: rooms.store, clock });
    const deny = () =>
      audit.note(by, { action: "access.denied", outcome: "denied", detail: { grant: "x:read" } });
    await Promise.all(Array.from({ length: 50 }, deny));
    clock.advance(60_000);
    await deny();
    const all = await rows();
    expect(all).toHaveLength(11);
    expect(all.at(-1)?.detail).toBe('{"grant":"x:read","suppressed":40}');
  });
});

const HOUR = 3_600_000;
