/** `/api/v1/users`: people, their roles and their ways to log in. */
import { Elysia } from "elysia";

import { type Editor, editorOf } from "../accounts/editor.ts";
import { demand, type Principal } from "../accounts/principal.ts";
import { showTotp } from "../accounts/representation.ts";
import { authorOf } from "../audit/entry.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { readNothing } from "../http/members.ts";
import { pageAnswer } from "../http/links.ts";
import { search } from "../http/list-search.ts";
import { DEFAULT_LIMIT, limit, parseQuery, string } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import { type KeptAnswer, promised } from "../idempotency/claim.ts";
import { given, type Once } from "../idempotency/routes.ts";
import type { LoginService } from "./login.ts";
import { createdUser } from "./representation.ts";
import type { CreatedUser, UserService } from "./service.ts";

export interface UserRouteDependencies {
  users: UserService;
  logins: Pick<LoginService, "prove">;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Users"];
const noStore = { "cache-control": "no-store" };

export function userRoutes(deps: UserRouteDependencies) {
  const { users, logins, authenticate, addresses, limits, once } = deps;

  const look = async (request: Request): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "users", "read");
    return principal;
  };
  const editor = (request: Request, principal: Principal): Editor => {
    demand(principal, "users", "manage");
    return editorOf(principal, originOf(addresses, request), "users");
  };
  const edit = async (request: Request): Promise<Editor> => editor(request, await authenticate(request));

  return new Elysia({ name: "users" })
    .get(
      "/api/v1/users",
      async ({ request }) => {
        const { organisation } = await look(request);
        const query = parseQuery(request, { limit, cursor: string, search });
        const page = await users.list(organisation.id, {
          limit: query.limit ?? DEFAULT_LIMIT,
          ...(query.cursor !== undefined && { cursor: query.cursor }),
          ...(query.search !== undefined && { search: query.search }),
        });
        return pageAnswer(request, deps.publicUrl, page);
      },
      { detail: { tags, operationId: "listUsers", summary: "Users, in order of creation" } },
    )
    .post(
      "/api/v1/users",
      once(async ({ request }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const answerOf = (created: CreatedUser): KeptAnswer => {
          const made = createdUser(created);
          const location = `${deps.publicUrl}/api/v1/users/${made.id}`;
          return { status: 201, headers: { location, ...noStore }, body: JSON.stringify(made) };
        };
        const body = await readObject(request, limits);
        return given(request, answerOf(await users.create(by, body, promised(answerOf))));
      }),
      {
        detail: {
          tags,
          operationId: "createUser",
          summary: "Make a user",
          description:
            "Whoever makes one can give it only roles whose grants he has himself. Without `password` it cannot log in, but accounts may act in its name. With `totp: true` the answer is the only one that has its TOTP secret.",
        },
      },
    )
    .get(
      "/api/v1/users/:id",
      async ({ request, params }) => {
        const { organisation } = await look(request);
        parseQuery(request, {});
        return json(request, JSON.stringify(await users.get(organisation.id, params.id)));
      },
      { detail: { tags, operationId: "getUser", summary: "One user" } },
    )
    .patch(
      "/api/v1/users/:id",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        const shown = await users.patch(by, params.id, await readObject(request, limits));
        return json(request, JSON.stringify(shown));
      },
      {
        detail: {
          tags,
          operationId: "changeUser",
          summary: "Change a user",
          description: "What is not given stays; lists are replaced as a whole. The username stays for good.",
        },
      },
    )
    .delete(
      "/api/v1/users/:id",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await users.remove(by, params.id);
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "deleteUser",
          summary: "Delete a user",
          description:
            "Its sessions and tokens end. What it did stays in the audit log; its username is free.",
        },
      },
    )
    .post(
      "/api/v1/users/:id/enable",
      async ({ request, params }) => {
        const by = await edit(request);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await users.enable(by, params.id)));
      },
      { detail: { tags, operationId: "enableUser", summary: "Let a user log in again" } },
    )
    .post(
      "/api/v1/users/:id/disable",
      async ({ request, params }) => {
        const by = await edit(request);
        await readNothing(request, limits);
        return json(request, JSON.stringify(await users.disable(by, params.id)));
      },
      {
        detail: {
          tags,
          operationId: "disableUser",
          summary: "Lock a user out",
          description: "Its sessions end at once, and so do the tokens that speak for it, for good.",
        },
      },
    )
    .post(
      "/api/v1/users/:id/password",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        const { subject, actor, organisation } = principal;
        // Whoever acts in its name is not the person.
        if (subject.kind === "user" && subject.id === params.id && !actor) {
          const origin = originOf(addresses, request);
          const body = await readObject(request, limits);
          await users.changeOwnPassword(authorOf(principal, origin), params.id, body, (row, password) =>
            logins.prove(row, password, organisation, origin),
          );
        } else {
          const by = editor(request, principal);
          await users.setPassword(by, params.id, await readObject(request, limits));
        }
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "setUserPassword",
          summary: "Set a password",
          description:
            "Everybody may change his own, for which `current_password` is required; for others' the grant users:manage is needed. The user's sessions end, and the tokens that speak for it.",
        },
      },
    )
    .post(
      "/api/v1/users/:id/totp",
      once<{ id: string }>(async ({ request, params }) => {
        const by = await edit(request);
        await readNothing(request, limits);
        const totp = showTotp(await users.makeTotp(by, params.id));
        return json(request, JSON.stringify(totp), 200, noStore);
      }),
      {
        detail: {
          tags,
          operationId: "resetUserTotp",
          summary: "Switch TOTP on, or give a new secret",
          description: "The answer is the only one that has the secret. One that there was is worthless.",
        },
      },
    )
    .delete(
      "/api/v1/users/:id/totp",
      async ({ request, params }) => {
        const by = await edit(request);
        parseQuery(request, {});
        await users.removeTotp(by, params.id);
        return empty(request, 204);
      },
      { detail: { tags, operationId: "removeUserTotp", summary: "Switch TOTP off" } },
    );
}
