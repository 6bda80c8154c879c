/** `/oauth/token`, `/oauth/revoke`, `/oauth/introspect`, `/oauth/jwks` and the metadata. */
import { Elysia } from "elysia";

import { empty, json, requestId } from "../http/respond.ts";
import { Problem } from "../problem.ts";
import type { RateLimits } from "../ratelimit/limits.ts";
import type { AccountRow } from "./collaborators.ts";
import { OAuthError } from "./error.ts";
import { METADATA_PATH, metadata, metadataPaths } from "./metadata.ts";
import type { OAuthCall, OAuthService } from "./service.ts";

export interface OAuthRouteDependencies {
  oauth: OAuthService;
  /** Milliseconds. */
  limits: { requestTimeout: number };
  /** Of requests: a client's count as all others of its account do. */
  rateLimits: Pick<RateLimits, "take"> | undefined;
}

/** RFC 6749, 5.1. */
const NO_STORE = { "cache-control": "no-store", pragma: "no-cache" };
/** A client may keep keys and metadata for so long: less than a new key is shown before it signs. */
const CACHED = { "cache-control": "public, max-age=900" };

const tags = ["OAuth"];

export function oauthRoutes({ oauth, limits: { requestTimeout }, rateLimits }: OAuthRouteDependencies) {
  const answered = (request: Request, endpoint: Endpoint) => {
    const count = (account: AccountRow) =>
      rateLimits?.take(request, { organisation: { id: account.organisationId }, subject: account });
    return answer(request, { requestTimeout, count }, endpoint);
  };
  const open = (operationId: string, summary: string) => ({
    detail: { tags, operationId, summary, security: [] },
  });
  const forClients = (operationId: string, summary: string) => ({
    detail: { tags, operationId, summary, security: [{ client: [] }] },
  });
  const describe = ({ request }: { request: Request }) =>
    json(request, JSON.stringify(metadata(oauth.issuer)), 200, CACHED);

  const app = new Elysia({ name: "oauth" })
    .post(
      "/oauth/token",
      ({ request }) => answered(request, (call) => oauth.token(call)),
      forClients("getToken", "An access token"),
    )
    .post(
      "/oauth/revoke",
      ({ request }) => answered(request, (call) => oauth.revoke(call)),
      forClients("revokeToken", "The end of a token"),
    )
    .post(
      "/oauth/introspect",
      ({ request }) => answered(request, (call) => oauth.introspect(call)),
      forClients("introspectToken", "Whether a token is good, and what for"),
    )
    .get(
      "/oauth/jwks",
      async ({ request }) => json(request, JSON.stringify(await oauth.jwks()), 200, CACHED),
      open("getSigningKeys", "The keys that sign access tokens"),
    )
    .get(METADATA_PATH, describe, open("getAuthorizationServer", "What the token server can do"));
  for (const path of metadataPaths(oauth.issuer)) {
    if (path !== METADATA_PATH) app.get(path, describe, { detail: { hide: true } });
  }
  return app;
}

/** @returns the answer's body; nothing: there is none */
type Endpoint = (call: OAuthCall) => Promise<object | void>;

/** Runs an endpoint; what it throws is told as RFC 6749, 5.2, says. */
async function answer(
  request: Request,
  how: Pick<OAuthCall, "requestTimeout" | "count">,
  endpoint: Endpoint,
): Promise<Response> {
  const id = requestId(request);
  try {
    const body = await endpoint({ request, id, ...how });
    if (!body) return empty(request, 200, { ...NO_STORE, "x-request-id": id });
    return json(request, JSON.stringify(body), 200, NO_STORE, id);
  } catch (error) {
    if (error instanceof OAuthError) return refused(request, id, error);
    if (!(error instanceof Problem) || error.code === "internal") throw error;
    const { status, headers, message } = error;
    return refused(request, id, new OAuthError("temporarily_unavailable", message, { status, headers }));
  }
}

function refused(request: Request, id: string, { code, message, status, headers }: OAuthError): Response {
  const body = JSON.stringify({ error: code, error_description: message });
  return json(request, body, status, { ...NO_STORE, ...headers }, id);
}
