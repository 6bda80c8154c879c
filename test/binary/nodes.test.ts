/** Two servers on one PostgreSQL database: every change is delivered, by one of them, and both show the same. */
import { expect, test } from "bun:test";

import { LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { changesOf, createReceiver, put, TestReceiver } from "./receiver.ts";
import { type ChangeItem, type DeliveryOut, deliveryWith, type Page } from "./wire.ts";

const total = 400;
/** A server that is gone is missed at two looks, three seconds apart. */
const TAKE_OVER_MS = 10_000;

test.if(onPostgres)(
  "two servers deliver each change under one webhook-id, and a stop of one leaves the rest to the other",
  async () => {
    await using sink = new TestReceiver();
    await using koppla = await startKoppla();
    const twin = await koppla.startTwin();
    const partners = [koppla.demo, koppla.demo.at(twin)];
    await createReceiver(koppla.demo, sink.url(), { bundle: { quiet: "10ms", longest: "50ms", size: 20 } });
    const push = async (from: number, to: number, through: typeof partners) => {
      for (let id = from; id < to; id += through.length)
        await Promise.all(through.map((partner, n) => put(partner, `trainings/${id + n}`, { name: "n" })));
    };
    const arrived = (count: number) =>
      sink.waitFor(
        `${count} trainings`,
        (all) => new Set(all.flatMap(changesOf).map(({ id }) => id)).size === count,
      );

    await push(0, total, partners);
    await arrived(total);
    await twin.stop();
    await push(total, 2 * total, [koppla.demo]);
    await arrived(2 * total);

    const bundleOf = new Map<number | string, string>();
    for (const request of sink.requests)
      for (const { id } of changesOf(request)) {
        expect(bundleOf.get(id) ?? request.id).toBe(request.id);
        bundleOf.set(id, request.id);
      }
  },
  LONG_TEST_MS,
);

test.if(onPostgres)(
  "a long poll at one server hears at once of a push to the other",
  async () => {
    await using koppla = await startKoppla();
    const twin = await koppla.startTwin();
    const there = koppla.demo.at(twin);
    const started = performance.now();
    const waiting = there.read<Page<ChangeItem>>("/api/v1/changes?wait=30");
    await there.get("/api/v1/trainings");
    await put(koppla.demo, "trainings/1", { name: "n" });
    expect((await waiting).items.map(({ id }) => id)).toEqual([1]);
    expect(performance.now() - started).toBeLessThan(10_000);
  },
  LONG_TEST_MS,
);

/** A receiver that gives no answer until it is told to. */
function hanging() {
  const answered = Promise.withResolvers<number>();
  const sink = new TestReceiver({ answer: () => answered.promise });
  return {
    sink,
    release: () => {
      sink.script(() => 204);
      answered.resolve(204);
    },
  };
}

/** How long it takes until a delivery that was under way is sent again, ms, and that it is the same. */
async function sentAgain(sink: TestReceiver, since: number): Promise<number> {
  const [first, second] = [await sink.nth(1), await sink.nth(2, "/hook", TAKE_OVER_MS)];
  const took = Date.now() - since;
  expect([second.id, second.body]).toEqual([first.id, first.body]);
  return took;
}

test.if(onPostgres)(
  "what a server was sending when it was killed is sent by the other within ten seconds",
  async () => {
    await using koppla = await startKoppla();
    const { sink, release } = hanging();
    await using _ = sink;
    await createReceiver(koppla.demo, sink.url(), { bundle: { quiet: "10ms", longest: "50ms" } });
    await put(koppla.demo, "trainings/1", { name: "n" });
    await sink.nth(1);
    const twin = await koppla.startTwin();
    await koppla.kill9();
    const killed = Date.now();
    release();
    expect(await sentAgain(sink, killed)).toBeLessThan(TAKE_OVER_MS);
    const there = koppla.demo.at(twin);
    const { items } = await there.read<Page<DeliveryOut>>("/api/v1/deliveries");
    const [delivery] = items;
    const { attempts } = await deliveryWith(there, delivery?.id ?? "", "delivered");
    expect(attempts.map(({ number }) => number)).toEqual([1]);
  },
  LONG_TEST_MS,
);

test.if(onPostgres)(
  "the same server started anew, and alone, sends it as soon",
  async () => {
    await using koppla = await startKoppla();
    const { sink, release } = hanging();
    await using _ = sink;
    await createReceiver(koppla.demo, sink.url(), { bundle: { quiet: "10ms", longest: "50ms" } });
    await put(koppla.demo, "trainings/1", { name: "n" });
    await sink.nth(1);
    await koppla.kill9();
    release();
    await koppla.start();
    expect(await sentAgain(sink, Date.now())).toBeLessThan(TAKE_OVER_MS);
  },
  LONG_TEST_MS,
);
