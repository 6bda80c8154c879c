import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";

import { PATIENCE } from "../../src/channels/queue.ts";
import { PublicationRetention } from "../../src/channels/retention.ts";
import { Publishing } from "../../src/channels/service.ts";
import { ManualClock } from "../../src/clock.ts";
import type { HttpChannelConfig } from "../../src/config/types.ts";
import { LEASE } from "../../src/heartbeat.ts";
import { createLogger } from "../../src/log.ts";
import {
  type ChannelMessage,
  type MessageHost,
  type PublishPlan,
  PublishRefused,
} from "../../src/messages/publisher.ts";
import { LOOK_MS, NodeWatch } from "../../src/nodes/watch.ts";
import type { OutgoingRequest, OutgoingResult } from "../../src/outgoing/request.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const log = createLogger({ level: "error", format: "json" });
const quiet = { info() {}, warn() {}, error() {} };
const HOUR = 3_600_000;

const channel = (publish: "sync" | "async", more: Partial<HttpChannelConfig> = {}): HttpChannelConfig => ({
  ...{ kind: "http", name: "archive", url: "https://archive.example/", publish, timeout: 1_000 },
  ...{ secret: `whsec_${Buffer.alloc(32).toString("base64")}`, headers: {}, attachments: "data" },
  ...{ connectTimeout: 500, retry: { steps: [1_000, 2_000], then: "fail" }, concurrency: 2 },
  ...{ organisations: [], tls: { caFile: null, certFile: null, keyFile: null }, ...more },
});

/** A server that others see, or miss. */
interface Process {
  store: Store;
  nodes: NodeWatch;
}

const organisation = { id: 1, code: "demo", name: "Demo" };
const draft = { organisation, message: "m", references: [{ key: "caseId", value: "1" }], instance: null };

describe.each(databases)("publishing on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let clock: ManualClock;
  const running: Publishing[] = [];
  /** What a channel was sent, and what it answers. */
  let sent: OutgoingRequest[] = [];
  let answer: () => OutgoingResult | Promise<OutgoingResult>;
  let shown: string[] = [];
  let discarded: string[] = [];
  const messages = new Map<string, ChannelMessage>();
  let made = 0;

  const host: MessageHost = {
    load: async (id) => messages.get(id),
    show: async (_, id) => void shown.push(id),
    discard: async (_, id) => void discarded.push(id),
  };

  beforeAll(async () => {
    database = await makeDatabase(kind);
    store = await openStore(database.options, new ManualClock());
  });
  beforeEach(async () => {
    [sent, shown, discarded, clock] = [[], [], [], new ManualClock()];
    answer = () => ({ status: 204, body: "" });
    await store.write((tx) => tx.query(({ db, t }) => db.delete(t.publications)));
  });
  afterEach(async () => {
    for (const publishing of running.splice(0)) await publishing.stop();
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  /** As in a process of its own. */
  const open = async (config: HttpChannelConfig | undefined, start = true, process?: Process) => {
    const send = async (request: OutgoingRequest) => {
      sent.push(request);
      return await answer();
    };
    const channels = config ? { [config.name]: config } : {};
    const publishing = await Publishing.open({
      ...{ store, clock, send, config: { channels }, random: () => 0 },
      ...process,
    });
    publishing.bind(host);
    running.push(publishing);
    if (start) await publishing.start({ log: quiet, publicUrl: "https://koppla.example" });
    return publishing;
  };

  const record = async (publishing: Publishing): Promise<{ plan: PublishPlan; id: string }> => {
    const id = `message-${++made}`;
    messages.set(id, {
      ...{ id, organisation, partyId: "p", message: "m", references: [], attachments: [] },
      ...{ createdAt: clock.now(), instance: null, senderUserId: null },
    });
    const plan = publishing.plan(draft);
    await store.write((tx) => publishing.record(tx, plan, id));
    return { plan, id };
  };

  const rows = () => store.read((reader) => reader.query(({ db, t }) => db.select().from(t.publications)));
  const settled = async (look: () => Promise<boolean> | boolean) => {
    for (const end = performance.now() + 4_000; !(await look()); await Bun.sleep(1)) {
      if (performance.now() > end) throw new Error(`it did not come about: ${String(look)}`);
    }
  };
  const inState = (state: string) => settled(async () => (await rows()).every((row) => row.state === state));

  test("an answer that waits hears what the channel says, and the message is shown or gone with it", async () => {
    const publishing = await open(channel("sync"));
    const first = await record(publishing);
    await publishing.publish(first.plan, first.id);
    expect([shown, discarded]).toEqual([[first.id], []]);
    answer = () => ({ status: 500, body: "" });
    const second = await record(publishing);
    expect(await publishing.publish(second.plan, second.id).catch((error: unknown) => error)).toBeInstanceOf(
      PublishRefused,
    );
    expect([shown, discarded]).toEqual([[first.id], [second.id]]);
    expect((await rows()).map(({ state, attempts }) => [state, attempts])).toEqual([
      ["published", 1],
      ["failed", 1],
    ]);
  });

  test("retries come when the schedule says, by the clock, and end with it", async () => {
    answer = () => ({ status: 503, body: "" });
    const publishing = await open(channel("async"));
    await record(publishing);
    for (const [attempts, wait] of [
      [1, 1_000],
      [2, 2_000],
    ] as const) {
      await settled(async () => (await rows()).every((row) => row.attempts === attempts && row.run === null));
      const [row] = await rows();
      expect(row).toMatchObject({ state: "pending", nextAttemptAt: clock.now() + wait, error: "status" });
      expect(sent).toHaveLength(attempts);
      await Bun.sleep(5);
      clock.advance(wait);
    }
    await inState("failed");
    expect(sent).toHaveLength(3);
  });

  test("two processes publish a message once", async () => {
    const one = await open(channel("async"));
    await open(channel("async"));
    for (let i = 0; i < 20; i++) await record(one);
    for (const publishing of running) publishing.nudge();
    await inState("published");
    expect(sent).toHaveLength(20);
  });

  test("what an answer waited for in a process that died is unknown and shown, once, and not sent again", async () => {
    const died = await open(channel("sync"), false);
    const { id } = await record(died);
    // The next process: at once where it is the only one, else when the lease is over.
    if (kind !== "sqlite") {
      await open(channel("sync"));
      expect(shown).toEqual([]);
      clock.advance(LEASE + 1);
    }
    await open(channel("sync"));
    await inState("unknown");
    expect([shown, sent]).toEqual([[id], []]);
  });

  test("the same where the channel has been taken out of the YAML", async () => {
    const { id } = await record(await open(channel("sync"), false));
    await open(undefined);
    if (kind !== "sqlite") {
      expect(shown).toEqual([]);
      clock.advance(LEASE + 1);
    }
    await inState("unknown");
    expect(shown).toEqual([id]);
  });

  /** A call that hangs, while a second process looks for what nobody looks after. */
  const hanging = async () => {
    const answered = Promise.withResolvers<OutgoingResult>();
    answer = () => answered.promise;
    const publishing = await open(channel("sync"));
    const other = await open(channel("sync"));
    const { plan, id } = await record(publishing);
    const ended = publishing.publish(plan, id).catch((error: unknown) => error);
    await settled(() => sent.length === 1);
    return { id, other, ended, answered };
  };

  test.skipIf(kind === "sqlite")(
    "what an answer waits for is left to the process that lives, however long it takes",
    async () => {
      const { id, other, ended, answered } = await hanging();
      const lease = async () => (await rows())[0]?.nextAttemptAt;
      for (let passed = 0; passed < 3 * LEASE; passed += LEASE / 4) {
        clock.advance(LEASE / 4);
        await settled(async () => (await lease()) === clock.now() + LEASE);
        other.nudge();
      }
      expect(shown).toEqual([]);
      answered.resolve({ status: 204, body: "" });
      expect(await ended).toBeUndefined();
      await inState("published");
      expect(shown).toEqual([id]);
    },
  );

  test.skipIf(kind === "sqlite").each([
    ["published", 204],
    ["failed", 500],
  ])(
    "a process that was taken for dead says what it knows when it comes to itself: %s",
    async (state, status) => {
      const { id, other, ended, answered } = await hanging();
      // Its database was away for too long.
      await store.write((tx) =>
        tx.query(({ db, t }) => db.update(t.publications).set({ nextAttemptAt: clock.now() })),
      );
      other.nudge();
      await inState("unknown");
      expect([shown, discarded]).toEqual([[id], []]);
      answered.resolve({ status, body: "" });
      expect((await ended) instanceof PublishRefused).toBe(state === "failed");
      await inState(state);
      expect(discarded).toEqual(state === "failed" ? [id] : []);
    },
  );

  test("what the queue had under way in a process that died is sent again", async () => {
    const never = Promise.withResolvers<OutgoingResult>();
    answer = () => never.promise;
    const died = await open(channel("async"));
    await record(died);
    await settled(() => sent.length === 1);
    answer = () => ({ status: 200, body: "" });
    if (kind !== "sqlite") clock.advance(HOUR);
    await open(channel("async"));
    await inState("published");
    // It comes to itself: what it heard is of an attempt that is not its own any more.
    never.resolve({ status: 500, body: "" });
    await Bun.sleep(20);
    expect((await rows()).map(({ state }) => state)).toEqual(["published"]);
  });

  test.skipIf(kind === "sqlite")(
    "what the queue of a server had under way that is gone is sent again when it has been missed for a minute",
    async () => {
      const process = async (): Promise<Process> => {
        const there = await openStore(database.options, clock);
        const nodes = new NodeWatch({ store: there, clock });
        await nodes.start(quiet);
        return { store: there, nodes };
      };
      const never = Promise.withResolvers<OutgoingResult>();
      answer = () => never.promise;
      const dead = await process();
      await record(await open(channel("async"), true, dead));
      await settled(() => sent.length === 1);
      const other = await process();
      await open(channel("async"), true, other);
      await dead.nodes.stop();
      await dead.store.close();
      await settled(async () => (await other.store.presence?.alive())?.size === 1);
      answer = () => ({ status: 200, body: "" });
      await other.nodes.watch();
      for (let look = 2; look < PATIENCE; look++) {
        clock.advance(LOOK_MS);
        await other.nodes.settled();
      }
      expect(sent).toHaveLength(1);
      clock.advance(LOOK_MS);
      await inState("published");
      expect(sent).toHaveLength(2);
      never.resolve({ status: 200, body: "" });
      await other.nodes.stop();
      await other.store.close();
    },
  );

  test("a message that is removed while it waits is not sent, and the log says so", async () => {
    const publishing = await open(channel("async"), false);
    const { id } = await record(publishing);
    await store.write((tx) => publishing.forget(tx, [id]));
    await publishing.start({ log: quiet, publicUrl: "" });
    expect((await rows()).map(({ state, error }) => [state, error])).toEqual([["failed", "removed"]]);
    expect(sent).toEqual([]);
  });

  test("a channel is for the organisations that it lists", async () => {
    const publishing = await open(channel("async", { organisations: ["other"] }));
    expect(publishing.plan(draft).publications).toEqual([]);
    const other = { ...organisation, code: "other" };
    expect(publishing.plan({ ...draft, organisation: other }).publications).toHaveLength(1);
  });

  test("the log loses what is old and at rest, and nothing else", async () => {
    const at = new ManualClock(Date.now());
    // Attempts of this test alone are at this time.
    clock.advance(7 * 24 * HOUR);
    const publishing = await open(channel("async", { concurrency: 32 }));
    await Promise.all(Array.from({ length: 250 }, () => record(publishing)));
    await inState("published");
    await publishing.stop();
    const still = await open(channel("async"), false);
    await record(still);
    const retention = new PublicationRetention({ store, clock: at, log, retention: 24 * HOUR });
    retention.start();
    await retention.settled();
    expect(await rows()).toHaveLength(251);
    // The round that was due begins while the time passes, the next one when it has.
    for (const hours of [25, 1]) {
      at.advance(hours * HOUR);
      await retention.settled();
    }
    await retention.stop();
    expect((await rows()).map(({ state }) => state)).toEqual(["pending"]);
    const left = await store.read((reader) =>
      reader.query(({ db, t }) => db.select().from(t.publicationAttempts)),
    );
    expect(left.filter(({ at: tried }) => tried === clock.now())).toEqual([]);
  });
});
