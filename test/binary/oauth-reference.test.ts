/**
 * The same requests, good and bad, to Koppla and to oidc-provider, which is certified and widely used: status and
 * error code must be equal, or the difference explained here.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import { REDIRECT_URI } from "./person.ts";
import { CHALLENGE, type Credentials, kopplaSide, referenceSide, type Side, VERIFIER } from "./reference.ts";

type Fields = Record<string, string | undefined>;
type Ask = (side: Side) => Promise<Response>;

/** Where the two differ: what each says, and why that is right. */
interface Difference {
  ours: string;
  theirs: string;
  why: string;
}

let koppla: Koppla;
let ours: Side;
let theirs: Side;

beforeAll(async () => {
  koppla = await startKoppla({
    config: {
      server: { public_url: undefined, trusted_proxies: ["127.0.0.1"] },
      roles: { editor: { grants: [{ resource: "trainings", actions: ["read", "write"] }] } },
    },
  });
  [ours, theirs] = [await kopplaSide(koppla), await referenceSide()];
}, LONG_TEST_MS);
afterAll(async () => {
  await theirs.stop();
  await koppla.dispose();
});

let addresses = 0;

/** Each request has an address of its own, so that none is slowed down for the bad ones before it. */
function send(url: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
  const from = `198.51.${100 + Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;
  return fetch(url, { ...init, redirect: "manual", headers: { "x-forwarded-for": from, ...init.headers } });
}

function form(fields: Fields): URLSearchParams {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) all.append(name, value);
  return all;
}

const post = (url: string, body: URLSearchParams | string, headers: Record<string, string> = {}) =>
  send(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
const inBody = ({ id, secret }: Credentials): Fields => ({ client_id: id, client_secret: secret });
const basic = ({ id, secret }: Credentials) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
const token = (side: Side, fields: Fields, client = side.client, headers: Record<string, string> = {}) =>
  post(side.url.token, form({ ...inBody(client), ...fields }), headers);

const CLIENT = { grant_type: "client_credentials" };
const login =
  (fields: Fields = {}): Ask =>
  (side) =>
    token(side, { ...CLIENT, ...fields });
const spend = (side: Side, code: string | undefined, fields: Fields = {}, client = side.client) =>
  token(
    side,
    {
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
      ...fields,
    },
    client,
  );
const refresh = (side: Side, refresh_token: string | undefined, fields: Fields = {}, client = side.client) =>
  token(side, { grant_type: "refresh_token", refresh_token, ...fields }, client);
/** Tokens of a person. */
const tokensOf = async (side: Side): Promise<Record<string, string>> => {
  const answer = await spend(side, await side.code());
  return JSON.parse(await answer.text());
};
const about = (side: Side, text: string | undefined, client: Fields = inBody(side.client)) =>
  post(side.url.introspect, form({ ...client, token: text }));
const revoke = (side: Side, text: string | undefined, client: Fields = inBody(side.client)) =>
  post(side.url.revoke, form({ ...client, token: text }));
const authorize = (side: Side, changes: Fields = {}, more = "") => {
  const query = form({
    ...{
      response_type: "code",
      client_id: side.client.id,
      redirect_uri: REDIRECT_URI,
      scope: "trainings:read",
    },
    ...{ code_challenge: CHALLENGE, code_challenge_method: "S256", state: "s", ...changes },
  });
  return send(`${side.url.authorize}?${query}${more}`, { headers: { accept: "text/html" } });
};

const keys = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(keys.publicKey);
const prove = (side: Side, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  new SignJWT({
    jti: crypto.randomUUID(),
    htm: "POST",
    htu: side.url.token,
    iat: Math.floor(Date.now() / 1000),
    ...claims,
  })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk, ...header })
    .sign(keys.privateKey);
const loginWith = async (side: Side, dpop: Promise<string> | string) =>
  token(side, CLIENT, side.client, { dpop: await dpop });

/** What a client goes by: status and error, or where it is sent; of an introspection whether the token is good. */
async function told(response: Response): Promise<string> {
  const location = response.headers.get("location");
  if (location?.startsWith(REDIRECT_URI)) {
    // For a token, which it refuses too, the reference answers in the fragment.
    const [, answer] = location.split(/[?#]/);
    return `redirect ${new URLSearchParams(answer).get("error")}`;
  }
  const text = await response.text();
  const body = text.startsWith("{") ? JSON.parse(text) : {};
  if ("active" in body) return `${response.status} ${body.active ? "active" : "inactive"}`;
  return "error" in body ? `${response.status} ${body.error}` : `${response.status}`;
}

const NO_AUTHENTICATION: Difference = {
  ours: "401 invalid_client",
  theirs: "400 invalid_request",
  why: "RFC 6749, 5.2: invalid_client is for 'no client authentication included, or unsupported method'.",
};

const requests: Record<string, [name: string, ask: Ask, difference?: Difference][]> = {
  "the client": [
    ["its secret by Basic", (side) => post(side.url.token, form(CLIENT), basic(side.client))],
    ["its secret in the body", login()],
    [
      "its secret by Basic, encoded as in a form",
      (side) => {
        const encoded = [...side.client.secret].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
        return post(side.url.token, form(CLIENT), basic({ id: side.client.id, secret: encoded }));
      },
    ],
    [
      "its id in the body beside Basic",
      (side) => post(side.url.token, form({ ...CLIENT, client_id: side.client.id }), basic(side.client)),
    ],
    [
      "a wrong secret by Basic",
      (side) => post(side.url.token, form(CLIENT), basic({ ...side.client, secret: "wrong" })),
    ],
    ["a wrong secret in the body", (side) => token(side, CLIENT, { ...side.client, secret: "wrong" })],
    ["another client's secret", (side) => token(side, CLIENT, { ...side.client, secret: side.other.secret })],
    ["an unknown id", (side) => token(side, CLIENT, { ...side.client, id: "nobody" })],
    [
      "an id without a secret",
      (side) => post(side.url.token, form({ ...CLIENT, client_id: side.client.id })),
    ],
    [
      "a wrong secret and a grant type that there is not",
      (side) => token(side, { grant_type: "password" }, { ...side.client, secret: "wrong" }),
    ],
    ["nothing of it", (side) => post(side.url.token, form(CLIENT)), NO_AUTHENTICATION],
    [
      "a bearer token in its place",
      (side) => post(side.url.token, form(CLIENT), { authorization: "Bearer x" }),
      NO_AUTHENTICATION,
    ],
    ["both ways", (side) => token(side, CLIENT, side.client, basic(side.client))],
    [
      "another id in the body than by Basic",
      (side) => post(side.url.token, form({ ...CLIENT, client_id: side.other.id }), basic(side.client)),
    ],
    [
      "Basic that is not base64",
      (side) => post(side.url.token, form(CLIENT), { authorization: "Basic ~~~" }),
    ],
    [
      "Basic without a colon",
      (side) => post(side.url.token, form(CLIENT), { authorization: `Basic ${btoa("x")}` }),
    ],
    [
      "Basic with a broken percent sign",
      (side) => post(side.url.token, form(CLIENT), { authorization: `Basic ${btoa("a%:b")}` }),
    ],
  ],
  "the form": [
    [
      "as JSON",
      (side) =>
        send(side.url.token, {
          method: "POST",
          body: JSON.stringify({ ...CLIENT, ...inBody(side.client) }),
          headers: { "content-type": "application/json" },
        }),
    ],
    [
      "as text",
      (side) =>
        post(side.url.token, form({ ...CLIENT, ...inBody(side.client) }), { "content-type": "text/plain" }),
    ],
    ["with parameters that nobody knows", login({ foo: "bar" })],
    [
      "with its grant type twice",
      (side) =>
        post(side.url.token, `${form({ ...CLIENT, ...inBody(side.client) })}&grant_type=client_credentials`),
    ],
    [
      "with its id twice",
      (side) =>
        post(side.url.token, `${form({ ...CLIENT, ...inBody(side.client) })}&client_id=${side.client.id}`),
    ],
    [
      "with its scope twice",
      (side) =>
        post(
          side.url.token,
          `${form({ ...CLIENT, ...inBody(side.client) })}&scope=trainings:read&scope=trainings:read`,
        ),
    ],
    [
      "with its secret in the URL",
      (side) => post(`${side.url.token}?${form(inBody(side.client))}`, form(CLIENT)),
    ],
    ["without a grant type", login({ grant_type: undefined })],
    ["with an empty grant type", login({ grant_type: "" })],
    ["with a grant type that there is not", login({ grant_type: "urn:example:grant" })],
    ["with the grant type password", login({ grant_type: "password", username: "anna", password: "x" })],
    ["with its grant type in capitals", login({ grant_type: "CLIENT_CREDENTIALS" })],
    ["empty", (side) => post(side.url.token, ""), NO_AUTHENTICATION],
    [
      "by GET",
      (side) => send(`${side.url.token}?${form({ ...CLIENT, ...inBody(side.client) })}`, {}),
      { ours: "405", theirs: "404", why: "RFC 9110, 15.5.6: the path is there, for another method." },
    ],
  ],
  "the scope": [
    ["of one", login({ scope: "trainings:read" })],
    ["of all", login({ scope: "trainings:read trainings:write" })],
    ["left empty", login({ scope: "" })],
    ["beyond what the client has", login({ scope: "trainings:delete" })],
    ["partly beyond", login({ scope: "trainings:read trainings:delete" })],
    [
      "that nobody knows",
      login({ scope: "nonsense:read" }),
      {
        ours: "400 invalid_scope",
        theirs: "200",
        why: "RFC 6749, 3.3, lets a server ignore it; then a client that mistypes gets everything, or nothing.",
      },
    ],
    ["with characters that scopes do not have", login({ scope: 'trainings:"read"' })],
  ],
  "a refresh token": [
    ["exchanged", async (side) => refresh(side, (await tokensOf(side))["refresh_token"])],
    [
      "exchanged for less",
      async (side) => refresh(side, (await tokensOf(side))["refresh_token"], { scope: "trainings:read" }),
    ],
    [
      "exchanged for more",
      async (side) => refresh(side, (await tokensOf(side))["refresh_token"], { scope: "trainings:delete" }),
    ],
    ["left out", (side) => refresh(side, undefined)],
    ["that is none", (side) => refresh(side, "nonsense")],
    ["that is an access token", async (side) => refresh(side, (await tokensOf(side))["access_token"])],
    [
      "of another client",
      async (side) => refresh(side, (await tokensOf(side))["refresh_token"], {}, side.other),
    ],
    [
      "used again",
      async (side) => {
        const { refresh_token } = await tokensOf(side);
        await refresh(side, refresh_token);
        return refresh(side, refresh_token);
      },
    ],
    [
      "of a family of which one was used again",
      async (side) => {
        const { refresh_token } = await tokensOf(side);
        const next: Record<string, string> = JSON.parse(await (await refresh(side, refresh_token)).text());
        await refresh(side, refresh_token);
        return refresh(side, next["refresh_token"]);
      },
    ],
    [
      "revoked",
      async (side) => {
        const { refresh_token } = await tokensOf(side);
        await revoke(side, refresh_token);
        return refresh(side, refresh_token);
      },
    ],
  ],
  "a code": [
    ["exchanged", async (side) => spend(side, await side.code())],
    ["left out", (side) => spend(side, undefined)],
    ["that is none", (side) => spend(side, "nonsense")],
    ["without its redirect URI", async (side) => spend(side, await side.code(), { redirect_uri: undefined })],
    [
      "with another redirect URI",
      async (side) => spend(side, await side.code(), { redirect_uri: `${REDIRECT_URI}/` }),
    ],
    ["without its verifier", async (side) => spend(side, await side.code(), { code_verifier: undefined })],
    [
      "with another verifier",
      async (side) => spend(side, await side.code(), { code_verifier: "a".repeat(43) }),
    ],
    [
      "with its challenge for a verifier",
      async (side) => spend(side, await side.code(), { code_verifier: CHALLENGE }),
    ],
    [
      "with a verifier that is too short",
      async (side) => spend(side, await side.code(), { code_verifier: "short" }),
      {
        ours: "400 invalid_grant",
        theirs: "400 invalid_request",
        why: "Whatever is wrong with a verifier is the same answer (RFC 7636, 4.6).",
      },
    ],
    ["of another client", async (side) => spend(side, await side.code(), {}, side.other)],
    [
      "used again",
      async (side) => {
        const code = await side.code();
        await spend(side, code);
        return spend(side, code);
      },
    ],
    [
      "used again: the refresh token of the first time",
      async (side) => {
        const code = await side.code();
        const { refresh_token }: Record<string, string> = JSON.parse(await (await spend(side, code)).text());
        await spend(side, code);
        return refresh(side, refresh_token);
      },
    ],
  ],
  "a proof of possession": [
    ["that is right", (side) => loginWith(side, prove(side))],
    ["that is none", (side) => loginWith(side, "nonsense")],
    ["for another method", (side) => loginWith(side, prove(side, { htm: "GET" }))],
    ["for another URL", (side) => loginWith(side, prove(side, { htu: "https://elsewhere.example/token" }))],
    ["that is old", (side) => loginWith(side, prove(side, { iat: 1_600_000_000 }))],
    ["without an id", (side) => loginWith(side, prove(side, { jti: undefined }))],
    ["of another type", (side) => loginWith(side, prove(side, {}, { typ: "JWT" }))],
    ["without its key", (side) => loginWith(side, prove(side, {}, { jwk: undefined }))],
    [
      "used again",
      async (side) => {
        const proof = await prove(side);
        await loginWith(side, proof);
        return loginWith(side, proof);
      },
      {
        ours: "400 invalid_dpop_proof",
        theirs: "400 invalid_grant",
        why: "RFC 9449, 5: a proof that is not good is invalid_dpop_proof; one that was used is not (11.1).",
      },
    ],
  ],
  "an introspection": [
    ["of an access token", async (side) => about(side, (await tokensOf(side))["access_token"])],
    ["of a refresh token", async (side) => about(side, (await tokensOf(side))["refresh_token"])],
    ["of nonsense", (side) => about(side, "nonsense")],
    ["of nothing", (side) => about(side, undefined)],
    [
      "of a revoked token",
      async (side) => {
        const { access_token } = await tokensOf(side);
        await revoke(side, access_token);
        return about(side, access_token);
      },
    ],
    [
      "of another client's token",
      async (side) => about(side, (await tokensOf(side))["access_token"], inBody(side.other)),
      {
        ours: "200 inactive",
        theirs: "200 active",
        why: "RFC 7662, 2.2 and 4: who may ask about a token is the server's to say; here its own client.",
      },
    ],
    [
      "without a client",
      async (side) => about(side, (await tokensOf(side))["access_token"], {}),
      NO_AUTHENTICATION,
    ],
    ["with a wrong secret", (side) => about(side, "x", inBody({ ...side.client, secret: "wrong" }))],
  ],
  "a revocation": [
    ["of an access token", async (side) => revoke(side, (await tokensOf(side))["access_token"])],
    ["of a refresh token", async (side) => revoke(side, (await tokensOf(side))["refresh_token"])],
    ["of nonsense", (side) => revoke(side, "nonsense")],
    ["of nothing", (side) => revoke(side, undefined)],
    [
      "of another client's token",
      async (side) => revoke(side, (await tokensOf(side))["access_token"], inBody(side.other)),
    ],
    ["with a wrong secret", (side) => revoke(side, "x", inBody({ ...side.client, secret: "wrong" }))],
    [
      "of a refresh token: its access token",
      async (side) => {
        const { access_token, refresh_token } = await tokensOf(side);
        await revoke(side, refresh_token);
        return about(side, access_token);
      },
    ],
  ],
  "an authorization request": [
    ["of an unknown client", (side) => authorize(side, { client_id: "nobody" })],
    [
      "to a redirect URI that is not registered",
      (side) => authorize(side, { redirect_uri: `${REDIRECT_URI}/` }),
    ],
    ["without a response type", (side) => authorize(side, { response_type: undefined })],
    ["for a token", (side) => authorize(side, { response_type: "token" })],
    [
      "without PKCE",
      (side) => authorize(side, { code_challenge: undefined, code_challenge_method: undefined }),
    ],
    ["with PKCE's plain", (side) => authorize(side, { code_challenge_method: "plain" })],
    ["with a challenge and no method", (side) => authorize(side, { code_challenge_method: undefined })],
    ["with a challenge that is none", (side) => authorize(side, { code_challenge: "short" })],
    ["with its state twice", (side) => authorize(side, {}, "&state=t")],
    ["with its client twice", (side) => authorize(side, {}, `&client_id=${side.client.id}`)],
    ["with a request object", (side) => authorize(side, { request: "eyJhbGciOiJub25lIn0.e30." })],
    [
      "with a request object by reference",
      (side) => authorize(side, { request_uri: "https://elsewhere.example/r" }),
    ],
    [
      "with an answer mode that there is not",
      (side) => authorize(side, { response_mode: "nonsense" }),
      {
        ours: "redirect invalid_request",
        theirs: "redirect unsupported_response_mode",
        why: "RFC 6749, 4.1.2.1: a request that 'includes an invalid parameter value' is an invalid_request.",
      },
    ],
    ["with nobody to be asked", (side) => authorize(side, { prompt: "none" })],
  ],
  "what is public": [
    ["the keys", (side) => send(side.url.jwks, {})],
    ["the metadata", (side) => send(side.url.metadata, {})],
  ],
};
for (const [what, cases] of Object.entries(requests))
  describe(what, () => {
    test.each(cases.map(([name, ask, difference]) => ({ name, ask, difference })))("$name", async (one) => {
      const { ask, difference } = one;
      const got = { ours: await told(await ask(ours)), theirs: await told(await ask(theirs)) };
      if (difference) expect(got).toEqual({ ours: difference.ours, theirs: difference.theirs });
      else expect(got).toEqual({ ours: got.theirs, theirs: got.theirs });
    });
  });
