import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";

import { OrganisationPasswords } from "../../src/organisations/passwords.ts";
import { type Argon2, PasswordGate } from "../../src/passwords/gate.ts";
import { Throttle } from "../../src/throttle/service.ts";
import { databases } from "./databases.ts";
import { makeRooms, type Rooms } from "./rooms.ts";

const HOUR = 3_600_000;
const HERE = "192.0.2.1";
const RIGHT = "hemligt ord";

describe.each(databases)("organisations on %s", (kind) => {
  let rooms: Rooms;
  let passwords: OrganisationPasswords;
  let code: string;
  /** What argon2 was asked to verify. */
  let verified: string[];

  beforeAll(async () => {
    rooms = await makeRooms(kind);
  });
  afterAll(() => rooms.close());
  beforeEach(async () => {
    await rooms.renew();
    // What one test's address has failed is not the next one's.
    rooms.clock.advance(2 * HOUR);
    code = (await rooms.organisations.byId(rooms.mine.id)).code;
    passwords = start();
    verified = [];
  });

  /**
   * As a process that has just been started. argon2 is as good as its arguments here.
   * @param slow  what it waits for; else it takes no time
   */
  function start(slow = async () => {}): OrganisationPasswords {
    const argon2: Argon2 = {
      hash: async (password) => `$argon2id$${password}`,
      verify: async (password, hash) => {
        verified.push(password);
        await slow();
        return hash === `$argon2id$${password}`;
      },
    };
    const { store, clock, organisations } = rooms;
    const gate = new PasswordGate({ argon2, atOnce: 1, waiting: 400 });
    return new OrganisationPasswords({
      store,
      clock,
      organisations,
      gate,
      throttle: new Throttle({ clock }),
    });
  }

  const set = (body: Record<string, unknown>) => passwords.set(rooms.mine.by, body);
  const check = (password: string, of = code, address: string | null = HERE) =>
    passwords.check(of, password, address);
  const refusal = async (...args: Parameters<typeof check>) => {
    const checked = await check(...args);
    return "denied" in checked ? checked.denied : undefined;
  };

  test("are shown with what they have, and not with their password", async () => {
    expect(await rooms.organisations.get(rooms.mine.id)).toEqual({
      code,
      name: code,
      allowed_ips: [],
      sites: [],
      return_urls: [],
      language: "en",
      password_grants: [{ resource: "*", actions: ["read", "write"] }],
      password: false,
      previous_password_until: null,
      provisioned: false,
      created_at: expect.any(String),
    });
    await set({ password: RIGHT });
    const changed = await rooms.organisations.patch(rooms.mine.by, { allowed_ips: ["192.0.2.0/24"] });
    expect(changed).toMatchObject({ password: true, name: code, allowed_ips: ["192.0.2.0/24"] });
    expect(JSON.stringify(changed)).not.toContain(RIGHT);
  });

  test("have the name that they were given last, in every process", async () => {
    const other = await rooms.otherServer();
    const { token } = await rooms.accounts.create({ organisationId: rooms.mine.id, name: "ERP", grants: [] });
    const nameAt = async ({ accounts }: Pick<Rooms, "accounts">) =>
      (await accounts.authenticate(token))?.organisation.name;
    for (const at of [rooms, other]) expect(await nameAt(at)).toBe(code);
    await rooms.organisations.patch(rooms.mine.by, { name: "Skolan" });
    expect(await nameAt(rooms)).toBe("Skolan");
    await Bun.sleep(6); // another process notices within 5 ms (store.ts)
    expect(await nameAt(other)).toBe("Skolan");
    expect((await rooms.organisations.byId(rooms.mine.id)).name).toBe("Skolan");
  });

  test("are not made or changed with what does not fit", async () => {
    const wrong = [{ code: "Not A Code" }, { name: "" }, { allowed_ips: ["here"] }];
    for (const body of wrong) {
      const whole = { code: "good", name: "Good", ...body };
      await expect(rooms.organisations.create(whole)).rejects.toMatchObject({ code: "invalid" });
    }
    await expect(rooms.organisations.create({ code, name: "Again" })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(rooms.organisations.patch(rooms.mine.by, { code: "other" })).rejects.toMatchObject({
      code: "invalid",
    });
    for (const password of ["", "short", "line\nbreak 123", 12_345_678, "a".repeat(1_001)])
      await expect(set({ password })).rejects.toMatchObject({ code: "invalid" });
  });

  test("are known by their password, and argon2 is asked once for it", async () => {
    await set({ password: RIGHT });
    for (let i = 0; i < 3; i++) expect(await check(RIGHT)).toEqual({ id: rooms.mine.id, code, name: code });
    expect(verified).toEqual([RIGHT]);
    expect(await refusal("wrong word")).toBe("wrong password");
    expect(verified).toEqual([RIGHT, "wrong word"]);
  });

  test("that are asked by many at once after a start let all of them in, and argon2 is asked once", async () => {
    await set({ password: RIGHT });
    const { promise, resolve } = Promise.withResolvers<void>();
    passwords = start(() => promise);
    verified = [];
    const many = Array.from({ length: 300 }, () => check(RIGHT));
    // A wrong one beside them is checked for itself.
    const wrong = refusal("wrong word");
    resolve();
    for (const one of await Promise.all(many)) expect(one).toMatchObject({ code });
    expect(await wrong).toBe("wrong password");
    expect(verified.toSorted()).toEqual([RIGHT, "wrong word"]);
  });

  test("that there are not, and that have no password, cost argon2 as much as a wrong one", async () => {
    for (const of of ["nobody", "a\u0000b", "", code]) {
      verified = [];
      expect(await refusal(RIGHT, of)).toBeString();
      expect(verified).toEqual([RIGHT]);
    }
  });

  test("have two passwords while they change over, and one afterwards", async () => {
    await set({ password: "the first one" });
    await check("the first one");
    const shown = await set({ password: "the second one", overlap: "2h" });
    expect(shown.previous_password_until).toBe(new Date(rooms.clock.now() + 2 * HOUR).toISOString());
    for (const password of ["the first one", "the second one"])
      expect(await refusal(password)).toBeUndefined();
    rooms.clock.advance(2 * HOUR);
    expect(await refusal("the first one")).toBe("wrong password");
    expect(await refusal("the second one")).toBeUndefined();
    expect((await rooms.organisations.get(rooms.mine.id)).previous_password_until).toBeNull();
  });

  test("lose the password before at once where there is to be no overlap, and both when it is taken away", async () => {
    await set({ password: "the first one" });
    await set({ password: "the second one", overlap: "0s" });
    expect(await refusal("the first one")).toBe("wrong password");
    await set({ password: "the third one" });
    await set({ password: null });
    for (const password of ["the second one", "the third one"])
      expect(await refusal(password)).toBe("wrong password");
    expect((await rooms.organisations.get(rooms.mine.id)).password).toBe(false);
  });

  test("are refused from addresses that they do not list, even with the right password", async () => {
    await set({ password: RIGHT });
    await rooms.organisations.patch(rooms.mine.by, { allowed_ips: [HERE] });
    expect(await refusal(RIGHT)).toBeUndefined();
    for (const address of ["192.0.2.2", "::1", null])
      expect(await refusal(RIGHT, code, address)).toBe("address not allowed");
  });

  test("are slow for who guesses, from there, also after a restart, and for nobody else", async () => {
    await set({ password: RIGHT });
    let tries = 0;
    const guess = async () => {
      for (; tries < 100; tries++) await check(`guess ${tries}`);
    };
    await expect(guess()).rejects.toMatchObject({ code: "too_many_requests" });
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(20);
    passwords = start();
    await expect(check(RIGHT)).rejects.toMatchObject({ code: "too_many_requests" });
    expect(verified).not.toContain(RIGHT);
    expect(await refusal(RIGHT, code, "198.51.100.1")).toBeUndefined();
    rooms.clock.advance(2 * HOUR);
    expect(await refusal(RIGHT)).toBeUndefined();
  });

  test("are not guessed side by side: who waited for argon2 is told nothing when others have failed meanwhile", async () => {
    await set({ password: RIGHT });
    let answered = 0;
    // argon2 takes longer than to write down a failure: the one before is told before the next is known.
    passwords = start(async () => {
      const before = verified.length - 1;
      while (answered < before) await new Promise((resolve) => setImmediate(resolve));
    });
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        check(`guess ${index}`)
          .then(
            () => "told",
            () => "refused",
          )
          .finally(() => answered++),
      ),
    );
    expect(verified).toHaveLength(40);
    expect(results.filter((result) => result === "told").length).toBeLessThan(10);
  });

  test("change with a line in the audit log, without the password", async () => {
    await rooms.organisations.patch(rooms.mine.by, { name: "Skolan" });
    await set({ password: RIGHT, overlap: "1h" });
    await set({ password: null });
    const rows = await rooms.store.read((reader) =>
      reader.query(({ db, t }) =>
        db
          .select()
          .from(t.auditEvents)
          .where(eq(t.auditEvents.target, `organisation:${code}`)),
      ),
    );
    const told = rows.toSorted((a, b) => a.sequence - b.sequence);
    expect(told.map(({ action, subject }) => [action, subject])).toEqual([
      ["organisation.create", "shell"],
      ["organisation.change", "shell"],
      ["organisation.password", "shell"],
      ["organisation.password_remove", "shell"],
    ]);
    expect(JSON.stringify(told)).not.toContain(RIGHT);
  });
});
