/** How a page is sent: to be kept by nobody, framed by nobody, with nothing on it but what is ours. */
import { requestId } from "../../http/respond.ts";
import type { Language } from "./language.ts";

export interface PageAnswer {
  status?: number;
  language: Language;
  /** Where a form on it may lead beyond this server: an address that a redirect goes to. */
  target?: string;
  cookies?: readonly string[];
  retryAfter?: number;
}

/** An HTML page. */
export function pageAnswer(request: Request, text: string, answer: PageAnswer): Response {
  const { status = 200, language, target, cookies = [], retryAfter } = answer;
  const headers = new Headers({
    ...common(request),
    "content-type": "text/html; charset=utf-8",
    "content-language": language,
    "content-security-policy": policy(target),
    "x-frame-options": "DENY",
    vary: "accept-language, cookie",
    ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
  });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(text, { status, headers });
}

/** Sends a person on, by GET whatever the method was (RFC 9110, 15.4.4; a password must not go along). */
export function redirectAnswer(
  request: Request,
  location: string,
  cookies: readonly string[] = [],
): Response {
  const headers = new Headers({ ...common(request), location });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function common(request: Request): Record<string, string> {
  return {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId(request),
  };
}

/** Chromium holds the redirect that answers a form to `form-action` as well, so its target must stand there. */
function policy(target: string | undefined): string {
  const forms = target === undefined ? "'self'" : `'self' ${sourceOf(target)}`;
  return `default-src 'none'; style-src 'self'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`;
}

/** A URI as a source of CSP: its origin, or its scheme, where the origin is none or cannot be written (IPv6). */
function sourceOf(uri: string): string {
  const { protocol, host } = new URL(uri);
  const web = protocol === "https:" || protocol === "http:";
  return web && /^[\w.:-]+$/.test(host) ? `${protocol}//${host}` : protocol;
}
