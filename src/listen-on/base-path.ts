/**
 * A server under a path of its host: `https://example.org/koppla`. The path is taken off at the door, so that nothing
 * behind it knows, and stands in front of whatever is told to the outside (`publicUrl`).
 */

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
  if (path === -1 || !url.startsWith(base, path)) return request;
  const rest = url.slice(path + base.length);
  if (rest !== "" && rest[0] !== "/" && rest[0] !== "?") return request;
  const inner = url.slice(0, path) + (rest[0] === "/" ? rest : `/${rest}`);
  Object.defineProperty(request, "url", { value: inner, configurable: true });
  return request;
}

/** Where cookies are sent to, and links that begin at the host begin. @param publicUrl  with the base path */
export function pathOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, "") || "/";
}
