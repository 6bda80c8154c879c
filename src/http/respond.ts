/** Answers: JSON, problems and streams, with the headers that all of them have. */
import type { Problem, ProblemCode, Violation } from "../problem.ts";

const REQUEST_ID = /^[\w.:-]{1,100}$/;
/** Below this a compressed answer is hardly smaller. */
const COMPRESS_FROM = 1_400;

/**
 * What a login is needed for is nobody else's. Caches know that of `Authorization` (RFC 9111, 3.5) and not of `apikey`;
 * a browser's own cache asks whether what it has is still good.
 */
export const NOT_SHARED = "private, no-cache";

let requests = 0;
const process8 = crypto.randomUUID().slice(0, 8);

/** An id for a request: the caller's `x-request-id` where it is sensible, else a new one of our own. */
export function requestId(request: Request): string {
  return (anyKept ? kept.get(request) : undefined) ?? newRequestId(request);
}

/** Those that stand in the audit log too, and must be the same in the answer. */
const kept = new WeakMap<Request, string>();
let anyKept = false;

/** As {@link requestId}, and from now on the same for this request. */
export function keepRequestId(request: Request): string {
  const id = requestId(request);
  kept.set(request, id);
  anyKept = true;
  return id;
}

function newRequestId(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : `${process8}-${(++requests).toString(36)}`;
}

/** An answer in JSON. @param body  JSON text @param id  the request's, where it is known already */
export function json(
  request: Request,
  body: string,
  status = 200,
  headers?: Record<string, string>,
  id = requestId(request),
): Response {
  const all: Record<string, string> = {
    "content-type": "application/json",
    "cache-control": NOT_SHARED,
    "x-request-id": id,
    ...headers,
  };
  if (body.length >= COMPRESS_FROM) {
    const encoding = chooseEncoding(request.headers.get("accept-encoding"));
    all["vary"] = "accept, accept-encoding";
    if (encoding) {
      all["content-encoding"] = encoding;
      const bytes = encoding === "zstd" ? Bun.zstdCompressSync(body) : Bun.gzipSync(body, { level: 1 });
      return new Response(bytes, { status, headers: all });
    }
  }
  return new Response(body, { status, headers: all });
}

/** An answer without a body: 204, 304. */
export function empty(request: Request, status: number, headers?: Record<string, string>): Response {
  const all = { "cache-control": NOT_SHARED, "x-request-id": requestId(request), ...headers };
  return new Response(null, { status, headers: all });
}

/** The encoding of an answer that is worth one: what the caller likes best of zstd and gzip. RFC 9110, 12.5.3. */
export function chooseEncoding(accept: string | null): "zstd" | "gzip" | undefined {
  if (accept === null) return undefined;
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((text) => text.startsWith("q="));
    weights.set(name, q === undefined ? 1 : Number(q.slice(2)) || 0);
  }
  const weight = (name: string) => weights.get(name) ?? 0;
  if (weight("zstd") > 0 && weight("zstd") >= weight("gzip")) return "zstd";
  return weight("gzip") > 0 ? "gzip" : undefined;
}

/** RFC 9457. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  violations?: readonly Violation[];
}

/** @param id  the request's, where the log has it already */
export function problem(request: Request, error: Problem, id = requestId(request)): Response {
  const body: ProblemBody = {
    type: "about:blank",
    title: error.title,
    status: error.status,
    detail: error.message,
    instance: `urn:request:${id}`,
    code: error.code,
  };
  if (error.violations.length > 0) body.violations = error.violations;
  const headers = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...error.headers,
  };
  return json(request, JSON.stringify(body), error.status, headers, id);
}
