/**
 * Servers on one PostgreSQL that die, or are lost sight of: what they had claimed is given back when they are gone, and
 * only then. The rule is in `src/nodes/watch.ts`.
 */
import { SQL } from "bun";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { IDLE_MS, LOOK_MS } from "../../src/nodes/watch.ts";
import { PostgresPresence } from "../../src/store/postgres/presence.ts";
import { databases } from "./databases.ts";
import { House, type Node, ok, silent, Tenant, until } from "./nodes.ts";

const SECOND = 1_000;
/** An attempt's time limit and a minute. */
const LEASE = 75 * SECOND;
/** A delivery for each record. */
const EVENTS = { format: "event", retry: { steps: ["1h"], then: "repeat" } };

/** The sessions by which servers are seen. */
const SESSIONS = `select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted
  and database = (select oid from pg_database where datname = current_database())`;

describe.if(databases.includes("postgres"))("of servers on one database", () => {
  let house: House;
  let admin: SQL;

  beforeEach(async () => {
    house = await House.make("postgres");
    const { options } = house.database;
    if (options.kind !== "postgres") throw new Error("not on PostgreSQL");
    admin = new SQL(options.url, { max: 1 });
  });
  afterEach(async () => {
    await admin.close();
    await house.close();
  });

  const open = async (receiver: Record<string, unknown> = {}): Promise<[Node, Tenant]> => {
    let tenant: Tenant | undefined;
    const node = await house.open("first", async (services) => {
      tenant = await Tenant.make(services);
      await tenant.receiver({ bundle: { quiet: "1s", longest: "1s" }, ...receiver });
    });
    if (!tenant) throw new Error("nobody is there");
    return [node, tenant];
  };
  const look = (times = 1) => repeat(times, () => house.pass(LOOK_MS));
  /** Counts how often a server looks for others, from now on. */
  const looksOf = ({ services: { store } }: Node): { count: number } => {
    const looks = { count: 0 };
    if (!store.presence) throw new Error("it sees nobody");
    const { alive } = store.presence;
    store.presence.alive = () => {
      looks.count++;
      return alive();
    };
    return looks;
  };
  /** A delivery is under way at one of two servers, and the other looks whether that one lives. */
  const oneIsBusy = async (tenant: Tenant, nodes: readonly [Node, Node]) => {
    house.answer = silent;
    await tenant.put(1, {});
    await house.pass(SECOND);
    const by = sentBy().at(-1);
    const [busy, other] = by === "first" ? nodes : [nodes[1], nodes[0]];
    const looks = looksOf(other);
    // It has heard that the other is at work; if not, it looks when a minute is over.
    while (looks.count === 0) await look();
    return { busy, other, by, looks };
  };
  const sentBy = () => house.sent.map(({ node }) => node);
  const numberOf = ({ services }: Node) => services.store.presence?.number ?? null;
  /** Ends the sessions by which servers are seen. @returns how many */
  const cut = async () => {
    const ended: unknown[] = await admin.unsafe(`select pg_terminate_backend(pid) from (${SESSIONS}) as s`);
    return ended.length;
  };
  const claims = async (): Promise<unknown[]> =>
    Array.from(await admin.unsafe(`select node from deliveries where status = 'delivering' order by id`)).map(
      (row) => (row as { node: unknown }).node,
    );

  test("one that dies while it sends is missed at two looks, and the other sends it then, once", async () => {
    const [first, tenant] = await open();
    const { busy, other, by } = await oneIsBusy(tenant, [first, await house.open("second")]);
    expect((await claims()).map(Number)).toEqual([Number(numberOf(busy))]);
    house.answer = ok;
    await busy.crash();
    await look();
    expect(house.sent).toHaveLength(1);
    await look(2);
    expect(sentBy()).toEqual([by ?? "", by === "first" ? "second" : "first"]);
    const ids = house.sent.map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    expect(await tenant.at(other).log()).toMatchObject([{ status: "delivered", attempts: [{ number: 1 }] }]);
    await house.pass(LEASE);
    expect(house.sent).toHaveLength(2);
  });

  test("one that is started anew alone sends what it had claimed before", async () => {
    const [first, tenant] = await open();
    house.answer = silent;
    await tenant.put(1, {});
    await house.pass(SECOND);
    await first.crash();
    house.answer = ok;
    const again = await house.open("again");
    await look(3);
    expect(sentBy()).toEqual(["first", "again"]);
    expect(await tenant.at(again).log()).toMatchObject([{ status: "delivered", attempts: [{ number: 1 }] }]);
  });

  test("one that lives and takes long is not taken for dead", async () => {
    const [first, tenant] = await open();
    const { looks } = await oneIsBusy(tenant, [first, await house.open("second")]);
    await look(4);
    expect(looks.count).toBeGreaterThan(4);
    expect(house.sent).toHaveLength(1);
  });

  test("one whose session is cut keeps what is in flight, and gives back what is not", async () => {
    const [first, tenant] = await open(EVENTS);
    const answer = Promise.withResolvers<void>();
    house.answer = async () => {
      await answer.promise;
      return { status: 204, body: "" };
    };
    await Promise.all(Array.from({ length: 12 }, (_, i) => tenant.put(i + 1, {})));
    await house.pass(SECOND);
    const inFlight = house.sent.length;
    expect(inFlight).toBeGreaterThan(0);
    expect(inFlight).toBeLessThan(12);
    const before = numberOf(first);
    expect(new Set((await claims()).map(Number))).toEqual(new Set([Number(before)]));

    await house.open("second");
    expect(await cut()).toBe(2);
    await until("it is seen again, by another number", () => {
      const now = numberOf(first);
      return now !== null && now !== before;
    });
    await house.rest();
    expect(await claims()).toEqual(Array(inFlight).fill(null));
    await look(4);
    // The other one has taken what was given back, and waits for its answers as well.
    expect(house.sent.slice(0, inFlight).every(({ node }) => node === "first")).toBe(true);
    answer.resolve();
    await house.rest();
    await look(2);
    expect(house.sent).toHaveLength(12);
    expect(new Set(house.sent.map(({ id }) => id)).size).toBe(12);
    const log = await tenant.log();
    expect(log.map(({ status, attempts }) => [status, attempts.length])).toEqual(
      Array(12).fill(["delivered", 1]),
    );
  });

  test("one that is cut off from the database has its work taken over, and what it says of it later does not count", async () => {
    const [first, tenant] = await open();
    const answer = Promise.withResolvers<void>();
    house.answer = async ({ node }) => {
      if (node === "second") return { status: 204, body: "" };
      await answer.promise;
      return { status: 500, body: "" };
    };
    await tenant.put(1, {});
    await house.pass(SECOND);
    const second = await house.open("second");
    const { store } = first.services;
    const { write } = store;
    store.write = () => Promise.reject(new Error("the network is down"));
    const number = numberOf(first);
    await admin.unsafe(`select pg_terminate_backend(pid) from (${SESSIONS} and objid = ${number}) as s`);
    await until("it has noticed", () => numberOf(first) !== number);
    await look(3);
    expect(sentBy()).toEqual(["first", "second"]);
    store.write = write;
    answer.resolve();
    await house.rest();
    expect(await tenant.at(second).log()).toMatchObject([
      { status: "delivered", status_code: 204, attempts: [{ number: 1, status_code: 204 }] },
    ]);
    await look(2);
    expect(house.sent).toHaveLength(2);
  });

  test("a look that fails makes nobody gone", async () => {
    const [first, tenant] = await open();
    const { busy, other } = await oneIsBusy(tenant, [first, await house.open("second")]);
    await busy.crash();
    await look();
    const { presence } = other.services.store;
    if (!presence) throw new Error("it sees nobody");
    const { alive } = presence;
    presence.alive = () => Promise.reject(new Error("the database is away"));
    await look();
    presence.alive = alive;
    expect(other.errors.join()).toContain("servers that are gone could not be looked for");
    await look();
    expect(house.sent).toHaveLength(1);
    await look(2);
    expect(house.sent).toHaveLength(2);
  });

  test("those that do nothing are looked for once a minute, and alone nobody is looked for more often", async () => {
    const [first, tenant] = await open();
    const alone = looksOf(first);
    await tenant.put(2, {});
    await repeat(2 * (IDLE_MS / LOOK_MS), () => house.pass(LOOK_MS));
    expect(alone.count).toBe(2);
    // One that has something under way is looked for by the other for as long as it has.
    const { busy, looks } = await oneIsBusy(tenant, [first, await house.open("second")]);
    const others = looksOf(busy);
    looks.count = 0;
    await look(5);
    expect(looks.count).toBe(5);
    expect(others.count).toBeLessThanOrEqual(1);
  });

  test("one whose session is not its own is not seen, and leaves no lock", async () => {
    const { options } = house.database;
    if (options.kind !== "postgres") throw new Error("not on PostgreSQL");
    for (const behind of [() => [], (rows: object[]) => rows.map((row) => ({ ...row, shared: true }))]) {
      const told: string[] = [];
      const presence = new PostgresPresence(options.url, async (text) => behind(await admin.unsafe(text)));
      await presence.appear({
        seen: () => told.push("seen"),
        lost: () => told.push("lost"),
        failed: () => told.push("failed"),
        unseen: () => told.push("unseen"),
      });
      expect(told).toEqual(["unseen"]);
      expect(presence.number).toBeNull();
      await until("nothing is locked", async () => (await admin.unsafe(SESSIONS)).length === 0);
      await presence.close();
    }
  });
});

async function repeat(times: number, step: () => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i++) await step();
}
