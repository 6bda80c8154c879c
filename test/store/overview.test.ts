import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";

import type { ReceiverStanding } from "../../src/deliveries/health.ts";
import { insertDelivery } from "../../src/deliveries/queries.ts";
import { OperationService } from "../../src/operations/service.ts";
import { DeliveryCounts, MINUTE } from "../../src/overview/counts.ts";
import { Recorder } from "../../src/overview/recorder.ts";
import { OverviewService } from "../../src/overview/service.ts";
import type { Overview } from "../../src/overview/snapshot.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { until } from "./nodes.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe.each(databases)("the overview on %s", (kind) => {
  let rooms: Rooms;
  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(() => rooms.renew());
  afterAll(() => rooms.close());

  const warnings: string[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };

  /** A process: what it counts, writes and shows. */
  const start = (store: Store = rooms.store) => {
    const { clock } = rooms;
    const overview = new OverviewService({
      store,
      clock,
      operations: new OperationService({ ...rooms, store }),
    });
    const { counts } = overview;
    const recorder = new Recorder({ store, clock, log, counts });
    const standings: ReceiverStanding[] = [];
    overview.bind({ standings: () => standings });
    return { overview, counts, recorder, standings };
  };

  const attempt = (
    counts: DeliveryCounts,
    more: { delivered?: boolean; ms?: number; receiver?: string } = {},
  ) => {
    const { delivered = true, ms = 20, receiver = "r" } = more;
    counts.add({
      ...{ organisationId: rooms.mine.id, receiverId: receiver, at: rooms.clock.now(), durationMs: ms },
      ...{ delivered, givenUp: !delivered },
    });
  };

  /** Past what is kept for a second. */
  const look = async ({ overview }: ReturnType<typeof start>): Promise<Overview> => {
    rooms.clock.advance(1_000);
    return await overview.get(rooms.mine.id);
  };

  const sum = ({ minutes }: Overview) => minutes.reduce((all, { attempts }) => all + attempts, 0);

  const standing = (name: string): ReceiverStanding => ({
    ...{ id: `${rooms.mine.id}-${name}`, name, url: "https://partner.example", sends: true },
    ...{ breaker: "closed", backlog: 0, dueAt: undefined, failingSince: null },
  });

  test("shows what was counted at once, minute by minute, with how long attempts took", async () => {
    const here = start();
    attempt(here.counts, { ms: 20 });
    attempt(here.counts, { ms: 4_000, delivered: false });
    const shown = await look(here);
    expect(shown.minutes).toHaveLength(60);
    const times = shown.minutes.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(shown.minutes.filter(({ attempts }) => attempts > 0)).toEqual([
      {
        ...{ at: expect.any(String), delivered: 1, failed: 1, attempts: 2 },
        ...{ p50_ms: 20, p95_ms: expect.any(Number) },
      },
    ]);
    expect(shown.minutes.find(({ attempts }) => attempts > 0)?.p95_ms).toBeGreaterThan(3_000);
    expect(shown.totals).toMatchObject({ delivered_24h: 1, failed_24h: 1 });
  });

  test("shows another process, and one after a restart, what was written, and each attempt once", async () => {
    const [here, there] = [start(), start((await rooms.otherServer()).store)];
    attempt(here.counts);
    attempt(there.counts);
    await here.recorder.stop();
    attempt(there.counts);
    expect(sum(await look(there))).toBe(3);
    await there.recorder.stop();
    expect(sum(await look(there))).toBe(3);
    const after = start();
    attempt(after.counts);
    expect(sum(await look(after))).toBe(4);
    expect((await look(after)).totals.delivered_24h).toBe(4);
  });

  test("writes when a minute is over, and only while there is something to write", async () => {
    const here = start();
    here.recorder.start();
    attempt(here.counts);
    rooms.clock.advance(MINUTE);
    await until("the minute is written", () => here.counts.unwritten.every((batch) => batch.isEmpty));
    expect(sum(await look(start()))).toBe(1);
    rooms.clock.advance(10 * MINUTE);
    attempt(here.counts);
    rooms.clock.advance(MINUTE);
    await until("the next is", () => here.counts.unwritten.every((batch) => batch.isEmpty));
    expect(sum(await look(start()))).toBe(2);
    await here.recorder.stop();
  });

  test("keeps what could not be written, and counts nothing twice when it is", async () => {
    let away = true;
    const broken: Store = Object.create(rooms.store, {
      write: {
        value: (fn: Parameters<Store["write"]>[0]) =>
          away ? Promise.reject(new Error("away")) : rooms.store.write(fn),
      },
    });
    const { clock } = rooms;
    const counts = new DeliveryCounts();
    const recorder = new Recorder({ store: broken, clock, log, counts });
    attempt(counts);
    await recorder.stop();
    expect(warnings).toContain("what was counted could not be stored");
    away = false;
    attempt(counts);
    await recorder.stop();
    expect(sum(await look(start()))).toBe(2);
  });

  test("forgets minutes after an hour, totals after a day, and their rows soon after", async () => {
    const here = start();
    attempt(here.counts);
    await here.recorder.stop();
    rooms.clock.advance(HOUR);
    const later = await look(here);
    expect(sum(later)).toBe(0);
    expect(later.totals.delivered_24h).toBe(1);
    rooms.clock.advance(DAY);
    expect((await look(here)).totals.delivered_24h).toBe(0);
    rooms.clock.advance(2 * HOUR);
    attempt(here.counts);
    await here.recorder.stop();
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db
          .select({ at: t.deliveryCounts.at })
          .from(t.deliveryCounts)
          .where(sql`${t.deliveryCounts.organisationId} = ${rooms.mine.id}`),
      ),
    );
    const now = rooms.clock.now();
    expect(rows.map(({ at }) => now - at < HOUR + MINUTE)).toEqual([true, true]);
  });

  test("tells of a receiver when it was last delivered to, and how well in the last hour", async () => {
    const here = start();
    const good = standing("good");
    const bad = {
      ...standing("bad"),
      failingSince: rooms.clock.now(),
      backlog: 2,
      dueAt: rooms.clock.now() + HOUR,
    };
    here.standings.push(good, bad, standing("idle"), { ...standing("off"), sends: false });
    const at = new Date(rooms.clock.now()).toISOString();
    attempt(here.counts, { receiver: good.id });
    attempt(here.counts, { receiver: bad.id });
    await here.recorder.stop();
    attempt(here.counts, { receiver: bad.id, delivered: false });
    const { receivers, oldest_due_at } = await look(here);
    expect(receivers.map(({ name, state }) => [name, state])).toEqual([
      ...[
        ["bad", "failing"],
        ["good", "healthy"],
        ["idle", "idle"],
        ["off", "disabled"],
      ],
    ]);
    expect(receivers[0]).toMatchObject({
      ...{ backlog: 2, success_rate_1h: 0.5, last_delivered_at: at, failing_since: at },
      oldest_due_at,
    });
    expect(receivers[2]).toMatchObject({
      success_rate_1h: null,
      last_delivered_at: null,
      oldest_due_at: null,
    });
    rooms.clock.advance(2 * HOUR);
    const later = (await look(here)).receivers.find(({ name }) => name === "good");
    expect(later).toMatchObject({ state: "idle", success_rate_1h: null, last_delivered_at: at });
  });

  test("counts what waits of one's own organisation", async () => {
    const deliver = (organisationId: number, status: "pending" | "delivering") =>
      rooms.store.write((tx) =>
        tx.run(insertDelivery, {
          ...{ id: `msg_${Bun.randomUUIDv7().replaceAll("-", "")}`, organisationId, receiverId: "r" },
          ...{ topics: [], status, at: 1, nextAttemptAt: 1, node: null, body: "{}" },
        }),
      );
    await deliver(rooms.mine.id, "pending");
    await deliver(rooms.mine.id, "delivering");
    await deliver(rooms.theirs.id, "pending");
    expect((await look(start())).totals).toMatchObject({ pending: 2, retrying: 0 });
  });

  test("is made once for all who look at the same, once a second at most, and not while nobody looks", async () => {
    let reads = 0;
    const counting: Store = Object.create(rooms.store, {
      size: { value: () => rooms.store.size() },
      read: {
        value: (fn: Parameters<Store["read"]>[0]) => {
          reads++;
          return rooms.store.read(fn);
        },
      },
    });
    const here = start(counting);
    const told: Overview[][] = Array.from({ length: 20 }, () => []);
    const ends = told.map((list) => here.overview.watch(rooms.mine.id, (shown) => void list.push(shown)));
    await Promise.all(told.map(() => here.overview.get(rooms.mine.id)));
    const first = reads;
    expect(first).toBeLessThanOrEqual(3);
    // Nothing has happened: nobody is told, and nothing is read.
    rooms.clock.advance(1_000);
    await Bun.sleep(0);
    expect([reads, told.flat().length]).toEqual([first, 0]);
    for (let n = 0; n < 100; n++) attempt(here.counts);
    rooms.clock.advance(1_000);
    await until("all are told", () => told.every((list) => list.length === 1));
    expect(new Set(told.map(([one]) => one)).size).toBe(1);
    expect(reads).toBeLessThanOrEqual(2 * first);
    for (const end of ends) end();
    const before = reads;
    attempt(here.counts);
    rooms.clock.advance(MINUTE);
    await Bun.sleep(0);
    expect(reads).toBe(before);
  });
});
