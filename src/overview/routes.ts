/** `/api/v1/overview`, and the same live. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import type { Clock } from "../clock.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { parseQuery } from "../http/query.ts";
import { json, requestId } from "../http/respond.ts";
import { pause } from "../stop-signal.ts";
import type { OverviewService } from "./service.ts";
import type { Overview } from "./snapshot.ts";
import { Texts, viewOf } from "./view.ts";

export interface OverviewRouteDependencies {
  overview: OverviewService;
  clock: Clock;
  authenticate: Authenticate;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/**
 * A silent stream says so this often, milliseconds: proxies close what says nothing. Who watches is asked as often
 * whether he still may.
 */
const HEARTBEAT = 15_000;

const tags = ["Overview"];

export function overviewRoutes({ overview, clock, authenticate, stopping }: OverviewRouteDependencies) {
  const texts = new Texts();

  const admit = async (request: Request): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "deliveries", "read");
    return principal;
  };

  /** What is told, for as long as somebody listens and may. A slow listener gets the newest, not all. */
  async function* events(request: Request, principal: Principal): AsyncGenerator<string> {
    const gone = AbortSignal.any([request.signal, stopping]);
    const { id } = principal.organisation;
    let view = viewOf(principal);
    let newest: Overview | undefined;
    let news = new AbortController();
    const unwatch = overview.watch(id, (changed) => {
      newest = changed;
      news.abort();
    });
    try {
      yield "retry: 2000\n\n";
      newest ??= await overview.get(id);
      let admittedAt = clock.now();
      while (!gone.aborted) {
        news = new AbortController();
        const now = newest;
        newest = undefined;
        yield now ? `event: overview\ndata: ${texts.of(now, view)}\n\n` : ": \n\n";
        const left = admittedAt + HEARTBEAT - clock.now();
        if (!newest && left > 0) await pause(left, AbortSignal.any([news.signal, gone]), clock);
        if (clock.now() - admittedAt < HEARTBEAT) continue;
        const still = await admit(request);
        if (still.organisation.id !== id) return;
        view = viewOf(still);
        admittedAt = clock.now();
      }
    } finally {
      unwatch();
    }
  }

  return new Elysia({ name: "overview" })
    .get(
      "/api/v1/overview",
      async ({ request }) => {
        const principal = await admit(request);
        parseQuery(request, {});
        const shown = await overview.get(principal.organisation.id);
        return json(request, texts.of(shown, viewOf(principal)));
      },
      {
        detail: {
          tags,
          operationId: "getOverview",
          summary: "How deliveries fare",
          description:
            "The last hour by minute, what waits, and receivers, those that fail first. Receivers need the grant " +
            "`receivers:read`, operations `operations:read`; without it they are empty. The size of the database is " +
            "there for `system:read`.",
        },
      },
    )
    .get(
      "/api/v1/overview/stream",
      async ({ request, server }) => {
        const principal = await admit(request);
        parseQuery(request, {});
        server?.timeout(request, 0);
        const told = events(request, principal);
        const encoder = new TextEncoder();
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            // Who may not see it any more is told nothing more.
            const next = await told.next().catch(() => undefined);
            if (!next || next.done) controller.close();
            else controller.enqueue(encoder.encode(next.value));
          },
          cancel: () => void told.return(undefined),
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
          operationId: "streamOverview",
          summary: "How deliveries fare, as server-sent events",
          description:
            "An event `overview` at once, and whenever something has changed, once a second at most.",
        },
      },
    );
}
