/**
 * Which pages may read answers of the public data API: those of the sites that the organisation lists (`sites`). WHATWG
 * Fetch, 3.2. A browser never sends its cookies along, nor does a page learn of answers that were meant for another's.
 */
import type { PublicOrganisations } from "./organisations.ts";

/** How long a browser may remember what it was told before a request, seconds. */
const MAX_AGE = 600;
const METHODS = "GET, POST";
/** Those that pages may send, and those of answers that they may read, beside the ones they always may. */
const SENT = "apikey, authorization, content-type, idempotency-key, if-none-match, x-request-id";
const READ = "etag, ratelimit, ratelimit-policy, retry-after, x-request-id";

export class Cors {
  readonly #allowed = new WeakMap<Request, string>();
  /** With none there is nothing to look for. */
  #any = false;

  /** The answer of a request may be read by the page that sent it, where that is one of the sites. */
  allow(request: Request, sites: ReadonlySet<string>): void {
    const origin = request.headers.get("origin");
    if (origin !== null && sites.has(origin)) {
      this.#any = true;
      this.#allowed.set(request, origin);
    }
  }

  /** Puts the headers on an answer. For every one: errors too. */
  tell(request: Request, response: Response): void {
    const origin = this.#any ? this.#allowed.get(request) : undefined;
    if (origin === undefined) return;
    for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value);
    const vary = response.headers.get("vary");
    if (vary === null) response.headers.set("vary", "origin");
    else if (!/\borigin\b/i.test(vary)) response.headers.set("vary", `${vary}, origin`);
  }
}

/** What says that a page of this origin may read the answer. */
export function corsHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, "access-control-expose-headers": READ };
}

/**
 * The answer to what a browser asks before a request that is no simple one.
 * @param code  of the organisation, where the URL says it; else any organisation's sites may ask, as the answer to the
 *   request itself can still be read by those of its own alone
 */
export async function preflight(
  request: Request,
  organisations: PublicOrganisations,
  code: string | undefined,
): Promise<Response> {
  const origin = request.headers.get("origin");
  const allow = "GET, HEAD, OPTIONS, POST";
  if (origin === null) return new Response(null, { status: 204, headers: { allow } });
  const isKnown =
    code === undefined
      ? await organisations.isAnybodysSite(origin)
      : ((await organisations.find(code))?.sites.has(origin) ?? false);
  const headers: Record<string, string> = { allow, vary: "origin, access-control-request-headers" };
  if (isKnown) {
    headers["access-control-allow-origin"] = origin;
    headers["access-control-allow-methods"] = METHODS;
    headers["access-control-allow-headers"] = SENT;
    headers["access-control-max-age"] = String(MAX_AGE);
  }
  return new Response(null, { status: 204, headers });
}
