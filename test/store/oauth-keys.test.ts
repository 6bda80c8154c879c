/** What happens by the clock, on each database: keys take turns, what has expired goes, codes do not come back. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose";

import { ManualClock } from "../../src/clock.ts";
import { Janitor } from "../../src/oauth/janitor.ts";
import { SigningKeys } from "../../src/oauth/keys.ts";
import { useUpCodes } from "../../src/oauth/restore.ts";
import { SecretBox } from "../../src/secrets/seal.ts";
import type { Store } from "../../src/store/store.ts";
import { databases } from "./databases.ts";
import { TokenHouse } from "./token-house.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLIENT = { grant_type: "client_credentials" };

describe.each([...databases])("by the clock, on %s,", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    await house.renew();
    await house.services.store.write((tx) => tx.query(({ db, t }) => db.delete(t.signingKeys)));
  });

  const open = (clock = new ManualClock(), rotation = 30 * DAY) => {
    const box = new SecretBox(new Uint8Array(32).fill(1));
    return { clock, keys: new SigningKeys({ store: house.services.store, clock, box, rotation }) };
  };
  const shown = async (keys: SigningKeys) => (await keys.shown()).keys.map(({ kid }) => kid);
  const rowsOf = (
    table: "signingKeys" | "accessTokens" | "refreshTokens" | "dpopProofs" | "authorizationCodes",
  ) => house.services.store.read((reader) => reader.query(({ db, t }) => db.select().from(t[table])));

  describe("keys", () => {
    test("are two from the start: one that signs, and one that will", async () => {
      const { keys } = open();
      const active = await keys.active();
      const [first, second, ...more] = await shown(keys);
      expect([first, more]).toEqual([active.kid, []]);
      expect(second).not.toBe(first);
    });

    test("take turns, each shown for a whole turn before it signs", async () => {
      const { clock, keys } = open();
      const first = await keys.active();
      const [, next] = await shown(keys);
      clock.advance(30 * DAY - 1);
      expect((await keys.active()).kid).toBe(first.kid);
      clock.advance(1);
      expect((await keys.active()).kid).toBe(String(next));
      expect(await shown(keys)).toHaveLength(2);
      clock.advance(30 * DAY);
      expect((await keys.active()).kid).not.toBe(String(next));
    });

    test("are made by the chore in time, once there was need of any", async () => {
      const { clock, keys } = open();
      expect(await keys.rotate()).toBeUndefined();
      expect(await rowsOf("signingKeys")).toEqual([]);
      await keys.active();
      const due = clock.now() + 30 * DAY;
      expect(await keys.rotate()).toBe(due);
      expect(await rowsOf("signingKeys")).toHaveLength(2);
      clock.advance(30 * DAY);
      expect(await keys.rotate()).toBe(due + 30 * DAY);
      expect(await rowsOf("signingKeys")).toHaveLength(3);
    });

    test("of a server that slept are shown an hour before they sign all the same", async () => {
      const { clock, keys } = open();
      await keys.active();
      const [, second] = await shown(keys);
      clock.advance(300 * DAY);
      expect((await keys.active()).kid).toBe(String(second));
      const [, third] = await shown(keys);
      clock.advance(HOUR - 1);
      expect((await keys.active()).kid).toBe(String(second));
      clock.advance(1);
      expect((await keys.active()).kid).toBe(String(third));
    });

    test("are shown until the last token that they signed has expired, and then removed", async () => {
      const { clock, keys } = open();
      const first = await keys.active();
      const expires = clock.now() + 32 * DAY;
      await house.services.store.write((tx) => keys.promise(tx, first, expires));
      clock.advance(30 * DAY);
      expect(await shown(keys)).toContain(first.kid);
      await keys.sweep();
      expect(await shown(keys)).toContain(first.kid);
      clock.advance(2 * DAY - 1);
      expect(await shown(keys)).toContain(first.kid);
      clock.advance(HOUR + 1);
      expect(await shown(keys)).not.toContain(first.kid);
      await keys.sweep();
      expect((await rowsOf("signingKeys")).map((row) => "kid" in row && row.kid)).not.toContain(first.kid);
      expect(await keys.publicKey(first.kid)).toBeUndefined();
    });

    test("are the same for servers that begin, and go on, at the same time", async () => {
      const clock = new ManualClock();
      const servers = Array.from({ length: 4 }, () => open(clock).keys);
      const actives = async () =>
        new Set((await Promise.all(servers.map((keys) => keys.active()))).map((key) => key.kid));
      expect((await actives()).size).toBe(1);
      for (let turn = 0; turn < 3; turn++) {
        clock.advance(30 * DAY);
        expect((await actives()).size).toBe(1);
      }
      expect(await rowsOf("signingKeys")).toHaveLength(5);
    });

    test("are found by servers that have not seen them made", async () => {
      const [one, other] = [open().keys, open().keys];
      await other.active();
      await house.services.store.write((tx) => tx.query(({ db, t }) => db.delete(t.signingKeys)));
      const { kid } = await one.active();
      expect(await other.publicKey(kid)).toBeDefined();
      expect(await other.publicKey("nobody's")).toBeUndefined();
    });

    test("lie in the database sealed", async () => {
      const { keys } = open();
      const { kid } = await keys.active();
      const text = JSON.stringify(await rowsOf("signingKeys"));
      expect(text).toContain(kid);
      expect(text).not.toContain('\\"d\\"');
      const other = new SigningKeys({
        ...{ store: house.services.store, clock: new ManualClock(), rotation: DAY },
        box: new SecretBox(new Uint8Array(32).fill(2)),
      });
      expect(other.active()).rejects.toThrow("does not open");
      await other.active().catch(() => {});
    });

    test("that are not used any more go on to verify what they signed", async () => {
      const machine = await house.account({ token: { kind: "jwt", life: "40d" } });
      const { access_token = "" } = await house.login(machine);
      house.clock.advance(31 * DAY);
      const later = await house.login(machine);
      const kid = (token = "") => decodeProtectedHeader(token).kid;
      expect(kid(later["access_token"])).not.toBe(kid(access_token));
      const { body } = await house.send("/oauth/jwks");
      const set = createLocalJWKSet(body as unknown as JSONWebKeySet);
      await jwtVerify(access_token, set, { currentDate: new Date(house.clock.now()) });
      expect((await house.me(access_token)).status).toBe(200);
    });
  });

  describe("what has expired", () => {
    /** A janitor, and how often it has looked for something to do. */
    const hire = (write: Store["write"] = (fn) => house.services.store.write(fn)) => {
      let writes = 0;
      const idle: (() => void)[] = [];
      const counted: Store = Object.create(house.services.store);
      counted.write = (fn) => {
        writes++;
        return write(fn);
      };
      // Reading is the last that it does.
      counted.read = (fn) =>
        house.services.store
          .read(fn)
          .finally(() => setImmediate(() => idle.splice(0).forEach((tell) => tell())));
      const janitor = new Janitor({ store: counted, clock: house.clock, keys: { sweep: async () => {} } });
      const rested = () => new Promise<void>((resolve) => idle.push(resolve));
      return { janitor, writes: () => writes, rested };
    };
    const log = { warn: () => {} };

    test("is removed in pieces, and the janitor sleeps until there is more", async () => {
      house.clock.advance(90 * DAY);
      const { janitor, writes, rested } = hire();
      let rest = rested();
      janitor.start(log);
      await rest;
      expect(await rowsOf("accessTokens")).toHaveLength(0);
      const before = writes();
      house.clock.advance(90 * DAY);
      await new Promise((resolve) => setImmediate(resolve));
      expect(writes()).toBe(before);

      const machine = await house.account({ token: { life: "10m", refresh: true } });
      for (let i = 0; i < 3; i++) await house.login(machine);
      await house.services.store.write(async (tx) => {
        const [row] = await tx.query(({ db, t }) => db.select().from(t.accessTokens));
        if (!row) throw new Error("there is no token");
        const rows = Array.from({ length: 1_200 }, (_, i) => ({ ...row, hash: `copy-${i}` }));
        await tx.query(({ db, t }) => db.insert(t.accessTokens).values(rows));
      });
      janitor.wake();
      rest = rested();
      house.clock.advance(30_000);
      await rest;
      expect(await rowsOf("accessTokens")).toHaveLength(1_203);
      rest = rested();
      house.clock.advance(600_000);
      await rest;
      expect(await rowsOf("accessTokens")).toHaveLength(0);
      expect(await rowsOf("refreshTokens")).toHaveLength(3);
      rest = rested();
      house.clock.advance(30 * DAY);
      await rest;
      expect(await rowsOf("refreshTokens")).toHaveLength(0);
      await janitor.stop();
    });

    test("waits where the database does not answer, and is removed when it does", async () => {
      let broken = true;
      await house.login(await house.account());
      house.clock.advance(DAY);
      const { janitor, rested } = hire((fn) =>
        broken ? Promise.reject(new Error("the disk is full")) : house.services.store.write(fn),
      );
      const warned = new Promise<string>((resolve) => janitor.start({ warn: resolve }));
      expect(await warned).toContain("could not be removed");
      broken = false;
      await new Promise((resolve) => setImmediate(resolve));
      const rest = rested();
      house.clock.advance(30_000);
      await rest;
      expect(await rowsOf("accessTokens")).toHaveLength(0);
      await janitor.stop();
    });
  });

  test("a code that was used before a backup was restored is not good again", async () => {
    const { store } = house.services;
    const machine = await house.account({ totp: true });
    const fresh = await house.account({ totp: true });
    const totp = house.totp(machine);
    await house.login(machine, { totp });
    // The database as it was before: nothing was used.
    await store.write((tx) => tx.query(({ db, t }) => db.update(t.accounts).set({ totpStep: 0 })));
    await useUpCodes(store, house.clock);
    expect((await house.token(machine, { ...CLIENT, totp })).status).toBe(401);
    expect((await house.token(fresh, { ...CLIENT, totp: house.totp(fresh) })).status).toBe(401);
    house.clock.advance(30_000);
    expect((await house.token(machine, { ...CLIENT, totp: house.totp(machine) })).status).toBe(200);
  });
});
