/** Attacks on the token server, each by its name. What each tries must not work, and nothing must be learned of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  SignJWT,
} from "jose";
import { generateSync } from "otplib";

import { type Koppla, LONG_TEST_MS, onPostgres, startKoppla } from "./harness.ts";
import { ACCESS_TOKEN, type Client, EXCHANGE, type OAuthAnswer, told, TokenServer } from "./oauth.ts";
import { makeUser, PASSWORD, REDIRECT_URI } from "./person.ts";

let koppla: Koppla;
let server: TokenServer;

const CLIENT = { grant_type: "client_credentials" };
const site = (more: Record<string, unknown> = {}) =>
  server.account({ redirect_uris: [REDIRECT_URI], ...more });

beforeAll(async () => {
  koppla = await startKoppla({
    config: {
      server: { public_url: undefined, trusted_proxies: ["127.0.0.1"] },
      log: { level: "debug" },
      roles: {
        editor: { grants: [{ resource: "trainings", actions: ["read", "write"] }] },
        boss: { grants: [{ resource: "users", actions: ["manage"] }] },
      },
    },
  });
  server = new TokenServer(koppla);
  for (const name of ["anna", "bo", "cia"]) await makeUser(koppla, "demo", name, "--role", "editor");
  await makeUser(koppla, "demo", "boss", "--role", "boss", "--role", "editor");
}, LONG_TEST_MS);
afterAll(() => koppla.dispose());

/** Switches a user or an account, by the API. */
async function switched(path: string, to: "enable" | "disable"): Promise<void> {
  await koppla.demo.send("POST", `/api/v1/${path}/${to}`, undefined, 200);
}

async function idOfUser(username: string): Promise<string> {
  const { items } = await koppla.demo.read<{ items: { id: string; username: string }[] }>("/api/v1/users");
  return items.find((user) => user.username === username)?.id ?? "";
}

/** All answers are the same bytes. */
function expectSame(answers: readonly OAuthAnswer[], expected: string): void {
  const [first] = answers;
  for (const answer of answers) {
    expect(told(answer)).toBe(expected);
    expect(answer.text).toBe(first?.text ?? "");
  }
}

describe("codes of the authorize page", () => {
  test("replayed: refused, and the tokens that came of it die", async () => {
    const client = await site();
    const code = await server.code(client, "anna");
    const { body } = await server.spend(client, code);
    expect((await server.me(body["access_token"])).status).toBe(200);
    expect(told(await server.spend(client, code))).toBe("400 invalid_grant");
    expect((await server.me(body["access_token"])).status).toBe(401);
    expect(told(await server.refresh(client, body["refresh_token"]))).toBe("400 invalid_grant");
  });

  test("replayed eight times at once: one at most gets tokens, and they die", async () => {
    const client = await site();
    const code = await server.code(client, "anna");
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.spend(client, code)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners.length).toBeLessThanOrEqual(1);
    for (const { body } of winners) expect((await server.me(body["access_token"])).status).toBe(401);
  });

  test("stolen by another client: refused, and good for its own all the same", async () => {
    const [client, thief] = [await site(), await site()];
    const code = await server.code(client, "anna");
    expect(told(await server.spend(thief, code))).toBe("400 invalid_grant");
    expect(told(await server.spend({ ...client, token: thief.token }, code))).toBe("401 invalid_client");
    expect((await server.spend(client, code)).status).toBe(200);
  });

  test("without a verifier, with the challenge for it, or with another's: refused", async () => {
    const client = await site();
    const code = await server.code(client, "anna");
    const other = await server.code(client, "anna");
    for (const code_verifier of [undefined, "", "a".repeat(43), other.verifier, `${code.verifier}a`])
      expect(told(await server.spend(client, code, { code_verifier }))).toBe("400 invalid_grant");
    expect((await server.spend(client, code)).status).toBe(200);
  });

  test("with a downgrade of PKCE: no method, plain, or none at all gets no code", async () => {
    const client = await site();
    const code_challenge = "a".repeat(43);
    for (const pkce of [{}, { code_challenge }, { code_challenge, code_challenge_method: "plain" }]) {
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: client.client_id, redirect_uri: REDIRECT_URI, ...pkce },
      } as Record<string, string>);
      const answer = await fetch(`${koppla.url}/oauth/authorize?${query}`, { redirect: "manual" });
      const back = new URL(answer.headers.get("location") ?? "");
      expect([back.origin + back.pathname, back.searchParams.get("error")]).toEqual([
        REDIRECT_URI,
        "invalid_request",
      ]);
    }
  });

  test.each([
    REDIRECT_URI.toUpperCase(),
    REDIRECT_URI.replace("callback", "Callback"),
    REDIRECT_URI.replace("callback", "%63allback"),
    `${REDIRECT_URI}/../callback`,
    `${REDIRECT_URI}/..;/callback`,
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}?`,
    `${REDIRECT_URI}?next=https://evil.example`,
    `${REDIRECT_URI}#`,
    `${REDIRECT_URI}#fragment`,
    REDIRECT_URI.replace("https://", "https://user@"),
    REDIRECT_URI.replace("https://site.example", "https://site.example@evil.example"),
    REDIRECT_URI.replace("site.example", "site.example.evil.example"),
    REDIRECT_URI.replace("site.example", "site.example:443"),
    REDIRECT_URI.replace("https:", "http:"),
    "https://evil.example/callback",
    "javascript:alert(1)",
    "",
  ])(
    "for another redirect URI: nobody is sent to %p, and no code is exchanged for it",
    async (redirect_uri) => {
      const client = await site();
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: client.client_id, redirect_uri },
        ...{ code_challenge: "a".repeat(43), code_challenge_method: "S256" },
      });
      const answer = await fetch(`${koppla.url}/oauth/authorize?${query}`, { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
      const code = await server.code(client, "anna");
      const spent = await server.spend(client, code, { redirect_uri });
      expect(told(spent)).toBe(redirect_uri === "" ? "400 invalid_request" : "400 invalid_grant");
    },
  );
});

describe("refresh tokens", () => {
  test("reused: all of the family die, for thief and owner", async () => {
    const client = await server.account({ token: { refresh: true } });
    const first = await server.login(client);
    const second = (await server.refresh(client, first["refresh_token"])).body;
    expect(told(await server.refresh(client, first["refresh_token"]))).toBe("400 invalid_grant");
    for (const { access_token } of [first, second]) expect((await server.me(access_token)).status).toBe(401);
    expect(told(await server.refresh(client, second["refresh_token"]))).toBe("400 invalid_grant");
  });

  test("reused eight times at once: one at most wins, and wins nothing for long", async () => {
    const client = await server.account({ token: { refresh: true } });
    const { refresh_token } = await server.login(client);
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.refresh(client, refresh_token)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners.length).toBeLessThanOrEqual(1);
    for (const { body } of winners) {
      expect((await server.me(body["access_token"])).status).toBe(401);
      expect(told(await server.refresh(client, body["refresh_token"]))).toBe("400 invalid_grant");
    }
  });

  test("stolen by another client, or used in place of another token: refused", async () => {
    const [client, thief] = [await server.account({ token: { refresh: true } }), await site()];
    const { access_token, refresh_token } = await server.login(client);
    expect(told(await server.refresh(thief, refresh_token))).toBe("400 invalid_grant");
    expect(told(await server.refresh(client, access_token))).toBe("400 invalid_grant");
    expect(told(await server.refresh(client, client.token))).toBe("400 invalid_grant");
    expect((await server.me(refresh_token)).status).toBe(401);
    expect((await server.refresh(client, refresh_token)).status).toBe(200);
  });
});

describe("one-time codes", () => {
  const login = (client: Client, totp: string) => server.token(client, { ...CLIENT, totp });
  const codeOf = (client: Client, steps = 0) =>
    generateSync({ secret: client.totp?.secret ?? "", epoch: Date.now() / 1000 + steps * 30 });
  /** A code two steps away must not come nearer while it is on its way. */
  async function earlyInStep(): Promise<void> {
    const left = 30_000 - (Date.now() % 30_000);
    if (left < 3_000) await Bun.sleep(left);
  }

  test("used twice: the second gets nothing, and is told when there is another", async () => {
    const client = await server.account({ totp: true });
    const totp = codeOf(client);
    expect((await login(client, totp)).status).toBe(200);
    const again = await login(client, totp);
    expect(told(again)).toBe("401 invalid_client");
    expect(Number(again.headers.get("retry-after"))).toBeWithin(1, 31);
  });

  test("used eight times in parallel: exactly one wins", async () => {
    const client = await server.account({ totp: true });
    const totp = codeOf(client);
    const answers = await Promise.all(Array.from({ length: 8 }, () => login(client, totp)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(7).fill(401)]);
  });

  test("an older one after a newer: refused", async () => {
    const client = await server.account({ totp: true });
    const [older, newer] = [codeOf(client), codeOf(client, 1)];
    expect((await login(client, newer)).status).toBe(200);
    expect(told(await login(client, older))).toBe("401 invalid_client");
  });

  test.each([-2, 2])("of %d steps from now: refused", async (steps) => {
    await earlyInStep();
    const client = await server.account({ totp: true });
    expect(told(await login(client, codeOf(client, steps)))).toBe("401 invalid_client");
  });

  test("guessed: codes are refused for a while after a wrong one, also the right one", async () => {
    const client = await server.account({ totp: true });
    const right = codeOf(client);
    const wrong = await login(client, right === "000000" ? "111111" : "000000");
    const locked = await login(client, right);
    expectSame([wrong, locked], "401 invalid_client");
    expect(Number(locked.headers.get("retry-after"))).toBeWithin(1, 16);
  });

  test("locked by a stranger: wrong codes without the secret do nothing", async () => {
    const client = await server.account({ totp: true });
    for (let tries = 0; tries < 5; tries++) await login({ ...client, token: "stranger" }, "000000");
    expect((await login(client, codeOf(client))).status).toBe(200);
  });

  test("asked for: only who has the secret learns that there is one", async () => {
    const [client, plain] = [await server.account({ totp: true }), await server.account()];
    expect((await server.token(client, CLIENT)).body["error_description"]).toBe("totp required");
    expectSame(
      [
        await server.token({ ...client, token: "wrong" }, CLIENT),
        await server.token({ ...client, token: "wrong" }, { ...CLIENT, totp: codeOf(client) }),
        await server.token({ ...plain, token: "wrong" }, CLIENT),
        await server.token({ ...plain, client_id: "acc_nobody" }, CLIENT),
        await server.token(client, { ...CLIENT, totp: "12345" }),
      ],
      "401 invalid_client",
    );
  });

  test("gone round: the API token of an account with codes is no way in", async () => {
    const client = await server.account({ totp: true });
    expect((await server.me(client.token)).status).toBe(401);
    const headers = { apikey: client.token, ...server.newcomer() };
    expect((await fetch(`${koppla.url}/api/v1/me`, { headers })).status).toBe(401);
  });
});

describe("scopes", () => {
  test("widened at client credentials: refused", async () => {
    const client = await server.account();
    for (const scope of ["trainings:delete", "*:*", "accounts:manage", "trainings:read trainings:delete"])
      expect(told(await server.token(client, { ...CLIENT, scope }))).toBe("400 invalid_scope");
  });

  test("widened at a refresh, beyond the token or beyond the account: refused", async () => {
    const client = await server.account({ token: { refresh: true } });
    const { refresh_token } = await server.login(client, { scope: "trainings:read" });
    for (const scope of ["trainings:write", "trainings:read trainings:write", "*:*"])
      expect(told(await server.refresh(client, refresh_token, { scope }))).toBe("400 invalid_scope");
    expect((await server.refresh(client, refresh_token)).body["scope"]).toBe("trainings:read");
  });

  test("widened with a code: what the person agreed to is what there is", async () => {
    const client = await site();
    const { body } = await server.spend(client, await server.code(client, "anna"), {
      scope: "trainings:read trainings:write",
    });
    expect(body["scope"]).toBe("trainings:read");
  });

  test("widened at token exchange, beyond policy, account, person or subject token: refused", async () => {
    const agent = await server.agent();
    await server.policy(agent, ["anna"], { scopes: ["trainings:read"] });
    for (const scope of ["trainings:write", "trainings:delete", "impersonate:run", "*:*"])
      expect(told(await server.exchange(agent, "anna", { scope }))).toBe("400 invalid_scope");
    const wide = await server.agent();
    await server.policy(wide, ["anna"]);
    const client = await site();
    const { body } = await server.spend(client, await server.code(client, "anna"));
    const answer = await server.exchange(wide, body["access_token"], { scope: "trainings:write" });
    expect(told(answer)).toBe("400 invalid_scope");
  });

  test("of a narrow token used for more: 403", async () => {
    const { access_token } = await server.login(await server.account(), { scope: "trainings:read" });
    const call = (method: string) =>
      fetch(`${koppla.url}/api/v1/trainings/1`, {
        method,
        headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
        ...(method === "PUT" && { body: '{"name":"n"}' }),
      });
    expect((await call("PUT")).status).toBe(403);
    expect((await call("GET")).status).toBe(404);
  });
});

describe("token exchange", () => {
  test("without a policy, for a manager, a disabled and an unknown person: denied, in the same bytes", async () => {
    const agent = await server.agent();
    await server.policy(agent, ["boss", "cia", "nobody"]);
    await switched(`users/${await idOfUser("cia")}`, "disable");
    const own = await server.login(agent);
    const answers = [];
    for (const name of ["anna", "boss", "cia", "nobody", "", "demo\\anna"].filter(Boolean))
      answers.push(await server.exchange(agent, name));
    answers.push(
      await server.exchange(agent, own["access_token"]),
      await server.exchange(agent, `kat_${"x".repeat(47)}`),
      await server.exchange(agent, agent.token, { subject_token_type: ACCESS_TOKEN }),
    );
    expectSame(answers, "400 invalid_request");
    await switched(`users/${await idOfUser("cia")}`, "enable");
  });

  test("with an empty, missing or oversized subject: never the account's own rights", async () => {
    const agent = await server.agent();
    await server.policy(agent, ["anna"]);
    for (const subject of [undefined, "", "x".repeat(20_000)]) {
      const answer = await server.exchange(agent, subject);
      expect(told(answer)).toBe("400 invalid_request");
      expect(answer.body).not.toHaveProperty("access_token");
    }
    const none = await server.token(agent, { grant_type: EXCHANGE });
    expect(told(none)).toBe("400 invalid_request");
  });

  test("by an account without the grant, though a policy names it: refused", async () => {
    const client = await server.account();
    await server.policy(client, ["anna"]);
    expect(told(await server.exchange(client, "anna"))).toBe("400 unauthorized_client");
  });

  test("through a chain of four: three act, the fourth is denied", async () => {
    const client = await site();
    let { body } = await server.spend(client, await server.code(client, "anna"));
    for (let link = 1; link <= 4; link++) {
      const agent = await server.agent();
      await server.policy(agent, ["anna"]);
      const answer = await server.exchange(agent, body["access_token"]);
      expect(told(answer)).toBe(link < 4 ? "200 undefined" : "400 invalid_request");
      body = answer.body;
    }
  });

  test("for management: neither by scope nor by default", async () => {
    const agent = await server.account({ grants: [{ resource: "*", actions: ["*"] }] });
    await server.policy(agent, ["anna"], { scopes: ["*:*"] });
    const { body } = await server.exchange(agent, "anna");
    for (const path of ["accounts", "users", "audit", "organisations"]) {
      const headers = { authorization: `Bearer ${body["access_token"]}` };
      expect((await fetch(`${koppla.url}/api/v1/${path}`, { headers })).status).toBe(403);
    }
  });

  test("of a token of its own kind for more life: it ends with the one that it came of", async () => {
    const client = await site({ token: { life: "20s" } });
    const agent = await server.agent();
    await server.policy(agent, ["anna"]);
    const { body } = await server.spend(client, await server.code(client, "anna"));
    const answer = await server.exchange(agent, body["access_token"]);
    expect(Number(answer.body["expires_in"])).toBeWithin(1, 21);
  });
});

describe("JWTs", () => {
  let client: Client;
  let token: string;
  beforeAll(async () => {
    client = await server.account({ token: { kind: "jwt" } });
    token = (await server.login(client))["access_token"] ?? "";
  });
  const refused = async (forged: string) => expect((await server.me(forged)).status).toBe(401);
  const signed = (header: Record<string, unknown>, key: CryptoKey | Uint8Array, claims = {}) =>
    new SignJWT({ ...decodeJwt(token), ...claims })
      .setProtectedHeader({ ...decodeProtectedHeader(token), alg: "ES256", ...header })
      .sign(key);

  test("as it was given is good", async () => {
    expect((await server.me(token)).status).toBe(200);
  });

  test("alg none: refused", async () => {
    const [, payload, signature] = token.split(".");
    for (const alg of ["none", "None", "nOnE"]) {
      const header = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), alg })).toString(
        "base64url",
      );
      await refused(`${header}.${payload}.`);
      await refused(`${header}.${payload}.${signature}`);
    }
  });

  test("HS256 with the public key as its secret: refused", async () => {
    const { keys }: JSONWebKeySet = JSON.parse(await (await fetch(`${koppla.url}/oauth/jwks`)).text());
    const { kid } = decodeProtectedHeader(token);
    const jwk = keys.find((key) => key.kid === kid) ?? { kty: "none" };
    const publicKey = await importJWK(jwk, "ES256", { extractable: true });
    if (publicKey instanceof Uint8Array) throw new Error("not a public key");
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(jwk)])
      await refused(await signed({ alg: "HS256" }, new TextEncoder().encode(secret)));
  });

  test("a foreign key, under our kid, its own, or brought along: refused", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    for (const header of [
      {},
      { kid: "theirs" },
      { kid: "../../etc/passwd" },
      { jwk },
      { kid: undefined, jwk },
    ])
      await refused(await signed(header, privateKey));
  });

  test("jku and x5u: refused, and nobody is asked", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: "theirs", alg: "ES256" };
    let asked = 0;
    using evil = Bun.serve({
      port: 0,
      fetch: () => {
        asked++;
        return Response.json({ keys: [jwk] });
      },
    });
    for (const name of ["jku", "x5u"])
      await refused(await signed({ kid: "theirs", [name]: evil.url.href }, privateKey));
    expect(asked).toBe(0);
  });

  test("another typ: refused", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    for (const typ of ["JWT", "dpop+jwt", undefined]) await refused(await signed({ typ }, privateKey));
    // With our own signature, too: the header's bytes are changed under it.
    const [, payload, signature] = token.split(".");
    const header = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), typ: "JWT" })).toString(
      "base64url",
    );
    await refused(`${header}.${payload}.${signature}`);
  });

  test("truncated, lengthened, its parts exchanged: refused", async () => {
    const [header, payload, signature] = token.split(".");
    for (const forged of [
      token.slice(0, -1),
      token.slice(0, -20),
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${token}x`,
      `${token}.${signature}`,
      `${header}.${signature}.${payload}`,
      `${header}..${signature}`,
    ])
      await refused(forged);
  });

  test("revoked: its good signature helps nothing", async () => {
    const { access_token } = await server.login(client);
    expect((await server.me(access_token)).status).toBe(200);
    await server.post("/oauth/revoke", client, { token: access_token });
    expect((await server.me(access_token)).status).toBe(401);
  });
});

describe("proofs of possession", () => {
  let client: Client;
  let key: Awaited<ReturnType<typeof generateKeyPair>>;
  let other: typeof key;
  beforeAll(async () => {
    client = await server.account({ dpop: true, token: { refresh: true } });
    key = await generateKeyPair("ES256", { extractable: true });
    other = await generateKeyPair("ES256", { extractable: true });
  });

  interface Forged {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    signer?: CryptoKey;
  }
  /** For the token endpoint, where nothing else is said. */
  async function proof({ claims, header, signer = key.privateKey }: Forged = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1_000);
    const all = { jti: crypto.randomUUID(), htm: "POST", htu: `${koppla.url}/oauth/token`, iat, ...claims };
    const jwk = await exportJWK(key.publicKey);
    return await new SignJWT(all)
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk, ...header })
      .sign(signer);
  }
  const login = (dpop: string) => server.token(client, CLIENT, { dpop, ...server.newcomer() });
  const athOf = (token: string | undefined) =>
    new Bun.CryptoHasher("sha256").update(token ?? "").digest("base64url");
  const aboutMe = (token: string | undefined, forged: Forged = {}) => {
    const claims = { htm: "GET", htu: `${koppla.url}/api/v1/me`, ath: athOf(token), ...forged.claims };
    return proof({ ...forged, claims });
  };
  async function me(scheme: string, token: string | undefined, dpop?: string): Promise<number> {
    const headers = { authorization: `${scheme} ${token}`, ...(dpop && { dpop }), ...server.newcomer() };
    return (await fetch(`${koppla.url}/api/v1/me`, { headers })).status;
  }

  test("used eight times at once, and once more: exactly one is good", async () => {
    const dpop = await proof();
    const answers = await Promise.all(Array.from({ length: 8 }, () => login(dpop)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(7).fill(400)]);
    expect(told(await login(dpop))).toBe("400 invalid_dpop_proof");
  });

  test("for another method, URL or time, without an id, by another key, with the private one: refused", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const forged: Forged[] = [
      { claims: { htm: "GET" } },
      { claims: { htu: "https://evil.example/oauth/token" } },
      { claims: { iat: now - 3_600 } },
      { claims: { iat: now + 3_600 } },
      { claims: { jti: undefined } },
      { header: { typ: "JWT" } },
      { header: { jwk: undefined } },
      { header: { jwk: await exportJWK(key.privateKey) } },
      { signer: other.privateKey },
    ];
    for (const one of forged) expect(told(await login(await proof(one)))).toBe("400 invalid_dpop_proof");
    for (const dpop of ["forged", `${await proof()}, ${await proof()}`])
      expect(told(await login(dpop))).toBe("400 invalid_dpop_proof");
  });

  test("left out by whoever stole a bound token: it opens nothing, and renews nothing", async () => {
    const { body } = await login(await proof());
    const { access_token: token } = body;
    expect(body["token_type"]).toBe("DPoP");
    expect(await me("DPoP", token, await aboutMe(token))).toBe(200);
    expect(await me("Bearer", token)).toBe(401);
    expect(await me("Bearer", token, await aboutMe(token))).toBe(401);
    expect(await me("DPoP", token)).toBe(401);
    expect(told(await server.refresh(client, body["refresh_token"]))).toBe("400 invalid_dpop_proof");
  });

  test("is what the account's API token is asked for as well: alone it opens nothing", async () => {
    expect(await me("Bearer", client.token)).toBe(401);
    const headers = { apikey: client.token, ...server.newcomer() };
    expect((await fetch(`${koppla.url}/api/v1/me`, { headers })).status).toBe(401);
  });

  test("of another key, of another token or request, or used before: the token opens nothing", async () => {
    const token = (await login(await proof())).body["access_token"];
    const jwk = await exportJWK(other.publicKey);
    const wrong: Forged[] = [
      { header: { jwk }, signer: other.privateKey },
      { claims: { ath: athOf("another") } },
      { claims: { ath: undefined } },
      { claims: { htu: `${koppla.url}/api/v1/trainings` } },
      { claims: { htm: "PUT" } },
    ];
    for (const one of wrong) expect(await me("DPoP", token, await aboutMe(token, one))).toBe(401);
    const used = await aboutMe(token);
    expect([await me("DPoP", token, used), await me("DPoP", token, used)]).toEqual([200, 401]);
  });

  test("shown with a token that is bound to none: it is no way to make it one", async () => {
    const { access_token: token } = await server.login(await server.account());
    expect(await me("DPoP", token, await aboutMe(token))).toBe(401);
    expect(await me("DPoP", client.token, await aboutMe(client.token))).toBe(401);
  });
});

describe("who is not let in any more", () => {
  test.each(["opaque", "jwt"])("a disabled account: its tokens die at once, for good (%s)", async (kind) => {
    const client = await server.account({ token: { kind, refresh: true } });
    const { access_token, refresh_token } = await server.login(client);
    expect((await server.me(access_token)).status).toBe(200);
    await switched(`accounts/${client.client_id}`, "disable");
    expect((await server.me(access_token)).status).toBe(401);
    expect(told(await server.refresh(client, refresh_token))).toBe("401 invalid_client");
    await switched(`accounts/${client.client_id}`, "enable");
    expect((await server.me(access_token)).status).toBe(401);
    expect(told(await server.refresh(client, refresh_token))).toBe("400 invalid_grant");
  });

  test("a disabled person: its tokens die at once, and those of whoever acts in its name", async () => {
    const [client, agent] = [await site(), await server.agent()];
    await server.policy(agent, ["bo"]);
    const own = (await server.spend(client, await server.code(client, "bo"))).body;
    const acting = (await server.exchange(agent, "bo")).body;
    for (const { access_token } of [own, acting]) expect((await server.me(access_token)).status).toBe(200);
    const id = await idOfUser("bo");
    await switched(`users/${id}`, "disable");
    for (const { access_token } of [own, acting]) expect((await server.me(access_token)).status).toBe(401);
    expect(told(await server.refresh(client, own["refresh_token"]))).toBe("400 invalid_grant");
    await switched(`users/${id}`, "enable");
    for (const { access_token } of [own, acting]) expect((await server.me(access_token)).status).toBe(401);
  });

  test.each(["opaque", "jwt"])(
    "a leaked API token that is revoked: what was bought with it dies at once (%s)",
    async (kind) => {
      const client = await server.agent({ token: { kind, refresh: true } });
      await server.policy(client, ["cia"]);
      const tokens = `/api/v1/accounts/${client.client_id}/tokens`;
      const next = await koppla.demo.send<{ token: string }>("POST", tokens, { label: "next" }, 201);
      const owner = { ...client, token: next.token };
      const own = await server.login(client);
      const { body: refreshed } = await server.refresh(client, own["refresh_token"]);
      const { body: acting } = await server.exchange(client, "cia");
      const owners = await server.login(owner);
      const good = async () =>
        await Promise.all(
          [own, refreshed, acting, owners].map(
            async ({ access_token }) => (await server.me(access_token)).status,
          ),
        );
      expect(await good()).toEqual([200, 200, 200, 200]);
      const { items } = await koppla.demo.read<{ items: { id: string; label: string }[] }>(tokens);
      const leaked = items.find(({ label }) => label === "first");
      expect((await koppla.demo.delete(`${tokens}/${leaked?.id}`)).status).toBe(204);
      expect(await good()).toEqual([401, 401, 401, 200]);
      expect(told(await server.refresh(owner, refreshed["refresh_token"]))).toBe("400 invalid_grant");
      expect((await server.refresh(owner, owners["refresh_token"])).status).toBe(200);
      for (const token of [own["access_token"], refreshed["refresh_token"], acting["access_token"]]) {
        const { body } = await server.post("/oauth/introspect", owner, { token });
        expect(body).toEqual({ active: false } as never);
      }
    },
  );

  test("an API token revoked by the shell, beside the running server: what it bought dies, too", async () => {
    const client = await server.account();
    const { access_token } = await server.login(client);
    expect((await server.me(access_token)).status).toBe(200);
    const path = `/api/v1/accounts/${client.client_id}/tokens`;
    const { items } = await koppla.demo.read<{ items: { id: string }[] }>(path);
    const args = ["--account", client.client_id, "--token", items[0]?.id ?? ""];
    expect((await koppla.cli("account", "revoke-token", ...args)).exitCode).toBe(0);
    expect((await server.me(access_token)).status).toBe(401);
  });

  test("disabled by the shell, beside the running server: at once too", async () => {
    const client = await server.account();
    const { access_token } = await server.login(client);
    expect((await server.me(access_token)).status).toBe(200);
    const { exitCode } = await koppla.cli("account", "disable", "--account", client.client_id);
    expect(exitCode).toBe(0);
    expect((await server.me(access_token)).status).toBe(401);
  });
});

describe("addresses", () => {
  test("spoofed: what stands left of the last hop in X-Forwarded-For is anybody's word", async () => {
    const client = await server.account({ allowed_ips: ["203.0.113.7/32"] });
    const from = (hops: string) => server.token(client, CLIENT, { "x-forwarded-for": hops });
    expect((await from("203.0.113.7")).status).toBe(200);
    expect(told(await from("203.0.113.7, 198.51.100.1"))).toBe("401 invalid_client");
    const { body } = await from("198.51.100.1, 203.0.113.7");
    expect((await server.me(body["access_token"], { "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    expect(
      (await server.me(body["access_token"], { "x-forwarded-for": "203.0.113.7, 198.51.100.1" })).status,
    ).toBe(401);
  });

  test("spoofed where no proxy is trusted: the header is not looked at", async () => {
    await using other = await startKoppla({ config: { server: { public_url: undefined } } });
    const elsewhere = new TokenServer(other);
    const client = await elsewhere.account({ allowed_ips: ["203.0.113.7/32"] });
    const headers = {
      "x-forwarded-for": "203.0.113.7",
      forwarded: "for=203.0.113.7",
      "x-real-ip": "203.0.113.7",
    };
    expect(told(await elsewhere.token(client, CLIENT, headers))).toBe("401 invalid_client");
  });

  test("changed for every guess: the client is not kept out, and one address is slowed down", async () => {
    const client = await server.account();
    const here = server.newcomer();
    let last = await server.token({ ...client, token: "guess" }, CLIENT, here);
    for (let tries = 0; tries < 20 && last.status === 401; tries++)
      last = await server.token({ ...client, token: `guess-${tries}` }, CLIENT, here);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    for (let tries = 0; tries < 20; tries++) await server.token({ ...client, token: "guess" }, CLIENT);
    expect((await server.token(client, CLIENT)).status).toBe(200);
  });
});

describe("forms", () => {
  const raw = (body: string, headers: Record<string, string>, path = "/oauth/token") =>
    fetch(koppla.url + path, { method: "POST", body, headers: { ...server.newcomer(), ...headers } });
  const FORM = { "content-type": "application/x-www-form-urlencoded" };

  test("with secrets in the URL, doubled parameters, two ways to authenticate: refused before anything is looked at", async () => {
    const { client_id, token } = await server.account();
    const secret = `client_id=${client_id}&client_secret=${token}`;
    const basic = { authorization: `Basic ${btoa(`${client_id}:${token}`)}` };
    const answers = [
      await raw("grant_type=client_credentials", FORM, `/oauth/token?${secret}`),
      await raw(`grant_type=client_credentials&${secret}&client_id=${client_id}`, FORM),
      await raw(`grant_type=client_credentials&grant_type=client_credentials&${secret}`, FORM),
      await raw(`grant_type=client_credentials&${secret}`, { ...FORM, ...basic }),
      await raw(JSON.stringify({ grant_type: "client_credentials", client_id, client_secret: token }), {
        "content-type": "application/json",
      }),
      await raw(`grant_type=client_credentials&${secret}&x=${"y".repeat(70_000)}`, FORM),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 413]);
    for (const answer of answers) expect(JSON.parse(await answer.text()).error).toBe("invalid_request");
  });

  test("answers are kept out of every cache", async () => {
    for (const { headers } of [
      await server.token(await server.account(), CLIENT),
      await server.token({ client_id: "x", token: "y" }, CLIENT),
      await server.post("/oauth/introspect", await server.account(), { token: "x" }),
    ])
      expect(headers.get("cache-control")).toBe("no-store");
  });
});

describe("secrets", () => {
  test("of canary value are found nowhere: not in logs, errors, the audit log or the database", async () => {
    await using other = await startKoppla({
      config: {
        server: { public_url: undefined, trusted_proxies: ["127.0.0.1"] },
        log: { level: "debug" },
        roles: { editor: { grants: [{ resource: "trainings", actions: ["read"] }] } },
      },
    });
    const there = new TokenServer(other);
    await makeUser(other, "demo", "anna", "--role", "editor");
    const canary = (what: string) => `canary-${what}-${crypto.randomUUID()}`;
    const wrong = {
      secret: canary("secret"),
      verifier: canary("verifier").padEnd(60, "x"),
      subject: canary("subject"),
      bearer: canary("bearer"),
      code: canary("code"),
      totp: canary("totp"),
      password: canary("password"),
    };
    const client = await there.agent({ redirect_uris: [REDIRECT_URI], token: { refresh: true } });
    const withCode = await there.account({ totp: true });
    const jwt = await there.account({ token: { kind: "jwt" } });
    const answers = [
      await there.token({ ...client, token: wrong.secret }, CLIENT),
      await there.token({ ...client, client_id: wrong.secret }, CLIENT),
      await there.token(withCode, { ...CLIENT, totp: wrong.totp }),
      await there.token(client, { grant_type: wrong.secret }),
      await there.refresh(client, wrong.code),
      await there.spend(client, { code: wrong.code, verifier: wrong.verifier }),
      await there.exchange(client, wrong.subject),
      await there.me(wrong.bearer),
      await there.post(`/oauth/token?client_secret=${wrong.secret}`, client, CLIENT),
      await there.post("/oauth/introspect", client, { token: wrong.bearer }),
    ];
    const code = await there.code(client, "anna");
    const person = (await there.spend(client, code)).body;
    const own = await there.login(client);
    const signed = await there.login(jwt);
    await there.refresh(client, own["refresh_token"]);
    const right = [
      ...[client.token, withCode.token, withCode.totp?.secret, jwt.token, PASSWORD],
      ...[code.code, code.verifier, signed["access_token"]],
      ...[own, person].flatMap((body) => [body["access_token"], body["refresh_token"]]),
    ];
    const secrets = [...Object.values(wrong), ...right].map(String);
    const audit = await (await other.demo.get("/api/v1/audit", { accept: "application/x-ndjson" })).text();
    expect(audit).toContain("token.issue");
    await other.stop();
    const places: [string, string][] = [
      ["the answers", answers.map(({ text }) => text).join("\n")],
      ["the audit log", audit],
      ["the log", other.log.text()],
    ];
    if (!onPostgres)
      for (const [file, bytes] of other.dataFiles()) places.push([file, bytes.toString("latin1")]);
    expect(places.length).toBeGreaterThan(2);
    for (const [place, text] of places)
      for (const secret of secrets)
        expect({ place, secret, found: text.includes(secret) }).toEqual({ place, secret, found: false });
  });
});
