/** kill -9: what was acknowledged is there afterwards, and is delivered. Randomness is seeded: KOPPLA_TEST_SEED. */
import { afterAll, beforeAll, expect, test } from "bun:test";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import type { Partner } from "./partner.ts";
import { changesOf, TestReceiver } from "./receiver.ts";
import { type DeliveryOut, deliveryWith, type Page, readPages, type RecordOut } from "./wire.ts";

const seed = Number(process.env["KOPPLA_TEST_SEED"] ?? 20_260_101);

/** mulberry32: small, good enough, the same on every machine. */
function random(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often: what is on disk when is PostgreSQL's affair there, and its starts take longer. */
const POINTS = onPostgres ? 12 : 50;
const UNDER_LOAD = onPostgres ? 8 : 20;

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla();
});
afterAll(() => koppla.dispose());

/** True once the server has acknowledged the write; false when it died first. */
async function acknowledged(partner: Partner, id: number, name: string): Promise<boolean> {
  try {
    const response = await partner.put(`/api/v1/trainings/${id}`, { name });
    await response.arrayBuffer();
    if (response.status >= 500) return false;
    expect(response.ok).toBeTrue();
    return true;
  } catch (error) {
    // The connection broke: no acknowledgement. A failed expectation is not that.
    if (error instanceof Error && error.name === "Error" && /expect/.test(error.message)) throw error;
    return false;
  }
}

async function all(partner: Partner): Promise<Map<number, RecordOut>> {
  const pages = await readPages((path) => partner.read<Page<RecordOut>>(path), "/api/v1/trainings", 500);
  return new Map(pages.flat().map((record) => [Number(record.id), record]));
}

test(
  "kill -9 amid 10 000 pushes: every acknowledged record is there and its change arrives, repeated only under its own webhook-id",
  async () => {
    await using sink = new TestReceiver();
    // Another name each time: a test that is run anew finds the organisation of the first run.
    const partner = await koppla.partner(`ten-thousand-${crypto.randomUUID().slice(0, 8)}`);
    await partner.send(
      "POST",
      "/api/v1/receivers",
      {
        name: "sink",
        url: sink.url(),
        topics: ["Trainings.*"],
        account_id: partner.clientId,
        bundle: { quiet: "10ms", longest: "50ms", size: 200 },
        retry: { steps: ["1s"], then: "repeat" },
      },
      201,
    );
    const total = 10_000;
    const kills = [0.25, 0.5, 0.75].map((part) => Math.floor(total * part));
    const done = new Set<number>();
    let queue = Array.from({ length: total }, (_, id) => id);
    while (queue.length > 0) {
      const killAt = kills.shift() ?? Infinity;
      const todo = queue;
      let next = 0;
      let killed: Promise<void> | undefined;
      const worker = async () => {
        while (next < todo.length && !killed) {
          const id = todo[next++] ?? 0;
          if (await acknowledged(partner, id, `n${id}`)) done.add(id);
          if (done.size >= killAt) killed ??= koppla.kill9();
        }
      };
      await Promise.all(Array.from({ length: 32 }, worker));
      if (killed) {
        await killed;
        await koppla.start();
        const stored = await all(partner);
        const lost = [...done].filter((id) => !stored.has(id));
        expect(lost).toEqual([]);
      }
      queue = queue.filter((id) => !done.has(id));
    }

    await sink.waitFor(
      "all changes",
      (requests) => new Set(requests.flatMap(changesOf).map(({ id }) => id)).size === total,
      30_000,
    );
    const bodies = new Map<string, string>();
    const bundleOf = new Map<number | string, string>();
    for (const request of sink.requests) {
      const known = bodies.get(request.id);
      if (known !== undefined) expect(request.body).toBe(known);
      bodies.set(request.id, request.body);
      for (const { id } of changesOf(request)) {
        const bundle = bundleOf.get(id);
        if (bundle !== undefined) expect(bundle).toBe(request.id);
        bundleOf.set(id, request.id);
      }
    }
    expect(bundleOf.size).toBe(total);
  },
  LONG_TEST_MS,
);

test(
  `kill -9 at ${POINTS} random points (seed ${seed}) loses no acknowledged write`,
  async () => {
    const next = random(seed);
    const partner = await koppla.partner(`fifty-kills-${crypto.randomUUID().slice(0, 8)}`);
    /** What was acknowledged last, and what was on its way when the server died, by id. */
    const sure = new Map<number, string>();
    const perhaps = new Map<number, Set<string>>();
    for (let round = 0; round < POINTS; round++) {
      const killAfter = Math.floor(next() * 60);
      const workers = 1 + Math.floor(next() * 8);
      let count = 0;
      let killed: Promise<void> | undefined;
      const worker = async (mine: number) => {
        for (let step = 0; !killed; step++) {
          const id = mine * 1000 + (step % 25);
          const name = `r${round}s${step}`;
          perhaps.set(id, (perhaps.get(id) ?? new Set()).add(name));
          if (!(await acknowledged(partner, id, name))) return;
          sure.set(id, name);
          perhaps.delete(id);
          if (++count > killAfter) killed ??= koppla.kill9();
        }
      };
      await Promise.all(Array.from({ length: workers }, (_, mine) => worker(mine)));
      await killed;
      await koppla.start();
      const stored = await all(partner);
      for (const [id, name] of sure) {
        const found = stored.get(id)?.name ?? "nothing";
        const allowed = [name, ...(perhaps.get(id) ?? [])];
        if (!allowed.includes(found))
          throw new Error(`round ${round}: ${id} has ${found}; acknowledged was ${name}`);
        sure.set(id, found);
      }
      perhaps.clear();
    }
    expect(sure.size).toBeGreaterThan(POINTS);
  },
  LONG_TEST_MS,
);

test(
  `kill -9 at ${UNDER_LOAD} random points under load (seed ${seed}): what was accepted is received, each webhook-id is one body, no attempt is counted twice`,
  async () => {
    const next = random(seed + 1);
    await using sink = new TestReceiver({
      // Kills shall meet attempts in flight, too.
      answer: (call) => (call % 3 === 0 ? Bun.sleep(20).then(() => 204) : 204),
    });
    const partner = await koppla.partner("twenty-kills");
    const { id: receiver } = await partner.send<{ id: string }>(
      "POST",
      "/api/v1/receivers",
      {
        name: "sink",
        url: sink.url(),
        topics: ["Trainings.*"],
        account_id: partner.clientId,
        bundle: { quiet: "5ms", longest: "20ms", size: 20 },
        retry: { steps: ["1s"], then: "repeat" },
      },
      201,
    );
    const accepted = new Set<number>();
    let id = 0;
    for (let round = 0; round < UNDER_LOAD; round++) {
      const killAfter = 20 + Math.floor(next() * 180);
      const wait = Math.floor(next() * 30);
      const from = accepted.size;
      let killed: Promise<void> | undefined;
      const worker = async () => {
        while (!killed) {
          const mine = id++;
          if (!(await acknowledged(partner, mine, `n${mine}`))) return;
          accepted.add(mine);
          if (accepted.size - from >= killAfter) killed ??= Bun.sleep(wait).then(() => koppla.kill9());
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      await killed;
      await koppla.start();
    }
    await sink.waitFor(
      "everything that was accepted",
      (requests) => {
        const received = new Set(requests.flatMap(changesOf).map((change) => Number(change.id)));
        return received.size >= accepted.size && [...accepted].every((one) => received.has(one));
      },
      30_000,
    );
    const bodies = new Map<string, string>();
    for (const request of sink.requests) {
      expect(bodies.get(request.id) ?? request.body).toBe(request.body);
      bodies.set(request.id, request.body);
    }
    // Each record was written once, so it is in one bundle, however often that was sent.
    expect([...bodies.values()].reduce((sum, body) => sum + body.split('"action"').length - 1, 0)).toBe(
      new Set(sink.requests.flatMap(changesOf).map((change) => change.id)).size,
    );
    const pages = await readPages(
      (path) => partner.read<Page<DeliveryOut>>(path),
      `/api/v1/deliveries?receiver=${receiver}`,
      500,
    );
    for (const { id: delivery } of pages.flat()) {
      const { attempts } = await deliveryWith(partner, delivery, "delivered");
      expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
      // Counted now: what was stored without being acknowledged may have arrived a moment ago.
      const times = sink.requests.filter((request) => request.id === delivery).length;
      expect(attempts.length).toBeLessThanOrEqual(times);
    }
    expect(accepted.size).toBeGreaterThan(UNDER_LOAD * 20);
  },
  LONG_TEST_MS,
);
