/** `/api/v1/me`: who am I, and what may I do. */
import { Elysia } from "elysia";

import type { Authenticate } from "./authenticate.ts";
import { json } from "./respond.ts";

export function meRoutes({ authenticate }: { authenticate: Authenticate }) {
  return new Elysia({ name: "me" }).get(
    "/api/v1/me",
    async ({ request }) => {
      const { organisation, subject, actor, grants } = await authenticate(request);
      const { id, clientId, name, kind } = subject;
      return json(
        request,
        JSON.stringify({
          organisation: { code: organisation.code, name: organisation.name },
          subject: { kind, id, client_id: clientId, name },
          ...(actor !== undefined && { actor }),
          grants,
        }),
      );
    },
    {
      detail: {
        tags: ["Accounts"],
        operationId: "getMe",
        summary: "The caller: organisation, account, grants",
      },
    },
  );
}
