/** `/api/v1/accounts/{id}/portal-links`: handing out links to the account portal, and taking them back. */
import { Elysia } from "elysia";

import { type Editor, editorOf } from "../accounts/editor.ts";
import { demand } from "../accounts/principal.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import type { PortalService } from "./service.ts";

export interface PortalRouteDependencies {
  portal: PortalService;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Portal"];

export function portalRoutes(deps: PortalRouteDependencies) {
  const { portal, authenticate, once, addresses, limits, publicUrl } = deps;
  const edit = async (request: Request): Promise<Editor> => {
    const principal = await authenticate(request);
    demand(principal, "accounts", "manage");
    return editorOf(principal, originOf(addresses, request), "accounts");
  };

  return new Elysia({ name: "portal" })
    .get(
      "/api/v1/accounts/:id/portal-links",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "accounts", "manage");
        const query = parseQuery(request, { limit, cursor: string });
        const page = await portal.list(principal.organisation.id, params.id, {
          limit: query.limit ?? DEFAULT_LIMIT,
          ...(query.cursor !== undefined && { cursor: query.cursor }),
        });
        return pageAnswer(request, publicUrl, page);
      },
      {
        detail: {
          tags,
          operationId: "listPortalLinks",
          summary: "Links to an account's portal",
          description: "Those that are good, in order of creation, without their URL.",
        },
      },
    )
    .post(
      "/api/v1/accounts/:id/portal-links",
      once<{ id: string }>(async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const body = request.body === null ? {} : await readObject(request, limits);
        const { link, token } = await portal.create(by, params.id, body);
        // Behind the #, which browsers send to nobody: it is in no log on the way.
        const made = { ...link, url: `${publicUrl}/console/portal#${token}` };
        return json(request, JSON.stringify(made), 201, { "cache-control": "no-store" });
      }),
      {
        detail: {
          tags,
          operationId: "createPortalLink",
          summary: "Hand out a link to an account's portal",
          description:
            "Whoever has it can look after the account's own receivers, their log and their secrets, until it expires " +
            "or is taken back. The answer is the only one that has its `url`. You can hand out links of accounts " +
            "whose grants you have yourself.",
        },
      },
    )
    .delete(
      "/api/v1/accounts/:id/portal-links/:link",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await portal.revoke(by, params.id, params.link);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "revokePortalLink",
          summary: "Take a link to an account's portal back",
          description: "At once, and with it the sessions that it has begun.",
        },
      },
    );
}
