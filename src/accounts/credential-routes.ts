/** `/api/v1/accounts/{id}/tokens`, `/totp` and `/impersonation-policies`. */
import { Elysia } from "elysia";

import { readObject } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { parseQuery } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given } from "../idempotency/routes.ts";
import type { CreatedToken } from "./credentials.ts";
import { showTotp } from "./representation.ts";
import { type AccountRouteDependencies, entrance, SECRET } from "./routes.ts";

const tags = ["Accounts"];

export function credentialRoutes(deps: AccountRouteDependencies) {
  const { limits, once } = deps;
  const { credentials } = deps.accounts;
  const { look, edit } = entrance(deps);

  /** All of them: there are few enough for one page. */
  const page = (items: readonly unknown[]) => JSON.stringify({ items, next_cursor: null });

  return new Elysia({ name: "account-credentials" })
    .get(
      "/api/v1/accounts/:id/tokens",
      async ({ request, params }) => {
        const { organisation } = await look(request);
        parseQuery(request, {});
        return json(request, page(await credentials.tokens(organisation.id, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "listAccountTokens",
          summary: "An account's API tokens",
          description: "`last_used_at` is true to the minute.",
        },
      },
    )
    .post(
      "/api/v1/accounts/:id/tokens",
      once<{ id: string }>(async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const tokens = `${deps.publicUrl}/api/v1/accounts/${encodeURIComponent(params.id)}/tokens`;
        const answerOf = (made: CreatedToken): KeptAnswer => ({
          ...{ status: 201, headers: { location: `${tokens}/${made.id}`, ...SECRET } },
          body: JSON.stringify(made),
        });
        const body = await readObject(request, limits);
        return given(request, answerOf(await credentials.addToken(by, params.id, body, promised(answerOf))));
      }),
      {
        detail: {
          tags,
          operationId: "createAccountToken",
          summary: "Make a further API token",
          description:
            "The answer is the only one that has the `token` itself. The tokens before it stay good, so that a " +
            "partner can change over: revoke them when their `last_used_at` does not move any more.",
        },
      },
    )
    .delete(
      "/api/v1/accounts/:id/tokens/:tokenId",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await credentials.revokeToken(by, params.id, params.tokenId);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "revokeAccountToken",
          summary: "Revoke an API token",
          description:
            "The access and refresh tokens that were bought with it are refused from then on, too.",
        },
      },
    )
    .post(
      "/api/v1/accounts/:id/totp",
      once<{ id: string }>(async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await readNothing(request, limits);
        const made = showTotp(await credentials.setTotp(by, params.id));
        return json(request, JSON.stringify(made), 200, SECRET);
      }),
      {
        detail: {
          tags,
          operationId: "setAccountTotp",
          summary: "Ask an account for one-time codes, or give it another secret",
          description:
            "The answer is the only one that has the secret. From then on the API token alone is no way in: the " +
            "token endpoint wants a code beside it.",
        },
      },
    )
    .delete(
      "/api/v1/accounts/:id/totp",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await credentials.removeTotp(by, params.id);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "removeAccountTotp",
          summary: "Ask an account for codes no longer",
        },
      },
    )
    .get(
      "/api/v1/accounts/:id/impersonation-policies",
      async ({ request, params }) => {
        const { organisation } = await look(request);
        parseQuery(request, {});
        return json(request, page(await credentials.policies(organisation.id, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "listImpersonationPolicies",
          summary: "In whose name an account may act",
        },
      },
    )
    .post(
      "/api/v1/accounts/:id/impersonation-policies",
      once<{ id: string }>(async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const made = await credentials.addPolicy(by, params.id, await readObject(request, limits));
        const path = `/api/v1/accounts/${encodeURIComponent(params.id)}/impersonation-policies/${made.id}`;
        return json(request, JSON.stringify(made), 201, { location: deps.publicUrl + path });
      }),
      {
        detail: {
          tags,
          operationId: "createImpersonationPolicy",
          summary: "Let an account act in the name of users",
          description:
            "Of the users named and of the members of the groups, within the scopes, with tokens that live at most " +
            "so long. The account needs the grant `impersonate:run` too, and never gets more than both may.",
        },
      },
    )
    .delete(
      "/api/v1/accounts/:id/impersonation-policies/:policyId",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await credentials.removePolicy(by, params.id, params.policyId);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "removeImpersonationPolicy",
          summary: "Remove an impersonation policy",
          description: "Tokens that it allowed are refused from then on.",
        },
      },
    );
}
