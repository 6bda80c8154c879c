/** `/api/public/openapi.yml`. Made at the first request, the same until the server ends. */
import { createHash } from "node:crypto";
import { Elysia } from "elysia";

import type { Config } from "../../config/types.ts";
import { empty, json } from "../../http/respond.ts";
import { Problem } from "../../problem.ts";
import type { TypeRegistry } from "../../records/types.ts";

export interface DocumentDependencies {
  types: TypeRegistry;
  config: Pick<Config, "publicApi">;
  /** Without a trailing slash. */
  publicUrl: string;
}

export function publicDocumentRoutes({ types, config: { publicApi }, publicUrl }: DocumentDependencies) {
  let made: Promise<{ text: string; etag: string }> | undefined;
  let of = types.version;
  const make = async () => {
    // Loaded when somebody asks: no start has to wait for it.
    const { publicDocumentText } = await import("./text.ts");
    const text = await publicDocumentText({ types: types.all, publicApi, publicUrl });
    return { text, etag: `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 20)}"` };
  };
  const path = "/api/public/openapi.yml";
  // Else it would be looked for among the types.
  const refuse = ({ request }: { request: Request }) => {
    const headers = { allow: "GET, HEAD, OPTIONS" };
    throw new Problem("method_not_allowed", `${request.method} is not possible here.`, { headers });
  };
  return new Elysia({ name: "public-document" }).post(path, refuse, { detail: { hide: true } }).get(
    path,
    async ({ request }) => {
      // A reload may have brought others.
      if (types.version !== of) made = undefined;
      of = types.version;
      const { text, etag } = await (made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      }));
      const headers = { etag, "cache-control": "no-cache", "x-content-type-options": "nosniff" };
      if (request.headers.get("if-none-match")?.includes(etag.replace("W/", "")))
        return empty(request, 304, headers);
      return json(request, text, 200, { ...headers, "content-type": "application/yaml" });
    },
    {
      detail: {
        tags: ["Documentation"],
        operationId: "getPublicOpenApi",
        summary: "The OpenAPI document of the public data API, in YAML",
        security: [],
      },
    },
  );
}
