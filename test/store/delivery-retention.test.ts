import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";

import type { Tables } from "../../db/schema.ts";
import { firstIdAt } from "../../src/deliveries/log-search.ts";
import { DeliveryRetention, type RetentionRules } from "../../src/deliveries/retention.ts";
import { removeDeliveries } from "../../src/deliveries/retention-queries.ts";
import { indexSubjects, subjectsOf } from "../../src/deliveries/subjects.ts";
import { createLogger } from "../../src/log.ts";
import { databases } from "./databases.ts";
import { change, makeRooms, type Rooms } from "./rooms.ts";

type Row = Tables["deliveries"]["$inferSelect"];

const DAY = 86_400_000;
const rules: RetentionRules = { logRetention: 90 * DAY, logRetentionFailed: 180 * DAY, logMax: null };
const quiet = createLogger({ level: "error", format: "json" });

describe.each(databases)("retention of the webhook log on %s", (kind) => {
  let rooms: Rooms;
  let made = 0;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  afterAll(() => rooms.close());

  const row = (daysAgo: number, more: Partial<Row> = {}): Row => {
    const createdAt = rooms.clock.now() - daysAgo * DAY + (made % 1000);
    const tail = (made++).toString(16).padStart(20, "0");
    return {
      ...{
        id: `${firstIdAt(createdAt).slice(0, 16)}${tail}`,
        organisationId: rooms.mine.id,
        receiverId: "r",
      },
      ...{ topics: ["Trainings.Update"], status: "delivered", statusCode: 200, error: null, attempts: 2 },
      ...{ createdAt, nextAttemptAt: null, node: null, scheduleFrom: 0 },
      body: JSON.stringify({ changes: [{ action: "update", object: "training", id: made }] }),
      ...more,
    };
  };
  const insert = async (rows: readonly Row[]) => {
    for (let at = 0; at < rows.length; at += 200) {
      const some = rows.slice(at, at + 200);
      await rooms.store.write(async (tx) => {
        await tx.query(({ db, t }) => db.insert(t.deliveries).values(some));
        await tx.query(({ db, t }) =>
          db.insert(t.attempts).values(
            some.flatMap(({ id }) =>
              [1, 2].map((number) => ({
                ...{
                  deliveryId: id,
                  number,
                  at: 0,
                  durationMs: 1,
                  statusCode: 200,
                  error: null,
                  detail: null,
                },
                ...{ requestHeaders: {}, responseBody: null, address: null },
              })),
            ),
          ),
        );
        for (const { id, organisationId, topics, body } of some)
          await indexSubjects(tx, rooms.store.dialect, organisationId, [
            { id, topics, subjects: subjectsOf(body) },
          ]);
      });
    }
  };
  /** Ids of everything that is stored, by table; and how many changes there are. */
  const stored = () =>
    rooms.store.read((reader) =>
      reader.query(async ({ db, t }) => ({
        deliveries: (await db.select({ id: t.deliveries.id }).from(t.deliveries)).map(({ id }) => id).sort(),
        attempts: (await db.select({ id: t.attempts.deliveryId }).from(t.attempts)).length,
        terms: (await db.select({ id: t.deliveryTerms.deliveryId }).from(t.deliveryTerms)).length,
        changes: (await db.select({ key: t.changes.key }).from(t.changes)).length,
      })),
    );
  /** One round. @returns the retention, which waits for its next */
  const round = async (more: Partial<RetentionRules> = {}) => {
    const retention = new DeliveryRetention({
      ...{ store: rooms.store, clock: rooms.clock, log: quiet },
      rules: { ...rules, ...more },
    });
    retention.start();
    await retention.settled();
    return retention;
  };
  const clear = () =>
    rooms.store.write((tx) =>
      tx.query(async ({ db, t }) => {
        for (const table of [t.deliveries, t.attempts, t.deliveryTerms]) await db.delete(table);
      }),
    );

  test("removes what is old with all that belongs to it, keeps failed ones longer, and changes for ever", async () => {
    await change(rooms, rooms.mine.id, "a1");
    const { changes } = await stored();
    expect(changes).toBeGreaterThan(0);
    const failed = { status: "failed", statusCode: 500, error: "status" } as const;
    const kept = [row(89), row(179, failed), row(100, failed), row(1, failed)];
    await insert([row(91), row(300), row(181, failed), row(95, { status: "cancelled" }), ...kept]);
    await (await round()).stop();
    const left = await stored();
    expect(left).toEqual({
      deliveries: kept.map(({ id }) => id).sort(),
      attempts: 2 * kept.length,
      terms: 2 * kept.length,
      changes,
    });
    await clear();
  });

  test("never removes what is not at rest, however old", async () => {
    const open = (["pending", "delivering", "retrying"] as const).map((status) =>
      row(400, { status, nextAttemptAt: rooms.clock.now() }),
    );
    await insert([...open, row(400)]);
    await (await round({ logMax: 1 })).stop();
    expect((await stored()).deliveries).toEqual(open.map(({ id }) => id).sort());
    await clear();
  });

  test("what is sent again while it is to go, stays with all that belongs to it", async () => {
    const again = row(400);
    await insert([again]);
    await rooms.store.write((tx) =>
      tx.query(({ db, t }) => db.update(t.deliveries).set({ status: "pending", nextAttemptAt: 1 })),
    );
    // As it was looked at before.
    const removed = await rooms.store.write((tx) => tx.query(removeDeliveries([again.id], true)));
    expect(removed).toEqual([]);
    expect((await stored()).deliveries).toEqual([again.id]);
    await clear();
  });

  test("keeps no more than so many, the newest", async () => {
    const all = Array.from({ length: 1_203 }, (_, index) => row(50 - index / 100));
    await insert(all);
    const retention = await round({ logMax: 1_000 });
    const left = await stored();
    expect(left.deliveries).toEqual(
      all
        .slice(203)
        .map(({ id }) => id)
        .sort(),
    );
    expect(left.attempts).toBe(2_000);
    expect(left.terms).toBe(2_000);
    expect(retention.count).toBe(1_000);
    await retention.stop();
    await clear();
  });

  test("sleeps until the next one is old enough, and looks at nothing meanwhile", async () => {
    await insert([row(89), row(88)]);
    const retention = await round();
    expect((await stored()).deliveries).toHaveLength(2);
    const read = spyOn(rooms.store, "read");
    try {
      rooms.clock.advance(DAY / 2);
      await retention.settled();
      expect(read).not.toHaveBeenCalled();
      rooms.clock.advance(DAY);
      await retention.settled();
      expect(read).toHaveBeenCalled();
    } finally {
      read.mockRestore();
    }
    expect((await stored()).deliveries).toHaveLength(1);
    await retention.stop();
    await clear();
  });
});
