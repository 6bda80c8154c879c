/** What a request asks of the server, told by its first line and headers alone. */

/**
 * `none`: it reads, or changes little (logins, management, retries). `stores`: a push. `bulk`: what may be large, in the
 * database or in memory: an import, an export, an action, a web message, a long push.
 */
export type Load = "none" | "stores" | "bulk";

/** A body of this many bytes, or one that does not say how many, is bulk. */
const LONG_BODY = 262_144;
const STORING = new Set(["POST", "PUT", "PATCH"]);
/** By GET where the YAML allows it. */
const ADD = /^\/api\/public\/[^/]+\/add\/?$/i;
const V1 = /^\/api\/v1\/([^/]+)(?:\/([^/]+))?/;
/** Under a type: the whole of it, as a file. */
const WHOLE = new Set(["import", "export"]);

/** @param isType  whether `/api/v1/NAME` are records */
export function loadOf(request: Request, isType: (name: string) => boolean): Load {
  const { method, url } = request;
  const end = url.indexOf("?");
  const path = url.slice(url.indexOf("/", 8), end === -1 ? undefined : end);
  if (ADD.test(path)) return "stores";
  if (!STORING.has(method)) return "none";
  if (/^\/webmessages\/?$/.test(path)) return "bulk";
  const [, first = "", second = ""] = V1.exec(path) ?? [];
  if (first === "actions" || (first === "webmessages" && path.endsWith("/export"))) return "bulk";
  if (!isType(first)) return "none";
  if (method === "POST" && WHOLE.has(second)) return "bulk";
  const length = request.headers.get("content-length");
  const isLong = length === null ? request.headers.has("transfer-encoding") : Number(length) >= LONG_BODY;
  return isLong ? "bulk" : "stores";
}
