/** `/api/v1/roles`: what people may do, by role. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import { exceeding } from "../grants/algebra.ts";
import { shownGrants } from "../grants/show.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { parseQuery } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { UserService } from "./service.ts";

export interface RoleRouteDependencies {
  users: Pick<UserService, "roles">;
  authenticate: Authenticate;
  vocabulary: GrantVocabulary;
}

export function roleRoutes({ users, authenticate, vocabulary }: RoleRouteDependencies) {
  return new Elysia({ name: "roles" }).get(
    "/api/v1/roles",
    async ({ request }) => {
      const principal = await authenticate(request);
      demand(principal, "users", "read");
      parseQuery(request, {});
      const items = users.roles().map(({ name, builtIn, grants }) => ({
        name,
        built_in: builtIn,
        grants: shownGrants(grants, vocabulary),
        may_give: exceeding(grants, principal.grants) === undefined,
      }));
      return json(request, JSON.stringify({ items, next_cursor: null }));
    },
    {
      detail: {
        tags: ["Users"],
        operationId: "listRoles",
        summary: "The roles that there are",
        description:
          "Those of the configuration, and those that are built in. `may_give`: whether the caller's own grants go as " +
          "far, so that he may give it to somebody, and look after those who have it.",
      },
    },
  );
}
