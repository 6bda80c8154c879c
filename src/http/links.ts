/** Pages that say where the next one is, and answers that say where to look: RFC 8288, RFC 9110. */
import type { Page } from "./paging.ts";
import { json } from "./respond.ts";

/** Seconds after which it is worth looking at what was accepted (202). */
export const LOOK_AFTER = "2";

/**
 * The value of `Link` for the page behind this one: the request's own path and query with another `parameter`.
 * @param publicUrl  without a trailing slash
 */
export function nextLink(request: Request, publicUrl: string, parameter: string, value: string): string {
  // The host begins after `http://` or `https://`; the address that the caller knows is another one.
  const [path = "", query = ""] = request.url.slice(request.url.indexOf("/", 8)).split("?", 2);
  const parameters = new URLSearchParams(query);
  parameters.set(parameter, value);
  return `<${publicUrl}${path}?${parameters}>; rel="next"`;
}

/** The headers of a page; none for the last one. @param cursor  the page's `next_cursor` */
export function pageHeaders(
  request: Request,
  publicUrl: string,
  cursor: string | null,
): Record<string, string> | undefined {
  return cursor === null ? undefined : { link: nextLink(request, publicUrl, "cursor", cursor) };
}

/** A page of a list as its answer. */
export function pageAnswer(request: Request, publicUrl: string, page: Page<unknown>): Response {
  const headers = pageHeaders(request, publicUrl, page.next_cursor);
  return json(request, JSON.stringify(page), 200, headers);
}

/** 202: begun, and to be followed at `location`. @param body  what it is now */
export function accepted(request: Request, location: string, body: object): Response {
  return json(request, JSON.stringify(body), 202, { location, "retry-after": LOOK_AFTER });
}
