/**
 * Two OAuth clients that half the world uses, unmodified, against the binary: openid-client and oauth4webapi. They
 * check what they are answered as the RFCs want it; the one thing allowed to them is http, on the loopback address.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { generateSync } from "otplib";

import { type Koppla, LONG_TEST_MS, startKoppla } from "./harness.ts";
import { Browser, makeSite, makeUser, PASSWORD, REDIRECT_URI } from "./person.ts";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const USERNAME = "urn:koppla:token-type:username";
const http = { [oauth.allowInsecureRequests]: true };

interface Account {
  client_id: string;
  token: string;
  totp?: { secret: string };
}

let koppla: Koppla;

beforeAll(async () => {
  koppla = await startKoppla({
    config: {
      // The address that it listens on is the issuer.
      server: { public_url: undefined },
      roles: { editor: { grants: [{ resource: "trainings", actions: ["read", "write"] }] } },
    },
  });
  await makeUser(koppla, "demo", "anna", "--role", "editor");
}, LONG_TEST_MS);
afterAll(() => koppla.dispose());

function account(more: Record<string, unknown> = {}): Promise<Account> {
  const grants = [
    { resource: "trainings", actions: ["read", "write"] },
    { resource: "impersonate", actions: ["run"] },
  ];
  return koppla.demo.send("POST", "/api/v1/accounts", { name: "Client", grants, ...more }, 201);
}

async function policy({ client_id }: Account): Promise<void> {
  const body = { users: ["anna"], scopes: ["trainings:*"], life: "10m" };
  await koppla.demo.send("POST", `/api/v1/accounts/${client_id}/impersonation-policies`, body, 201);
}

/** What a person's browser comes back with, after login and consent. */
async function consent(link: string): Promise<URL> {
  const browser = new Browser();
  const page = await browser.login(link, "anna", PASSWORD);
  const { location } = await browser.submit(page, "consent", { decision: "allow" });
  return new URL(location ?? "");
}

test("behind a proxy that takes a path away, the metadata of the issuer with that path is found", async () => {
  await using behind = await startKoppla({
    config: { server: { public_url: "https://koppla.example/base" } },
  });
  for (const path of ["", "/base"]) {
    const answer = await fetch(`${behind.url}/.well-known/oauth-authorization-server${path}`);
    const { issuer, token_endpoint } = JSON.parse(await answer.text());
    expect([issuer, token_endpoint]).toEqual([
      "https://koppla.example/base",
      "https://koppla.example/base/oauth/token",
    ]);
  }
});

describe("openid-client", () => {
  const discover = ({ client_id, token }: Account, authentication?: client.ClientAuth) =>
    client.discovery(new URL(koppla.url), client_id, { client_secret: token }, authentication, {
      algorithm: "oauth2",
      execute: [client.allowInsecureRequests],
    });
  const me = async (config: client.Configuration, token: string, options?: client.DPoPOptions) => {
    const url = new URL("/api/v1/me", koppla.url);
    const response = await client.fetchProtectedResource(config, token, url, "GET", null, undefined, options);
    return JSON.parse(await response.text());
  };
  const errorOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof client.ResponseBodyError ? `${error.status} ${error.error}` : error;
  };

  test("discovers the server, and what it can do", async () => {
    const metadata = (await discover(await account())).serverMetadata();
    expect(metadata.issuer).toBe(koppla.url);
    expect(metadata.supportsPKCE("S256")).toBe(true);
    expect(metadata.authorization_response_iss_parameter_supported).toBe(true);
  });

  test.each([
    ["Basic", client.ClientSecretBasic],
    ["the body", client.ClientSecretPost],
  ])("has tokens by client credentials, its secret in %s", async (_, authentication) => {
    const made = await account();
    const config = await discover(made, authentication(made.token));
    const tokens = await client.clientCredentialsGrant(config, { scope: "trainings:read" });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "trainings:read", base_url: koppla.url });
    expect(tokens.expiresIn()).toBeGreaterThan(3_590);
    expect((await me(config, tokens.access_token)).subject.client_id).toBe(made.client_id);
  });

  test("has tokens with a one-time code, refreshes them, asks about them and revokes them", async () => {
    const made = await account({ totp: true });
    const config = await discover(made);
    expect(await errorOf(client.clientCredentialsGrant(config))).toBe("401 invalid_client");
    const totp = generateSync({ secret: made.totp?.secret ?? "" });
    const first = await client.clientCredentialsGrant(config, { totp });
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? "");
    expect(await client.tokenIntrospection(config, second.access_token)).toMatchObject({
      active: true,
      client_id: made.client_id,
      iss: koppla.url,
    });
    await client.tokenRevocation(config, second.refresh_token ?? "");
    expect(await client.tokenIntrospection(config, second.access_token)).toEqual({ active: false });
    expect(await errorOf(client.refreshTokenGrant(config, second.refresh_token ?? ""))).toBe(
      "400 invalid_grant",
    );
  });

  test("sends a person to the authorize page and comes back with tokens, PKCE and iss checked", async () => {
    const site = await makeSite(koppla);
    const config = await discover({ client_id: site.clientId, token: site.token });
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const link = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: "trainings:read",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
    });
    const back = await consent(link.href);
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await client.authorizationCodeGrant(config, back, checks);
    expect((await me(config, tokens.access_token)).subject).toMatchObject({ kind: "user", username: "anna" });
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(refreshed.scope).toBe("trainings:read");
    expect(await errorOf(client.authorizationCodeGrant(config, back, checks))).toBe("400 invalid_grant");
  });

  test("acts in a person's name by token exchange", async () => {
    const made = await account();
    await policy(made);
    const config = await discover(made);
    const tokens = await client.genericGrantRequest(config, EXCHANGE, {
      subject_token: "anna",
      subject_token_type: USERNAME,
    });
    expect(tokens).toMatchObject({
      issued_token_type: ACCESS_TOKEN,
      scope: "trainings:read trainings:write",
    });
    expect(await me(config, tokens.access_token)).toMatchObject({
      subject: { username: "anna" },
      actor: { client_id: made.client_id },
    });
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      username: "anna",
      act: { sub: made.client_id },
    });
  });

  test("binds its tokens to a key, with every grant", async () => {
    const made = await account({ dpop: true, token: { refresh: true }, redirect_uris: [REDIRECT_URI] });
    await policy(made);
    const config = await discover(made);
    expect(await errorOf(client.clientCredentialsGrant(config))).toBe("400 invalid_dpop_proof");
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const own = await client.clientCredentialsGrant(config, {}, { DPoP });
    expect(own.token_type).toBe("dpop");
    expect((await me(config, own.access_token, { DPoP })).subject.client_id).toBe(made.client_id);
    await client.refreshTokenGrant(config, own.refresh_token ?? "", undefined, { DPoP });
    const acting = await client.genericGrantRequest(
      config,
      EXCHANGE,
      { subject_token: "anna", subject_token_type: USERNAME },
      { DPoP },
    );
    expect((await me(config, acting.access_token, { DPoP })).subject.username).toBe("anna");

    const verifier = client.randomPKCECodeVerifier();
    const link = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      scope: "trainings:read",
      dpop_jkt: await DPoP.calculateThumbprint(),
    });
    const back = await consent(link.href);
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const checks = { pkceCodeVerifier: verifier };
    const wrong = client.authorizationCodeGrant(config, back, checks, undefined, { DPoP: other });
    expect(await errorOf(wrong)).toBe("400 invalid_grant");
    const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP });
    expect((await me(config, tokens.access_token, { DPoP })).subject.username).toBe("anna");
  });
});

describe("oauth4webapi", () => {
  const discover = async () => {
    const issuer = new URL(koppla.url);
    const response = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...http });
    return await oauth.processDiscoveryResponse(issuer, response);
  };
  const login = async (
    as: oauth.AuthorizationServer,
    { client_id, token }: Account,
    DPoP?: oauth.DPoPHandle,
  ) => {
    const authentication = oauth.ClientSecretBasic(token);
    const options = { ...http, ...(DPoP && { DPoP }) };
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      { client_id },
      authentication,
      {},
      options,
    );
    return await oauth.processClientCredentialsResponse(as, { client_id }, response);
  };

  test("does every grant, asks and revokes", async () => {
    const as = await discover();
    const made = await account({ token: { refresh: true }, redirect_uris: [REDIRECT_URI] });
    await policy(made);
    const { client_id } = made;
    const own = oauth.ClientSecretPost(made.token);

    const first = await login(as, made);
    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      { client_id },
      await oauth.refreshTokenGrantRequest(as, { client_id }, own, first.refresh_token ?? "", http),
    );
    const exchanged = await oauth.processGenericTokenEndpointResponse(
      as,
      { client_id },
      await oauth.genericTokenEndpointRequest(
        as,
        { client_id },
        own,
        EXCHANGE,
        { subject_token: "anna", subject_token_type: USERNAME },
        http,
      ),
    );
    expect(exchanged["issued_token_type"]).toBe(ACCESS_TOKEN);

    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const link = new URL(as.authorization_endpoint ?? "");
    link.search = new URLSearchParams({
      response_type: "code",
      client_id,
      redirect_uri: REDIRECT_URI,
      scope: "trainings:read",
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }).toString();
    const answer = oauth.validateAuthResponse(as, { client_id }, await consent(link.href), state);
    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      { client_id },
      await oauth.authorizationCodeGrantRequest(as, { client_id }, own, answer, REDIRECT_URI, verifier, http),
    );

    const about = async (token: string) =>
      await oauth.processIntrospectionResponse(
        as,
        { client_id },
        await oauth.introspectionRequest(as, { client_id }, own, token, http),
      );
    for (const { access_token } of [first, refreshed, exchanged, tokens]) {
      expect(await about(access_token)).toMatchObject({ active: true, client_id });
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, { client_id }, own, access_token, http),
      );
      expect(await about(access_token)).toEqual({ active: false });
    }
  });

  test("as a server of its own takes our JWTs by the keys that we show, bound to a key or not", async () => {
    const as = await discover();
    const audience = "https://erp.example";
    const made = await account({ token: { kind: "jwt", audience } });
    const request = (authorization: string) =>
      new Request("https://erp.example/orders", { headers: { authorization } });
    const { access_token } = await login(as, made);
    const claims = await oauth.validateJwtAccessToken(as, request(`Bearer ${access_token}`), audience, http);
    expect(claims).toMatchObject({
      client_id: made.client_id,
      scope: "trainings:read trainings:write impersonate:run",
    });
    expect(
      oauth.validateJwtAccessToken(as, request(`Bearer ${access_token}`), koppla.url, http),
    ).rejects.toThrow();

    const keys = await oauth.generateKeyPair("ES256", { extractable: true });
    const bound = await login(as, made, oauth.DPoP({}, keys));
    let sent: Request | undefined;
    await oauth.protectedResourceRequest(
      bound.access_token,
      "GET",
      new URL("https://erp.example/orders"),
      undefined,
      undefined,
      {
        DPoP: oauth.DPoP({}, keys),
        [oauth.customFetch]: async (url: string, init: RequestInit) => {
          sent = new Request(url, init);
          return new Response();
        },
      },
    );
    if (!sent) throw new Error("nothing was sent");
    const bounds = { requireDPoP: true, ...http };
    expect(await oauth.validateJwtAccessToken(as, sent, audience, bounds)).toMatchObject({
      cnf: { jkt: expect.any(String) },
    });
  });
});
