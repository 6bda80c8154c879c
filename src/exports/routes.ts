/** `POST /api/v1/{type}/export`, and the file that comes of it. */
import { Elysia } from "elysia";

import { subjectName } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { UnknownRoute } from "../http/errors.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { accepted } from "../http/links.ts";
import { parseQuery } from "../http/query.ts";
import { NOT_SHARED, requestId } from "../http/respond.ts";
import type { Once } from "../idempotency/routes.ts";
import type { OperationService } from "../operations/service.ts";
import { demandView } from "../records/rights.ts";
import type { TypeRegistry } from "../records/types.ts";
import type { ExportService } from "./service.ts";

export interface ExportRouteDependencies {
  exports: ExportService;
  operations: OperationService;
  types: TypeRegistry;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

export function exportRoutes(deps: ExportRouteDependencies) {
  const { exports, operations, types, authenticate, once, addresses, limits, publicUrl } = deps;

  return new Elysia({ name: "exports" })
    .post(
      "/api/v1/:type/export",
      once<{ type: string }>(async ({ request, params }) => {
        const principal = await authenticate(request);
        const type = types.find(params.type);
        if (!type) throw new UnknownRoute(`There is no type ${params.type.slice(0, 100)}.`);
        demandView(principal, type, "read");
        parseQuery(request, {});
        // Without a body, everything.
        const body = request.body === null ? {} : await readObject(request, limits);
        const by = authorOf(principal, originOf(addresses, request));
        const operation = await exports.start(principal, by, type, body);
        return accepted(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);
      }),
      { detail: { hide: true } },
    )
    .get(
      "/api/v1/operations/:id/file",
      async ({ request, params, server }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        const sight = allows(principal.grants, "operations", "read")
          ? "all"
          : { submittedBy: subjectName(principal) };
        const row = await operations.row(principal.organisation.id, params.id, sight);
        const { bytes, name, contentType } = await exports.file(principal, row);
        server?.timeout(request, 120);
        return new Response(streamOf(bytes), {
          headers: {
            ...{
              "content-type": contentType,
              "cache-control": NOT_SHARED,
              "x-request-id": requestId(request),
            },
            "content-disposition": `attachment; filename="${name}"`,
          },
        });
      },
      {
        detail: {
          tags: ["Operations"],
          operationId: "getOperationFile",
          summary: "The file that an export has made",
          description:
            "For who asked for it, and who may read all of the type. It can be fetched until the `expires_at` of the " +
            "operation's `result`.",
        },
      },
    );
}

function streamOf(bytes: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await bytes.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // The status is long sent: a stream that breaks off tells the client that it is not whole.
        controller.error(error);
      }
    },
    cancel: () => void bytes.return(undefined),
  });
}
