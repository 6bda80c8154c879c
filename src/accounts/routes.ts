/** `/api/v1/accounts`: the machines that may call the API. */
import { Elysia } from "elysia";

import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { pageAnswer } from "../http/links.ts";
import { search } from "../http/list-search.ts";
import { DEFAULT_LIMIT, limit, oneOf, parseQuery, string } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given, type Once } from "../idempotency/routes.ts";
import { type Editor, editorOf } from "./editor.ts";
import { type AccountOptionDependencies, accountOptionRoutes } from "./option-routes.ts";
import { demand, type Principal } from "./principal.ts";
import { type CreatedAccountJson, showTotp } from "./representation.ts";
import type { AccountService, CreatedAccount } from "./service.ts";

export interface AccountRouteDependencies {
  accounts: AccountService;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Accounts"];
const include = oneOf("deleted");

/** What has a secret in it stays nowhere on its way. */
export const SECRET = { "cache-control": "no-store" };

/** @returns what lets a request look at accounts, and what lets it change them */
export function entrance({ authenticate, addresses }: AccountRouteDependencies) {
  return {
    look: async (request: Request): Promise<Principal> => {
      const principal = await authenticate(request);
      demand(principal, "accounts", "read");
      return principal;
    },
    edit: async (request: Request): Promise<Editor> => {
      const principal = await authenticate(request);
      demand(principal, "accounts", "manage");
      return editorOf(principal, originOf(addresses, request));
    },
  };
}

export function accountRoutes(deps: AccountRouteDependencies & AccountOptionDependencies) {
  const { accounts, limits, once } = deps;
  const { look, edit } = entrance(deps);

  return new Elysia({ name: "accounts" })
    .use(accountOptionRoutes(deps))
    .get(
      "/api/v1/accounts",
      async ({ request }) => {
        const { organisation } = await look(request);
        const query = parseQuery(request, { limit, cursor: string, include, search });
        const page = await accounts.list(organisation.id, {
          limit: query.limit ?? DEFAULT_LIMIT,
          deleted: query.include === "deleted",
          ...(query.cursor !== undefined && { cursor: query.cursor }),
          ...(query.search !== undefined && { search: query.search }),
        });
        return pageAnswer(request, deps.publicUrl, page);
      },
      {
        detail: {
          tags,
          operationId: "listAccounts",
          summary: "Accounts, in order of creation",
          description: "`include=deleted` adds those that were deleted, `search` leaves those that it finds.",
        },
      },
    )
    .post(
      "/api/v1/accounts",
      once(async ({ request }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const answerOf = ({ shown, token, totp }: CreatedAccount): KeptAnswer => {
          const made: CreatedAccountJson = { ...shown, token, totp: totp ? showTotp(totp) : false };
          const location = `${deps.publicUrl}/api/v1/accounts/${made.id}`;
          return { status: 201, headers: { location, ...SECRET }, body: JSON.stringify(made) };
        };
        const body = await readObject(request, limits);
        return given(request, answerOf(await accounts.createFrom(body, by, null, promised(answerOf))));
      }),
      {
        detail: {
          tags,
          operationId: "createAccount",
          summary: "Make an account",
          description:
            "The answer is the only one that has its API `token`, and with `totp: true` the secret that its codes " +
            "are made with. Nobody hands out grants that he has not.",
        },
      },
    )
    .get(
      "/api/v1/accounts/:id",
      async ({ request, params }) => {
        const { organisation } = await look(request);
        const query = parseQuery(request, { include });
        const shown = await accounts.get(organisation.id, params.id, {
          deleted: query.include === "deleted",
        });
        return json(request, JSON.stringify(shown));
      },
      { detail: { tags, operationId: "getAccount", summary: "One account, by its id or client id" } },
    )
    .patch(
      "/api/v1/accounts/:id",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const shown = await accounts.patch(by, params.id, await readObject(request, limits));
        return json(request, JSON.stringify(shown));
      },
      {
        detail: {
          tags,
          operationId: "changeAccount",
          summary: "Change an account",
          description:
            "What is not given stays. Members of `token` are set one by one, the rest is replaced as a whole. It " +
            "holds at once, for tokens that it has already, too.",
        },
      },
    )
    .delete(
      "/api/v1/accounts/:id",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await accounts.remove(by, params.id);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "deleteAccount",
          summary: "Delete an account",
          description: "For good; what it did stays in the audit log under its client id.",
        },
      },
    )
    .post(
      "/api/v1/accounts/:id/enable",
      async ({ request, params }) => {
        const by = await edit(request);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await accounts.enable(by, params.id)));
      },
      { detail: { tags, operationId: "enableAccount", summary: "Switch an account on" } },
    )
    .post(
      "/api/v1/accounts/:id/disable",
      async ({ request, params }) => {
        const by = await edit(request);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await accounts.disable(by, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "disableAccount",
          summary: "Switch an account off",
          description: "Its tokens are refused, and its receivers are sent nothing, until it is switched on.",
        },
      },
    );
}
