/** `/api/v1/operations`, and what is asked for here and done as one: sending again by the many. */
import { Elysia } from "elysia";

import { demand, Forbidden, type Principal, subjectName } from "../accounts/principal.ts";
import { type Author, authorOf } from "../audit/entry.ts";
import type { Clock } from "../clock.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { accepted as acceptedAt, LOOK_AFTER, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, instant, limit, oneOf, parseQuery, string } from "../http/query.ts";
import { json, requestId } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import { invalid, Problem } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { demandOwnReceiver } from "../receivers/own.ts";
import type { ReceiverService } from "../receivers/service.ts";
import { events, type Following, untilEnd } from "./follow.ts";
import type { ShownOperation } from "./operation.ts";
import { RECOVER, RESEND, type Resends } from "./resend.ts";
import type { OperationService, Sight } from "./service.ts";

export interface OperationRouteDependencies {
  operations: OperationService;
  resends: Resends;
  receivers: Pick<ReceiverService, "get">;
  store: Store;
  clock: Clock;
  /** Aborted when the server stops: those who wait are answered at once. */
  stopping: AbortSignal;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** Seconds that a request may wait for the end. */
const MAX_WAIT = 60;

const tags = ["Operations"];

const filters = {
  status: oneOf("IN_PROGRESS", "SUCCESS", "ERROR"),
  kind: string,
  resource_type: string,
  resource_name: string,
  submitted_by: string,
  since: instant,
};

export function operationRoutes(deps: OperationRouteDependencies) {
  const { operations, resends, authenticate, limits, publicUrl, once } = deps;

  /** One's own are always there to see. */
  const sightOf = (principal: Principal): Sight =>
    allows(principal.grants, "operations", "read") ? "all" : { submittedBy: subjectName(principal) };

  /** Of the account's operations the portal shows those that it can begin. */
  const find = async (principal: Principal, id: string): Promise<ShownOperation> => {
    const found = await operations.get(principal.organisation.id, id, sightOf(principal));
    if (!principal.portal || found.kind === RECOVER || found.kind === RESEND) return found;
    throw new Problem("not_found", `There is no operation ${id}.`);
  };

  const author = (principal: Principal, request: Request): Author =>
    authorOf(principal, originOf(deps.addresses, request));

  const accepted = (request: Request, operation: ShownOperation): Response =>
    acceptedAt(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);

  const following = (request: Request, id: string): Following => ({
    ...{ operations, clock: deps.clock, id, elsewhere: deps.store.dialect !== "sqlite" },
    gone: AbortSignal.any([request.signal, deps.stopping]),
    look: async () => {
      // It may take a minute, a stream hours: who has lost his rights meanwhile sees no more.
      return await find(await authenticate(request), id);
    },
  });

  return new Elysia({ name: "operations" })
    .get(
      "/api/v1/operations",
      async ({ request }) => {
        const principal = await authenticate(request);
        if (principal.portal) throw new Forbidden(principal, "operations", "read");
        const query = parseQuery(request, { limit, cursor: string, ...filters });
        const found = await operations.list(principal.organisation.id, sightOf(principal), {
          ...{ limit: query.limit ?? DEFAULT_LIMIT, cursor: query.cursor },
          ...{ status: query.status, kind: query.kind, since: query.since },
          ...{ resourceType: query.resource_type, resourceName: query.resource_name },
          submittedBy: query.submitted_by,
        });
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
      async ({ request, params, server }) => {
        const principal = await authenticate(request);
        const { wait: seconds } = parseQuery(request, { wait });
        if (seconds) server?.timeout(request, MAX_WAIT + 15);
        const operation = seconds
          ? await untilEnd(following(request, params.id), seconds * 1000)
          : await find(principal, params.id);
        const headers = operation.status === "IN_PROGRESS" ? { "retry-after": LOOK_AFTER } : undefined;
        return json(request, JSON.stringify(operation), 200, headers);
      },
      {
        detail: {
          tags,
          operationId: "getOperation",
          summary: "One operation: how it stands",
          description:
            "Ask again after `Retry-After` seconds while its `status` is `IN_PROGRESS`; or with `wait`, which answers " +
            "when it has ended. Without the grant `operations:read` there are only those that you submitted.",
        },
      },
    )
    .get(
      "/api/v1/operations/:id/stream",
      async ({ request, params, server }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        // What is not there is told before a stream begins.
        await find(principal, params.id);
        server?.timeout(request, 0);
        const texts = events(following(request, params.id));
        const encoder = new TextEncoder();
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            const next = await texts.next().catch(() => undefined);
            if (!next || next.done) controller.close();
            else controller.enqueue(encoder.encode(next.value));
          },
          cancel: () => void texts.return(undefined),
        });
        return new Response(body, {
          headers: {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "x-request-id": requestId(request),
          },
        });
      },
      {
        detail: {
          tags,
          operationId: "streamOperation",
          summary: "One operation as server-sent events: how far it has come",
          description:
            "An event `progress` with the operation, now and whenever it has come further (at most twice a second), and " +
            "an event `end` when it has ended, which is the last.",
        },
      },
    )
    .post(
      "/api/v1/operations/:id/cancel",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        const { id } = params;
        const own = { submittedBy: subjectName(principal) };
        const seen = await find(principal, id);
        if (seen.submitted_by !== own.submittedBy && !allows(principal.grants, "operations", "manage")) {
          throw new Forbidden(principal, "operations", "manage", "The grants do not allow to cancel it.");
        }
        return accepted(request, await operations.cancel(author(principal, request), id, "all"));
      },
      {
        detail: {
          tags,
          operationId: "cancelOperation",
          summary: "Cancel an operation",
          description:
            "One that waits ends at once; one that runs is told to, and ends as `ERROR` in a moment, with what it has " +
            "done by then in its `result`. What it has done stays. Of somebody else's it needs the grant " +
            "`operations:manage`.",
        },
      },
    )
    .post(
      "/api/v1/receivers/:id/recover",
      once<{ id: string }>(async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "receivers", "write");
        await demandOwnReceiver(deps.receivers, principal, params.id);
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
            "receiver that is disabled (409). Needs the grant `receivers:write`.",
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
        if (principal.portal) {
          const { receiver } = body;
          if (typeof receiver !== "string") throw invalid("receiver", "must be one of your receivers");
          await demandOwnReceiver(deps.receivers, principal, receiver);
        }
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

function wait(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MAX_WAIT)) throw new Error(`must be a whole number of seconds from 0 to ${MAX_WAIT}`);
  return value;
}
