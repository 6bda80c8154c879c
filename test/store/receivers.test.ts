import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { parseSecret } from "../../src/deliveries/signature.ts";
import { Problem } from "../../src/problem.ts";
import { inForce, publicKeyOf } from "../../src/receivers/keys.ts";
import type { CreatedReceiver } from "../../src/receivers/service.ts";
import { SealError, SecretBox } from "../../src/secrets/seal.ts";
import { databases } from "./databases.ts";
import { change, makeRooms, type Rooms, type Tenant } from "./rooms.ts";

/** What `promise` is rejected with. */
function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await thrown(promise);
  if (error instanceof Problem) return error;
  throw error ?? new Error("nothing was thrown");
}

describe.each(databases)("receivers on %s", (kind) => {
  let rooms: Rooms;

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  beforeEach(() => rooms.renew());
  afterAll(() => rooms.close());

  const body = { name: "Course site", url: "https://partner.example/hooks", topics: ["Trainings.*"] };
  const create = (
    more: Record<string, unknown> = {},
    tenant: Tenant = rooms.mine,
  ): Promise<CreatedReceiver> => rooms.receivers.create(tenant.by, { ...body, ...more }, tenant.account.id);
  const opened = async (id: string) => {
    const receiver = await rooms.store.read((reader) => rooms.receivers.byId(reader, id));
    if (!receiver) throw new Error(`no receiver ${id}`);
    return receiver;
  };

  describe("one that is made", () => {
    test("is shown in full, with its secret only in the answer to its creation", async () => {
      const { secret, ...shown } = await create({
        auth: { protocol: "websub", secret: "s" },
        bundle: { size: 7 },
      });
      const at = new Date(rooms.clock.now()).toISOString();
      expect(secret).toStartWith("whsec_");
      expect(shown).toEqual({
        ...body,
        id: shown.id,
        description: "",
        account_id: rooms.mine.account.id,
        format: "changes",
        payload: "thin",
        auth: { protocol: "websub", method: "sha256" },
        bundle: { quiet: "5s", longest: "60s", size: 7 },
        retry: "table",
        headers: {},
        metadata: {},
        contact: null,
        content_filter: {},
        ordered: false,
        rate: null,
        while_disabled: "keep",
        signature: "v1",
        tls: null,
        enabled: true,
        disabled_reason: null,
        disabled_at: null,
        failing_since: null,
        provisioned: false,
        created_at: at,
        modified_at: at,
      });
      expect(await rooms.receivers.get(rooms.mine.id, shown.id)).toEqual(shown);
      expect(await rooms.receivers.list(rooms.mine.id, { limit: 5 })).toEqual({
        items: [shown],
        next_cursor: null,
      });
    });

    test("is opened with its secrets, and with the configuration's values where it has none", async () => {
      const secret = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
      const auth = { protocol: "basic", username: "u", password: "p" };
      const { id } = await create({ secret, auth, bundle: { quiet: "0s" }, retry: { steps: ["1s", "2m"] } });
      expect(await opened(id)).toMatchObject({
        organisationId: rooms.mine.id,
        accountId: rooms.mine.account.id,
        auth,
        keys: [{ value: new Uint8Array(24).fill(9), until: null }],
        bundle: { quiet: 0, longest: 60_000, size: 500 },
        retry: { steps: [1_000, 120_000], then: "fail" },
        deletedAt: null,
      });
    });

    test("begins now, behind what the feed holds, unless it is to begin at the beginning", async () => {
      await change(rooms, rooms.mine.id, "1");
      await change(rooms, rooms.mine.id, "2");
      await change(rooms, rooms.theirs.id, "1");
      const head = await rooms.store.read((reader) => rooms.feed.head(reader, rooms.mine.id));
      expect(head).toBe(rooms.mine.head + 2);
      expect((await opened((await create()).id)).cursor).toBe(head);
      expect((await opened((await create({ start: "beginning" })).id)).cursor).toBe(0);
    });

    test("does not miss a change that is committed together with it", async () => {
      const [{ id }] = await Promise.all([create(), change(rooms, rooms.mine.id, "1")]);
      const { cursor } = await opened(id);
      const head = await rooms.store.read((reader) => rooms.feed.head(reader, rooms.mine.id));
      expect(head).toBe(rooms.mine.head + 1);
      // On SQLite both are one transaction; elsewhere the change may have been there first.
      expect(cursor).toBeLessThanOrEqual(kind === "sqlite" ? rooms.mine.head : head);
    });

    test("may name its account by client id, but not another organisation's nor one that is expired", async () => {
      const account = await rooms.accounts.create({
        organisationId: rooms.mine.id,
        name: "Other",
        grants: [],
      });
      expect((await create({ account_id: account.clientId })).account_id).toBe(account.id);
      const gone = await rooms.accounts.create({ organisationId: rooms.mine.id, name: "Gone", grants: [] });
      await rooms.store.write((tx) =>
        tx.query(({ db, t }) =>
          db.update(t.accounts).set({ disabledAt: 1 }).where(eq(t.accounts.id, gone.id)),
        ),
      );
      for (const account_id of [
        rooms.theirs.account.id,
        rooms.theirs.account.clientId,
        "nonesuch",
        gone.id,
      ]) {
        const problem = await problemOf(create({ account_id }));
        expect(problem.violations.map(({ field }) => field)).toEqual(["account_id"]);
      }
      expect((await rooms.receivers.list(rooms.mine.id, { limit: 50 })).items).toHaveLength(1);
    });
  });

  describe("secrets", () => {
    const canary = "canary-secret-of-a-receiver";

    test("are nowhere in the database as they are", async () => {
      const secret = `whsec_${Buffer.from(`${canary}-key`).toString("base64")}`;
      const { id } = await create({ secret, auth: { protocol: "bearer", token: canary } });
      const clientSecret = {
        token_url: "https://l.example",
        client_id: "c",
        client_secret: `${canary}-oauth`,
      };
      await create({ auth: { protocol: "oauth2", ...clientSecret } });
      await rooms.receivers.patch(rooms.mine.by, id, {
        auth: { protocol: "basic", username: "u", password: canary },
      });
      const rows = await rooms.store.read((reader) =>
        reader.query(({ db, t }) => db.select().from(t.receivers)),
      );
      expect(JSON.stringify(rows)).toContain(id);
      const traces = [canary, secret.slice("whsec_".length)];
      for (const trace of traces) expect(JSON.stringify(rows)).not.toContain(trace);
      if (rooms.database.options.kind !== "sqlite") return;
      const folder = dirname(rooms.database.options.path);
      const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString("latin1"));
      expect(files.join("")).toContain(id);
      for (const trace of traces) expect(files.join("")).not.toContain(trace);
    });

    test("do not open with another key, which is an error and not an unsigned webhook", async () => {
      const { id } = await create();
      const others = rooms.receiversWith({}, 2);
      const reading = rooms.store.read((reader) => others.byId(reader, id));
      expect(await thrown(reading)).toBeInstanceOf(SealError);
      expect(await opened(id)).toMatchObject({ id });
    });

    test("do not open in another receiver's row", async () => {
      const [one, two] = [await create(), await create()];
      const secretOf = async (id: string) => {
        const find = rooms.store.read((reader) =>
          reader.query(({ db, t }) => db.select().from(t.receivers).where(eq(t.receivers.id, id))),
        );
        return String((await find)[0]?.secret);
      };
      const setSecret = (id: string, secret: string) =>
        rooms.store.write((tx) =>
          tx.query(({ db, t }) => db.update(t.receivers).set({ secret }).where(eq(t.receivers.id, id))),
        );
      const own = await secretOf(two.id);
      await setSecret(two.id, await secretOf(one.id));
      expect(await thrown(opened(two.id))).toBeInstanceOf(SealError);
      await setSecret(two.id, own);
      expect((await opened(two.id)).keys).toHaveLength(1);
    });
  });

  describe("a patch", () => {
    test("changes what it has and nothing else", async () => {
      const { secret: _, ...before } = await create({ headers: { "x-a": "1" }, bundle: { quiet: "1s" } });
      const secrets = (await opened(before.id)).keys;
      rooms.clock.advance(1_000);
      const after = await rooms.receivers.patch(rooms.mine.by, before.id, {
        name: "New",
        headers: { "x-b": "2" },
        bundle: { size: 3 },
      });
      expect(after).toEqual({
        ...before,
        name: "New",
        headers: { "x-a": "1", "x-b": "2" },
        bundle: { quiet: "1s", longest: "60s", size: 3 },
        modified_at: new Date(rooms.clock.now()).toISOString(),
      });
      expect(await rooms.receivers.get(rooms.mine.id, before.id)).toEqual(after);
      expect((await opened(before.id)).keys).toEqual(secrets);
    });

    test("takes a new secret, auth and account, and shows neither secret", async () => {
      const { id } = await create();
      const account = await rooms.accounts.create({
        organisationId: rooms.mine.id,
        name: "Other",
        grants: [],
      });
      const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
      const auth = { protocol: "bearer", token: "very-secret-indeed" };
      const patched = await rooms.receivers.patch(rooms.mine.by, id, {
        secret,
        auth,
        account_id: account.clientId,
      });
      expect(JSON.stringify(patched)).not.toMatch(/whsec_|very-secret-indeed/);
      expect(patched.auth).toEqual({ protocol: "bearer" });
      expect(await opened(id)).toMatchObject({
        auth,
        keys: [{ value: new Uint8Array(32).fill(3), until: null }],
        accountId: account.id,
      });
    });

    test("of several at the same time is not lost", async () => {
      const { id } = await create();
      const names = Array.from({ length: 10 }, (_, i) => `x-${i}`);
      await Promise.all(
        names.map((name) => rooms.receivers.patch(rooms.mine.by, id, { headers: { [name]: "v" } })),
      );
      expect(Object.keys((await opened(id)).headers).sort()).toEqual(names);
    });

    test("that does not fit leaves everything as it was", async () => {
      const { secret: _, ...before } = await create();
      const bad = { name: "New", url: "nonesuch", account_id: "nonesuch" };
      expect((await problemOf(rooms.receivers.patch(rooms.mine.by, before.id, bad))).code).toBe("invalid");
      const foreign = { name: "New", account_id: rooms.theirs.account.id };
      expect((await problemOf(rooms.receivers.patch(rooms.mine.by, before.id, foreign))).code).toBe(
        "invalid",
      );
      expect(await rooms.receivers.get(rooms.mine.id, before.id)).toEqual(before);
    });

    test("that is empty changes nothing, not even the time", async () => {
      const { secret: _, ...before } = await create();
      rooms.clock.advance(1_000);
      expect(await rooms.receivers.patch(rooms.mine.by, before.id, {})).toEqual(before);
    });
  });

  describe("a rotation", () => {
    const rotate = (id: string, more: Record<string, unknown> = {}) =>
      rooms.receivers.rotateSecret(rooms.mine.by, id, more);
    const signing = async (id: string) =>
      inForce((await opened(id)).keys, rooms.clock.now()).map((key) => Buffer.from(key).toString("base64"));
    const keyOf = (secret: string) => secret.slice("whsec_".length);

    test("gives a new secret once, and the one before signs, too, until the overlap is over", async () => {
      const { id, secret: old } = await create();
      const rotated = await rotate(id, { overlap: "2h" });
      expect(rotated.secret).toMatch(/^whsec_/);
      expect(rotated).toMatchObject({
        id,
        previous_until: new Date(rooms.clock.now() + 7_200_000).toISOString(),
      });
      expect(await signing(id)).toEqual([keyOf(rotated.secret), keyOf(old)]);
      rooms.clock.advance(7_199_999);
      expect(await signing(id)).toHaveLength(2);
      rooms.clock.advance(1);
      expect(await signing(id)).toEqual([keyOf(rotated.secret)]);
      expect(await rooms.receivers.get(rooms.mine.id, id)).not.toHaveProperty("secret");
    });

    test("overlaps by a day where nothing is said, and not at all where that is said", async () => {
      const { id } = await create();
      await rotate(id);
      rooms.clock.advance(86_399_999);
      expect(await signing(id)).toHaveLength(2);
      const { secret, previous_until } = await rotate(id, { overlap: "0s" });
      expect(previous_until).toBeNull();
      expect(await signing(id)).toEqual([keyOf(secret)]);
    });

    test("takes a secret of one's own, and refuses what is none or overlaps too long", async () => {
      const { id } = await create();
      const secret = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
      expect((await rotate(id, { secret })).secret).toBe(secret);
      const refused = [{ secret: "whsec_x" }, { overlap: "8d" }, { overlap: "-1s" }, { nonesuch: 1 }];
      for (const body of refused) {
        const problem = await problemOf(rotate(id, body));
        expect(problem.violations.map(({ field }) => field)).toEqual(Object.keys(body));
      }
      const key = await problemOf(rotate(id, { signing_key: true }));
      expect(key.violations.map(({ field }) => field)).toEqual(["signing_key"]);
    });

    test("of a sixth secret in force is refused, and changes nothing", async () => {
      const { id } = await create();
      for (let i = 0; i < 4; i++) await rotate(id);
      const before = await signing(id);
      expect(before).toHaveLength(5);
      expect((await problemOf(rotate(id))).code).toBe("conflict");
      expect(await signing(id)).toEqual(before);
      await rotate(id, { overlap: "0s" });
      expect(await signing(id)).toHaveLength(1);
    });

    test("leaves nothing of a secret whose time is over at the receiver's next change", async () => {
      const { id } = await create();
      await rotate(id, { overlap: "1s" });
      rooms.clock.advance(1_000);
      expect((await opened(id)).keys).toHaveLength(2);
      await rooms.receivers.patch(rooms.mine.by, id, { name: "New" });
      expect((await opened(id)).keys).toHaveLength(1);
    });

    test("is told to the audit log without the secret", async () => {
      const { id } = await create();
      const { secret } = await rotate(id);
      const rows = await rooms.store.read((reader) =>
        reader.query(({ db, t }) =>
          db
            .select()
            .from(t.auditEvents)
            .where(eq(t.auditEvents.target, `receiver:${id}`)),
        ),
      );
      expect(rows.map(({ action }) => action)).toEqual(["receiver.create", "receiver.rotate_secret"]);
      expect(JSON.stringify(rows)).not.toContain(keyOf(secret));
    });
  });

  describe("with an ed25519 signature", () => {
    test("has a key of ours, of which the public half is told", async () => {
      const { id, signature } = await create({ signature: "v1a" });
      expect(signature).toBe("v1a");
      const told = await rooms.receivers.publicKeys(rooms.mine.id, id);
      expect(told).toEqual({ ...told, keys: [{ key: told.key, pem: told.pem }] });
      const [key] = (await opened(id)).signingKeys;
      if (!key) throw new Error("no key");
      expect(publicKeyOf(key.value)).toEqual({ key: told.key, pem: told.pem });
    });

    test("has a new key where a rotation asks for it, and the one before until the overlap is over", async () => {
      const { id } = await create({ signature: "v1a" });
      const before = await rooms.receivers.publicKeys(rooms.mine.id, id);
      await rooms.receivers.rotateSecret(rooms.mine.by, id, { overlap: "0s" });
      expect(await rooms.receivers.publicKeys(rooms.mine.id, id)).toEqual(before);
      await rooms.receivers.rotateSecret(rooms.mine.by, id, { overlap: "1h", signing_key: true });
      const both = await rooms.receivers.publicKeys(rooms.mine.id, id);
      expect(both.keys.map(({ key }) => key)).toEqual([both.key, before.key]);
      expect(both.key).not.toBe(before.key);
      rooms.clock.advance(3_600_000);
      expect((await rooms.receivers.publicKeys(rooms.mine.id, id)).keys).toHaveLength(1);
    });

    test("keeps its key when that is patched again, and loses it when it is to sign without", async () => {
      const { id } = await create();
      expect((await problemOf(rooms.receivers.publicKeys(rooms.mine.id, id))).code).toBe("not_found");
      await rooms.receivers.patch(rooms.mine.by, id, { signature: "v1a" });
      const { key } = await rooms.receivers.publicKeys(rooms.mine.id, id);
      await rooms.receivers.patch(rooms.mine.by, id, { signature: "v1a", name: "New" });
      expect((await rooms.receivers.publicKeys(rooms.mine.id, id)).key).toBe(key);
      expect(await rooms.receivers.patch(rooms.mine.by, id, { signature: "v1" })).toMatchObject({
        signature: "v1",
      });
      expect((await problemOf(rooms.receivers.publicKeys(rooms.mine.id, id))).code).toBe("not_found");
      expect((await opened(id)).signingKeys).toEqual([]);
    });
  });

  test("of the first version, whose secrets have no end written beside them, are opened all the same", async () => {
    const { id, secret } = await create();
    const box = new SecretBox(new Uint8Array(32).fill(1));
    const old = box.seal(JSON.stringify([secret]), `receiver:${id}:secret`);
    await rooms.store.write((tx) =>
      tx.query(({ db, t }) => db.update(t.receivers).set({ secret: old }).where(eq(t.receivers.id, id))),
    );
    expect((await opened(id)).keys).toEqual([{ value: parseSecret(secret), until: null }]);
  });

  describe("switched off", () => {
    test("it keeps what comes meanwhile, unless that is to be dropped", async () => {
      const ids = [await create(), await create({ while_disabled: "drop" })].map(({ id }) => id);
      const cursors = async () => Promise.all(ids.map(async (id) => (await opened(id)).cursor));
      const before = await cursors();
      for (const id of ids) await rooms.receivers.disable(rooms.mine.by, id);
      await change(rooms, rooms.mine.id, "1");
      const off = await cursors();
      expect(off).toEqual(before);
      for (const id of ids) await rooms.receivers.patch(rooms.mine.by, id, { enabled: true });
      const head = await rooms.store.read((reader) => rooms.feed.head(reader, rooms.mine.id));
      expect(await cursors()).toEqual([before[0] ?? -1, head]);
    });

    test("it tells since when, and begins anew when it is switched on", async () => {
      const { id } = await create();
      await rooms.store.write((tx) =>
        tx.query(({ db, t }) =>
          db.update(t.receivers).set({ failingSince: 5, warned: 50 }).where(eq(t.receivers.id, id)),
        ),
      );
      const off = await rooms.receivers.disable(rooms.mine.by, id);
      expect(off).toMatchObject({
        disabled_at: new Date(rooms.clock.now()).toISOString(),
        failing_since: "1970-01-01T00:00:00.005Z",
      });
      expect(await rooms.receivers.enable(rooms.mine.by, id)).toMatchObject({
        disabled_at: null,
        failing_since: null,
      });
      expect(await opened(id)).toMatchObject({ warned: 0 });
    });

    test("it is told in the feed, once, whoever did it", async () => {
      const told = async () => {
        const { rows } = await rooms.store.read((reader) =>
          rooms.feed.page(reader, {
            ...{ organisationId: rooms.mine.id, topics: ["Receivers.Disable"], after: 0, limit: 10 },
          }),
        );
        return rows.map(({ object, key, action, subject }) => ({ object, key, action, subject }));
      };
      const [{ id }, { id: other }] = [await create(), await create()];
      await rooms.receivers.disableByServer(id, "It failed for five days.");
      await rooms.receivers.disable(rooms.mine.by, id);
      await rooms.receivers.patch(rooms.mine.by, other, { enabled: false });
      await rooms.receivers.remove(rooms.mine.by, (await create()).id);
      expect(await told()).toEqual([
        { object: "receiver", key: id, action: "disable", subject: "koppla" },
        { object: "receiver", key: other, action: "disable", subject: "shell" },
      ]);
    });

    test("it says why where the program did it, until it is switched on again", async () => {
      const { id } = await create();
      await rooms.receivers.disableByServer(id, "The receiver answered 410 Gone.");
      const off = await rooms.receivers.get(rooms.mine.id, id);
      expect(off).toMatchObject({ enabled: false, disabled_reason: "The receiver answered 410 Gone." });
      expect(await rooms.receivers.enable(rooms.mine.by, id)).toMatchObject({
        enabled: true,
        disabled_reason: null,
      });
      expect(await rooms.receivers.disable(rooms.mine.by, id)).toMatchObject({
        enabled: false,
        disabled_reason: null,
      });
      expect(await rooms.receivers.patch(rooms.mine.by, id, { enabled: true })).toMatchObject({
        enabled: true,
      });
    });

    test("twice, it is as after the first time", async () => {
      const { id } = await create();
      await rooms.receivers.disableByServer(id, "first");
      const first = await rooms.receivers.get(rooms.mine.id, id);
      rooms.clock.advance(1_000);
      await rooms.receivers.disableByServer(id, "second");
      expect(await rooms.receivers.disable(rooms.mine.by, id)).toEqual(first);
    });

    test("it is still loaded; removed, it is not", async () => {
      const [off, gone] = [await create({ enabled: false }), await create()];
      await rooms.receivers.remove(rooms.mine.by, gone.id);
      const loaded = await rooms.store.read((reader) => rooms.receivers.load(reader, rooms.mine.id));
      expect(loaded.map(({ id, enabled }) => ({ id, enabled }))).toEqual([{ id: off.id, enabled: false }]);
    });
  });

  describe("removed", () => {
    const deliver = (
      receiverId: string,
      from: number,
      count: number,
      status: "pending" | "delivering" | "failed",
    ) =>
      rooms.store.write((tx) =>
        tx.query(({ db, t }) =>
          db.insert(t.deliveries).values(
            Array.from({ length: count }, (_, i) => ({
              id: `msg_${(from + i).toString(16).padStart(32, "0")}`,
              organisationId: rooms.mine.id,
              receiverId,
              topics: ["Trainings.Update"],
              status,
              attempts: 0,
              createdAt: 1,
              nextAttemptAt: status === "failed" ? null : 1,
              body: "{}",
            })),
          ),
        ),
      );

    test("it is found only where removed ones are asked for, and cannot be changed", async () => {
      const { secret: _, ...before } = await create();
      const kept = await create();
      await rooms.receivers.remove(rooms.mine.by, before.id);
      const calls = [
        () => rooms.receivers.get(rooms.mine.id, before.id),
        () => rooms.receivers.patch(rooms.mine.by, before.id, { name: "x" }),
        () => rooms.receivers.enable(rooms.mine.by, before.id),
        () => rooms.receivers.remove(rooms.mine.by, before.id),
      ];
      for (const call of calls) expect((await problemOf(call())).code).toBe("not_found");
      const live = await rooms.receivers.list(rooms.mine.id, { limit: 5 });
      expect(live.items.map(({ id }) => id)).toEqual([kept.id]);
      const all = await rooms.receivers.list(rooms.mine.id, { limit: 5, deleted: true });
      expect(all.items.map(({ id }) => id)).toEqual([before.id, kept.id]);
      const gone = await rooms.receivers.get(rooms.mine.id, before.id, { deleted: true });
      expect<unknown>(gone).toEqual(all.items[0]);
      expect(gone).toMatchObject({ enabled: false, deleted_at: new Date(rooms.clock.now()).toISOString() });
      expect(await opened(before.id)).toMatchObject({ deletedAt: rooms.clock.now() });
    });

    test("what it still had to get is cancelled, however much, and the rest of the log stays", async () => {
      const [{ id }, { id: other }] = [await create(), await create()];
      await deliver(id, 0, 1_100, "pending");
      await deliver(id, 2_000, 1, "delivering");
      await deliver(id, 3_000, 2, "failed");
      await deliver(other, 4_000, 3, "pending");
      await rooms.receivers.remove(rooms.mine.by, id);
      const rows = await rooms.store.read((reader) =>
        reader.query(({ db, t }) =>
          db
            .select({
              receiverId: t.deliveries.receiverId,
              status: t.deliveries.status,
              at: t.deliveries.nextAttemptAt,
            })
            .from(t.deliveries),
        ),
      );
      const counts = Object.groupBy(
        rows,
        (row) => `${row.receiverId === id ? "its" : "other"} ${row.status} ${row.at}`,
      );
      expect(Object.fromEntries(Object.entries(counts).map(([name, list]) => [name, list?.length]))).toEqual({
        "its cancelled null": 1_101,
        "its failed null": 2,
        "other pending 1": 3,
      });
    });
  });

  test("of another organisation are not found and not listed, whatever is done", async () => {
    const { id, name } = await create();
    const { receivers, theirs } = rooms;
    const calls = [
      () => receivers.get(theirs.id, id),
      () => receivers.get(theirs.id, id, { deleted: true }),
      () => receivers.patch(theirs.by, id, { name: "stolen" }),
      () => receivers.enable(theirs.by, id),
      () => receivers.disable(theirs.by, id),
      () => receivers.remove(theirs.by, id),
      () => receivers.get(theirs.id, "\0"),
    ];
    for (const call of calls) expect((await problemOf(call())).code).toBe("not_found");
    expect((await receivers.list(theirs.id, { limit: 5, deleted: true })).items).toEqual([]);
    expect(await rooms.store.read((reader) => receivers.load(reader, theirs.id))).toEqual([]);
    expect(await receivers.get(rooms.mine.id, id)).toMatchObject({ name, enabled: true });
  });

  test("are listed in pages, in order of creation, and a page's cursor holds for its list alone", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push((await create()).id);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await rooms.receivers.list(rooms.mine.id, {
        limit: 3,
        ...(cursor !== undefined && { cursor }),
      });
      pages.push(page.items.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
    const { next_cursor: next } = await rooms.receivers.list(rooms.mine.id, { limit: 3 });
    const foreign = rooms.receivers.list(rooms.mine.id, { limit: 3, cursor: String(next), deleted: true });
    expect((await problemOf(foreign)).violations[0]?.field).toBe("cursor");
  });

  test("are loaded all, in parts, also when there are many", async () => {
    const [one] = await Promise.all(Array.from({ length: 401 }, () => create()));
    const { id: other } = await create({}, rooms.theirs);
    const load = (organisationId?: number) =>
      rooms.store.read((reader) => rooms.receivers.load(reader, organisationId));
    const mine = await load(rooms.mine.id);
    expect(mine).toHaveLength(401);
    const all = new Set((await load()).map(({ id }) => id));
    for (const id of [other, ...mine.map((receiver) => receiver.id)]) expect(all.has(id)).toBe(true);
    expect(mine.find(({ id }) => id === one?.id)).toEqual(await opened(String(one?.id)));
  });

  test("tell a listener which of them changed, when that is on disk", async () => {
    const heard: [number, readonly string[]][] = [];
    const stop = rooms.receivers.onChanged((organisationId, ids) => heard.push([organisationId, ids]));
    const [{ id }, { id: other }] = [await create(), await create({}, rooms.theirs)];
    await rooms.receivers.patch(rooms.mine.by, id, { name: "New" });
    await rooms.receivers.patch(rooms.mine.by, id, {});
    await problemOf(rooms.receivers.patch(rooms.mine.by, id, { name: "" }));
    await rooms.receivers.remove(rooms.mine.by, id);
    expect(heard).toEqual([
      [rooms.mine.id, [id]],
      [rooms.theirs.id, [other]],
      [rooms.mine.id, [id]],
      [rooms.mine.id, [id]],
    ]);
    stop();
    await create();
    expect(heard).toHaveLength(4);
  });

  test("whose schedule is gone from the configuration go on with the default one", async () => {
    const { id } = await create({ retry: "quick" });
    expect((await opened(id)).retry).toEqual({ steps: [1_000], then: "repeat" });
    const table = { steps: [60_000], then: "fail" as const };
    const later = rooms.receiversWith({ retrySchedules: { table } });
    const receiver = await rooms.store.read((reader) => later.byId(reader, id));
    expect(receiver?.retry).toEqual(table);
  });
});
