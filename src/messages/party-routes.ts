/** `/api/v1/webmessages/parties/{partyId}`: what a person may ask for, done as operations. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import type { BodyLimits } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { parseQuery } from "../http/query.ts";
import { accepted } from "../http/links.ts";
import { NOT_SHARED, requestId } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import { invalid } from "../problem.ts";
import { isUuid } from "./message.ts";
import { ERASE_PARTY, EXPORT_PARTY, PartyOperations, type PartyCollaborators } from "./party-operations.ts";

export interface PartyRouteDependencies extends PartyCollaborators {
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Web messages"];

export function partyRoutes(deps: PartyRouteDependencies) {
  const { authenticate, once, limits, publicUrl } = deps;
  const operations = new PartyOperations(deps);

  const begin = async (
    request: Request,
    principal: Principal,
    kind: typeof EXPORT_PARTY | typeof ERASE_PARTY,
    partyId: string,
  ): Promise<Response> => {
    if (!isUuid(partyId)) throw invalid("partyId", "is not a UUID");
    await readNothing(request, limits);
    const by = authorOf(principal, originOf(deps.addresses, request));
    const started = await operations.start(by, kind, partyId);
    const location = `${publicUrl}/api/v1/operations/${started.id}`;
    return accepted(request, location, started);
  };

  return new Elysia({ name: "parties" })
    .post(
      "/api/v1/webmessages/parties/:partyId/export",
      once(async ({ request, params }: { request: Request; params: { partyId: string } }) => {
        const principal = await authenticate(request);
        demand(principal, "webmessages", "read");
        return await begin(request, principal, EXPORT_PARTY, params.partyId);
      }),
      {
        detail: {
          tags,
          operationId: "exportParty",
          summary: "All messages of a party as a file",
          description:
            "An operation; its `result.path` is where the file can be fetched for seven days. Needs the grant " +
            "`webmessages:read`.",
        },
      },
    )
    .post(
      "/api/v1/webmessages/parties/:partyId/erase",
      once(async ({ request, params }: { request: Request; params: { partyId: string } }) => {
        const principal = await authenticate(request);
        demand(principal, "webmessages", "delete");
        return await begin(request, principal, ERASE_PARTY, params.partyId);
      }),
      {
        detail: {
          tags,
          operationId: "eraseParty",
          summary: "Remove all messages of a party",
          description:
            "An operation that removes them with their attachments, and tells of each as its removal does. Needs the " +
            "grant `webmessages:delete`.",
        },
      },
    )
    .get(
      "/api/v1/webmessages/exports/:id",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "webmessages", "read");
        parseQuery(request, {});
        const made = await operations.exported(principal.organisation.id, params.id);
        const pieces = operations.bytes(made);
        const stream = new ReadableStream<Uint8Array>({
          async pull(controller) {
            try {
              await new Promise((resolve) => setImmediate(resolve));
              const { value, done } = await pieces.next();
              if (done) controller.close();
              else controller.enqueue(value);
            } catch (error) {
              controller.error(error);
            }
          },
          async cancel() {
            await pieces.return(undefined);
          },
        });
        return new Response(stream, {
          headers: {
            "content-type": "application/json",
            "content-disposition": 'attachment; filename="messages.json"',
            "x-content-type-options": "nosniff",
            "cache-control": NOT_SHARED,
            "x-request-id": requestId(request),
          },
        });
      },
      {
        detail: {
          tags,
          operationId: "getPartyExport",
          summary: "What an export has made",
          description: "Needs the grant `webmessages:read`.",
        },
      },
    );
}
