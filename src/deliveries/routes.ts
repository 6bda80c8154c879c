/** `/api/v1/deliveries`: the webhook log. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import type { GrantAction } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import type { BodyLimits } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { DEFAULT_LIMIT, instant, limit, oneOf, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import { type DeliveryLog, deliveryStatuses } from "./log.ts";

export interface DeliveryRouteDependencies {
  deliveryLog: DeliveryLog;
  authenticate: Authenticate;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Tells the dispatcher that deliveries of a receiver are due. */
  nudge: (receiverId: string) => void;
}

const tags = ["Deliveries"];
const filters = {
  limit,
  cursor: string,
  receiver: string,
  status: oneOf(...deliveryStatuses),
  status_code: statusCode,
  topic: string,
  since: instant,
  until: instant,
};

export function deliveryRoutes(deps: DeliveryRouteDependencies) {
  const { deliveryLog, authenticate, limits } = deps;

  const enter = async (request: Request, action: GrantAction): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "deliveries", action);
    return principal;
  };

  return new Elysia({ name: "deliveries" })
    .get(
      "/api/v1/deliveries",
      async ({ request }) => {
        const { organisation } = await enter(request, "read");
        const { limit: size = DEFAULT_LIMIT, status_code, ...query } = parseQuery(request, filters);
        const page = await deliveryLog.list(organisation.id, {
          ...query,
          limit: size,
          statusCode: status_code,
        });
        return json(request, JSON.stringify(page));
      },
      {
        detail: {
          tags,
          operationId: "listDeliveries",
          summary: "The webhook log, newest first",
          description:
            "Filters narrow it together. `since` is included and `until` is not. A page can be short or empty and " +
            "still have a `next_cursor`: what is rare is looked for in parts of the log, one for each page.",
        },
      },
    )
    .get(
      "/api/v1/deliveries/:id",
      async ({ request, params }) => {
        const { organisation } = await enter(request, "read");
        parseQuery(request, {});
        return json(request, JSON.stringify(await deliveryLog.get(organisation.id, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "getDelivery",
          summary: "One delivery, with its body and what came of each attempt",
          description: "The newest 100 attempts; request headers are those of the last one, secrets masked.",
        },
      },
    )
    .post(
      "/api/v1/deliveries/:id/resend",
      async ({ request, params }) => {
        const principal = await enter(request, "write");
        await readNothing(request, limits);
        const by = authorOf(principal, originOf(deps.addresses, request));
        const delivery = await deliveryLog.resend(by, params.id);
        deps.nudge(delivery.receiver_id);
        return json(request, JSON.stringify(delivery), 202);
      },
      {
        detail: {
          tags,
          operationId: "resendDelivery",
          summary: "Send a delivery again",
          description:
            "The same `webhook-id` and body, with the whole retry schedule before it. Not while it is being delivered, " +
            "nor to a receiver that is disabled or removed (409). Needs the grant `deliveries:write`.",
        },
      },
    );
}

function statusCode(text: string): number {
  if (!/^[1-5]\d\d$/.test(text)) throw new Error("must be an HTTP status such as 404");
  return Number(text);
}
