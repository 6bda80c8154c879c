/** Two token servers with the same clients, person and scopes: Koppla's binary, and oidc-provider as the reference. */
import Provider from "oidc-provider";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Koppla } from "./harness.ts";
import { TokenServer } from "./oauth.ts";
import { Browser, makeUser, PASSWORD, REDIRECT_URI } from "./person.ts";

export const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
/** What the person agreed to. */
export const AGREED = "trainings:read trainings:write";

export interface Credentials {
  id: string;
  secret: string;
}

export interface Side {
  url: Record<"token" | "revoke" | "introspect" | "authorize" | "jwks" | "metadata", string>;
  client: Credentials;
  /** Another client, which may do the same. */
  other: Credentials;
  /** A code for the client, of a person that agreed to {@link AGREED}, with {@link CHALLENGE}. */
  code(): Promise<string>;
  stop(): Promise<void>;
}

/** @param koppla  serves at its own address, and takes 127.0.0.1 for a proxy */
export async function kopplaSide(koppla: Koppla): Promise<Side> {
  const server = new TokenServer(koppla);
  await makeUser(koppla, "demo", "anna", "--role", "editor");
  const make = () => server.account({ redirect_uris: [REDIRECT_URI], token: { refresh: true } });
  const [client, other] = [await make(), await make()];
  const at = (path: string) => koppla.url + path;
  const browser = new Browser(server.newcomer());
  let loggedIn = false;
  return {
    url: {
      token: at("/oauth/token"),
      revoke: at("/oauth/revoke"),
      introspect: at("/oauth/introspect"),
      authorize: at("/oauth/authorize"),
      jwks: at("/oauth/jwks"),
      metadata: at("/.well-known/oauth-authorization-server"),
    },
    client: { id: client.client_id, secret: client.token },
    other: { id: other.client_id, secret: other.token },
    code: async () => {
      const link = new URL(at("/oauth/authorize"));
      link.search = new URLSearchParams({
        ...{ response_type: "code", client_id: client.client_id, redirect_uri: REDIRECT_URI, scope: AGREED },
        ...{ code_challenge: CHALLENGE, code_challenge_method: "S256" },
      }).toString();
      const page = loggedIn ? await browser.get(link.href) : await browser.login(link.href, "anna", PASSWORD);
      loggedIn = true;
      const { location } = await browser.submit(page, "consent", { decision: "allow" });
      return new URL(location ?? "").searchParams.get("code") ?? "";
    },
    stop: async () => {},
  };
}

/** oidc-provider in this process, set up to want what Koppla wants: PKCE, rotation, the same scopes. */
export async function referenceSide(): Promise<Side> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scopes = ["openid", "offline_access", ...AGREED.split(" ")];
  const registered = (id: string) => ({
    client_id: id,
    client_secret: `secret-of-${id}`,
    grant_types: ["client_credentials", "authorization_code", "refresh_token"],
    response_types: ["code"],
    redirect_uris: [REDIRECT_URI],
    scope: scopes.join(" "),
  });
  const life = 3_600;
  const provider = new Provider(issuer, {
    clients: [registered("client"), registered("other")],
    // Known, but no client's.
    scopes: [...scopes, "trainings:delete"],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      devInteractions: { enabled: false },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    allowOmittingSingleRegisteredRedirectUri: false,
    issueRefreshToken: () => true,
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: {
      AccessToken: life,
      AuthorizationCode: 60,
      ClientCredentials: life,
      Grant: life,
      IdToken: life,
      RefreshToken: life,
    },
  });
  server.on("request", provider.callback());
  const client = await provider.Client.find("client");
  return {
    url: {
      token: `${issuer}/token`,
      revoke: `${issuer}/token/revocation`,
      introspect: `${issuer}/token/introspection`,
      authorize: `${issuer}/auth`,
      jwks: `${issuer}/jwks`,
      metadata: `${issuer}/.well-known/oauth-authorization-server`,
    },
    client: { id: "client", secret: "secret-of-client" },
    other: { id: "other", secret: "secret-of-other" },
    code: async () => {
      const grant = new provider.Grant({ accountId: "anna", clientId: "client" });
      grant.addOIDCScope(scopes.join(" "));
      const code = new provider.AuthorizationCode({
        ...{ accountId: "anna", client, grantId: await grant.save(), gty: "authorization_code" },
        ...{ redirectUri: REDIRECT_URI, scope: `openid offline_access ${AGREED}` },
        ...{ codeChallenge: CHALLENGE, codeChallengeMethod: "S256" },
      });
      return await code.save();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
