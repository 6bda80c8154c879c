/** An API token buys access and refresh tokens: whatever was bought with it ends with it, on each database. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { createHash } from "node:crypto";

import { shellEditor } from "../../src/accounts/editor.ts";
import { databases } from "./databases.ts";
import { ACCESS_TOKEN, type Answer, EXCHANGE, type Machine, TokenHouse, USERNAME } from "./token-house.ts";

const CLIENT = { grant_type: "client_credentials" };
const AGENT = [
  { resource: "trainings", actions: ["read", "write"] },
  { resource: "impersonate", actions: ["run"] },
];
const REDIRECT = "https://client.example/cb";
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

describe.each([...databases])("what an API token has bought, on %s,", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(() => house.renew());

  const by = () => shellEditor(house.organisation.id);
  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const statusOf = async (token: unknown) => (await house.me(token)).status;
  const refresh = (machine: Machine, refresh_token: unknown) =>
    house.token(machine, { grant_type: "refresh_token", refresh_token: String(refresh_token) });
  const asked = async (machine: Machine, token: unknown) =>
    (await house.post("/oauth/introspect", machine, { token: String(token) })).text;
  /** The account with a further API token as its secret. */
  const withNext = async (machine: Machine, more: Record<string, unknown> = {}): Promise<Machine> => {
    const { credentials } = house.services.accounts;
    return { ...machine, secret: (await credentials.addToken(by(), machine.clientId, more)).token };
  };
  /** Revokes the API token that is the machine's secret. */
  const revoke = async ({ clientId, secret }: Machine) => {
    const { credentials } = house.services.accounts;
    const tokens = await credentials.tokens(house.organisation.id, clientId);
    const own = tokens.find(({ last_four: last }) => secret.endsWith(last));
    await credentials.revokeToken(by(), clientId, own?.id ?? "");
  };
  /** Tokens of anna's, which the account was given for a code. */
  const ofAnna = async (machine: Machine, anna: { id: string }) => {
    const challenge = createHash("sha256").update(VERIFIER).digest("base64url");
    const code = await house.code(machine, anna, { challenge, redirectUri: REDIRECT });
    const { body } = await house.token(machine, {
      ...{ grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: VERIFIER },
    });
    return body as Record<string, string>;
  };
  const actFor = async (machine: Machine, subject_token: string | undefined) => {
    const subject_token_type = subject_token === "anna" ? USERNAME : ACCESS_TOKEN;
    const { body } = await house.token(machine, {
      ...{ grant_type: EXCHANGE, subject_token, subject_token_type },
    });
    return String(body["access_token"]);
  };

  test.each(["opaque", "jwt"])("ends when that is revoked, and nothing else does (%s)", async (token) => {
    const old = await house.account({ token: { kind: token, refresh: true } });
    const next = await withNext(old);
    const [bought, others] = [await house.login(old), await house.login(next)];
    expect(await statusOf(bought["access_token"])).toBe(200);
    await revoke(old);
    expect(await statusOf(bought["access_token"])).toBe(401);
    expect(told(await refresh(next, bought["refresh_token"]))).toBe("400 invalid_grant");
    for (const one of [bought["access_token"], bought["refresh_token"]])
      expect(await asked(next, one)).toBe('{"active":false}');
    expect(await statusOf(others["access_token"])).toBe(200);
    expect((await refresh(next, others["refresh_token"])).status).toBe(200);
  });

  test("ends on every server", async () => {
    const machine = await house.account();
    const { access_token } = await house.login(machine);
    const twin = await house.twin();
    try {
      const there = () =>
        twin.oauth.admit(access_token ?? "", new Request("http://localhost/api/v1/me"), "bearer");
      expect(await there()).not.toHaveProperty("denied");
      await revoke(machine);
      // SQLite's servers look at the database every 5 ms.
      await Bun.sleep(6);
      expect(await there()).toHaveProperty("denied");
    } finally {
      await twin.close();
    }
  });

  test("belongs to the one that it was refreshed with last: who changes over goes on", async () => {
    const old = await house.account({ token: { refresh: true } });
    const next = await withNext(old);
    const first = await house.login(old);
    const { body: second } = await refresh(next, first["refresh_token"]);
    await revoke(old);
    expect(await statusOf(first["access_token"])).toBe(401);
    expect(await statusOf(second["access_token"])).toBe(200);
    const { body: third } = await refresh(next, second["refresh_token"]);
    expect(await statusOf(third["access_token"])).toBe(200);
    // One that was used is still known for it.
    expect(told(await refresh(next, first["refresh_token"]))).toBe("400 invalid_grant");
    expect(await statusOf(third["access_token"])).toBe(401);
  });

  test("ends with what a person was given through it", async () => {
    const machine = await house.account({ redirect_uris: [REDIRECT] });
    const next = await withNext(machine);
    const bought = await ofAnna(machine, await house.user("anna"));
    expect(await statusOf(bought["access_token"])).toBe(200);
    await revoke(machine);
    expect(await statusOf(bought["access_token"])).toBe(401);
    expect(told(await refresh(next, bought["refresh_token"]))).toBe("400 invalid_grant");
  });

  test("ends with all for which it was exchanged, whoever did it", async () => {
    const anna = await house.user("anna");
    const site = await house.account({ redirect_uris: [REDIRECT] });
    const agents = await Promise.all([1, 2, 3].map(() => house.account({ grants: AGENT })));
    const [first, second, third] = agents as [Machine, Machine, Machine];
    for (const agent of agents) await house.policy(agent, { users: ["anna"] });
    /** Each from the one before: anna's own, and in her name the first agent's, the second's and the third's. */
    const chain = async () => {
      const { access_token: own } = await ofAnna(site, anna);
      const one = await actFor(first, own);
      const two = await actFor(second, one);
      return [own, one, two, await actFor(third, two)];
    };
    const standing = async (tokens: readonly unknown[]) => await Promise.all(tokens.map(statusOf));
    const ofThird = await chain();
    expect(await standing(ofThird)).toEqual([200, 200, 200, 200]);
    await revoke(third);
    expect(await standing(ofThird)).toEqual([200, 200, 200, 401]);
    await revoke(first);
    expect(await standing(ofThird)).toEqual([200, 401, 401, 401]);
    const direct = await actFor(second, "anna");
    const through = await actFor(second, ofThird[0]);
    await revoke(site);
    expect(await standing([ofThird[0], through, direct])).toEqual([401, 401, 200]);
  });

  test.each(["opaque", "jwt"])("ends when that expires, and says so (%s)", async (token) => {
    const account = await house.account({ token: { kind: token, refresh: true } });
    const ends = house.clock.now() + 90_500;
    const short = await withNext(account, { expires_at: new Date(ends).toISOString() });
    const bought = await house.login(short);
    expect(bought).toMatchObject({ expires_in: 90, refresh_expires_in: 90 });
    house.clock.advance(90_000);
    expect(await statusOf(bought["access_token"])).toBe(401);
    house.clock.advance(499);
    const last = await house.login(short);
    expect(last).toMatchObject({ expires_in: 0, refresh_expires_in: 0 });
    expect(await statusOf(last["access_token"])).toBe(200);
    house.clock.advance(1);
    expect(await statusOf(last["access_token"])).toBe(401);
    for (const one of [bought, last])
      expect(told(await refresh(account, one["refresh_token"]))).toBe("400 invalid_grant");
    house.clock.advance(29_500); // one-time codes begin with a half minute
  });

  test("is worthless when it was being granted while that was revoked", async () => {
    const machine = await house.account();
    const next = await withNext(machine);
    // Known already, so that no login has to be looked up again.
    await house.login(machine);
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => house.token(machine, CLIENT)),
      revoke(machine),
      ...Array.from({ length: 10 }, () => house.token(machine, CLIENT)),
    ]);
    for (const answer of answers) {
      if (answer?.status === 200) expect(await statusOf(answer.body["access_token"])).toBe(401);
    }
    expect((await house.token(next, CLIENT)).status).toBe(200);
  });

  test("lives on where it is not known which one that was, as in databases of before", async () => {
    const machine = await house.account({ token: { refresh: true } });
    const next = await withNext(machine);
    const bought = await house.login(machine);
    await house.services.store.write(async (tx) => {
      const unknown = { apiTokenId: null };
      await tx.query(({ db, t: { accessTokens: a } }) =>
        db.update(a).set(unknown).where(eq(a.accountId, machine.id)),
      );
      await tx.query(({ db, t: { refreshTokens: r } }) =>
        db.update(r).set(unknown).where(eq(r.accountId, machine.id)),
      );
    });
    await revoke(machine);
    expect(await statusOf(bought["access_token"])).toBe(200);
    expect((await refresh(next, bought["refresh_token"])).status).toBe(200);
  });

  test("is not there again when its account is disabled and enabled, were it being granted meanwhile", async () => {
    const { accounts } = house.services;
    const machine = await house.account();
    await house.login(machine);
    const granted = house.token(machine, CLIENT);
    await accounts.disable(by(), machine.clientId);
    const late = await granted;
    await accounts.enable(by(), machine.clientId);
    if (late.status === 200) expect(await statusOf(late.body["access_token"])).toBe(401);
    expect((await house.token(machine, CLIENT)).status).toBe(200);
  });
});
