/** Who is given a token, on each database: secrets, networks, codes, what is asked for. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";

import { shellEditor } from "../../src/accounts/editor.ts";
import { SEVERAL } from "../../src/store/many.ts";
import { databases } from "./databases.ts";
import { type Answer, type Fields, TokenHouse } from "./token-house.ts";

const REDIRECT = "https://client.example/cb";
const CLIENT = { grant_type: "client_credentials" };

describe.each([...databases])("logins of accounts on %s", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(() => house.renew());

  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const by = () => shellEditor(house.organisation.id);

  describe("who is let in", () => {
    test("whoever has the secret, by Basic or in the body, and the answer is kept out of caches", async () => {
      const machine = await house.account();
      const inBody = await house.token(machine, CLIENT);
      expect(inBody.status).toBe(200);
      expect(inBody.body).toEqual({
        access_token: expect.stringMatching(/^kat_/),
        token_type: "Bearer",
        expires_in: 3600,
        scope: "trainings:read trainings:write",
        base_url: "https://koppla.example",
      });
      expect(inBody.headers.get("cache-control")).toBe("no-store");
      const authorization = `Basic ${btoa(`${machine.clientId}:${machine.secret}`)}`;
      expect((await house.token(undefined, CLIENT, { authorization })).status).toBe(200);
    });

    test("many at once, each with a token and a line of its own", async () => {
      const machine = await house.account({ token: { life: "7m" } });
      await house.login(machine);
      const many = 2 * SEVERAL + 3;
      const answers = await Promise.all(Array.from({ length: many }, () => house.token(machine, CLIENT)));
      const tokens = new Set(answers.map(({ body }) => body["access_token"]));
      expect(tokens.size).toBe(many);
      for (const token of tokens) expect((await house.me(token)).status).toBe(200);
      expect(await house.events("token.issue")).toHaveLength(many + 1);
      const rows = await house.services.store.read((reader) =>
        reader.query(({ db, t: { accessTokens: a } }) =>
          db.select().from(a).where(eq(a.accountId, machine.id)),
        ),
      );
      expect(rows).toHaveLength(many + 1);
      // Whether it was stored with others or alone.
      const others = rows.map((row) => ({ ...row, hash: "" }));
      expect(others).toEqual(others.map(() => others[0] as (typeof others)[number]));
    });

    test("nobody else, and all of them are told the same, byte for byte", async () => {
      const machine = await house.account();
      const other = await house.account();
      const disabled = await house.account();
      await house.services.accounts.disable(by(), disabled.clientId);
      const deleted = await house.account();
      await house.services.accounts.remove(by(), deleted.clientId);
      const expired = await house.account({ expires_at: new Date(house.clock.now()).toISOString() });
      const elsewhere = await house.account({ allowed_ips: ["203.0.113.0/24"] });
      const locked = await house.account({ totp: true });
      const answers = [
        await house.token({ ...machine, clientId: "acc_nobody" }, CLIENT),
        await house.token({ ...machine, clientId: `acc_${"0".repeat(32)}` }, CLIENT),
        await house.token({ ...machine, secret: "wrong" }, CLIENT),
        await house.token({ ...machine, secret: other.secret }, CLIENT),
        await house.token(disabled, CLIENT),
        await house.token(deleted, CLIENT),
        await house.token(expired, CLIENT),
        await house.token(elsewhere, CLIENT),
        await house.token(locked, { ...CLIENT, totp: "000000" }),
      ];
      const [first] = answers;
      expect(first && told(first)).toBe("401 invalid_client");
      for (const { status, text } of answers)
        expect({ status, text }).toEqual({ status: 401, text: first?.text ?? "" });
      for (const { headers } of answers) expect(headers.get("www-authenticate")).toBeNull();
    });

    test("of an organisation whose networks it comes from, too", async () => {
      const machine = await house.account();
      await house.services.organisations.patch(by().author, { allowed_ips: ["203.0.113.0/24"] });
      expect(told(await house.token(machine, CLIENT))).toBe("401 invalid_client");
      house.address = "203.0.113.9";
      expect((await house.token(machine, CLIENT)).status).toBe(200);
    });

    test("who used HTTP Basic is told so, whatever was wrong", async () => {
      const machine = await house.account({ totp: true });
      for (const secret of ["wrong", machine.secret]) {
        const authorization = `Basic ${btoa(`${machine.clientId}:${secret}`)}`;
        const { headers } = await house.token(undefined, CLIENT, { authorization });
        expect(headers.get("www-authenticate")).toStartWith("Basic ");
      }
    });

    test("guessing is slowed down for an address and a client, not for the account", async () => {
      const machine = await house.account();
      const guess = () => house.token({ ...machine, secret: "wrong" }, CLIENT);
      let last = await guess();
      for (let tries = 0; tries < 20 && last.status === 401; tries++) last = await guess();
      expect(last.status).toBe(429);
      expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await house.token(machine, CLIENT)).status).toBe(429);
      house.address = "203.0.113.200";
      expect((await house.token(machine, CLIENT)).status).toBe(200);
    });

    test("a secret is good until it ends, however lately it was used", async () => {
      const machine = await house.account();
      const ends = new Date(house.clock.now() + 10_000).toISOString();
      const { credentials } = house.services.accounts;
      const { token: secret } = await credentials.addToken(by(), machine.clientId, { expires_at: ends });
      expect((await house.token({ ...machine, secret }, CLIENT)).status).toBe(200);
      house.clock.advance(10_000);
      expect(told(await house.token({ ...machine, secret }, CLIENT))).toBe("401 invalid_client");
      house.clock.advance(20_000); // one-time codes begin with a half minute
    });

    test("a secret sent in place of the id is stored nowhere", async () => {
      const machine = await house.account();
      await house.token({ ...machine, clientId: machine.secret, secret: machine.clientId }, CLIENT);
      const rows = await house.services.store.read((reader) =>
        reader.query(({ db, t }) => db.select().from(t.throttles)),
      );
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(machine.secret);
    });

    test("why somebody was denied is in the audit log", async () => {
      const { accounts } = house.services;
      const disabled = await house.account();
      await accounts.disable(by(), disabled.clientId);
      const deleted = await house.account();
      await accounts.remove(by(), deleted.clientId);
      const expired = await house.account({ expires_at: new Date(house.clock.now()).toISOString() });
      const elsewhere = await house.account({ allowed_ips: ["203.0.113.0/24"] });
      for (const machine of [disabled, deleted, expired, elsewhere]) await house.token(machine, CLIENT);
      const events = await house.events("token.issue");
      expect(events.map(({ detail }) => detail).reverse()).toEqual([
        { reason: "the account is disabled" },
        { reason: "the account is deleted" },
        { reason: "the account has expired" },
        { reason: "not from this address" },
      ]);
    });

    test("denials are in the audit log with their reason, and without what was sent", async () => {
      const machine = await house.account();
      await house.token({ ...machine, secret: "canary-secret" }, CLIENT);
      const [event] = await house.events("token.issue");
      expect(event).toMatchObject({
        outcome: "denied",
        target: `account:${machine.clientId}`,
        address: house.address,
        detail: { reason: "wrong secret" },
      });
      expect(JSON.stringify(await house.events())).not.toContain("canary");
    });
  });

  describe("what is asked for must be", () => {
    test.each([
      [{ grant_type: undefined }, "400 invalid_request"],
      [{ grant_type: "password", username: "anna", password: "x" }, "400 unsupported_grant_type"],
      [{ grant_type: "implicit" }, "400 unsupported_grant_type"],
      [{ ...CLIENT, scope: "trainings:delete" }, "400 invalid_scope"],
      [{ ...CLIENT, scope: "*:*" }, "400 invalid_scope"],
      [{ ...CLIENT, scope: "nonsense" }, "400 invalid_scope"],
      [{ grant_type: "refresh_token" }, "400 invalid_request"],
      [{ grant_type: "refresh_token", refresh_token: "krt_x" }, "400 invalid_grant"],
      [{ grant_type: "authorization_code", redirect_uri: REDIRECT }, "400 invalid_request"],
    ] as [Fields, string][])("%p: %s", async (fields, expected) => {
      expect(told(await house.token(await house.account(), fields))).toBe(expected);
    });

    test("after the secret is right: a stranger learns nothing of what there is", async () => {
      for (const fields of [{}, { grant_type: "password" }, { ...CLIENT, scope: "nonsense" }])
        expect(told(await house.token({ ...(await house.account()), secret: "x" }, fields))).toBe(
          "401 invalid_client",
        );
    });
  });

  describe("a one-time code", () => {
    test("is asked for after a right secret only", async () => {
      const machine = await house.account({ totp: true });
      const missing = await house.token(machine, CLIENT);
      expect(missing.body).toEqual({ error: "invalid_client", error_description: "totp required" });
      expect(missing.status).toBe(401);
      const wrong = await house.token({ ...machine, secret: "x" }, CLIENT);
      expect(wrong.text).not.toContain("totp");
    });

    test("is good once, and its answer says when there is another", async () => {
      const machine = await house.account({ totp: true });
      const totp = house.totp(machine);
      const first = await house.token(machine, { ...CLIENT, totp });
      expect(first.body).toMatchObject({ refresh_token: expect.stringMatching(/^krt_/) });
      const again = await house.token(machine, { ...CLIENT, totp });
      expect(told(again)).toBe("401 invalid_client");
      expect(again.headers.get("retry-after")).toBe("30");
      const wrong = await house.token({ ...machine, secret: "x" }, { ...CLIENT, totp });
      expect(again.text).toBe(wrong.text);
      house.clock.advance(30_000);
      expect((await house.token(machine, { ...CLIENT, totp: house.totp(machine) })).status).toBe(200);
    });

    test("eight times at once gets in once", async () => {
      const machine = await house.account({ totp: true });
      const totp = house.totp(machine);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => house.token(machine, { ...CLIENT, totp })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(7).fill(401)]);
    });

    test("of an earlier step is refused after a later one, and two steps away from the start", async () => {
      const machine = await house.account({ totp: true });
      expect(told(await house.token(machine, { ...CLIENT, totp: house.totp(machine, 2) }))).toBe(
        "401 invalid_client",
      );
      house.clock.advance(3_600_000);
      expect((await house.token(machine, { ...CLIENT, totp: house.totp(machine, 1) })).status).toBe(200);
      for (const steps of [-1, 0, 1])
        expect(told(await house.token(machine, { ...CLIENT, totp: house.totp(machine, steps) }))).toBe(
          "401 invalid_client",
        );
    });

    test("that is wrong locks the account's codes for a while, and no stranger can", async () => {
      const machine = await house.account({ totp: true });
      await house.token({ ...machine, secret: "x" }, { ...CLIENT, totp: "000000" });
      expect((await house.token(machine, { ...CLIENT, totp: house.totp(machine) })).status).toBe(200);
      house.clock.advance(60_000);
      await house.token(machine, { ...CLIENT, totp: "000000" });
      const locked = await house.token(machine, { ...CLIENT, totp: house.totp(machine) });
      expect(told(locked)).toBe("401 invalid_client");
      expect(locked.headers.get("retry-after")).toBe("15");
      expect(await house.events("account.totp_lock")).toHaveLength(1);
      house.clock.advance(15_000);
      expect((await house.token(machine, { ...CLIENT, totp: house.totp(machine) })).status).toBe(200);
    });

    test("is used up with the token that it is for, or not at all: the audit log has both or none", async () => {
      const machine = await house.account({ totp: true });
      await house.token(machine, { ...CLIENT, totp: house.totp(machine) });
      const issued = (await house.events("token.issue")).filter(({ outcome }) => outcome === "success");
      expect(issued).toHaveLength(1);
    });
  });
});
