/**
 * A server under a path of its host: `https://example.org/koppla`. The path is taken off at the door, so that nothing
 * behind it knows, and stands in front of whatever is told to the outside (`publicUrl`).
 */

const WELL_KNOWN = "/.well-known/";

/**
 * The path of a request without `base`, in the request itself: it stays the one that the connection belongs to.
 * What does not begin with it is left as it is: a proxy has taken it away, or this machine asks for its health.
 * @param base  such as `/koppla`, without a slash behind; "" changes nothing
 */
export function withoutBase(request: Request, base: string): Request {
  if (base === "") return request;
  const { url } = request;
  // The host begins after `http://` or `https://`.
  const path = url.indexOf("/", 8);
  if (path === -1) return request;
  const inner = url.startsWith(WELL_KNOWN, path)
    ? wellKnown(url.slice(path), base)
    : behind(url.slice(path), base);
  if (inner === undefined) return request;
  Object.defineProperty(request, "url", { value: url.slice(0, path) + inner, configurable: true });
  return request;
}

function behind(target: string, base: string): string | undefined {
  if (!target.startsWith(base)) return undefined;
  const rest = target.slice(base.length);
  if (rest[0] === "/") return rest;
  return rest === "" || rest[0] === "?" ? `/${rest}` : undefined;
}

/** What is known of an issuer with a path stands in front of that: RFC 8414, 3.1. */
function wellKnown(target: string, base: string): string | undefined {
  const end = target.includes("?") ? target.indexOf("?") : target.length;
  const name = target.slice(0, end);
  return name.endsWith(base) ? name.slice(0, -base.length) + target.slice(end) : undefined;
}

/** Where cookies are sent to, and links that begin at the host begin. @param publicUrl  with the base path */
export function pathOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, "") || "/";
}
