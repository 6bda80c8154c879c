/** Parameters, headers and ways to log in that operations share, and what is said of the API as a whole. */
import { version } from "../../version.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "../query.ts";
import { idempotencyKey } from "./idempotency.ts";
import type { Header, OpenApiDocument, Parameter } from "./spec.ts";

const description = `
Records in, webhooks out. Each type of record that this server was configured with has its own paths below.

**Login.** Send an account's token as \`Authorization: Bearer TOKEN\`, or in the header \`apikey\`. What an account
may do are its grants: \`GET /api/v1/me\` tells.

**Errors** are \`application/problem+json\` (RFC 9457). For invalid input (422), \`violations\` names every part that is
wrong. Every answer has an \`x-request-id\`, by which the server's log can be searched.

**Lists** come in pages: \`next_cursor\` goes into \`cursor\` for the next one, and is null at the end. The header
\`Link\` has the same as a whole URL.

**Times** are ISO 8601: in UTC with milliseconds on the way out, with any offset on the way in.

**Versions.** A record's \`ETag\` changes when it does. With \`If-Match\` a write happens only to the version that was
read, with \`If-None-Match: *\` only where there is none yet; otherwise the answer is 412.

**What takes longer** is answered with 202, \`Location\` (where to look) and \`Retry-After\` (when).

**Methods.** \`HEAD\` is \`GET\` without its body; \`OPTIONS\` and the answer 405 tell the methods of a path in \`Allow\`.
`;

export const info: OpenApiDocument["info"] = {
  title: "Koppla",
  version,
  summary: "Data by type, pulled and pushed, and webhooks of what changes.",
  description: description.trim().replaceAll(/(\S)\n(\S)/g, "$1 $2"),
  license: { name: "European Union Public Licence 1.2", identifier: "EUPL-1.2" },
};

export const security: OpenApiDocument["security"] = [{ bearer: [] }, { apikey: [] }, { session: [] }];

export const securitySchemes: OpenApiDocument["components"]["securitySchemes"] = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "An access token (`POST /oauth/token`), or the API token of an account without TOTP.",
  },
  apikey: { type: "apiKey", in: "header", name: "apikey", description: "The token of an account." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-koppla_session",
    description:
      "The console's login, of this server's own pages alone; without https it is called `koppla_session`. Changes need the header `x-koppla-console: 1` beside it.",
  },
  client: {
    type: "http",
    scheme: "basic",
    description:
      "An account's client id and one of its API tokens, each encoded as in a form (RFC 6749, 2.3.1).",
  },
};

const text = { type: "string" } as const;

export const headers: Record<string, Header> = {
  ETag: { description: "The version, for `If-Match` and `If-None-Match`.", schema: text },
  Location: { description: "Where it is.", schema: { type: "string", format: "uri" } },
  RetryAfter: { description: "Seconds after which it is worth looking.", schema: { type: "integer" } },
  Link: {
    description: '`<URL>; rel="next"` (RFC 8288): the next page. Not there at the end.',
    required: false,
    schema: text,
  },
};

export const parameters: Record<string, Parameter> = {
  Limit: {
    name: "limit",
    in: "query",
    description: "How many at most.",
    schema: { type: "integer", minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  },
  Cursor: {
    name: "cursor",
    in: "query",
    description: "The `next_cursor` of the page before; filters and order must be the same.",
    schema: text,
  },
  IdempotencyKey: idempotencyKey,
  IfMatch: {
    name: "If-Match",
    in: "header",
    description: "Only if it is in this version: an `ETag`, or `*` for any.",
    schema: text,
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "Only if it is not in this version: an `ETag`, or `*` for any.",
    schema: text,
  },
};
