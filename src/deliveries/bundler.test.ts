import { describe, expect, test } from "bun:test";

import type { ChangeRow } from "../changes/queries.ts";
import type { FeedNews } from "../changes/service.ts";
import { TopicCatalogue } from "../changes/topics.ts";
import { ManualClock } from "../clock.ts";
import type { Receiver } from "../receivers/receiver.ts";
import type { Presence, Reader } from "../store/store.ts";
import { Bundler, type BundlerOptions } from "./bundler.ts";

const ORGANISATION = 1;

const receiver = (id: string, more: Partial<Receiver> = {}): Receiver => ({
  id,
  organisationId: ORGANISATION,
  accountId: "account",
  name: id,
  description: "",
  url: "https://partner.example/",
  topics: ["Trainings.*"],
  format: "changes",
  payload: "thin",
  auth: { protocol: "none" },
  keys: [],
  signingKeys: [],
  tls: null,
  bundle: { quiet: 5_000, longest: 60_000, size: 500 },
  retry: { steps: [], then: "fail" },
  headers: {},
  metadata: {},
  contact: null,
  contentFilter: {},
  ordered: false,
  rate: null,
  whileDisabled: "keep",
  enabled: true,
  disabledReason: null,
  disabledAt: null,
  failingSince: null,
  warned: 0,
  cursor: 0,
  createdAt: 1,
  modifiedAt: 1,
  deletedAt: null,
  ...more,
});

/**
 * A feed and a close of the same rules as the real ones, in memory, around a bundler. Times count from the start.
 * @param change  what a test has otherwise, made of what there is
 */
function world(change: (options: BundlerOptions) => Partial<BundlerOptions> = () => ({})) {
  const clock = new ManualClock();
  const began = clock.now();
  const rows = new Map<string, ChangeRow>();
  const listeners = new Set<(news: FeedNews) => void>();
  const cursors = new Map<string, number>();
  const closed: { receiver: string; at: number; keys: string[] }[] = [];
  const errors: string[] = [];
  const attempts: number[] = [];
  const held = new Set<string>();
  const calls = { wants: 0, timers: 0, asked: 0 };
  let sequence = 0;

  const after = (organisationId: number, topics: readonly string[], cursor: number) =>
    [...rows.values()]
      .filter((row) => row.organisationId === organisationId && topics.includes(row.topic))
      .filter((row) => row.sequence > cursor)
      .sort((a, b) => a.sequence - b.sequence);

  const close: BundlerOptions["close"] = async ({ id, organisationId, bundle }, topics, onlyFull) => {
    attempts.push(clock.now() - began);
    await Promise.resolve();
    const all = after(organisationId, topics, cursors.get(id) ?? 0);
    const nothing = { cursor: cursors.get(id) ?? 0, closed: false, left: 0, paused: false, blocked: false };
    if (onlyFull && all.length < bundle.size) return { ...nothing, oldestLeft: undefined, left: all.length };
    const mine = all.slice(0, bundle.size);
    const cursor = mine.at(-1)?.sequence ?? nothing.cursor;
    cursors.set(id, cursor);
    if (mine.length > 0) {
      closed.push({ receiver: id, at: clock.now() - began, keys: mine.map(({ key }) => key) });
    }
    return { ...nothing, cursor, closed: mine.length > 0, oldestLeft: all[bundle.size]?.at };
  };

  const options: BundlerOptions = {
    store: { read: (fn) => fn({} as Reader) },
    feed: {
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      page: async (_, { organisationId, topics, after: cursor, limit }) => {
        const found = after(organisationId, topics, cursor);
        return { rows: found.slice(0, limit), cursor: sequence, more: found.length > limit };
      },
      nthNewest: async (_, { organisationId, topics, nth }) => {
        calls.asked++;
        return after(organisationId, topics, 0).at(-nth)?.sequence;
      },
    },
    clock: {
      now: () => clock.now(),
      after: (ms, fn) => {
        calls.timers++;
        return clock.after(ms, fn);
      },
    },
    log: { error: (message) => errors.push(message) },
    topics: new TopicCatalogue(["trainings", "institutes"]),
    wants: (id) => {
      calls.wants++;
      return !held.has(id);
    },
    close,
  };
  const bundler = new Bundler({ ...options, ...change(options) });

  const tell = (organisationId: number, topics: ReadonlyMap<string, number>) => {
    for (const listener of listeners) listener({ organisationId, topics });
  };
  /** Commits changes of these objects. */
  const push = (keys: readonly string[], topic = "Trainings.Update", organisationId = ORGANISATION) => {
    for (const key of keys) {
      const object = topic.startsWith("Trainings") ? "training" : "institute";
      const row = { organisationId, object, key, topic, action: "update", subject: null, actor: null };
      rows.set(`${organisationId}/${object}/${key}`, { ...row, sequence: ++sequence, at: clock.now() });
    }
    tell(organisationId, new Map([[topic, keys.length]]));
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Lets time pass in steps of 100 ms, and what it brings about happen. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await settled();
    }
  };
  return { bundler, clock, calls, closed, attempts, errors, held, push, tell, pass, settled };
}

/** As of one of several processes on a database. */
const presence: Presence = { number: 1, appear: async () => {}, alive: async () => new Set([1]) };

const range = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `${from + i}`);

describe("a bundle closes", () => {
  test("when it has been quiet for its window since the last change, with each object once", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(4_000);
    push(["b"]);
    await pass(4_000);
    push(["a"]);
    await pass(4_900);
    expect(closed).toEqual([]);
    await pass(100);
    expect(closed).toEqual([{ receiver: "r", at: 13_000, keys: ["b", "a"] }]);
    await pass(100_000);
    expect(closed).toHaveLength(1);
  });

  test("each time anew, counted from its own changes", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(7_000);
    push(["b"]);
    await pass(7_000);
    expect(closed.map(({ at, keys }) => [at, ...keys])).toEqual([
      [5_000, "a"],
      [12_000, "b"],
    ]);
  });

  test("when its first change has waited longest, while changes go on", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 5_000, longest: 20_000, size: 500 } })]);
    for (let i = 0; i < 42; i++) {
      push([`${i}`]);
      await pass(1_000);
    }
    expect(closed.map(({ at }) => at)).toEqual([20_000, 40_000]);
    expect(closed.map(({ keys }) => keys.length)).toEqual([20, 20]);
  });

  test("when it has waited longest, also where that is shorter than the quiet window, each time", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 60_000, longest: 2_000, size: 500 } })]);
    push(["a"]);
    await pass(10_000);
    push(["b"]);
    await pass(10_000);
    expect(closed.map(({ at }) => at)).toEqual([2_000, 12_000]);
  });

  test("when it is full, at once, and so does the next one", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 60_000, longest: 60_000, size: 10 } })]);
    for (const round of [0, 1, 2]) {
      push(range(4, round * 10));
      await pass(500);
      push(range(6, round * 10 + 4));
      await pass(500);
    }
    expect(closed.map(({ at, keys }) => [at, keys.length])).toEqual([
      [600, 10],
      [1_600, 10],
      [2_600, 10],
    ]);
  });

  test("when it is full of objects, not after as many changes of few of them", async () => {
    const { bundler, calls, closed, attempts, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 60_000, longest: 600_000, size: 10 } })]);
    for (let i = 0; i < 300; i++) {
      push(range(3));
      await pass(100);
    }
    expect(closed).toEqual([]);
    // 900 changes: the feed is asked now and then, no bundle is tried in vain.
    expect(attempts).toEqual([]);
    expect(calls.asked).toBeGreaterThan(50);
    push(range(7, 3));
    await pass(100);
    expect(closed.map(({ keys }) => keys.length)).toEqual([10]);
  });

  test("at once when what came in one piece fills several, and what remains waits like any other", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 5_000, longest: 60_000, size: 10 } })]);
    push(range(25));
    await pass(1_000);
    expect(closed.map(({ keys }) => keys.length)).toEqual([10, 10]);
    await pass(2_000);
    push(["late"]);
    await pass(10_000);
    expect(closed.slice(2)).toEqual([{ receiver: "r", at: 8_000, keys: [...range(5, 20), "late"] }]);
  });

  test("with what remained of a full one when that has waited longest, counted from its own first change", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 5_000, longest: 20_000, size: 10 } })]);
    push(range(3));
    await pass(4_000);
    push(range(9, 3));
    await pass(100);
    expect(closed.map(({ keys }) => keys.length)).toEqual([10]);
    for (let i = 0; i < 30; i++) {
      push(["busy"]);
      await pass(1_000);
    }
    expect(closed[1]).toMatchObject({ at: 24_000, keys: ["10", "11", "busy"] });
  });

  test("at once where the window is nothing", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 0, longest: 0, size: 10 } })]);
    push(["a"]);
    await pass(1);
    push(["b"]);
    await pass(1);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
  });

  test("with what came while no process ran, counted from when it came", async () => {
    const { bundler, closed, push, pass } = world();
    push(["a"]);
    await pass(3_000);
    await bundler.start([receiver("r")]);
    await pass(1_900);
    expect(closed).toEqual([]);
    await pass(100);
    expect(closed).toEqual([{ receiver: "r", at: 5_000, keys: ["a"] }]);
  });

  test("at once when a start finds it full", async () => {
    const { bundler, closed, push, pass } = world();
    push(range(12));
    await bundler.start([receiver("r", { bundle: { quiet: 5_000, longest: 60_000, size: 10 } })]);
    await pass(100);
    expect(closed.map(({ keys }) => keys.length)).toEqual([10]);
  });

  test("after another process's changes, of which nothing is known but that there are some", async () => {
    let known = false;
    const { bundler, closed, push, tell, pass } = world(({ feed }) => ({
      feed: {
        ...feed,
        listen: (listener) => feed.listen((news) => known && listener(news)),
      },
    }));
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(10_000);
    expect(closed).toEqual([]);
    known = true;
    tell(ORGANISATION, new Map());
    await pass(4_900);
    expect(closed).toEqual([]);
    await pass(100);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });
});

describe("a push", () => {
  test("has the feed asked once for all receivers that may be full", async () => {
    const { bundler, calls, attempts, push, pass } = world();
    const bundle = { quiet: 600_000, longest: 600_000, size: 10 };
    await bundler.start(range(1_000).map((id) => receiver(id, { bundle })));
    calls.asked = 0;
    for (let i = 0; i < 100; i++) {
      push(["a", "b", "c"]);
      await pass(100);
    }
    expect(attempts).toEqual([]);
    expect(calls.asked).toBeGreaterThan(10);
    expect(calls.asked).toBeLessThan(201);
  });

  test("is found full though what filled it came while the feed was asked, and nothing came after it", async () => {
    let answer = (): void => {};
    let asked = 0;
    const { bundler, closed, push, pass } = world(({ feed }) => ({
      feed: {
        ...feed,
        nthNewest: async (reader, query) => {
          const found = await feed.nthNewest(reader, query);
          if (asked++ === 0) await new Promise<void>((resolve) => (answer = resolve));
          return found;
        },
      },
    }));
    await bundler.start([receiver("r", { bundle: { quiet: 60_000, longest: 60_000, size: 3 } })]);
    push(["a"]);
    push(["b"]);
    push(["a"]);
    await pass(1_000);
    push(["c"]);
    answer();
    await pass(1_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["b", "a", "c"]]);
  });

  test("has the feed asked once, also where more changes come before it has answered", async () => {
    let asked = 0;
    const { bundler, push, pass } = world(({ feed }) => ({
      feed: {
        ...feed,
        nthNewest: async (...query) => {
          const answer = feed.nthNewest(...query);
          if (++asked < 50) push(range(64));
          return await answer;
        },
      },
    }));
    const bundle = { quiet: 600_000, longest: 600_000, size: 500 };
    await bundler.start([receiver("r", { bundle })]);
    for (let i = 0; i < 8; i++) push(range(64));
    await pass(100);
    // Once for the changes that were there, and once for those that came with the answer.
    expect(asked).toBeGreaterThanOrEqual(1);
    expect(asked).toBeLessThanOrEqual(2);
  });

  test("that a receiver finds waiting has it alone looked at, not all others", async () => {
    const { bundler, calls, push, pass } = world();
    const bundle = { quiet: 600_000, longest: 600_000, size: 500 };
    await bundler.start([]);
    push(["a"]);
    for (const id of range(200)) {
      await bundler.update(receiver(id, { bundle }));
      await pass(100);
    }
    expect(calls.wants).toBeGreaterThanOrEqual(200);
    expect(calls.wants).toBeLessThan(1_000);
  });

  test("costs nothing per receiver, however many wait", async () => {
    const { bundler, calls, clock, push, settled, closed } = world();
    let looks = 0;
    const watched = (one: Receiver) =>
      new Proxy(one, {
        get: (target, name, self) => {
          looks++;
          return Reflect.get(target, name, self);
        },
      });
    await bundler.start(range(10_000).map((id) => watched(receiver(id))));
    Object.assign(calls, { timers: 0, wants: 0, asked: 0 });
    looks = 0;
    for (let i = 0; i < 100; i++) push([`${i}`]);
    expect({ ...calls, looks }).toEqual({ timers: 1, wants: 0, asked: 0, looks: 0 });
    clock.advance(5_000);
    // Others have their turn in between.
    for (let turns = 0; turns < 1_000 && closed.length < 10_000; turns++) await settled();
    expect(calls.wants).toBe(10_000);
    expect(closed).toHaveLength(10_000);
  });

  test("looks at many receivers only so often, also where they have no window at all", async () => {
    const { bundler, attempts, push, pass } = world();
    const bundle = { quiet: 0, longest: 0, size: 500 };
    await bundler.start(range(1_000).map((id) => receiver(id, { bundle })));
    for (let i = 0; i < 200; i++) {
      push([`${i}`]);
      await pass(10);
    }
    // Ten times in a second at most, and not a hundred times.
    expect(attempts.length).toBeGreaterThanOrEqual(5_000);
    expect(attempts.length).toBeLessThanOrEqual(21_000);
  });

  test("does not look at receivers that want no other bundle, however many, and so waits for none of them", async () => {
    const { bundler, calls, closed, push, pass, held } = world();
    const bundle = { quiet: 0, longest: 0, size: 500 };
    const hanging = range(10_000);
    hanging.forEach((id) => held.add(id));
    await bundler.start(["healthy", ...hanging].map((id) => receiver(id, { bundle })));
    push(["first"]);
    await pass(1_000);
    expect(calls.wants).toBeLessThanOrEqual(10_002);
    calls.wants = 0;
    const before = closed.length;
    for (let i = 0; i < 10; i++) {
      push([`${i}`]);
      await pass(5);
    }
    expect(closed.slice(before).map(({ receiver: id }) => id)).toEqual(Array(10).fill("healthy"));
    expect(calls.wants).toBeLessThanOrEqual(20);
  });

  test("is seen again by a receiver that wanted nothing for a while, once it has come on", async () => {
    const { bundler, closed, push, pass, held } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 0, longest: 0, size: 500 } })]);
    held.add("r");
    push(["a"]);
    await pass(1_000);
    expect(closed).toEqual([]);
    held.delete("r");
    bundler.progressed("r");
    await pass(100);
    push(["b"]);
    await pass(1_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
  });

  test("does not close the bundles of receivers of other topics, nor ask after them", async () => {
    const { bundler, calls, closed, attempts, push, pass } = world();
    await bundler.start([
      receiver("trainings"),
      receiver("institutes", { topics: ["Institutes.Update"] }),
      receiver("destroyed", { topics: ["*.Nothing", "Trainings.Destroy"] }),
    ]);
    push(["a"]);
    await pass(30_000);
    expect(closed.map((bundle) => bundle.receiver)).toEqual(["trainings"]);
    expect(attempts).toHaveLength(1);
    expect(calls.wants).toBe(1);
  });

  test("does not prolong the quiet window of receivers of other topics", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("trainings"), receiver("institutes", { topics: ["Institutes.*"] })]);
    push(["i"], "Institutes.Update");
    for (let i = 0; i < 10; i++) {
      push(["t"]);
      await pass(1_000);
    }
    expect(closed.map(({ receiver: id, at }) => [id, at])).toEqual([["institutes", 5_000]]);
  });

  test("of one organisation does not concern another's receivers", async () => {
    const { bundler, closed, attempts, push, pass } = world();
    await bundler.start([receiver("mine"), receiver("theirs", { organisationId: 2 })]);
    push(["a"], "Trainings.Update", 2);
    await pass(30_000);
    expect(closed.map((bundle) => bundle.receiver)).toEqual(["theirs"]);
    expect(attempts).toHaveLength(1);
  });

  test("while a bundle closes comes with the next one", async () => {
    const gate = Promise.withResolvers<void>();
    const { bundler, closed, push, pass } = world(({ close }) => ({
      close: async (...args) => {
        const result = await close(...args);
        await gate.promise;
        return result;
      },
    }));
    await bundler.start([receiver("r", { bundle: { quiet: 1_000, longest: 1_000, size: 500 } })]);
    push(["a"]);
    await pass(1_500);
    push(["b"]);
    await pass(5_000);
    gate.resolve();
    await pass(2_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
  });

  test("while a receiver is being taken up is not missed", async () => {
    let between = () => {};
    const { bundler, closed, push, pass } = world(({ feed }) => ({
      feed: {
        ...feed,
        page: async (...args) => {
          const page = await feed.page(...args);
          between(); // committed and told after the look, before its answer has arrived
          return page;
        },
      },
    }));
    between = () => push(["a"]);
    await bundler.start([receiver("r")]);
    await pass(5_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });
});

describe("a receiver that does not want another bundle", () => {
  test("has its changes go on merging, and gets them when its deliveries have come on", async () => {
    const { bundler, closed, held, push, pass, settled } = world();
    await bundler.start([receiver("r")]);
    held.add("r");
    for (let i = 0; i < 50; i++) {
      push(range(20));
      await pass(2_000);
    }
    bundler.progressed("r");
    await settled();
    expect(closed).toEqual([]);
    held.delete("r");
    bundler.progressed("r");
    await settled();
    expect(closed).toEqual([{ receiver: "r", at: 100_000, keys: range(20) }]);
  });

  test("does not hold up the others of its lane", async () => {
    const { bundler, closed, held, push, pass } = world();
    await bundler.start([receiver("down"), receiver("up")]);
    held.add("down");
    push(["a"]);
    await pass(5_000);
    expect(closed.map((bundle) => bundle.receiver)).toEqual(["up"]);
  });

  test("and has nothing waiting is not looked for when it comes on", async () => {
    const { bundler, attempts, pass } = world();
    await bundler.start([receiver("r")]);
    bundler.progressed("r");
    bundler.progressed("nobody");
    await pass(10_000);
    expect(attempts).toEqual([]);
  });
});

describe("a receiver", () => {
  test("that is changed while its bundle gathers has it closed by its new window", async () => {
    const { bundler, closed, push, pass } = world();
    await bundler.start([receiver("r", { bundle: { quiet: 50_000, longest: 60_000, size: 500 } })]);
    push(["a"]);
    await pass(1_000);
    await bundler.update(receiver("r", { bundle: { quiet: 2_000, longest: 60_000, size: 500 } }));
    await pass(1_000);
    expect(closed.map(({ at }) => at)).toEqual([2_000]);
    push(["b"]);
    await pass(100_000);
    expect(closed.map(({ at }) => at)).toEqual([2_000, 4_000]);
  });

  test("that is removed gets nothing more", async () => {
    const { bundler, closed, attempts, push, pass } = world();
    await bundler.start([receiver("r")]);
    push(["a"]);
    bundler.remove("r");
    push(["b"]);
    await pass(100_000);
    expect({ closed, attempts }).toEqual({ closed: [], attempts: [] });
  });

  test("that is switched off gets nothing, and all of it when it is switched on", async () => {
    const { bundler, closed, held, push, pass } = world();
    await bundler.start([receiver("r")]);
    held.add("r"); // as the dispatcher has it
    await bundler.update(receiver("r", { enabled: false }));
    push(["a", "b"]);
    await pass(20_000);
    push(["a"]);
    await pass(20_000);
    expect(closed).toEqual([]);
    held.delete("r");
    await bundler.update(receiver("r"));
    await pass(100);
    expect(closed.map(({ keys }) => keys)).toEqual([["b", "a"]]);
  });

  test("whose account may do nothing is asked no more, whatever comes, until somebody tells that it may", async () => {
    let paused = true;
    let tries = 0;
    const { bundler, closed, push, pass } = world(({ close }) => ({
      close: async (...args) => {
        tries++;
        if (!paused) return await close(...args);
        return { cursor: 0, closed: false, oldestLeft: undefined, left: 0, paused, blocked: false };
      },
    }));
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(100_000);
    push(["b"]);
    await pass(100_000);
    expect(tries).toBe(1);
    paused = false;
    bundler.progressed("r");
    await pass(100);
    expect(closed.map(({ keys }) => keys)).toEqual([["a", "b"]]);
  });

  test("whose bundle waits for a delivery of the same object closes it as soon as that has come to rest", async () => {
    let blocked = true;
    let tries = 0;
    const { bundler, clock, closed, push, pass } = world(({ close }) => ({
      close: async (...args) => {
        tries++;
        if (!blocked) return await close(...args);
        const nothing = { cursor: 0, closed: false, left: 0, paused: false };
        return { ...nothing, oldestLeft: clock.now(), blocked };
      },
    }));
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(5_000);
    push(["a"]);
    await pass(50_000);
    expect(tries).toBe(1);
    blocked = false;
    bundler.progressed("r");
    await pass(100);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });

  test("whose bundle another process may hold back looks again by itself, less and less often", async () => {
    let blocked = true;
    const tries: number[] = [];
    const { bundler, clock, closed, push, pass } = world(({ close, store, clock }) => ({
      store: { ...store, presence },
      close: async (...args) => {
        tries.push(clock.now() - began);
        if (!blocked) return await close(...args);
        const nothing = { cursor: 0, closed: false, left: 0, paused: false };
        return { ...nothing, oldestLeft: clock.now(), blocked };
      },
    }));
    const began = clock.now();
    await bundler.start([receiver("r", { bundle: { quiet: 0, longest: 0, size: 500 } })]);
    push(["a"]);
    await pass(20_000);
    // After 0.5, 1, 2, 4 and 8 seconds; time passes in steps, the first of which lies before the first close has ended.
    expect(tries).toEqual([0, 600, 1_600, 3_600, 7_600, 15_600]);
    blocked = false;
    await pass(15_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
    await bundler.stop();
  });

  test("that is told of progress while its bundle is being closed does not wait for more of it", async () => {
    let tries = 0;
    const { bundler, closed, push, pass } = world(({ close }) => ({
      close: async (...args) => {
        if (++tries > 1) return await close(...args);
        bundler.progressed("r");
        const nothing = { cursor: 0, closed: false, left: 0, paused: false };
        return { ...nothing, oldestLeft: 0, blocked: true };
      },
    }));
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(5_100);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });

  test("waits no longer for its bundle because the clock is set back", async () => {
    let skew = 0;
    const { bundler, closed, push, pass } = world(({ clock }) => ({
      clock: { now: () => clock.now() + skew, after: (ms, fn) => clock.after(ms, fn) },
    }));
    await bundler.start([receiver("r")]);
    push(["a"]);
    await pass(2_000);
    skew = -3_600_000;
    await pass(10_000);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
    push(["b"]);
    await pass(5_100);
    expect(closed).toHaveLength(2);
  });
});

describe("closing that fails", () => {
  test("is told, and tried again after a while and not before, until it works", async () => {
    let failures = 2;
    const at: number[] = [];
    const { bundler, clock, closed, errors, push, pass } = world(({ close }) => ({
      close: async (...args) => {
        at.push(clock.now());
        if (failures-- > 0) throw new Error("the database is away");
        return await close(...args);
      },
    }));
    const began = clock.now();
    await bundler.start([receiver("r")]);
    push(["a"]);
    for (let i = 0; i < 40; i++) {
      await pass(500);
      bundler.progressed("r");
    }
    expect(at.map((time) => time - began)).toEqual([5_000, 10_000, 15_000]);
    expect(errors).toEqual(["bundle could not be closed", "bundle could not be closed"]);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });
});

describe("stopping", () => {
  test("waits for what is being closed, and closes nothing more", async () => {
    const gate = Promise.withResolvers<void>();
    const { bundler, attempts, closed, push, pass, settled } = world(({ close }) => ({
      close: async (...args) => {
        await gate.promise;
        return await close(...args);
      },
    }));
    const bundle = { quiet: 1_000, longest: 1_000, size: 500 };
    await bundler.start([receiver("one", { bundle }), receiver("two", { topics: ["Institutes.*"] })]);
    push(["a"]);
    push(["i"], "Institutes.Update");
    await pass(1_000);
    let stopped = false;
    const stopping = bundler.stop().then(() => (stopped = true));
    await settled();
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    push(["b"]);
    bundler.progressed("two");
    await pass(100_000);
    expect(attempts).toHaveLength(1);
    expect(closed.map(({ keys }) => keys)).toEqual([["a"]]);
  });
});
