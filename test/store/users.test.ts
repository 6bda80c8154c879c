/** Users on each database: what they may be, who may change them, how they log in, and when a login ends. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { generateSync } from "otplib";

import { editorOf, shellEditor } from "../../src/accounts/editor.ts";
import type { Organisation } from "../../src/accounts/principal.ts";
import { NOWHERE } from "../../src/audit/entry.ts";
import { AuditLog } from "../../src/audit/service.ts";
import { ChangeFeed } from "../../src/changes/service.ts";
import { ManualClock } from "../../src/clock.ts";
import type { Grant } from "../../src/grants/grant.ts";
import { grantVocabulary } from "../../src/grants/vocabulary.ts";
import { OrganisationService } from "../../src/organisations/service.ts";
import { PasswordGate } from "../../src/passwords/gate.ts";
import { Problem } from "../../src/problem.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { Throttle } from "../../src/throttle/service.ts";
import type { Place } from "../../src/users/login.ts";
import { openPeople, type People } from "../../src/users/people.ts";
import { databases, makeDatabase, type TestDatabase } from "./databases.ts";

const roles = {
  administrator: [{ resource: "*", actions: ["*"] }],
  editor: [{ resource: "trainings", actions: ["read", "write"] }],
  personnel: [
    { resource: "users", actions: ["manage"] },
    { resource: "trainings", actions: ["read", "write"] },
  ],
};
const config = { roles, sessions: { idle: 30 * 60_000, life: 12 * 3_600_000 } };
const PASSWORD = "correct horse battery";
const MINUTE = 60_000;

/** Quick, and tells right from wrong: what argon2id does is the business of the gate's test. */
const argon2 = {
  hash: async (password: string) => `hash of ${password}`,
  verify: async (password: string, hash: string) => hash === `hash of ${password}`,
};

describe.each([...databases])("users on %s", (kind) => {
  let database: TestDatabase;
  let store: Store;
  let clock: ManualClock;
  let people: People;
  let organisations: OrganisationService;
  let demo: Organisation;
  let other: Organisation;
  let tenants = 0;

  beforeAll(async () => {
    database = await makeDatabase(kind);
    clock = new ManualClock();
    store = await openStore(database.options, clock);
    const audit = new AuditLog({ store, clock });
    const feed = new ChangeFeed(store);
    const vocabulary = grantVocabulary({ types: { trainings: {} }, actions: {} });
    organisations = new OrganisationService({ store, feed, clock, audit, vocabulary });
    people = openPeople({
      ...{ config, store, clock, audit, organisations, feed: new ChangeFeed(store) },
      throttle: new Throttle({ clock }),
      gate: new PasswordGate({ argon2 }),
      vocabulary,
      master: new Uint8Array(32),
    });
  });
  afterAll(async () => {
    await store.close();
    await database.remove();
  });
  beforeEach(async () => {
    const code = `tenant-${++tenants}`;
    demo = await organisations.create({ code, name: "Demo" });
    other = await organisations.create({ code: `${code}-other`, name: "Other" });
    clock.advance(3_600_000);
  });

  const shell = () => shellEditor(demo.id);
  const by = (grants: Grant[], organisation = demo) =>
    editorOf(
      { organisation, subject: { kind: "account", id: "a", clientId: "acc_a", name: "HR" }, grants },
      NOWHERE,
      "users",
    );
  const anna = { username: "Anna", email: "anna@example.org", password: PASSWORD };
  const make = async (body: object = {}) => (await people.users.create(shell(), { ...anna, ...body })).user;
  const place = (more: Partial<Place> = {}): Place => ({
    organisation: demo,
    origin: { address: "192.0.2.7", requestId: null },
    clientId: "acc_site",
    browser: "browser-1",
    session: undefined,
    ...more,
  });
  const login = (username = "anna", password = PASSWORD, more: Partial<Place> = {}) =>
    people.logins.password(place(more), username, password);
  const enter = async (more: Partial<Place> = {}) => {
    const result = await login("anna", PASSWORD, more);
    if (result.kind !== "in") throw new Error(`not logged in: ${result.kind}`);
    return result.session;
  };
  const audited = () =>
    store.read((reader) =>
      reader.query(({ db, t }) => db.select().from(t.auditEvents).orderBy(t.auditEvents.sequence)),
    );
  const mine = async () => (await audited()).filter(({ organisationId }) => organisationId === demo.id);
  const refusal = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => "nothing was wrong",
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Problem)) throw new Error(`no problem: ${String(error)}`);
    return error;
  };

  describe("made and changed", () => {
    test("are found by their name in any case, and as they were given", async () => {
      const user = await make({ name: "Anna A", roles: ["editor"], groups: ["economy"] });
      expect(user).toMatchObject({ username: "Anna", roles: ["editor"], groups: ["economy"], enabled: true });
      const found = await store.read((reader) => people.users.byUsername(reader, demo.id, "aNNA"));
      expect(found).toEqual({
        ...{ id: user.id, organisationId: demo.id, username: "Anna", name: "Anna A", groups: ["economy"] },
        ...{ active: true, manager: false, superadministrator: false, grants: roles.editor },
      });
      expect(await store.read((reader) => people.users.byId(reader, user.id))).toEqual(found);
    });

    test("two of one name cannot be, in any case, but in two organisations", async () => {
      await make();
      expect((await refusal(make({ username: "ANNA" }))).code).toBe("conflict");
      await people.users.create(shellEditor(other.id), anna);
    });

    test("two at the same time: one is made", async () => {
      const made = await Promise.allSettled([make(), make({ username: "anna" }), make({ username: "aNna" })]);
      expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("a deleted one's name is free, and its row without secrets", async () => {
      const { id } = await make({ totp: true });
      await people.users.remove(shell(), id);
      expect((await make()).id).not.toBe(id);
      const [row] = await store
        .read((reader) => reader.query(({ db, t }) => db.select().from(t.users).orderBy(t.users.id)))
        .then((rows) => rows.filter((one) => one.id === id));
      expect(row).toMatchObject({ username: "Anna", passwordHash: null, totpSecret: null });
      expect((await refusal(people.users.get(demo.id, id))).code).toBe("not_found");
    });

    test("another organisation's are not there", async () => {
      const { id } = await make();
      const theirs = shellEditor(other.id);
      const refused = [
        () => people.users.get(other.id, id),
        () => people.users.patch(theirs, id, { name: "x" }),
        () => people.users.disable(theirs, id),
        () => people.users.enable(theirs, id),
        () => people.users.remove(theirs, id),
        () => people.users.setPassword(theirs, id, { password: PASSWORD }),
        () => people.users.makeTotp(theirs, id),
        () => people.users.removeTotp(theirs, id),
        () => people.users.idOf(other.id, "anna"),
      ];
      for (const one of refused) expect((await refusal(one())).code).toBe("not_found");
      expect((await people.users.list(other.id, { limit: 10 })).items).toEqual([]);
    });

    test("are listed in pages, in order of creation", async () => {
      const ids = [];
      for (const username of ["c", "a", "b"]) ids.push((await make({ username })).id);
      const first = await people.users.list(demo.id, { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
      const second = await people.users.list(demo.id, { limit: 2, cursor: String(first.next_cursor) });
      expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2));
      expect(second.next_cursor).toBeNull();
    });

    test("every change stands in the audit log, without a password or secret", async () => {
      const { id } = await make({ totp: true });
      await people.users.patch(shell(), id, { name: "Anna B" });
      await people.users.disable(shell(), id);
      await people.users.disable(shell(), id);
      await people.users.enable(shell(), id);
      await people.users.setPassword(shell(), id, { password: "another long one" });
      const totp = await people.users.makeTotp(shell(), id);
      await people.users.removeTotp(shell(), id);
      await people.users.remove(shell(), id);
      const events = (await mine()).filter(({ action }) => action.startsWith("user."));
      expect(events.map(({ action }) => action)).toEqual([
        ...["user.create", "user.change", "user.disable", "user.enable", "user.password"],
        ...["user.totp_on", "user.totp_off", "user.delete"],
      ]);
      for (const event of events) expect(event).toMatchObject({ subject: "shell", target: "user:Anna" });
      const text = JSON.stringify(events);
      for (const secret of [PASSWORD, "another long one", totp.secret]) expect(text).not.toContain(secret);
    });

    test("what is kept in memory of them is forgotten with each change", async () => {
      let told = 0;
      const end = people.users.onChanged(() => told++);
      const { id } = await make();
      await people.users.patch(shell(), id, { roles: ["editor"] });
      end();
      await people.users.disable(shell(), id);
      expect(told).toBe(2);
    });
  });

  describe("nobody gives what he does not have:", () => {
    const personnel: Grant[] = roles.personnel;

    test("a manager of users makes editors, and no administrators", async () => {
      const made = await people.users.create(by(personnel), { ...anna, roles: ["editor"] });
      expect(made.user.roles).toEqual(["editor"]);
      const more = { ...anna, username: "berit", roles: ["administrator"] };
      expect((await refusal(people.users.create(by(personnel), more))).code).toBe("forbidden");
      const patch = people.users.patch(by(personnel), made.user.id, { roles: ["administrator"] });
      expect((await refusal(patch)).code).toBe("forbidden");
    });

    test("nor does he touch those who may more, for he could become one of them", async () => {
      const { id } = await make({ roles: ["administrator"] });
      const attempts = [
        () => people.users.patch(by(personnel), id, { email: "evil@example.org" }),
        () => people.users.patch(by(personnel), id, { roles: [] }),
        () => people.users.setPassword(by(personnel), id, { password: "known to the manager" }),
        () => people.users.makeTotp(by(personnel), id),
        () => people.users.removeTotp(by(personnel), id),
        () => people.users.disable(by(personnel), id),
        () => people.users.enable(by(personnel), id),
        () => people.users.remove(by(personnel), id),
      ];
      for (const one of attempts) expect((await refusal(one())).code).toBe("forbidden");
      expect(await login()).toMatchObject({ kind: "in" });
    });

    test("a grant on some records does not make editors of all", async () => {
      const some: Grant[] = [
        { resource: "users", actions: ["manage"] },
        { resource: "trainings", actions: ["read", "write"], where: { id: [1] } },
      ];
      const made = people.users.create(by(some), { ...anna, roles: ["editor"] });
      expect((await refusal(made)).code).toBe("forbidden");
    });
  });

  describe("their own password", () => {
    const change = (id: string, body: object) =>
      people.users.changeOwnPassword(shell().author, id, body, (row, password) =>
        people.logins.prove(row, password, demo, place().origin),
      );

    test("is changed by who knows it", async () => {
      const { id } = await make();
      await change(id, { current_password: PASSWORD, password: "battery staple correct" });
      expect(await login("anna", PASSWORD)).toEqual({ kind: "wrong" });
      expect(await login("anna", "battery staple correct")).toMatchObject({ kind: "in" });
    });

    test("is not changed without it, and guessing it is slowed down", async () => {
      const { id } = await make();
      const password = "battery staple correct";
      expect((await refusal(change(id, { password }))).violations[0]?.field).toBe("current_password");
      const guess = () => refusal(change(id, { current_password: "wrong wrong wrong", password }));
      for (let i = 0; i < 6; i++) expect((await guess()).code).toBe("invalid");
      expect((await guess()).code).toBe("too_many_requests");
    });
  });

  describe("log in", () => {
    test("with name and password; the log has it, with the client", async () => {
      const { id } = await make();
      const value = await enter();
      expect(await people.sessions.use(value)).toEqual({
        ...{ userId: id, organisationId: demo.id, expiresAt: expect.any(Number) },
      });
      expect((await people.users.get(demo.id, id)).last_login_at).toBe(new Date(clock.now()).toISOString());
      expect((await mine()).at(-1)).toMatchObject({
        ...{ action: "login", outcome: "success", subject: "user:Anna", client: "acc_site" },
        address: "192.0.2.7",
      });
    });

    test("not with what is wrong: the answer is always the same, the log knows why", async () => {
      const { id } = await make();
      const { password: _, ...berit } = { ...anna, username: "berit" };
      await people.users.create(shell(), berit);
      expect(await login("anna", "not her password")).toEqual({ kind: "wrong" });
      expect(await login("nobody", PASSWORD)).toEqual({ kind: "wrong" });
      expect(await login("berit", PASSWORD)).toEqual({ kind: "wrong" });
      expect(await login("a\u0000b", PASSWORD)).toEqual({ kind: "wrong" });
      expect(await login("anna", "")).toEqual({ kind: "wrong" });
      await people.users.disable(shell(), id);
      expect(await login("anna", PASSWORD)).toEqual({ kind: "wrong" });
      const denied = (await mine()).filter(({ outcome }) => outcome === "denied");
      expect(denied.map(({ target, detail }) => [target, JSON.parse(detail).reason])).toEqual([
        ["user:Anna", "wrong password"],
        [null, "no such user"],
        ["user:berit", "wrong password"],
        [null, "no such user"],
        ["user:Anna", "wrong password"],
        ["user:Anna", "the user is disabled"],
      ]);
    });

    test("not in another organisation", async () => {
      await make();
      expect(await login("anna", PASSWORD, { organisation: other })).toEqual({ kind: "wrong" });
    });

    test("who guesses is slowed down, with a right password too; others are not, nor the person elsewhere", async () => {
      await make();
      for (let i = 0; i < 6; i++) expect(await login("anna", "guess guess guess")).toEqual({ kind: "wrong" });
      const blocked = await refusal(login());
      expect([blocked.code, Number(blocked.headers["retry-after"])]).toEqual(["too_many_requests", 1]);
      const elsewhere = { address: "198.51.100.9", requestId: null };
      expect(await login("anna", PASSWORD, { origin: elsewhere })).toMatchObject({ kind: "in" });
      await make({ username: "berit" });
      expect(await login("berit")).toMatchObject({ kind: "in" });
      clock.advance(1_000);
      expect(await login()).toMatchObject({ kind: "in" });
    });

    test("a login of one's own does not wipe out what failed as others", async () => {
      await make();
      await make({ username: "mallory" });
      const guess = async () => {
        await login("mallory");
        return login("anna", "guess guess guess");
      };
      for (let i = 0; i < 6; i++) expect(await guess()).toEqual({ kind: "wrong" });
      expect((await refusal(guess())).code).toBe("too_many_requests");
    });

    test("many guesses side by side are slowed down as well", async () => {
      await make();
      // As argon2id does, a check takes longer than writing down that the one before failed.
      const verify = async () => await store.write(async () => false);
      const slow = new PasswordGate({ atOnce: 1, waiting: 400, argon2: { ...argon2, verify } });
      const throttle = new Throttle({ clock });
      const { logins } = openPeople({
        ...{ config, store, clock, organisations, throttle, gate: slow, feed: new ChangeFeed(store) },
        audit: new AuditLog({ store, clock }),
        vocabulary: grantVocabulary({ types: { trainings: {} }, actions: {} }),
        master: new Uint8Array(32),
      });
      const guesses = Array.from({ length: 60 }, (_, i) =>
        logins.password(place(), "anna", `guess number ${i} of many`).catch((error: unknown) => error),
      );
      const looked = (await Promise.all(guesses)).filter((result) => !(result instanceof Problem));
      expect(looked.length).toBeLessThan(30);
      expect((await refusal(logins.password(place(), "anna", PASSWORD))).code).toBe("too_many_requests");
    });
  });

  describe("with TOTP", () => {
    let secret: string;
    const code = (at = clock.now()) => generateSync({ secret, epoch: Math.floor(at / 1_000) });
    const wrongCode = () => String((Number(code()) + 500_000) % 1_000_000).padStart(6, "0");
    const ticket = async () => {
      const result = await login();
      if (result.kind !== "code") throw new Error(`no code was asked for: ${result.kind}`);
      return result.ticket;
    };

    beforeEach(async () => {
      const { totp } = await people.users.create(shell(), { ...anna, totp: true });
      secret = String(totp?.secret);
    });

    test("a code is asked for after the password, and nothing is known before", async () => {
      expect(await login("anna", "wrong password here")).toEqual({ kind: "wrong" });
      expect(await people.logins.code(place(), await ticket(), code())).toMatchObject({ kind: "in" });
    });

    test("each code is good once, also eight times at once", async () => {
      const held = await ticket();
      const tries = Array.from({ length: 8 }, () => people.logins.code(place(), held, code()));
      const kinds = (await Promise.all(tries)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "in")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "used")).toHaveLength(7);
      clock.advance(30_000);
      expect(await people.logins.code(place(), held, code(clock.now() - 30_000))).toMatchObject({
        kind: "used",
      });
      expect(await people.logins.code(place(), held, code())).toMatchObject({ kind: "in" });
    });

    test("wrong codes lock for 15 seconds, then 30; the log has it", async () => {
      const held = await ticket();
      expect(await people.logins.code(place(), held, wrongCode())).toEqual({ kind: "wrong" });
      expect(await people.logins.code(place(), held, code())).toEqual({ kind: "locked", seconds: 15 });
      clock.advance(15_000);
      expect(await people.logins.code(place(), held, wrongCode())).toEqual({ kind: "wrong" });
      expect(await people.logins.code(place(), held, code())).toEqual({ kind: "locked", seconds: 30 });
      clock.advance(30_000);
      expect(await people.logins.code(place(), held, code())).toMatchObject({ kind: "in" });
      const locks = (await mine()).filter(({ action }) => action === "user.totp_lock");
      expect(locks.map(({ detail }) => JSON.parse(detail).wrong)).toEqual([1, 2]);
    });

    test("wrong passwords never lock codes", async () => {
      for (let i = 0; i < 5; i++) await login("anna", "guess guess guess");
      expect(await people.logins.code(place(), await ticket(), code())).toMatchObject({ kind: "in" });
    });

    test("a ticket is of one browser, one organisation and five minutes, and dies with the password", async () => {
      const held = await ticket();
      const expired = { kind: "expired" } as const;
      expect(await people.logins.code(place({ browser: "browser-2" }), held, code())).toEqual(expired);
      expect(await people.logins.code(place({ organisation: other }), held, code())).toEqual(expired);
      expect(await people.logins.code(place(), `${held.slice(0, -2)}AA`, code())).toEqual(expired);
      expect(await people.logins.code(place(), "", code())).toEqual(expired);
      clock.advance(5 * MINUTE);
      expect(await people.logins.code(place(), held, code())).toEqual(expired);
      const fresh = await ticket();
      const id = await people.users.idOf(demo.id, "anna");
      await people.users.setPassword(shell(), id, { password: "battery staple correct" });
      expect(await people.logins.code(place(), fresh, code())).toEqual(expired);
    });

    test("who is disabled between password and code does not get in", async () => {
      const held = await ticket();
      await people.users.disable(shell(), await people.users.idOf(demo.id, "anna"));
      expect(await people.logins.code(place(), held, code())).toEqual({ kind: "expired" });
    });
  });

  describe("sessions", () => {
    test("end when unused for half an hour, and after twelve hours in any case", async () => {
      await make();
      const idle = await enter();
      clock.advance(29 * MINUTE);
      expect(await people.sessions.use(idle)).toBeDefined();
      clock.advance(30 * MINUTE);
      expect(await people.sessions.use(idle)).toBeUndefined();
      const busy = await enter();
      for (let i = 0; i < 35; i++) {
        clock.advance(20 * MINUTE);
        expect(await people.sessions.use(busy)).toBeDefined();
      }
      clock.advance(20 * MINUTE);
      expect(await people.sessions.use(busy)).toBeUndefined();
    });

    const ends: [string, (id: string) => Promise<unknown>][] = [
      ["disabled", (id) => people.users.disable(shell(), id)],
      ["deleted", (id) => people.users.remove(shell(), id)],
      [
        "given another password",
        (id) => people.users.setPassword(shell(), id, { password: "another long one" }),
      ],
    ];
    test.each(ends)("end when the person is %s, and nobody else's do", async (_, act) => {
      const { id } = await make();
      await make({ username: "berit" });
      const [first, second] = [await enter(), await enter({ browser: "browser-2" })];
      const berits = await login("berit");
      await act(id);
      expect(await people.sessions.use(first)).toBeUndefined();
      expect(await people.sessions.use(second)).toBeUndefined();
      expect(await people.sessions.use(berits.kind === "in" ? berits.session : "")).toBeDefined();
    });

    test("are not the same before and after a login, and the one before ends", async () => {
      await make();
      const before = await enter();
      const after = await enter({ session: before });
      expect(after).not.toBe(before);
      expect(await people.sessions.use(before)).toBeUndefined();
      expect(await people.sessions.use(after)).toBeDefined();
    });

    test("end by logging out, and their values are nowhere in the database", async () => {
      await make();
      const value = await enter();
      const rows = () => store.read((reader) => reader.query(({ db, t }) => db.select().from(t.sessions)));
      expect(JSON.stringify(await rows())).not.toContain(value);
      await people.logins.logout(value, { username: "Anna", organisationId: demo.id }, NOWHERE);
      expect(await people.sessions.use(value)).toBeUndefined();
      expect((await mine()).at(-1)).toMatchObject({ action: "logout", subject: "user:Anna" });
    });

    test("that have ended do not gather", async () => {
      await make();
      for (let i = 0; i < 3; i++) await enter();
      clock.advance(13 * 3_600_000);
      await enter();
      const rows = await store.read((reader) => reader.query(({ db, t }) => db.select().from(t.sessions)));
      expect(rows.filter(({ organisationId }) => organisationId === demo.id)).toHaveLength(1);
    });

    test("are seen at most once a minute", async () => {
      await make();
      const value = await enter();
      const seen = async () => {
        await people.sessions.use(value);
        const rows = await store.read((reader) => reader.query(({ db, t }) => db.select().from(t.sessions)));
        return rows.find(({ organisationId }) => organisationId === demo.id)?.lastSeenAt;
      };
      const began = clock.now();
      clock.advance(59_999);
      expect(await seen()).toBe(began);
      clock.advance(1);
      expect(await seen()).toBe(began + MINUTE);
    });
  });
});
