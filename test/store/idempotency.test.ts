import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { ManualClock } from "../../src/clock.ts";
import { LEASE } from "../../src/heartbeat.ts";
import { noteWrites, promised } from "../../src/idempotency/claim.ts";
import { Idempotency, KEY_LIFE } from "../../src/idempotency/service.ts";
import { createLogger } from "../../src/log.ts";
import { Problem } from "../../src/problem.ts";
import { SecretBox } from "../../src/secrets/seal.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const answer = { status: 201, headers: { location: "/made" }, body: '{"secret":"whsec_c4nary"}' };
const log = createLogger({ level: "error", format: "json" });

describe.each(databases)("idempotency keys on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  const clock = new ManualClock();
  let keys = 0;

  const open = (on = store, at = clock) =>
    new Idempotency({
      ...{ store: on, clock: at, box: new SecretBox(new Uint8Array(32).fill(1)) },
      fingerprintKey: new Uint8Array(32).fill(2),
    });
  const owner = { organisationId: 1, subject: "account:acc_1" };
  const newKey = () => `key-${++keys}`;
  const claimed = async (idempotency: Idempotency, key: string, fingerprint = "f") => {
    const { claim } = await idempotency.begin(owner, key, fingerprint);
    if (!claim) throw new Error("it was answered before");
    return claim;
  };
  const codeOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof Problem ? error.code : error;
  };
  const rows = () => store.read((reader) => reader.query(({ db, t }) => db.select().from(t.idempotencyKeys)));
  /** A write whose answer is kept with it. */
  const keep = (body: string, fail = false) => {
    const also = promised((made: string) => ({ ...answer, body: made }));
    return store.write(async (tx) => {
      await also?.(tx, body);
      if (fail) throw new Problem("conflict", "It is there already.");
    });
  };
  const throttles = async () =>
    (await store.read((reader) => reader.query(({ db, t }) => db.select().from(t.throttles)))).length;
  /** Some write of the request's own. */
  const write = (fail = false) =>
    store.write(async (tx) => {
      await tx.query(({ db, t }) =>
        db.insert(t.throttles).values({ key: newKey(), failures: 1, blockedUntil: 1, expiresAt: 1 }),
      );
      if (fail) throw new Problem("conflict", "It is there already.");
    });

  beforeAll(async () => {
    database = await makeDatabase(kind);
    store = noteWrites(await openStore(database.options, clock));
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });

  test("an answer is given again, as it was, and lies sealed", async () => {
    const [idempotency, key] = [open(), newKey()];
    await (await claimed(idempotency, key)).settle(answer);
    expect(await idempotency.begin(owner, key, "f")).toEqual({ answer });
    const found = (await rows()).find((row) => row.key === key);
    expect(found).toMatchObject({ state: "done", status: 201 });
    expect(JSON.stringify(found)).not.toContain("c4nary");
  });

  test("an answer without a body is given again without one", async () => {
    const [idempotency, key] = [open(), newKey()];
    await (await claimed(idempotency, key)).settle({ ...answer, body: null });
    expect(await idempotency.begin(owner, key, "f")).toEqual({ answer: { ...answer, body: null } });
  });

  test("another request by the same key is refused, while the first runs and afterwards", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    expect(await codeOf(idempotency.begin(owner, key, "other"))).toBe("invalid");
    expect(await codeOf(idempotency.begin(owner, key, "f"))).toBe("conflict");
    await claim.settle(answer);
    expect(await codeOf(idempotency.begin(owner, key, "other"))).toBe("invalid");
  });

  test("after 24 hours by the clock a key is new again, to the millisecond, and its row is removed", async () => {
    const at = new ManualClock();
    const [idempotency, key] = [open(store, at), newKey()];
    await (await claimed(idempotency, key)).settle(answer);
    at.advance(KEY_LIFE - 1);
    expect(await idempotency.begin(owner, key, "f")).toEqual({ answer });
    at.advance(1);
    await (await claimed(idempotency, key, "other")).settle(answer);

    at.advance(KEY_LIFE + 1);
    await idempotency.start(log);
    await idempotency.settled();
    await idempotency.stop();
    expect((await rows()).filter((row) => row.key === key)).toEqual([]);
  });

  test("what fails before it writes leaves its key free", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    expect(await codeOf(claim.around(() => write(true)))).toBe("conflict");
    await claim.release();
    await (await claimed(idempotency, key, "other")).settle(answer);
  });

  test("what fails after it has written is not done again", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    await claim.around(() => write());
    await claim.release();
    expect(await codeOf(idempotency.begin(owner, key, "f"))).toBe("conflict");
  });

  test("what has been taken back leaves its key free", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    await claim.around(() => write());
    await claim.release(true);
    await claimed(idempotency, key);
  });

  test("what goes on by itself after the answer notes nothing more", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    const later = Promise.withResolvers<void>();
    const background = await claim.around(async () => ({ ended: later.promise.then(() => write()) }));
    await claim.release();
    later.resolve();
    await background.ended;
    await claimed(idempotency, key, "other");
  });

  test("of a process that died, what wrote nothing is free, and what wrote is not done again", async () => {
    const idempotency = open();
    const [nothing, wrote, promise, final] = [newKey(), newKey(), newKey(), newKey()];
    await claimed(idempotency, nothing);
    await (await claimed(idempotency, wrote)).around(() => write());
    await (await claimed(idempotency, final)).around(() => keep("final"));
    const claim = await claimed(idempotency, promise);
    await claim.around(() =>
      store.write(async (tx) => {
        await claim.promise(tx, answer, "written");
      }),
    );
    // The next process: on SQLite at once, elsewhere when the leases are over.
    const next = open();
    await next.start(log);
    await next.stop();
    if (kind !== "sqlite") {
      expect(await codeOf(next.begin(owner, nothing, "f"))).toBe("conflict");
      clock.advance(LEASE);
    }
    await claimed(next, nothing);
    expect(await codeOf(next.begin(owner, wrote, "f"))).toBe("conflict");
    expect(await next.begin(owner, promise, "f")).toEqual({ answer });
    expect(await next.begin(owner, final, "f")).toEqual({ answer: { ...answer, body: "final" } });
  });

  test("an answer that is known when it is written is there with it, and at once; without a key nothing is kept", async () => {
    const [idempotency, key] = [open(), newKey()];
    const other = newKey();
    // Of both in one transaction.
    const run = async (name: string) => (await claimed(idempotency, name)).around(() => keep(name));
    await Promise.all([run(key), run(other)]);
    // The process dies here: it has not settled.
    for (const name of [key, other])
      expect(await open().begin(owner, name, "f")).toEqual({ answer: { ...answer, body: name } });
    const before = await rows();
    await keep("nothing");
    expect(await rows()).toEqual(before);
  });

  test("an answer that was kept with a write that fails is not kept", async () => {
    const [idempotency, key] = [open(), newKey()];
    const claim = await claimed(idempotency, key);
    expect(await codeOf(claim.around(() => keep("made", true)))).toBe("conflict");
    await claim.release();
    await claimed(idempotency, key);
  });

  test.skipIf(kind === "sqlite")(
    "what takes long is left to the process that lives, and a process that was taken for dead writes nothing",
    async () => {
      const [one, other, key] = [open(), open(), newKey()];
      const claim = await claimed(one, key);
      const { promise: told, resolve } = Promise.withResolvers<void>();
      const run = claim.around(async () => {
        await told;
        await write();
      });
      const lease = async () => (await rows()).find((row) => row.key === key)?.leaseUntil;
      for (let passed = 0; passed < 3 * LEASE; passed += LEASE / 4) {
        clock.advance(LEASE / 4);
        while ((await lease()) !== clock.now() + LEASE) await Bun.sleep(1);
        expect(await codeOf(other.begin(owner, key, "f"))).toBe("conflict");
      }
      // Its database was away for too long.
      await store.write((tx) => tx.query(({ db, t }) => db.update(t.idempotencyKeys).set({ leaseUntil: 0 })));
      await (await claimed(other, key)).settle(answer);
      const written = await throttles();
      resolve();
      expect(await codeOf(run)).toBe("conflict");
      expect(await throttles()).toBe(written);
      expect(await other.begin(owner, key, "f")).toEqual({ answer });
    },
  );

  test("of many who come at once one is let in", async () => {
    const [one, other, key] = [open(), open(), newKey()];
    const begun = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? one : other).begin(owner, key, "f")),
    );
    const inside = begun.filter(({ status }) => status === "fulfilled");
    expect(inside).toHaveLength(1);
    for (const refused of begun) {
      if (refused.status === "rejected") expect(refused.reason).toMatchObject({ code: "conflict" });
    }
  });

  test("a key belongs to its owner", async () => {
    const [idempotency, key] = [open(), newKey()];
    await (await claimed(idempotency, key)).settle(answer);
    for (const other of [
      { ...owner, organisationId: 2 },
      { ...owner, subject: "account:acc_2" },
    ])
      expect((await idempotency.begin(other, key, "f")).claim).toBeDefined();
  });
});
