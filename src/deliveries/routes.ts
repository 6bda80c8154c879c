/** `/api/v1/deliveries`: the webhook log. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import type { GrantAction } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import type { BodyLimits } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { exportAnswer, exportStream, streamFormat } from "../http/export.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, instant, limit, MAX_LIMIT, oneOf, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import { invalid, Problem } from "../problem.ts";
import type { ReceiverService } from "../receivers/service.ts";
import { type DeliveryLog, deliveryStatuses, errorClasses, type ShownDelivery } from "./log.ts";
import { deliveryExport } from "./log-export.ts";

export interface DeliveryRouteDependencies {
  deliveryLog: DeliveryLog;
  receivers: Pick<ReceiverService, "get" | "idsOf">;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
  /** Tells the dispatcher that deliveries of a receiver are due. */
  nudge: (receiverId: string) => void;
}

const tags = ["Deliveries"];
const filters = {
  receiver: string,
  topic: string,
  object: string,
  object_id: string,
  status: oneOf(...deliveryStatuses),
  status_code: statusCode,
  error: oneOf(...errorClasses),
  since: instant,
  until: instant,
};

export function deliveryRoutes(deps: DeliveryRouteDependencies) {
  const { deliveryLog, authenticate, limits, once } = deps;

  const enter = async (request: Request, action: GrantAction): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "deliveries", action);
    return principal;
  };
  /** As {@link enter}, for one delivery: in the portal those of others are not there. */
  const enterFor = async (request: Request, action: GrantAction, id: string): Promise<Principal> => {
    const principal = await enter(request, action);
    if (!principal.portal) return principal;
    const { organisation, subject } = principal;
    const [{ receiver_id: receiver }, own] = await Promise.all([
      deliveryLog.get(organisation.id, id),
      deps.receivers.idsOf(organisation.id, subject.id),
    ]);
    if (!own.includes(receiver)) throw new Problem("not_found", `There is no delivery ${id}.`);
    return principal;
  };

  return new Elysia({ name: "deliveries" })
    .get(
      "/api/v1/deliveries",
      async ({ request }) => {
        const { organisation, portal, subject } = await enter(request, "read");
        const {
          limit: size,
          cursor,
          status_code: statusCode,
          object_id: objectId,
          ...rest
        } = parseQuery(request, { limit, cursor: string, ...filters });
        const receivers = portal && (await deps.receivers.idsOf(organisation.id, subject.id));
        const filter = { ...rest, statusCode, objectId, ...(receivers && { receivers }) };
        const format = streamFormat(request.headers.get("accept"));
        if (!format) {
          const query = { ...filter, limit: size ?? DEFAULT_LIMIT, cursor };
          return pageAnswer(request, deps.publicUrl, await deliveryLog.list(organisation.id, query));
        }
        if (size !== undefined) throw invalid("limit", "has no meaning for a stream; it sends everything");
        if (cursor !== undefined) throw invalid("cursor", "has no meaning for a stream; it sends everything");
        const pages = deliveryLog.pages(organisation.id, filter, MAX_LIMIT);
        // What is wrong with a filter is told by the first page: with a status, before the stream begins.
        let first: Promise<ShownDelivery[]> | undefined = Promise.resolve(await pages());
        const next = () => {
          const page = first ?? pages();
          first = undefined;
          return page;
        };
        return exportAnswer(request, exportStream(deliveryExport, format, next), format, "deliveries");
      },
      {
        detail: {
          tags,
          operationId: "listDeliveries",
          summary: "The webhook log, newest first",
          description:
            "Filters narrow it together. `since` is included and `until` is not. A page can be short or empty and " +
            "still have a `next_cursor`: what is rare is looked for in parts of the log, one for each page. " +
            "`Accept: application/x-ndjson` or `text/csv` sends everything that the filters leave.",
        },
      },
    )
    .get(
      "/api/v1/deliveries/:id",
      async ({ request, params }) => {
        const { organisation } = await enterFor(request, "read", params.id);
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
      once<{ id: string }>(async ({ request, params }) => {
        const principal = await enterFor(request, "write", params.id);
        await readNothing(request, limits);
        const by = authorOf(principal, originOf(deps.addresses, request));
        const delivery = await deliveryLog.resend(by, params.id);
        deps.nudge(delivery.receiver_id);
        return accepted(request, `${deps.publicUrl}/api/v1/deliveries/${delivery.id}`, delivery);
      }),
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
