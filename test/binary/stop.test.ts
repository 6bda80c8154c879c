/** SIGTERM: what is in flight is answered or put back, the exit code is 0, the next start goes on. */
import { expect, test } from "bun:test";

import { LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { changesOf, TestReceiver } from "./receiver.ts";
import { type Page, readPages, type RecordOut } from "./wire.ts";

/** How long an orderly stop may take with nothing slow in flight. */
const STOP_LIMIT_MS = 5_000;

/** Milliseconds that an orderly stop takes; a stop that is not orderly throws. */
async function timed(stop: Promise<void>): Promise<number> {
  const started = performance.now();
  await stop;
  return performance.now() - started;
}

test(
  "SIGTERM under load answers what it took: each request is acknowledged and stored, or refused",
  async () => {
    await using koppla = await startKoppla();
    const acknowledged: number[] = [];
    let next = 0;
    let stopping: Promise<void> | undefined;
    const worker = async () => {
      while (true) {
        const id = next++;
        try {
          const response = await koppla.demo.put(`/api/v1/trainings/${id}`, { name: "n" });
          await response.arrayBuffer();
          if (response.status === 201) acknowledged.push(id);
          else expect(response.status).toBe(503);
        } catch (error) {
          // Refused connections are right once the stop has begun, broken ones are not told apart from them here.
          if (!stopping) throw error;
          return;
        }
        if (stopping && next > 100_000) return;
        if (acknowledged.length >= 300) stopping ??= koppla.stop();
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    await stopping;
    await koppla.start();
    const pages = await readPages(
      (path) => koppla.demo.read<Page<RecordOut>>(path),
      "/api/v1/trainings",
      500,
    );
    const stored = new Set(pages.flat().map(({ id }) => Number(id)));
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    // Nothing was stored without its answer: an orderly stop breaks no connection in flight.
    expect([...stored].filter((id) => !acknowledged.includes(id))).toEqual([]);
  },
  LONG_TEST_MS,
);

test(
  "SIGTERM lets a delivery in flight finish, and its result is in the log after the next start",
  async () => {
    const held = Promise.withResolvers<number>();
    await using sink = new TestReceiver({ answer: () => held.promise });
    await using koppla = await startKoppla();
    const { demo } = koppla;
    const receiver = { name: "r", url: sink.url(), topics: ["*"], account_id: demo.clientId };
    await demo.send("POST", "/api/v1/receivers", receiver, 201);
    await demo.put("/api/v1/trainings/1", { name: "n" });
    const { id } = await sink.nth(1);
    const stopping = koppla.stop();
    await koppla.log.waitFor(({ json }) => /stop/i.test(String(json?.["msg"])));
    held.resolve(200);
    await stopping;
    await koppla.start();
    const item = await demo.read<{ status: string }>(`/api/v1/deliveries/${id}`);
    expect(item.status).toBe("delivered");
    expect(sink.requests.length).toBe(1);
  },
  LONG_TEST_MS,
);

test(
  "SIGTERM does not wait for ever on a receiver that hangs: the delivery is put back and comes again",
  async () => {
    let hang = true;
    await using sink = new TestReceiver({ answer: () => (hang ? new Promise<number>(() => {}) : 200) });
    await using koppla = await startKoppla();
    const { demo } = koppla;
    const receiver = { name: "r", url: sink.url(), topics: ["*"], account_id: demo.clientId };
    await demo.send("POST", "/api/v1/receivers", receiver, 201);
    await demo.put("/api/v1/trainings/1", { name: "n" });
    const first = await sink.nth(1);
    const ms = await timed(koppla.stop());
    expect(ms).toBeLessThan(30_000);
    hang = false;
    await koppla.start();
    const again = await sink.waitFor("the delivery again", (all) => all.find(({ status }) => status === 200));
    expect(again.id).toBe(first.id);
    expect(changesOf(again)).toMatchObject([{ id: 1 }]);
  },
  LONG_TEST_MS,
);

test(
  "SIGTERM ends open streams and long polls within seconds",
  async () => {
    await using koppla = await startKoppla();
    const stream = await koppla.demo.get("/api/v1/changes/stream", { accept: "text/event-stream" });
    expect(stream.status).toBe(200);
    const ended = stream.text().catch(() => "broken");
    const poll = koppla.demo.get("/api/v1/changes?wait=60").then(
      (response) => response.status,
      () => 0,
    );
    // Answered by the same server after the poll came in, so the poll is open by now.
    await koppla.demo.get("/api/v1/changes");
    const ms = await timed(koppla.stop());
    expect(ms).toBeLessThan(STOP_LIMIT_MS);
    await ended;
    expect([0, 200, 503]).toContain(await poll);
  },
  LONG_TEST_MS,
);

test(
  "SIGTERM of an idle server with kept-alive connections is quick, SIGINT too",
  async () => {
    await using koppla = await startKoppla();
    for (let n = 0; n < 8; n++) await koppla.demo.read("/api/v1/trainings");
    expect(await timed(koppla.stop("SIGTERM"))).toBeLessThan(STOP_LIMIT_MS);
    // At once after it said that it listens, too.
    await koppla.start();
    expect(await timed(koppla.stop("SIGINT"))).toBeLessThan(STOP_LIMIT_MS);
  },
  LONG_TEST_MS,
);

test.if(!onPostgres)(
  "an orderly stop leaves one database file, the write-ahead log folded in",
  async () => {
    await using koppla = await startKoppla();
    await koppla.demo.put("/api/v1/trainings/1", { name: "n" });
    await koppla.stop();
    expect(await Bun.file(`${koppla.dir}/data/koppla.db-wal`).exists()).toBeFalse();
  },
  LONG_TEST_MS,
);
