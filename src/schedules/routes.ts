/** `/api/v1/schedules`: what runs by the clock, when, and how it went; a run by hand. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import type { ScheduleService } from "./service.ts";

export interface ScheduleRouteDependencies {
  schedules: ScheduleService;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Schedules"];

export function scheduleRoutes({
  schedules,
  authenticate,
  once,
  addresses,
  publicUrl,
}: ScheduleRouteDependencies) {
  return new Elysia({ name: "schedules" })
    .get(
      "/api/v1/schedules",
      async ({ request }) => {
        const principal = await authenticate(request);
        demand(principal, "schedules", "read");
        const { limit: size = DEFAULT_LIMIT, cursor } = parseQuery(request, { limit, cursor: string });
        return pageAnswer(request, publicUrl, await schedules.list(principal, { limit: size, cursor }));
      },
      {
        detail: {
          tags,
          operationId: "listSchedules",
          summary: "What runs by the clock",
          description:
            "The schedules that run for your organisation, by name. The server's own chores are shown to the " +
            "organisation that was made first. Needs the grant `schedules:read`.",
        },
      },
    )
    .get(
      "/api/v1/schedules/:name",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "schedules", "read");
        parseQuery(request, {});
        return json(request, JSON.stringify(await schedules.get(principal, params.name)));
      },
      { detail: { tags, operationId: "getSchedule", summary: "One schedule" } },
    )
    .post(
      "/api/v1/schedules/:name/run",
      once<{ name: string }>(async ({ request, params }) => {
        const principal = await authenticate(request);
        demand(principal, "schedules", "manage");
        parseQuery(request, {});
        const author = authorOf(principal, originOf(addresses, request));
        const operation = await schedules.run(author, principal.organisation, params.name);
        return accepted(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);
      }),
      {
        detail: {
          tags,
          operationId: "runSchedule",
          summary: "Run a schedule now",
          description:
            "Its times stay as they are. Refused (409) while its last run is under way. Needs the grant " +
            "`schedules:manage`.",
        },
      },
    );
}
