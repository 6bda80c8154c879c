/** `/api/v1/organisations`: one's own; all of them for whom the grants `system` are given. */
import { Elysia } from "elysia";

import { type Editor, editorOf } from "../accounts/editor.ts";
import { demand, type Principal } from "../accounts/principal.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given, type Once } from "../idempotency/routes.ts";
import { invalid, Problem } from "../problem.ts";
import type { ShownOrganisation } from "./organisation.ts";
import type { OrganisationPasswords } from "./passwords.ts";
import type { OrganisationService } from "./service.ts";

export interface OrganisationRouteDependencies {
  organisations: OrganisationService;
  organisationPasswords: OrganisationPasswords;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Organisations"];

export function organisationRoutes(deps: OrganisationRouteDependencies) {
  const { organisations, organisationPasswords, authenticate, addresses, limits, once, publicUrl } = deps;

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
        const principal = await look(request);
        const { organisation } = principal;
        const { cursor, limit: size = DEFAULT_LIMIT } = parseQuery(request, { limit, cursor: string });
        if (allows(principal.grants, "system", "read")) {
          const query = { limit: size, ...(cursor !== undefined && { cursor }) };
          return pageAnswer(request, publicUrl, await organisations.list(query));
        }
        if (cursor !== undefined) throw invalid("cursor", "is not a cursor; there is one page");
        const items = [await organisations.get(organisation.id)];
        return json(request, JSON.stringify({ items, next_cursor: null }));
      },
      {
        detail: {
          tags,
          operationId: "listOrganisations",
          summary: "The caller's own organisation",
          description: "With the grant `system:read`: all that there are, in order of creation.",
        },
      },
    )
    .post(
      "/api/v1/organisations",
      once(async ({ request }) => {
        const principal = await authenticate(request);
        demand(principal, "organisations", "manage");
        demand(principal, "system", "manage");
        parseQuery(request, {});
        const { author, mayHandOut } = editorOf(principal, originOf(addresses, request), "organisations");
        const via = { home_organisation: (principal.home ?? principal.organisation).code };
        const answerOf = (made: ShownOrganisation): KeptAnswer => ({
          status: 201,
          headers: { location: `${publicUrl}/api/v1/organisations/${made.code}` },
          body: JSON.stringify(made),
        });
        const { id } = await organisations.create(await readObject(request, limits), {
          by: (organisationId) => ({ ...author, organisationId, via }),
          mayHandOut,
          also: promised(answerOf),
        });
        return given(request, answerOf(await organisations.get(id)));
      }),
      {
        detail: {
          tags,
          operationId: "createOrganisation",
          summary: "Make an organisation",
          description:
            "For those who look after the whole server: it needs the grant `system:manage`, too. The code stays for " +
            "good. Superadministrators look after it from then on by the header `koppla-organisation`.",
        },
      },
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
