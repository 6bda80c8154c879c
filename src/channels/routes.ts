/** `/api/v1/publications`: the log of what was published where. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import type { GrantAction } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import type { BodyLimits } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, oneOf, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import { type PublicationLog, publicationStates } from "./log.ts";

export interface PublicationRouteDependencies {
  publications: PublicationLog;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Publications"];
const filters = { channel: string, state: oneOf(...publicationStates), message: string };

export function publicationRoutes(deps: PublicationRouteDependencies) {
  const { publications, authenticate, limits, once } = deps;

  const enter = async (request: Request, action: GrantAction): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "deliveries", action);
    return principal;
  };

  return new Elysia({ name: "publications" })
    .get(
      "/api/v1/publications",
      async ({ request }) => {
        const { organisation } = await enter(request, "read");
        const query = parseQuery(request, { limit, cursor: string, ...filters });
        const { limit: size = DEFAULT_LIMIT, cursor, ...filter } = query;
        const page = await publications.list(organisation.id, filter, { limit: size, cursor });
        return pageAnswer(request, deps.publicUrl, page);
      },
      {
        detail: {
          tags,
          operationId: "listPublications",
          summary: "What was published at channels, newest first",
          description:
            "A publication is one web message at one channel. Those that were refused stay in it, without their " +
            "message. Needs the grant `deliveries:read`.",
        },
      },
    )
    .get(
      "/api/v1/publications/:id",
      async ({ request, params }) => {
        const { organisation } = await enter(request, "read");
        parseQuery(request, {});
        return json(request, JSON.stringify(await publications.get(organisation.id, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "getPublication",
          summary: "One publication, with what came of each attempt",
          description: "Needs the grant `deliveries:read`.",
        },
      },
    )
    .post(
      "/api/v1/publications/:id/resend",
      once<{ id: string }>(async ({ request, params }) => {
        const principal = await enter(request, "write");
        await readNothing(request, limits);
        const by = authorOf(principal, originOf(deps.addresses, request));
        const due = await publications.resend(by, params.id);
        return accepted(request, `${deps.publicUrl}/api/v1/publications/${due.id}`, due);
      }),
      {
        detail: {
          tags,
          operationId: "resendPublication",
          summary: "Publish a message once more",
          description:
            "One that is `failed` or `unknown`, with the whole retry schedule before it. The channel may have had it " +
            "already when it is `unknown`. 409 where its message is gone. Needs the grant `deliveries:write`.",
        },
      },
    );
}
