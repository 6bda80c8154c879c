/** `/api/v1/accounts/options`: what this server lets one choose of where grants are given. */
import { Elysia } from "elysia";

import { ACTION_PREFIX, actionsOf } from "../grants/resources.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { parseQuery } from "../http/query.ts";
import { json } from "../http/respond.ts";
import { demand } from "./principal.ts";

export interface AccountOptionDependencies {
  authenticate: Authenticate;
  vocabulary: GrantVocabulary;
}

/** What grants of this server can be made of. */
export interface AccountOptions {
  resources: {
    name: string;
    /** A type of the YAML, one of the server's own, or one of the YAML's actions. */
    kind: "type" | "server" | "action";
    actions: readonly string[];
    /** What `where` may name, and what its values are. */
    filters: { field: string; kind: string }[];
    /** What `fields` may name; null: its schema does not list them. */
    fields: readonly string[] | null;
    /** The fields that `"fields": "public"` stands for. */
    public: readonly string[];
  }[];
}

export function accountOptionRoutes({ authenticate, vocabulary }: AccountOptionDependencies) {
  const text = JSON.stringify(optionsOf(vocabulary));
  const app = new Elysia({ name: "account-options" });
  // Apart, so that its type adds nothing to the application's, which is as deep as the compiler follows.
  app.get(
    "/api/v1/accounts/options",
    async ({ request }) => {
      demand(await authenticate(request), "accounts", "read");
      parseQuery(request, {});
      return json(request, text);
    },
    {
      detail: {
        tags: ["Accounts"],
        operationId: "getAccountOptions",
        summary: "What grants can be made of",
        description: "The resources that there are, each with its actions, its filter fields and its fields.",
      },
    },
  );
  return app;
}

/** All of it is in the YAML: it stays as it is while the server runs. */
function optionsOf({ resources, types }: GrantVocabulary): AccountOptions {
  return {
    resources: resources.map((name) => {
      const type = types.get(name);
      return {
        name,
        kind: type ? "type" : name.startsWith(ACTION_PREFIX) ? "action" : "server",
        actions: actionsOf(name),
        filters: [...(type?.filters ?? [])].map(([field, kind]) => ({ field, kind })),
        fields: type?.fields ?? null,
        public: type?.public ?? [],
      };
    }),
  };
}
