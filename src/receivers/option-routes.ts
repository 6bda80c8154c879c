/** `/api/v1/receivers/options`: what this server lets one choose of where a receiver is made. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import { OWN_TOPICS, type TopicCatalogue } from "../changes/topics.ts";
import { formatDuration } from "../config/kinds.ts";
import type { Config } from "../config/types.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { parseQuery } from "../http/query.ts";
import { json } from "../http/respond.ts";
import type { TypeRegistry } from "../records/types.ts";
import { DEFAULT_RETRY } from "./input.ts";

export interface ReceiverOptionDependencies {
  authenticate: Authenticate;
  types: Pick<TypeRegistry, "all">;
  topics: Pick<TopicCatalogue, "all">;
  vocabulary: GrantVocabulary;
  config: { webhooks: Pick<Config["webhooks"], "bundle" | "retrySchedules" | "timeout"> };
}

/** What a receiver of this server can be made of. */
export interface ReceiverOptions {
  /** Every topic, with what it tells of and what one must be allowed to read to be told. */
  topics: { name: string; object: string; resource: string }[];
  /** The types that topics are of, with what `content_filter` may name. */
  types: { name: string; object: string; key: string; filters: { field: string; kind: string }[] }[];
  retry_schedules: { name: string; steps: string[]; then: "fail" | "repeat" }[];
  /** What holds where nothing is said. */
  defaults: { retry: string; bundle: { quiet: string; longest: string; size: number }; timeout: string };
}

export function receiverOptionRoutes(deps: ReceiverOptionDependencies) {
  const text = JSON.stringify(optionsOf(deps));
  const app = new Elysia({ name: "receiver-options" });
  // Apart, so that its type adds nothing to the application's, which is as deep as the compiler follows.
  app.get(
    "/api/v1/receivers/options",
    async ({ request }) => {
      demand(await deps.authenticate(request), "receivers", "read");
      parseQuery(request, {});
      return json(request, text);
    },
    {
      detail: {
        tags: ["Receivers"],
        operationId: "getReceiverOptions",
        summary: "What a receiver can be made of",
        description: "The topics that there are, the retry schedules, and what holds where nothing is said.",
      },
    },
  );
  return app;
}

/** All of it is in the YAML: it stays as it is while the server runs. */
function optionsOf({ types, topics, vocabulary, config }: ReceiverOptionDependencies): ReceiverOptions {
  const { bundle, retrySchedules, timeout } = config.webhooks;
  const own = new Map<string, { object: string; resource: string }>(Object.entries(OWN_TOPICS));
  for (const { name, object, topics: ofType } of types.all)
    for (const topic of Object.values(ofType)) own.set(topic, { object, resource: name });
  return {
    topics: topics.all.flatMap((name) => {
      const found = own.get(name);
      return found ? [{ name, object: found.object, resource: found.resource }] : [];
    }),
    types: types.all.map(({ name, object, key }) => ({
      ...{ name, object, key },
      filters: [...(vocabulary.types.get(name)?.filters ?? [])].map(([field, kind]) => ({ field, kind })),
    })),
    retry_schedules: Object.entries(retrySchedules).map(([name, { steps, then }]) => ({
      ...{ name, then },
      steps: steps.map(formatDuration),
    })),
    defaults: {
      retry: DEFAULT_RETRY,
      bundle: {
        quiet: formatDuration(bundle.quiet),
        longest: formatDuration(bundle.longest),
        size: bundle.size,
      },
      timeout: formatDuration(timeout),
    },
  };
}
