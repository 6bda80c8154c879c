/** `/oauth/token`, `/oauth/revoke`, `/oauth/introspect`, `/oauth/jwks` and the metadata. */
import { Elysia } from "elysia";

import { empty, json } from "../http/respond.ts";
import { Problem } from "../problem.ts";
import { OAuthError } from "./error.ts";
import { METADATA_PATH, metadata, metadataPaths } from "./metadata.ts";
import type { OAuthService } from "./service.ts";

export interface OAuthRouteDependencies {
  oauth: OAuthService;
  /** Milliseconds. */
  limits: { requestTimeout: number };
}

/** RFC 6749, 5.1. */
const NO_STORE = { "cache-control": "no-store", pragma: "no-cache" };
/** A client may keep keys and metadata for so long: less than a new key is shown before it signs. */
const CACHED = { "cache-control": "public, max-age=900" };

const tags = ["OAuth"];

export function oauthRoutes({ oauth, limits: { requestTimeout } }: OAuthRouteDependencies) {
  const detail = (operationId: string, summary: string, description?: string) => ({
    detail: { tags, operationId, summary, security: [], ...(description && { description }) },
  });
  const describe = ({ request }: { request: Request }) =>
    json(request, JSON.stringify(metadata(oauth.issuer)), 200, CACHED);

  const app = new Elysia({ name: "oauth" })
    .post(
      "/oauth/token",
      ({ request }) =>
        answered(request, async () => {
          const answer = await oauth.token(request, requestTimeout);
          return json(request, JSON.stringify(answer), 200, NO_STORE);
        }),
      detail("getToken", "An access token"),
    )
    .post(
      "/oauth/revoke",
      ({ request }) =>
        answered(request, async () => {
          await oauth.revoke(request, requestTimeout);
          return empty(request, 200, NO_STORE);
        }),
      detail("revokeToken", "The end of a token"),
    )
    .post(
      "/oauth/introspect",
      ({ request }) =>
        answered(request, async () => {
          const answer = await oauth.introspect(request, requestTimeout);
          return json(request, JSON.stringify(answer), 200, NO_STORE);
        }),
      detail("introspectToken", "Whether a token is good, and what for"),
    )
    .get(
      "/oauth/jwks",
      async ({ request }) => json(request, JSON.stringify(await oauth.jwks()), 200, CACHED),
      detail("getSigningKeys", "The keys that sign access tokens"),
    )
    .get(METADATA_PATH, describe, detail("getAuthorizationServer", "What the token server can do"));
  for (const path of metadataPaths(oauth.issuer)) {
    if (path !== METADATA_PATH) app.get(path, describe, { detail: { hide: true } });
  }
  return app;
}

/** Runs an endpoint; what it throws is told as RFC 6749, 5.2, says. */
async function answered(request: Request, run: () => Promise<Response>): Promise<Response> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OAuthError) return refused(request, error);
    if (!(error instanceof Problem) || error.code === "internal") throw error;
    const { status, headers } = error;
    return refused(request, new OAuthError("temporarily_unavailable", error.message, { status, headers }));
  }
}

function refused(request: Request, { code, message, status, headers }: OAuthError): Response {
  const body = JSON.stringify({ error: code, error_description: message });
  return json(request, body, status, { ...NO_STORE, ...headers });
}
