/** `/docs`, `/openapi.json`, `/openapi.yaml`. Made at the first request, the same until the server ends. */
import { createHash } from "node:crypto";
import { Elysia } from "elysia";

import type { TopicCatalogue } from "../changes/topics.ts";
import type { Config } from "../config/types.ts";
import { Problem } from "../problem.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { DescribedRoute } from "./openapi/collect.ts";
import type { DocumentSource } from "./openapi/document.ts";
import { docsPage, PAGE_POLICY } from "./openapi/page.ts";
import { readSwaggerUi } from "./openapi/swagger-ui.ts";
import type { DocumentFormat } from "./openapi/text.ts";
import { chooseEncoding, empty, json, requestId } from "./respond.ts";

export interface DocsDependencies {
  types: TypeRegistry;
  topics: TopicCatalogue;
  config: Pick<Config, "webhooks" | "server">;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** @param routes  all of the application's; asked for when they are needed, and complete */
export function docsRoutes(deps: DocsDependencies, routes: () => readonly DescribedRoute[]) {
  const text = (format: DocumentFormat) =>
    once(
      async () => {
        // Loaded when somebody asks: 4 ms of every start that nobody has to wait for.
        const { documentText } = await import("./openapi/text.ts");
        return tagged(await documentText(documentSource(deps, routes()), format));
      },
      () => deps.types.version,
    );
  const documents = { json: text("json"), yaml: text("yaml") };
  const ui = once(readSwaggerUi);
  const page = once(async () => tagged(docsPage((await ui()).version)));

  const send = async (request: Request, made: () => Promise<Tagged>, headers: Record<string, string>) => {
    const { text, etag } = await made();
    const all = { etag, "cache-control": "no-cache", "x-content-type-options": "nosniff", ...headers };
    if (request.headers.get("if-none-match")?.includes(etag.replace("W/", "")))
      return empty(request, 304, all);
    return json(request, text, 200, all);
  };
  const detail = (operationId: string, summary: string) => ({
    detail: { tags: ["Documentation"], operationId, summary, security: [] },
  });

  return new Elysia({ name: "docs" })
    .get(
      "/openapi.json",
      ({ request }) => send(request, documents.json, { "content-type": "application/json" }),
      detail("getOpenApiJson", "The OpenAPI document"),
    )
    .get(
      "/openapi.yaml",
      ({ request }) => send(request, documents.yaml, { "content-type": "application/yaml" }),
      detail("getOpenApiYaml", "The OpenAPI document, in YAML"),
    )
    .get(
      "/docs",
      ({ request }) => {
        // The page's addresses are relative to its own, which has no slash behind.
        if (new URL(request.url).pathname.endsWith("/")) return empty(request, 308, { location: "../docs" });
        return send(request, page, {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": PAGE_POLICY,
          "referrer-policy": "no-referrer",
        });
      },
      detail("getDocs", "The OpenAPI document, to read and to try out"),
    )
    .get(
      "/docs/assets/:version/:name",
      async ({ request, params }) => {
        const { version, assets } = await ui();
        const asset = params.version === version ? assets.get(params.name) : undefined;
        if (!asset) throw new Problem("not_found", "There is nothing at this path.");
        const headers = {
          "content-type": asset.type,
          "cache-control": "public, max-age=31536000, immutable",
          etag: `"${version}"`,
          vary: "accept-encoding",
          "x-content-type-options": "nosniff",
          "x-request-id": requestId(request),
        };
        return acceptsGzip(request.headers.get("accept-encoding"))
          ? new Response(asset.gzip, { headers: { ...headers, "content-encoding": "gzip" } })
          : new Response(Bun.gunzipSync(asset.gzip), { headers });
      },
      { detail: { hide: true } },
    );
}

/** What the document is made of. */
export function documentSource(deps: DocsDependencies, routes: readonly DescribedRoute[]): DocumentSource {
  const { types, topics, config, publicUrl } = deps;
  const { dryRunHeaders } = config.server;
  return {
    routes,
    types: types.all,
    topics: topics.all,
    webhooks: config.webhooks,
    dryRunHeaders,
    publicUrl,
  };
}

interface Tagged {
  text: string;
  etag: string;
}

/** The tag is weak: compressed and not, it is the same text in different bytes (RFC 9110, 8.8.1). */
function tagged(text: string): Tagged {
  return { text, etag: `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 20)}"` };
}

/** The files are packed with gzip and nothing else. */
function acceptsGzip(accept: string | null): boolean {
  return chooseEncoding(accept && accept.replaceAll(/\bzstd\b/gi, "-")) === "gzip";
}

/** Runs `make` at the first call, and again when `version` is another; a failure is not kept. */
function once<T>(make: () => Promise<T>, version: () => number = () => 0): () => Promise<T> {
  let made: Promise<T> | undefined;
  let of = version();
  return () => {
    if (version() !== of) made = undefined;
    of = version();
    return (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
  };
}
