/** What a clock that was ahead has left waiting is due as it was meant, once a server starts with the right one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { setRightAfterAhead } from "../../src/care/after-ahead.ts";
import { firstIdAt } from "../../src/deliveries/log-search.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** No database server's clock is asked: it would be the real one. */
const ownClock = ({ store, clock }: Rooms): Pick<Store, "read" | "write" | "time"> => ({
  read: (fn) => store.read(fn),
  write: (fn) => store.write(fn),
  time: async () => clock.now(),
});

describe.each(databases)("after a clock that was two hours ahead, on %s", (kind) => {
  let rooms: Rooms;
  let now: number;
  const said: string[] = [];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
    now = rooms.clock.now();
  });
  afterAll(() => rooms.close());

  let made = 0;
  const idAt = (at: number) => `${firstIdAt(at).slice(0, 16)}${(made++).toString(16).padStart(20, "0")}`;
  const delivery = (createdAt: number, nextAttemptAt: number | null, attemptAt?: number) => {
    const attempts = attemptAt === undefined ? 0 : 1;
    const status = attempts === 0 ? ("pending" as const) : ("retrying" as const);
    const row = {
      ...{
        id: idAt(createdAt),
        organisationId: rooms.mine.id,
        receiverId: "r",
        topics: ["Trainings.Update"],
      },
      ...{ status, statusCode: null, error: null, attempts, createdAt, nextAttemptAt, body: "{}" },
    };
    return { row, attemptAt };
  };
  const insert = (all: ReturnType<typeof delivery>[]) =>
    rooms.store.write((tx) =>
      tx.query(async ({ db, t }) => {
        await db.insert(t.deliveries).values(all.map(({ row }) => row));
        for (const { row, attemptAt: at } of all) {
          if (at === undefined) continue;
          const attempt = { deliveryId: row.id, number: 1, at, durationMs: 1, requestHeaders: {} };
          await db.insert(t.attempts).values(attempt);
        }
      }),
    );
  const start = () =>
    setRightAfterAhead({
      ...{ store: ownClock(rooms), clock: rooms.clock },
      log: { warn: (message) => void said.push(message) },
    });
  const dueIn = (ids: readonly string[]) =>
    rooms.store.read((reader) =>
      reader.query(async ({ db, t }) => {
        const rows = await db
          .select({ id: t.deliveries.id, at: t.deliveries.nextAttemptAt })
          .from(t.deliveries);
        return ids.map((id) => (rows.find((row) => row.id === id)?.at ?? Number.NaN) - now);
      }),
    );

  test("what waits by a right clock is left alone, and nothing is said", async () => {
    const waits = delivery(now - HOUR, now + 24 * HOUR, now - 10 * SECOND);
    await insert([waits]);
    await start();
    expect([await dueIn([waits.row.id]), said]).toEqual([[24 * HOUR], []]);
  });

  test("a delivery is due so long after now as after its last attempt, one without an attempt now", async () => {
    const ahead = now + 2 * HOUR;
    const right = delivery(now - HOUR, now + 24 * HOUR, now - 10 * SECOND);
    const retried = delivery(now - HOUR, ahead + 5 * SECOND, ahead);
    const fresh = delivery(ahead, ahead);
    const all = [right, retried, fresh];
    await insert(all);
    await start();
    expect(await dueIn(all.map(({ row }) => row.id))).toEqual([24 * HOUR, 5 * SECOND, 0]);
    expect(said).toEqual(["the clock was ahead before this start, or is behind"]);
  });

  test("an operation and a publication that wait may begin", async () => {
    const at = now + 2 * HOUR;
    const operation = Bun.randomUUIDv7("hex", at);
    const publication = Bun.randomUUIDv7("hex", at);
    await rooms.store.write((tx) =>
      tx.query(async ({ db, t }) => {
        await db.insert(t.operations).values({
          ...{ id: operation, organisationId: rooms.mine.id, kind: "k", status: "IN_PROGRESS", message: "" },
          ...{ done: 0, submittedAt: at, lastUpdatedAt: at, input: {}, leaseUntil: at },
        });
        await db.insert(t.publications).values({
          ...{ id: publication, organisationId: rooms.mine.id, messageId: "m", channel: "c", waits: false },
          ...{ state: "pending", attempts: 0, createdAt: at, changedAt: at, nextAttemptAt: at + 60 * SECOND },
        });
      }),
    );
    await start();
    const found = await rooms.store.read((reader) =>
      reader.query(async ({ db, t }) => [
        ...(await db.select({ at: t.operations.leaseUntil }).from(t.operations)),
        ...(await db.select({ at: t.publications.nextAttemptAt }).from(t.publications)),
      ]),
    );
    expect(found).toEqual([{ at: now }, { at: now }]);
  });
});
