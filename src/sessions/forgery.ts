/**
 * Whether a form was sent by a page of ours: a token in the form that only a page made for this browser has, and
 * what the browser says of where the request comes from. OWASP, Cross-Site Request Forgery Prevention.
 */
import { timingSafeEqual } from "node:crypto";

export class FormTokens {
  readonly #key: Uint8Array;

  /** @param key  32 bytes derived from the master key for this purpose alone */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The token of the forms that are made for the holder of a cookie's value. */
  of(cookie: string): string {
    return new Bun.CryptoHasher("sha256", this.#key).update(cookie).digest("base64url");
  }

  fits(cookie: string, token: string): boolean {
    const [right, given] = [Buffer.from(this.of(cookie)), Buffer.from(token)];
    return right.length === given.length && timingSafeEqual(right, given);
  }
}

/**
 * Whether the browser does not say that another site sent it. `Sec-Fetch-Site` decides where there is one. `Origin`
 * is `null` from pages with `Referrer-Policy: no-referrer`, ours among them, so that says nothing.
 * @param publicUrl  where people find this server
 */
export function sameSite(request: Request, publicUrl: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none";
  const origin = request.headers.get("origin");
  if (origin === null || origin === "null") return true;
  // A browser names the host that it asks, whatever page made it ask.
  const host = URL.parse(origin)?.host;
  return origin === new URL(publicUrl).origin || (host !== undefined && host === request.headers.get("host"));
}

/** What a page of ours sends with each request that changes something. No form has it, and no other site's script may. */
export const CONSOLE_HEADER = "x-koppla-console";

/** Whether it is certain that a page of ours sent it: for what changes something by a cookie, which every page has sent. */
export function isFromConsole(request: Request, publicUrl: string): boolean {
  return request.headers.get(CONSOLE_HEADER) === "1" && sameSite(request, publicUrl);
}
