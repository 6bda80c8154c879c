/** `/api/v1/operations`, and what is asked for here and done as one: sending again by the many. */
import { Elysia } from "elysia";

import { demand, type Principal, subjectName } from "../accounts/principal.ts";
import { type Author, authorOf } from "../audit/entry.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { accepted as acceptedAt, LOOK_AFTER, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import type { ShownOperation } from "./operation.ts";
import type { Resends } from "./resend.ts";
import type { OperationService, Sight } from "./service.ts";

export interface OperationRouteDependencies {
  operations: OperationService;
  resends: Resends;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Operations"];

export function operationRoutes(deps: OperationRouteDependencies) {
  const { operations, resends, authenticate, limits, publicUrl, once } = deps;

  /** One's own are always there to see. */
  const sightOf = (principal: Principal): Sight =>
    allows(principal.grants, "operations", "read") ? "all" : { submittedBy: subjectName(principal) };

  const author = (principal: Principal, request: Request): Author =>
    authorOf(principal, originOf(deps.addresses, request));

  const accepted = (request: Request, operation: ShownOperation): Response =>
    acceptedAt(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);

  return new Elysia({ name: "operations" })
    .get(
      "/api/v1/operations",
      async ({ request }) => {
        const principal = await authenticate(request);
        const { limit: size = DEFAULT_LIMIT, cursor } = parseQuery(request, { limit, cursor: string });
        const page = { limit: size, cursor };
        const found = await operations.list(principal.organisation.id, sightOf(principal), page);
        return pageAnswer(request, publicUrl, found);
      },
      {
        detail: {
          tags,
          operationId: "listOperations",
          summary: "Operations, newest first",
          description: "Without the grant `operations:read`, those that you submitted.",
        },
      },
    )
    .get(
      "/api/v1/operations/:id",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        const { organisation } = principal;
        const operation = await operations.get(organisation.id, params.id, sightOf(principal));
        const headers = operation.status === "IN_PROGRESS" ? { "retry-after": LOOK_AFTER } : undefined;
        return json(request, JSON.stringify(operation), 200, headers);
      },
      {
        detail: {
          tags,
          operationId: "getOperation",
          summary: "One operation: how it stands",
          description:
            "Ask again after `Retry-After` seconds while its `status` is `IN_PROGRESS`. Without the grant " +
            "`operations:read` there are only those that you submitted.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/recover",
      once<{ id: string }>(async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "receivers", "manage");
        parseQuery(request, {});
        const body = await readObject(request, limits);
        return accepted(request, await resends.recover(author(principal, request), params.id, body));
      }),
      {
        detail: {
          tags: ["Receivers"],
          operationId: "recoverReceiver",
          summary: "Send a receiver again what failed",
          description:
            "An operation that gives every delivery of the time that is `failed` (or has another `status`) its whole " +
            "retry schedule again and makes it due, oldest first, with the same `webhook-id` and body. Not for a " +
            "receiver that is disabled (409). Needs the grant `receivers:manage`.",
        },
      },
    )
    .post(
      "/api/v1/deliveries/resend",
      once(async ({ request }) => {
        const principal = await authenticate(request);
        demand(principal, "deliveries", "write");
        parseQuery(request, {});
        const body = await readObject(request, limits);
        return accepted(request, await resends.resend(author(principal, request), body));
      }),
      {
        detail: {
          tags: ["Deliveries"],
          operationId: "resendDeliveries",
          summary: "Send many deliveries again",
          description:
            "An operation that sends again whatever the filters of the log leave, oldest first, as `resend` of one " +
            "does. At least one filter; deliveries of receivers that are disabled or removed are passed over. Needs " +
            "the grant `deliveries:write`.",
        },
      },
    );
}
