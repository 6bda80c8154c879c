/** The room that the webhook log takes is reckoned from a few of its deliveries; here it is held against the file. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Database } from "bun:sqlite";

import { firstIdAt } from "../../src/deliveries/log-search.ts";
import { DeliveryRetention } from "../../src/deliveries/retention.ts";
import { indexSubjects, subjectsOf } from "../../src/deliveries/subjects.ts";
import { createLogger } from "../../src/log.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const DAY = 86_400_000;
const quiet = createLogger({ level: "error", format: "json" });
const headers = {
  "content-type": "application/json",
  "user-agent": "koppla/0.1.0",
  "webhook-id": "msg_01a200ba09b873988cff6e20b72ede10",
  "webhook-timestamp": "1795000000",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

let rooms: Rooms;
beforeAll(async () => {
  rooms = await makeRooms("sqlite");
});
afterAll(() => rooms.close());

let made = 0;
async function insert(count: number, changes: number): Promise<void> {
  const receiverId = Bun.randomUUIDv7();
  const organisationId = rooms.mine.id;
  const topics = ["Trainings.Update"];
  const one = () => {
    made++;
    const createdAt = rooms.clock.now() - DAY + made;
    const body = JSON.stringify({
      changes: Array.from({ length: changes }, (_, change) => ({
        ...{ action: "update", object: "training", id: made * 100 + change },
        url: `https://koppla.example/api/v1/trainings/${made * 100 + change}`,
      })),
    });
    const id = `${firstIdAt(createdAt).slice(0, 16)}${made.toString(16).padStart(20, "0")}`;
    const status = "delivered" as const;
    return {
      ...{ id, organisationId, receiverId, topics, status, statusCode: 204, error: null },
      ...{ attempts: 1, createdAt, nextAttemptAt: null, body },
    };
  };
  for (let at = 0; at < count; at += 500) {
    const rows = Array.from({ length: Math.min(500, count - at) }, one);
    await rooms.store.write(async (tx) => {
      await tx.query(async ({ db, t }) => {
        await db.insert(t.deliveries).values(rows);
        await db.insert(t.attempts).values(
          rows.map(({ id, createdAt }) => ({
            ...{ deliveryId: id, number: 1, at: createdAt, durationMs: 3, statusCode: 204 },
            ...{ requestHeaders: headers, address: "127.0.0.1" },
          })),
        );
      });
      for (const { id, body } of rows)
        await indexSubjects(tx, rooms.store.dialect, organisationId, [
          { id, topics, subjects: subjectsOf(body) },
        ]);
    });
  }
}

/** Bytes of the file that are in use. */
function used(): number {
  const { options } = rooms.database;
  if (options.kind !== "sqlite") throw new Error("this is about SQLite");
  using database = new Database(options.path, { readonly: true });
  const read = (pragma: string) => Number(database.query(`PRAGMA ${pragma}`).values()[0]?.[0]);
  return (read("page_count") - read("freelist_count")) * read("page_size");
}

test("what the log takes is told within a quarter, of small and of large deliveries, and at once none is 0", async () => {
  const rules = { logRetention: 90 * DAY, logRetentionFailed: 180 * DAY, logMax: 1_000_000 };
  const collaborators = { store: rooms.store, clock: rooms.clock, log: quiet, rules };
  const told = async () => {
    const retention = new DeliveryRetention(collaborators);
    retention.start();
    await retention.settled();
    await retention.stop();
    return { count: retention.count, bytes: retention.bytes ?? Number.NaN };
  };
  expect(await told()).toEqual({ count: 0, bytes: 0 });
  const empty = used();
  await insert(6_000, 1);
  const small = await told();
  expect(small.count).toBe(6_000);
  expect(small.bytes / (used() - empty)).toBeWithin(0.75, 1.25);
  await insert(2_000, 20);
  const mixed = await told();
  expect(mixed.count).toBe(8_000);
  expect(mixed.bytes / (used() - empty)).toBeWithin(0.75, 1.25);
});
