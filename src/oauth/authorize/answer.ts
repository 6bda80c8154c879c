/** How a page is sent: to be kept by nobody, framed by nobody, with nothing on it but what is ours. */
import { requestId } from "../../http/respond.ts";
import type { Language } from "./language.ts";

export interface PageAnswer {
  status?: number;
  language: Language;
  /** Where a form on it leads beyond this server: the address of a client. */
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

/**
 * Chromium holds every redirect that follows a form to `form-action` as well: the one to the client, and those by which
 * the client sends the person on, whose addresses nobody here knows (tried with Chromium 156). So where a form leads
 * to a client its scheme is allowed, and https; nothing is typed into that form.
 */
function policy(target: string | undefined): string {
  const schemes = target === undefined ? [] : new Set([new URL(target).protocol, "https:"]);
  const forms = ["'self'", ...schemes].join(" ");
  return `default-src 'none'; style-src 'self'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`;
}
