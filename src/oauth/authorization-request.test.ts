import { describe, expect, test } from "bun:test";

import type { AccountRow } from "../accounts/account.ts";
import { checkAuthorizationRequest, codeLocation, errorLocation } from "./authorization-request.ts";

const ISSUER = "https://koppla.example";
const REGISTERED = "https://client.example/cb";
const WITH_QUERY = "https://client.example/cb?tenant=7";

const account: AccountRow = {
  id: "a",
  organisationId: 1,
  clientId: "acc_1",
  name: "Course site",
  description: "",
  grants: [{ resource: "trainings", actions: ["read", "write"] }],
  createdAt: 0,
  modifiedAt: 0,
  expiresAt: null,
  disabledAt: null,
  deletedAt: null,
  provisioned: false,
  secretProvisioned: false,
  allowedIps: [],
  totpSecret: null,
  totpStep: 0,
  totpWrong: 0,
  totpLockedUntil: 0,
  tokenKind: "opaque",
  tokenLife: 3_600_000,
  tokenRefresh: false,
  tokenAudience: null,
  dpop: false,
  redirectUris: [REGISTERED, WITH_QUERY],
};

const good = {
  client_id: "acc_1",
  redirect_uri: REGISTERED,
  response_type: "code",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
  state: "s p/å",
};

type Changes = Partial<Record<keyof typeof good | string, string | undefined>>;

function parameters(changes: Changes): URLSearchParams {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...good, ...changes }))
    if (value !== undefined) all.append(name, value);
  return all;
}

const check = (given: URLSearchParams | Changes) =>
  checkAuthorizationRequest(
    given instanceof URLSearchParams ? given : parameters(given),
    ISSUER,
    async (clientId) => (clientId === account.clientId ? account : undefined),
  );

/** The parameters with which a client is told of an error. */
async function told(given: URLSearchParams | Changes): Promise<Record<string, string>> {
  const outcome = await check(given);
  if (outcome.kind !== "redirect") throw new Error(`${outcome.kind}, not a redirect`);
  const [to, query = ""] = outcome.location.split("?");
  expect(to).toBe(REGISTERED);
  return Object.fromEntries(new URLSearchParams(query));
}

describe("a request that is right", () => {
  test("is asked of the person: everything that the account has, where it asks for nothing particular", async () => {
    expect(await check({})).toEqual({
      kind: "ask",
      request: {
        account,
        redirectUri: REGISTERED,
        scope: "trainings:read trainings:write",
        state: "s p/å",
        challenge: good.code_challenge,
        dpopJkt: null,
      },
    });
  });

  test("may ask for less, for a bound token, and have no state", async () => {
    const dpop_jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    const outcome = await check({ scope: "trainings:read", dpop_jkt, state: undefined });
    expect(outcome).toMatchObject({
      kind: "ask",
      request: { scope: "trainings:read", dpopJkt: dpop_jkt },
    });
  });

  test("may have parameters that nobody knows", async () => {
    expect((await check({ nonce: "n", prompt: "login", ui_locales: "sv" })).kind).toBe("ask");
  });
});

describe("nobody is sent anywhere", () => {
  test.each([undefined, "", "acc_2", "ACC_1"])("for the client %p", async (client_id) => {
    expect(await check({ client_id })).toEqual({ kind: "page", reason: "client" });
  });

  test.each([
    undefined,
    "",
    "https://client.example/CB",
    "https://CLIENT.example/cb",
    "HTTPS://client.example/cb",
    "http://client.example/cb",
    "https://client.example/cb/",
    "https://client.example/cb/../cb",
    "https://client.example/./cb",
    "https://client.example/c%62",
    "https://client.example/cb#",
    "https://client.example/cb#fragment",
    "https://client.example/cb?",
    "https://client.example/cb?a=1",
    "https://client.example/cb?tenant=7&a=1",
    "https://client.example/cb?tenant=8",
    "https://client.example:443/cb",
    "https://client.example/cb%20",
    " https://client.example/cb",
    "https://client.example/cb\n",
    "https://user@client.example/cb",
    "https://client.example@evil.example/cb",
    "https://client.example.evil.example/cb",
    "https://evil.example/?https://client.example/cb",
    "https://client.example\\@evil.example/cb",
    "//client.example/cb",
    "/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "urn:ietf:wg:oauth:2.0:oob",
  ])("to %p, which is not registered", async (redirect_uri) => {
    expect(await check({ redirect_uri })).toEqual({ kind: "page", reason: "redirect_uri" });
  });

  test("when client or redirect URI is given twice", async () => {
    for (const name of ["client_id", "redirect_uri"] as const) {
      const doubled = parameters({});
      doubled.append(name, good[name]);
      expect(await check(doubled)).toEqual({ kind: "page", reason: "malformed" });
    }
  });
});

describe("the client is told of", () => {
  const wrong: [string, Changes, string][] = [
    ["no response type", { response_type: undefined }, "invalid_request"],
    ["the implicit grant", { response_type: "token" }, "unsupported_response_type"],
    ["the hybrid flow", { response_type: "code id_token" }, "unsupported_response_type"],
    ["an answer in the fragment", { response_mode: "fragment" }, "invalid_request"],
    ["an answer by form", { response_mode: "form_post" }, "invalid_request"],
    ["no challenge", { code_challenge: undefined }, "invalid_request"],
    ["no method, which would be plain", { code_challenge_method: undefined }, "invalid_request"],
    ["the method plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["the method in other letters", { code_challenge_method: "s256" }, "invalid_request"],
    ["a challenge that is none", { code_challenge: "short" }, "invalid_request"],
    ["more than it has", { scope: "trainings:delete" }, "invalid_scope"],
    ["a scope that is none", { scope: "openid" }, "invalid_scope"],
    ["a request object", { request: "eyJ" }, "request_not_supported"],
    ["a request by reference", { request_uri: "https://evil.example" }, "request_uri_not_supported"],
    ["a thumbprint that is none", { dpop_jkt: "x" }, "invalid_request"],
  ];
  test.each(wrong)("%s", async (_, changes, error) => {
    expect(await told(changes)).toEqual({
      error,
      error_description: expect.any(String),
      state: "s p/å",
      iss: ISSUER,
    });
  });

  test("any other parameter that is given twice", async () => {
    const doubled = parameters({});
    doubled.append("scope", "trainings:read");
    doubled.append("scope", "trainings:read");
    expect(await told(doubled)).toMatchObject({ error: "invalid_request" });
  });

  test("a state that is given twice, which then goes back in no form", async () => {
    const doubled = parameters({});
    doubled.append("state", "other");
    expect(await told(doubled)).toEqual({
      error: "invalid_request",
      error_description: expect.any(String),
      iss: ISSUER,
    });
  });
});

describe("the way back", () => {
  test("has the code, the state as it came, and who answers", () => {
    const location = codeLocation({ redirectUri: REGISTERED, state: "a b&c=å" }, ISSUER, "kac_1");
    const url = new URL(location);
    expect(Object.fromEntries(url.searchParams)).toEqual({ code: "kac_1", state: "a b&c=å", iss: ISSUER });
  });

  test("keeps what the registered URI has of a query", () => {
    const location = errorLocation(
      { redirectUri: WITH_QUERY, state: undefined },
      ISSUER,
      "access_denied",
      "no",
    );
    expect(location).toStartWith(`${WITH_QUERY}&error=access_denied&`);
  });

  test("cannot be broken by the state", () => {
    const location = codeLocation(
      { redirectUri: REGISTERED, state: "x\r\nset-cookie: a=1#" },
      ISSUER,
      "kac_1",
    );
    expect(location).not.toMatch(/[\r\n#]/);
  });
});
