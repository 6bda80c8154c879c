/** `/api/v1/actions`: what the caller may run, and a run of it. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import { ACTION_PREFIX } from "../grants/resources.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readJson } from "../http/json.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import type { Once } from "../idempotency/routes.ts";
import type { ActionService } from "./service.ts";

export interface ActionRouteDependencies {
  actions: ActionService;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
  config: { server: { dryRunHeaders: readonly string[] } };
}

const tags = ["Actions"];

export function actionRoutes(deps: ActionRouteDependencies) {
  const { actions, authenticate, once, addresses, limits, publicUrl } = deps;
  const { dryRunHeaders } = deps.config.server;

  return new Elysia({ name: "actions" })
    .get(
      "/api/v1/actions",
      async ({ request }) => {
        const principal = await authenticate(request);
        const { limit: size = DEFAULT_LIMIT, cursor } = parseQuery(request, { limit, cursor: string });
        return pageAnswer(request, publicUrl, actions.list(principal, { limit: size, cursor }));
      },
      {
        detail: {
          tags,
          operationId: "listActions",
          summary: "What you may run",
          description: "The actions of this server for which you have the grant `action:NAME:run`, by name.",
        },
      },
    )
    .post(
      "/api/v1/actions/:name",
      once<{ name: string }>(async ({ request, params }) => {
        const principal = await authenticate(request);
        const action = actions.find(principal.organisation.code, params.name);
        demand(principal, ACTION_PREFIX + action.name, "run");
        parseQuery(request, {});
        const author = authorOf(principal, originOf(addresses, request));
        const dryRunHeader = dryRunHeaders.find((name) => request.headers.has(name));
        const input = await inputOf(request, limits);
        const operation = await actions.start(author, action, input, dryRunHeader);
        return accepted(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);
      }),
      {
        detail: {
          tags,
          operationId: "runAction",
          summary: "Run an action",
          description:
            "The body is the action's input, as its schema says; without a body it is `{}`. What is answered is the " +
            "operation, which goes on by itself. Needs the grant `action:NAME:run`.",
        },
      },
    );
}

/** @throws Problem as {@link readJson} */
async function inputOf(request: Request, limits: BodyLimits): Promise<unknown> {
  const isEmpty = !request.body || request.headers.get("content-length") === "0";
  return isEmpty && !request.headers.has("content-type") ? {} : await readJson(request, limits);
}
