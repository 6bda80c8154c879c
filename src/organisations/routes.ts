/** `/api/v1/organisations`: one's own. */
import { Elysia } from "elysia";

import { type Editor, editorOf } from "../accounts/editor.ts";
import { demand, type Principal } from "../accounts/principal.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { limit, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import { invalid, Problem } from "../problem.ts";
import type { OrganisationPasswords } from "./passwords.ts";
import type { OrganisationService } from "./service.ts";

export interface OrganisationRouteDependencies {
  organisations: OrganisationService;
  organisationPasswords: OrganisationPasswords;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
}

const tags = ["Organisations"];

export function organisationRoutes(deps: OrganisationRouteDependencies) {
  const { organisations, organisationPasswords, authenticate, addresses, limits, once } = deps;

  const look = async (request: Request): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "organisations", "read");
    return principal;
  };
  const edit = async (request: Request, code: string): Promise<Editor> => {
    const principal = await authenticate(request);
    demand(principal, "organisations", "manage");
    own(principal, code);
    return editorOf(principal, originOf(addresses, request), "organisations");
  };

  return new Elysia({ name: "organisations" })
    .get(
      "/api/v1/organisations",
      async ({ request }) => {
        const { organisation } = await look(request);
        const { cursor } = parseQuery(request, { limit, cursor: string });
        if (cursor !== undefined) throw invalid("cursor", "is not a cursor; there is one page");
        const items = [await organisations.get(organisation.id)];
        return json(request, JSON.stringify({ items, next_cursor: null }));
      },
      { detail: { tags, operationId: "listOrganisations", summary: "The caller's own organisation" } },
    )
    .get(
      "/api/v1/organisations/:code",
      async ({ request, params }) => {
        const principal = await look(request);
        parseQuery(request, {});
        own(principal, params.code);
        return json(request, JSON.stringify(await organisations.get(principal.organisation.id)));
      },
      { detail: { tags, operationId: "getOrganisation", summary: "An organisation, by its code" } },
    )
    .patch(
      "/api/v1/organisations/:code",
      async ({ request, params }) => {
        const { author, mayHandOut } = await edit(request, params.code);
        parseQuery(request, {});
        const shown = await organisations.patch(author, await readObject(request, limits), mayHandOut);
        return json(request, JSON.stringify(shown));
      },
      {
        detail: {
          tags,
          operationId: "changeOrganisation",
          summary: "Change an organisation",
          description:
            "What is not given stays. `allowed_ips` holds for every account and person of the organisation at " +
            "once, for the caller too. `password_grants` are the caller's to give only as far as his own grants go.",
        },
      },
    )
    .post(
      "/api/v1/organisations/:code/password",
      once<{ code: string }>(async ({ request, params }) => {
        const { author, mayHandOut } = await edit(request, params.code);
        parseQuery(request, {});
        const body = await readObject(request, limits);
        // Whoever sets it knows it.
        mayHandOut(await organisations.passwordGrants(author.organisationId));
        const shown = await organisationPasswords.set(author, body);
        return json(request, JSON.stringify(shown));
      }),
      {
        detail: {
          tags,
          operationId: "setOrganisationPassword",
          summary: "Set an organisation's password",
          description:
            "For the paths that take `org` and `pw`. The one before stays good for `overlap`, so that partners can " +
            "change over; `null` takes both away.",
        },
      },
    );
}

/** Nobody learns which others there are. @throws Problem `not_found` */
function own({ organisation }: Principal, code: string): void {
  if (organisation.code === code) return;
  throw new Problem("not_found", `There is no organisation ${code.slice(0, 100)}.`);
}
