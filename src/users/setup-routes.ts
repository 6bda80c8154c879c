/** `/api/v1/setup`: the first administrator makes himself, by a link that the sysadmin was told. */
import { Elysia } from "elysia";

import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { parseQuery } from "../http/query.ts";
import { json } from "../http/respond.ts";
import { Problem } from "../problem.ts";
import { type Beginning, endSession, type Ending, sessionBegun } from "../sessions/begin.ts";
import { sameSite } from "../sessions/forgery.ts";
import type { Setup } from "./setup.ts";

export interface SetupRouteDependencies extends Beginning, Ending {
  setup: Setup;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Sessions"];

export function setupRoutes(deps: SetupRouteDependencies) {
  const { setup, addresses, limits, publicUrl } = deps;
  return new Elysia({ name: "setup" })
    .get(
      "/api/v1/setup",
      async ({ request }) => {
        parseQuery(request, {});
        const told = JSON.stringify({ needed: await setup.needed() });
        return json(request, told, 200, { "cache-control": "no-store" });
      },
      {
        detail: {
          tags,
          operationId: "getSetup",
          summary: "Whether there is no superadministrator yet",
        },
      },
    )
    .post(
      "/api/v1/setup",
      async ({ request }) => {
        if (!sameSite(request, publicUrl)) throw new Problem("forbidden", "Another site has sent this.");
        parseQuery(request, {});
        const body = await readObject(request, limits);
        const value = await setup.finish(body, originOf(addresses, request));
        const before = deps.browsers.cookie.read(request);
        if (before !== undefined) await endSession(before, deps);
        return await sessionBegun(request, value, deps, 201);
      },
      {
        detail: {
          tags,
          operationId: "setUp",
          summary: "Make the first superadministrator",
          description:
            "`token` is what stands behind the `#` of the link that `koppla user link` makes; it is good once, for 24 " +
            "hours. The organisation is made where it is not there. Logs him in.",
        },
      },
    );
}
