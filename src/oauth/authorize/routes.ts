/** `/oauth/authorize`: pages for people, not part of the API. */
import { Elysia } from "elysia";

import { requestId } from "../../http/respond.ts";
import { Problem } from "../../problem.ts";
import { type AuthorizeDependencies, Cookies } from "./collaborators.ts";
import { AuthorizeFlow } from "./flow.ts";
import { stylesheet, styleVersion } from "./style.ts";

/** Pages are for people; the document of the API is not. */
const hidden = { detail: { hide: true } };

export function authorizeRoutes(deps: AuthorizeDependencies) {
  const flow = new AuthorizeFlow({ ...deps, cookies: new Cookies(deps.publicUrl) });
  return new Elysia({ name: "authorize" })
    .get("/oauth/authorize", ({ request }) => flow.show(request), hidden)
    .post("/oauth/authorize", ({ request }) => flow.submit(request), hidden)
    .get(
      "/oauth/assets/:version/style.css",
      ({ request, params }) => {
        if (params.version !== styleVersion) {
          throw new Problem("not_found", "There is nothing at this path.");
        }
        return new Response(stylesheet, {
          headers: {
            "content-type": "text/css; charset=utf-8",
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
            "x-request-id": requestId(request),
          },
        });
      },
      hidden,
    );
}
