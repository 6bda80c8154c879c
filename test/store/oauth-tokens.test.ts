/** What a token is good for, on each database: at the API, asked about, revoked, bound to a key, signed. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from "jose";
import { eq } from "drizzle-orm";
import { createHash } from "node:crypto";

import { shellEditor } from "../../src/accounts/editor.ts";
import { databases } from "./databases.ts";
import {
  ACCESS_TOKEN,
  type Answer,
  EXCHANGE,
  type Fields,
  ISSUER,
  type Machine,
  TokenHouse,
} from "./token-house.ts";

const CLIENT = { grant_type: "client_credentials" };
const keyPair = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(keyPair.publicKey);

describe.each([...databases])("tokens on %s", (kind) => {
  let house: TokenHouse;

  beforeAll(async () => {
    house = await TokenHouse.open(kind);
  });
  afterAll(() => house.close());
  beforeEach(() => house.renew());

  const told = ({ status, body }: Answer) => `${status} ${String(body["error"])}`;
  const by = () => shellEditor(house.organisation.id);
  const introspect = (machine: Machine, token: unknown) =>
    house.post("/oauth/introspect", machine, { token: String(token) });
  const revoke = (machine: Machine, token: unknown, more: Fields = {}) =>
    house.post("/oauth/revoke", machine, { token: String(token), ...more });

  describe("at the API a token is good", () => {
    test.each(["opaque", "jwt"])("until it expires: %s", async (kind) => {
      const machine = await house.account({ token: { kind, life: "10m" } });
      const { access_token } = await house.login(machine);
      house.clock.advance(599_000);
      expect((await house.me(access_token)).status).toBe(200);
      house.clock.advance(1_000);
      const late = await house.me(access_token);
      expect(late.status).toBe(401);
      expect(late.headers.get("www-authenticate")).toBe('Bearer realm="koppla", error="invalid_token"');
    });

    test.each(["opaque", "jwt"])(
      "for what it was asked for, within what the account has now: %s",
      async (kind) => {
        const machine = await house.account({ token: { kind } });
        const { access_token } = await house.login(machine, { scope: "trainings:write" });
        const grants = async () => (await house.me(access_token)).body["grants"];
        expect(await grants()).toEqual([{ resource: "trainings", actions: ["write"] }]);
        const all = [{ resource: "*", actions: ["*"] }];
        await house.services.accounts.patch(by(), machine.clientId, { grants: all });
        expect(await grants()).toEqual([{ resource: "trainings", actions: ["write"] }]);
        const few = [{ resource: "trainings", actions: ["read", "write"], where: { institute_id: [7] } }];
        await house.services.accounts.patch(by(), machine.clientId, { grants: few });
        expect(await grants()).toEqual([
          { resource: "trainings", actions: ["write"], where: { institute_id: [7] } },
        ]);
      },
    );

    test.each(["opaque", "jwt"])(
      "while its account is: disabled, expired, deleted it is not: %s",
      async (kind) => {
        const { accounts } = house.services;
        for (const end of [
          (id: string) => accounts.disable(by(), id),
          (id: string) =>
            accounts.patch(by(), id, { expires_at: new Date(house.clock.now() + 1_000).toISOString() }),
          (id: string) => accounts.remove(by(), id),
        ]) {
          const machine = await house.account({ token: { kind } });
          const { access_token } = await house.login(machine);
          expect((await house.me(access_token)).status).toBe(200);
          await end(machine.clientId);
          house.clock.advance(1_000);
          expect((await house.me(access_token)).status).toBe(401);
        }
      },
    );

    test("while its account and person are: enabled again, they begin anew", async () => {
      const { accounts, users } = house.services;
      const machine = await house.account({
        token: { refresh: true },
        redirect_uris: ["https://client.example/cb"],
      });
      const { access_token, refresh_token } = await house.login(machine);
      await accounts.disable(by(), machine.clientId);
      await accounts.enable(by(), machine.clientId);
      expect((await house.me(access_token)).status).toBe(401);
      const refresh = { grant_type: "refresh_token", refresh_token };
      expect(told(await house.token(machine, refresh))).toBe("400 invalid_grant");

      const anna = await house.user("anna");
      const challenge = createHash("sha256").update("v".repeat(43)).digest("base64url");
      const code = await house.code(machine, anna, { challenge });
      const { body } = await house.token(machine, {
        ...{ grant_type: "authorization_code", code, code_verifier: "v".repeat(43) },
        redirect_uri: "https://client.example/cb",
      });
      expect((await house.me(body["access_token"])).status).toBe(200);
      await users.disable(by(), anna.id);
      await users.enable(by(), anna.id);
      expect((await house.me(body["access_token"])).status).toBe(401);
    });

    test("while its person is, though its row were still there", async () => {
      const { store } = house.services;
      const machine = await house.account({ redirect_uris: ["https://client.example/cb"] });
      const anna = await house.user("anna");
      const challenge = createHash("sha256").update("v".repeat(43)).digest("base64url");
      const code = await house.code(machine, anna, { challenge });
      const { body } = await house.token(machine, {
        ...{ grant_type: "authorization_code", code, code_verifier: "v".repeat(43) },
        redirect_uri: "https://client.example/cb",
      });
      await store.write((tx) =>
        tx.query(({ db, t }) => db.update(t.users).set({ disabledAt: 1 }).where(eq(t.users.id, anna.id))),
      );
      expect((await house.me(body["access_token"])).status).toBe(401);
    });

    test("from the networks of its account", async () => {
      const machine = await house.account({ allowed_ips: [`${house.address}/32`] });
      const { access_token } = await house.login(machine);
      expect((await house.me(access_token)).status).toBe(200);
      house.address = "203.0.113.77";
      expect((await house.me(access_token)).status).toBe(401);
    });

    test("on every server of the database, and ends on every one", async () => {
      const twin = await house.twin();
      try {
        const machine = await house.account();
        const { access_token = "" } = await house.login(machine);
        const there = async () =>
          "denied" in (await twin.oauth.admit(access_token, new Request(ISSUER), "bearer"));
        expect(await there()).toBe(false);
        await revoke(machine, access_token);
        // SQLite's other processes are heard of a few milliseconds later; PostgreSQL is asked.
        while (!(await there())) await Bun.sleep(1);
      } finally {
        await twin.close();
      }
    });

    test("as a bearer only: not as another token, not in another header", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { access_token, refresh_token } = await house.login(machine);
      expect((await house.me(refresh_token)).status).toBe(401);
      expect((await house.send("/api/v1/me", { headers: { apikey: access_token } })).status).toBe(401);
      for (const text of [`${access_token}x`, access_token?.slice(0, -1), access_token?.toUpperCase()])
        expect((await house.me(text)).status).toBe(401);
    });
  });

  describe("a JWT", () => {
    const jwtAccount = (more: Record<string, unknown> = {}) =>
      house.account({ token: { kind: "jwt", ...more } });
    const keys = async () =>
      createLocalJWKSet((await house.send("/oauth/jwks")).body as unknown as JSONWebKeySet);

    test("is verified by anybody who has the keys that are shown", async () => {
      const machine = await jwtAccount({ audience: "https://erp.example" });
      const { access_token = "" } = await house.login(machine);
      const { payload, protectedHeader } = await jwtVerify(access_token, await keys(), {
        issuer: ISSUER,
        audience: "https://erp.example",
        typ: "at+jwt",
        algorithms: ["ES256"],
        requiredClaims: ["exp", "iat", "jti", "client_id", "sub", "scope"],
        currentDate: new Date(house.clock.now()),
      });
      expect(payload).toMatchObject({ client_id: machine.clientId, sub: machine.clientId });
      expect(protectedHeader).toEqual({ alg: "ES256", typ: "at+jwt", kid: expect.any(String) });
    });

    test("for another server is not for this one", async () => {
      const { access_token } = await house.login(await jwtAccount({ audience: "https://erp.example" }));
      expect((await house.me(access_token)).status).toBe(401);
    });

    test("is worthless once it is revoked, though its signature is good", async () => {
      const machine = await jwtAccount();
      const { access_token = "" } = await house.login(machine);
      expect((await house.me(access_token)).status).toBe(200);
      await revoke(machine, access_token);
      expect((await house.me(access_token)).status).toBe(401);
      await jwtVerify(access_token, await keys(), { currentDate: new Date(house.clock.now()) });
    });

    test("copied under another id and signed by another key is worthless", async () => {
      const { access_token = "" } = await house.login(await jwtAccount());
      const [header = "", payload = ""] = access_token
        .split(".")
        .map((part) => Buffer.from(part, "base64url").toString());
      const forged = await new SignJWT({ ...JSON.parse(payload), jti: "made-up" })
        .setProtectedHeader(JSON.parse(header))
        .sign(keyPair.privateKey);
      expect((await house.me(forged)).status).toBe(401);
    });
  });

  describe("asked about", () => {
    const INACTIVE = '{"active":false}';

    test("by its client, a token says what it is", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { access_token, refresh_token } = await house.login(machine, { scope: "trainings:read" });
      const now = house.clock.now() / 1000;
      const common = { active: true, scope: "trainings:read", client_id: machine.clientId, iss: ISSUER };
      expect((await introspect(machine, access_token)).body).toEqual({
        ...common,
        ...{ token_type: "Bearer", sub: machine.clientId, aud: ISSUER, iat: now, exp: now + 3600 },
      });
      expect((await introspect(machine, refresh_token)).body).toEqual({
        ...common,
        ...{ sub: machine.clientId, iat: now, exp: now + 30 * 86_400 },
      });
    });

    test("by an account of the organisation that may look at accounts, too", async () => {
      const machine = await house.account();
      const { access_token } = await house.login(machine);
      const looker = await house.account({ grants: [{ resource: "accounts", actions: ["read"] }] });
      expect((await introspect(looker, access_token)).body["active"]).toBe(true);
      const other = await house.account();
      expect((await introspect(other, access_token)).text).toBe(INACTIVE);
      house.organisation = await house.services.organisations.create({
        code: `x${Date.now()}`,
        name: "Other",
      });
      const stranger = await house.account({ grants: [{ resource: "*", actions: ["*"] }] });
      expect((await introspect(stranger, access_token)).text).toBe(INACTIVE);
    });

    test("is not good when it is none, used, revoked, expired, or its account disabled", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const first = await house.login(machine);
      const text = async (token: unknown) => (await introspect(machine, token)).text;
      expect(await text("nonsense")).toBe(INACTIVE);
      expect(await text(machine.secret)).toBe(INACTIVE);
      await house.token(machine, { grant_type: "refresh_token", refresh_token: first["refresh_token"] });
      expect(await text(first["refresh_token"])).toBe(INACTIVE);
      await revoke(machine, first["access_token"]);
      expect(await text(first["access_token"])).toBe(INACTIVE);
      const { access_token } = await house.login(machine);
      house.clock.advance(3_600_000);
      expect(await text(access_token)).toBe(INACTIVE);
    });

    test("needs the client's secret, and a token", async () => {
      const machine = await house.account();
      expect(told(await introspect({ ...machine, secret: "x" }, "y"))).toBe("401 invalid_client");
      expect(told(await introspect(machine, ""))).toBe("400 invalid_request");
    });
  });

  describe("revoked", () => {
    test("an access token ends alone, a refresh token with all that belongs to it", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const one = await house.login(machine);
      const answer = await revoke(machine, one["access_token"]);
      expect([answer.status, answer.text]).toEqual([200, ""]);
      expect((await introspect(machine, one["refresh_token"])).body["active"]).toBe(true);
      const two = await house.login(machine);
      await revoke(machine, two["refresh_token"], { token_type_hint: "access_token" });
      expect((await house.me(two["access_token"])).status).toBe(401);
      expect(await house.events("token.revoke")).toHaveLength(2);
    });

    test("what is not there is revoked already", async () => {
      const machine = await house.account();
      const { access_token } = await house.login(machine);
      for (const token of ["nonsense", access_token, access_token, machine.secret])
        expect((await revoke(machine, token)).status).toBe(200);
      expect((await house.send("/api/v1/me", { headers: { apikey: machine.secret } })).status).toBe(200);
    });

    test("another client's is refused, and goes on to be good", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const other = await house.account();
      const { access_token, refresh_token } = await house.login(machine);
      for (const token of [access_token, refresh_token])
        expect(told(await revoke(other, token))).toBe("400 invalid_request");
      expect((await house.me(access_token)).status).toBe(200);
    });
  });

  describe("bound to a key", () => {
    const prove = (claims: Record<string, unknown>, key = keyPair.privateKey, header = jwk) =>
      new SignJWT({ jti: crypto.randomUUID(), iat: house.clock.now() / 1000, ...claims })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: header })
        .sign(key);
    const atToken = (more: Record<string, unknown> = {}) =>
      prove({ htm: "POST", htu: `${ISSUER}/oauth/token`, ...more });
    const atMe = (token: string, more: Record<string, unknown> = {}) => {
      const ath = createHash("sha256").update(token).digest("base64url");
      return prove({ htm: "GET", htu: `${ISSUER}/api/v1/me`, ath, ...more });
    };
    const me = (token: string, dpop: string, scheme = "DPoP") =>
      house.me(token, { authorization: `${scheme} ${token}`, dpop });
    const bound = async (machine: Machine, fields: Fields = CLIENT) =>
      (await house.token(machine, fields, { dpop: await atToken() })).body as Record<string, string>;

    test("a token is good with a proof of it, each proof once", async () => {
      const machine = await house.account();
      const { access_token = "", token_type } = await bound(machine);
      expect(token_type).toBe("DPoP");
      const proof = await atMe(access_token);
      expect((await me(access_token, proof)).status).toBe(200);
      const again = await me(access_token, proof);
      expect(again.status).toBe(401);
      expect(again.headers.get("www-authenticate")).toStartWith('DPoP error="invalid_dpop_proof"');
    });

    test("a proof is good for as long as its request goes on, which asks again and again", async () => {
      const machine = await house.account();
      const { access_token = "" } = await bound(machine);
      const ath = createHash("sha256").update(access_token).digest("base64url");
      const dpop = await prove({ htm: "GET", htu: `${ISSUER}/api/v1/changes`, ath });
      const { oauth } = house.services;
      const request = () => new Request("http://localhost/api/v1/changes", { headers: { dpop } });
      const long = request();
      for (let i = 0; i < 3; i++)
        expect(await oauth.admit(access_token, long, "dpop")).toHaveProperty("grants");
      expect(await oauth.admit(access_token, request(), "dpop")).toMatchObject({
        dpop: "invalid_dpop_proof",
      });
    });

    test("it is no good as a bearer, without a proof, with another's, or with one for something else", async () => {
      const machine = await house.account();
      const { access_token = "" } = await bound(machine);
      const other = await generateKeyPair("ES256", { extractable: true });
      const ath = createHash("sha256").update(access_token).digest("base64url");
      const foreign = await prove(
        { htm: "GET", htu: `${ISSUER}/api/v1/me`, ath },
        other.privateKey,
        await exportJWK(other.publicKey),
      );
      const answers = [
        await house.me(access_token),
        await me(access_token, await atMe(access_token), "Bearer"),
        await me(access_token, ""),
        await me(access_token, foreign),
        await me(access_token, await atMe(access_token, { htu: `${ISSUER}/api/v1/accounts` })),
        await me(access_token, await atMe(access_token, { htm: "POST" })),
        await me(access_token, await atMe("kat_another")),
        await me(access_token, await atMe(access_token, { iat: house.clock.now() / 1000 - 120 })),
      ];
      for (const { status, headers } of answers) {
        expect(status).toBe(401);
        expect(headers.get("www-authenticate")).toStartWith("DPoP ");
      }
      expect((await me(access_token, await atMe(access_token))).status).toBe(200);
    });

    test("one that is not bound is no good with a proof, which would prove nothing", async () => {
      const { access_token = "" } = await house.login(await house.account());
      expect((await me(access_token, await atMe(access_token))).status).toBe(401);
    });

    test("is asked of accounts that are set so", async () => {
      const machine = await house.account({ dpop: true });
      expect(told(await house.token(machine, CLIENT))).toBe("400 invalid_dpop_proof");
      expect(await bound(machine)).toMatchObject({ token_type: "DPoP" });
    });

    test("a proof for a token is good once, also for two who ask at once", async () => {
      const machine = await house.account();
      const dpop = await atToken();
      const answers = await Promise.all([1, 2, 3].map(() => house.token(machine, CLIENT, { dpop })));
      expect(answers.map(told).toSorted()).toEqual([
        "200 undefined",
        "400 invalid_dpop_proof",
        "400 invalid_dpop_proof",
      ]);
    });

    test("a code that was asked for with a key is good with that key only", async () => {
      const uri = "https://client.example/cb";
      const machine = await house.account({ redirect_uris: [uri] });
      const anna = await house.user("anna");
      const challenge = createHash("sha256").update("v".repeat(43)).digest("base64url");
      const code = await house.code(machine, anna, { challenge, dpopJkt: await calculateJwkThumbprint(jwk) });
      const fields = {
        grant_type: "authorization_code",
        code,
        code_verifier: "v".repeat(43),
        redirect_uri: uri,
      };
      expect(told(await house.token(machine, fields))).toBe("400 invalid_dpop_proof");
      const other = await generateKeyPair("ES256", { extractable: true });
      const claims = { htm: "POST", htu: `${ISSUER}/oauth/token` };
      const foreign = await prove(claims, other.privateKey, await exportJWK(other.publicKey));
      expect(told(await house.token(machine, fields, { dpop: foreign }))).toBe("400 invalid_grant");
      expect(await bound(machine, fields)).toMatchObject({ token_type: "DPoP" });
    });

    test("one that is bound is not exchanged by who does not hold the key", async () => {
      const uri = "https://client.example/cb";
      const machine = await house.account({ redirect_uris: [uri] });
      const grants = [
        { resource: "trainings", actions: ["read"] },
        { resource: "impersonate", actions: ["run"] },
      ];
      const agent = await house.account({ grants });
      const anna = await house.user("anna");
      await house.policy(agent, { users: ["anna"] });
      const challenge = createHash("sha256").update("v".repeat(43)).digest("base64url");
      const code = await house.code(machine, anna, { challenge });
      const fields = {
        grant_type: "authorization_code",
        code,
        code_verifier: "v".repeat(43),
        redirect_uri: uri,
      };
      const { access_token } = await bound(machine, fields);
      const exchange = {
        grant_type: EXCHANGE,
        subject_token: access_token,
        subject_token_type: ACCESS_TOKEN,
      };
      expect(told(await house.token(agent, exchange))).toBe("400 invalid_request");
      expect(await bound(agent, exchange)).toMatchObject({ token_type: "DPoP" });
    });

    test("what is refreshed stays bound, to the same key or another", async () => {
      const machine = await house.account({ token: { refresh: true } });
      const { refresh_token } = await bound(machine);
      const refresh = { grant_type: "refresh_token", refresh_token };
      expect(told(await house.token(machine, refresh))).toBe("400 invalid_dpop_proof");
      expect(await bound(machine, refresh)).toMatchObject({ token_type: "DPoP" });
    });

    test("is told of, to whom asks", async () => {
      const machine = await house.account();
      const { access_token } = await bound(machine);
      expect((await introspect(machine, access_token)).body).toMatchObject({
        token_type: "DPoP",
        cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) },
      });
    });
  });
});
