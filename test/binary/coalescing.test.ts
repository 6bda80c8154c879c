/** A receiver that is down while much changes: what that costs, and what it gets when it is back. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { acceptedChanges, changesOf, createReceiver, TestReceiver } from "./receiver.ts";
import type { DeliveryOut, Page } from "./wire.ts";

const OBJECTS = 1_000;
/** On PostgreSQL as many take 80 s against 40, and show no more. */
const UPDATES = onPostgres ? 30_000 : 100_000;

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

/** Bytes of the database, its log included. */
function databaseSize(): number {
  const file = join(koppla.dir, "data/koppla.db");
  return ["", "-wal"].reduce(
    (sum, end) => sum + (statSync(file + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

test(
  `a receiver that is down while ${UPDATES} updates hit ${OBJECTS} objects gets each once when it is back, its newest state, beside what was sealed`,
  async () => {
    let down = true;
    await using sink = new TestReceiver({ answer: () => (down ? 500 : 204) });
    const partner = await koppla.partner("coalescing");
    const { id } = await createReceiver(partner, sink.url(), { retry: { steps: ["1s"], then: "repeat" } });
    const push = (round: number) => {
      const list = Array.from({ length: OBJECTS }, (_, object) => ({ id: object, name: `round ${round}` }));
      return partner.send("POST", "/api/v1/trainings", list, 200);
    };
    const deliveries = () => partner.read<Page<DeliveryOut>>(`/api/v1/deliveries?receiver=${id}&limit=500`);

    const rounds = UPDATES / OBJECTS;
    await push(0);
    await sink.nth(5);
    for (let round = 1; round <= 20; round++) await push(round);
    const sizeThen = onPostgres ? 0 : databaseSize();
    const sealedThen = (await deliveries()).items.length;
    for (let round = 21; round < rounds; round++) await push(round);
    const sealed = (await deliveries()).items;
    // Four fifths of the updates cost neither rows of the receiver nor room: what grows is the log of the database,
    // which is written anew from its beginning now and then.
    expect(sealed.length).toBeLessThanOrEqual(sealedThen + 2);
    if (!onPostgres) expect(databaseSize() - sizeThen).toBeLessThan(40_000_000);

    down = false;
    await sink.waitFor(
      "all objects",
      (all) => new Set(acceptedChanges(all).map((change) => change.id)).size === OBJECTS,
      60_000,
    );
    const open = new Set(sealed.filter(({ status }) => status !== "cancelled").map((one) => one.id));
    const fresh = sink.requests.filter((request) => request.status === 204 && !open.has(request.id));
    await sink.waitFor(
      "each object, newest state",
      (all) => {
        const got = all
          .filter((request) => request.status === 204 && !open.has(request.id))
          .flatMap(changesOf);
        return new Set(got.map((change) => change.id)).size === OBJECTS;
      },
      60_000,
    );
    const counts = new Map<number | string, number>();
    for (const request of sink.requests) {
      if (request.status !== 204 || open.has(request.id)) continue;
      for (const change of changesOf(request)) counts.set(change.id, (counts.get(change.id) ?? 0) + 1);
    }
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
    // 500 changes are a bundle: two of them, and not one for each update.
    expect(fresh.length).toBeLessThanOrEqual(4);
    const record = await partner.read<{ name: string }>("/api/v1/trainings/7");
    expect(record.name).toBe(`round ${rounds - 1}`);
  },
  LONG_TEST_MS,
);
