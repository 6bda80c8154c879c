/** `/api/v1/me`: who am I, and what may I do. */
import { Elysia } from "elysia";

import type { Actor, Subject } from "../accounts/principal.ts";
import { shownGrants } from "../grants/show.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Authenticate } from "./authenticate.ts";
import { json } from "./respond.ts";

export interface MeRouteDependencies {
  authenticate: Authenticate;
  vocabulary: GrantVocabulary;
}

export function meRoutes({ authenticate, vocabulary }: MeRouteDependencies) {
  return new Elysia({ name: "me" }).get(
    "/api/v1/me",
    async ({ request }) => {
      const { organisation, subject, actor, grants } = await authenticate(request);
      return json(
        request,
        JSON.stringify({
          organisation: { code: organisation.code, name: organisation.name },
          subject: subjectJson(subject),
          ...(actor !== undefined && { actor: actorJson(actor) }),
          grants: shownGrants(grants, vocabulary),
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

function subjectJson(subject: Subject): Record<string, string> {
  const { kind, id, name } = subject;
  switch (subject.kind) {
    case "account":
      return { kind, id, client_id: subject.clientId, name };
    case "user":
      return { kind, id, username: subject.username, name };
    case "organisation":
      return { kind, id, code: subject.code, name };
  }
}

/** Who acts, and within it who acts through that one: the `act` of RFC 8693, 4.1. */
function actorJson({ clientId, actor }: Actor): Record<string, unknown> {
  return { kind: "account", client_id: clientId, ...(actor && { actor: actorJson(actor) }) };
}
