/** `/api/v1/audit`: who did what. */
import { Elysia } from "elysia";

import { demand } from "../accounts/principal.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type ExportShape, exportAnswer, exportStream, streamFormat } from "../http/export.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { accepted, pageAnswer } from "../http/links.ts";
import { DEFAULT_LIMIT, instant, limit, MAX_LIMIT, oneOf, parseQuery, string } from "../http/query.ts";
import type { Once } from "../idempotency/routes.ts";
import { invalid } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { authorOf } from "./entry.ts";
import { AuditReader, type ShownEvent } from "./list.ts";
import type { AuditVerifications } from "./verification.ts";

export interface AuditRouteDependencies {
  store: Store;
  auditVerifications: AuditVerifications;
  authenticate: Authenticate;
  once: Once;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** Longer than anything that is recorded. */
const MAX_NAME = 400;

export const auditFilters = {
  subject: name,
  action: string,
  target: name,
  outcome: oneOf("success", "denied"),
  since: instant,
  until: instant,
};

const COLUMNS = [
  ...(["sequence", "at", "action", "outcome", "subject", "actor", "client", "target"] as const),
  ...(["address", "request_id", "detail", "hash"] as const),
] satisfies (keyof ShownEvent)[];

/** How events are written to a file. */
export const auditExport: ExportShape<ShownEvent> = {
  columns: COLUMNS,
  cells: (event) => COLUMNS.map((column) => event[column]),
  line: JSON.stringify,
};

export function auditRoutes(deps: AuditRouteDependencies) {
  const { store, auditVerifications, authenticate, once, addresses, limits, publicUrl } = deps;
  const reader = new AuditReader({ store });
  const app = new Elysia({ name: "audit" });
  // Apart, so that its type adds nothing to the application's, which is as deep as the compiler follows.
  app.post(
    "/api/v1/audit/verify",
    once(async ({ request }) => {
      const principal = await authenticate(request);
      demand(principal, "audit", "read");
      // It reads the whole log.
      demand(principal, "system", "manage");
      parseQuery(request, {});
      const body = request.body === null ? {} : await readObject(request, limits);
      const by = authorOf(principal, originOf(addresses, request));
      const operation = await auditVerifications.start(by, body);
      return accepted(request, `${publicUrl}/api/v1/operations/${operation.id}`, operation);
    }),
    {
      detail: {
        tags: ["Audit"],
        operationId: "verifyAuditLog",
        summary: "Check that the audit log is what was written",
        description:
          "An operation that walks the organisation's chain of hashes from its first event to its last, as " +
          "`koppla audit verify` does. It ends as `ERROR` where an event was changed, removed or added, and its " +
          "`result.broken` names the first such. Needs the grants `audit:read` and `system:manage`.",
      },
    },
  );
  return app.get(
    "/api/v1/audit",
    async ({ request }) => {
      const principal = await authenticate(request);
      demand(principal, "audit", "read");
      const { organisation } = principal;
      const {
        limit: size,
        cursor,
        ...filter
      } = parseQuery(request, { limit, cursor: string, ...auditFilters });
      const format = streamFormat(request.headers.get("accept"));
      if (!format) {
        const query = { ...filter, limit: size ?? DEFAULT_LIMIT, cursor };
        return pageAnswer(request, publicUrl, await reader.list(organisation.id, query));
      }
      if (size !== undefined) throw invalid("limit", "has no meaning for a stream; it sends everything");
      if (cursor !== undefined) throw invalid("cursor", "has no meaning for a stream; it sends everything");
      const next = reader.pages(organisation.id, filter, MAX_LIMIT);
      return exportAnswer(request, exportStream(auditExport, format, next), format, "audit");
    },
    {
      detail: {
        tags: ["Audit"],
        operationId: "listAuditEvents",
        summary: "The audit log, newest first",
        description:
          "Filters narrow it together. `since` is included and `until` is not. A page can be short or empty and " +
          "still have a `next_cursor`: what is rare is looked for in parts of the log, one for each page. " +
          "`Accept: application/x-ndjson` or `text/csv` sends everything that the filters leave. " +
          "Needs the grant `audit:read`.",
      },
    },
  );
}

function name(text: string): string {
  if (text.length > MAX_NAME || /\p{Cc}/u.test(text)) {
    throw new Error(`must be a name as it stands in an event, such as account:acc_0123`);
  }
  return text;
}
