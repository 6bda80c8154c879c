/** `POST /api/v1/{type}/import`, and what an import has refused. */
import { Elysia } from "elysia";

import { subjectName } from "../accounts/principal.ts";
import { authorOf } from "../audit/entry.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { UnknownRoute } from "../http/errors.ts";
import { exportAnswer, type ExportShape, exportStream, streamFormat } from "../http/export.ts";
import { accepted } from "../http/links.ts";
import { parseQuery } from "../http/query.ts";
import { onceFor } from "../idempotency/routes.ts";
import type { Idempotency } from "../idempotency/service.ts";
import type { OperationService } from "../operations/service.ts";
import { demandView } from "../records/rights.ts";
import type { TypeRegistry } from "../records/types.ts";
import { demandKnownPacking, formatOf, importQuery } from "./input.ts";
import type { ImportError } from "./queries.ts";
import { demandImport, type ImportService } from "./service.ts";

export interface ImportRouteDependencies {
  imports: ImportService;
  operations: OperationService;
  types: TypeRegistry;
  authenticate: Authenticate;
  addresses: ClientAddresses;
  idempotency: Idempotency;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** A file that is sent may pause this long, seconds. */
const IDLE = 120;

const errorShape: ExportShape<ImportError> = {
  columns: ["line", "id", "field", "reason"],
  cells: ({ line, recordId, field, message }) => [
    line,
    recordId === null ? "" : (JSON.parse(recordId) as unknown),
    field,
    message,
  ],
  line: errorLine,
};

/** As a line of NDJSON, without the line's end. */
export function errorLine({ line, recordId, field, message }: ImportError): string {
  return `{"line":${line},"id":${recordId ?? "null"},"field":${JSON.stringify(field)},"reason":${JSON.stringify(message)}}`;
}

export function importRoutes(deps: ImportRouteDependencies) {
  const { imports, operations, types, authenticate, addresses, idempotency, publicUrl } = deps;

  return new Elysia({ name: "imports" })
    .post(
      "/api/v1/:type/import",
      async ({ request, params, server }) => {
        const principal = await authenticate(request);
        const type = types.find(params.type);
        if (!type) throw new UnknownRoute(`There is no type ${params.type.slice(0, 100)}.`);
        demandView(principal, type, "write");
        const query = parseQuery(request, importQuery);
        const { format, charset } = query.format
          ? { format: query.format, charset: undefined }
          : formatOf(request.headers.get("content-type"));
        demandKnownPacking(request.headers.get("content-encoding"));
        const order = {
          ...{
            format,
            mode: query.mode ?? "upsert",
            onError: query.on_error ?? "stop",
            parent: query.parent,
          },
          ...{
            encoding: query.encoding ?? charset ?? null,
            delimiter: query.delimiter ?? null,
            map: query.map ?? {},
          },
        };
        server?.timeout(request, IDLE);
        // The file is too large to be held against one that was sent before: its length stands for it.
        const said = () =>
          JSON.stringify([request.headers.get("content-type"), request.headers.get("content-length")]);
        return await onceFor(idempotency, { request, principal, said }, async () => {
          const by = authorOf(principal, originOf(addresses, request));
          const operation = await imports.start(principal, by, type, order, bodyOf(request));
          return accepted(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);
        });
      },
      { parse: "none", detail: { hide: true } },
    )
    .get(
      "/api/v1/operations/:id/errors",
      async ({ request, params }) => {
        const principal = await authenticate(request);
        parseQuery(request, {});
        const sight = allows(principal.grants, "operations", "read")
          ? "all"
          : { submittedBy: subjectName(principal) };
        const operation = await operations.get(principal.organisation.id, params.id, sight);
        demandImport(operation);
        const format = streamFormat(request.headers.get("accept")) ?? "application/x-ndjson";
        const stream = exportStream(errorShape, format, imports.errors(operation.id));
        return exportAnswer(request, stream, format, `errors-${operation.id}`);
      },
      {
        detail: {
          tags: ["Operations"],
          operationId: "getImportErrors",
          summary: "What an import has refused",
          description:
            "A line for each thing that is wrong: the line of the file, the record's id where it can be read, the field " +
            "and the reason. NDJSON, or CSV by `Accept: text/csv`. It grows while the import runs.",
        },
      },
    );
}

async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  yield* request.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
}
