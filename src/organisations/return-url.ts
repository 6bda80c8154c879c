/**
 * Where a person may be sent back to: the organisation's list (`return_urls`) says it. An address that leads elsewhere
 * than it seems to would make this server a step of somebody's phishing, so what is not plain is refused.
 */
import { invalid } from "../problem.ts";
import type { Parser } from "../http/members.ts";

const LONGEST = 2_000;
export const RETURN_URL =
  "an address such as https://www.example.org/welcome (http:// for localhost alone) without user, query and fragment";
export const SITE = "a website such as https://www.example.org (http:// for localhost alone)";

/**
 * A rule of the list, `https://host/path`: http for this machine alone, without user, query and fragment. A path that
 * ends in `/` covers what lies below it; another one itself, and what lies below.
 * @returns undefined where it is none
 */
export function parseReturnUrlRule(text: string): string | undefined {
  return /[?#]/.test(text) ? undefined : plainUrl(text.trim())?.href;
}

/** @returns the origin of a website as browsers send it in `Origin`: `https://www.example.org`; undefined if none */
export function parseSite(text: string): string | undefined {
  const url = /[?#]/.test(text) ? undefined : plainUrl(text.trim());
  return url?.pathname === "/" ? url.origin : undefined;
}

export const returnUrlRule: Parser<string> = (value, field) => {
  const rule = typeof value === "string" ? parseReturnUrlRule(value) : undefined;
  if (rule !== undefined) return rule;
  throw invalid(field, `must be ${RETURN_URL}`);
};

export const site: Parser<string> = (value, field) => {
  const origin = typeof value === "string" ? parseSite(value) : undefined;
  if (origin !== undefined) return origin;
  throw invalid(field, `must be ${SITE}`);
};

/**
 * @param text  as a partner sent it
 * @param rules  the organisation's `return_urls`
 * @returns the address to send the person to, or undefined where no rule allows it
 */
export function allowedReturnUrl(text: string, rules: readonly string[]): URL | undefined {
  const url = plainUrl(text);
  if (!url) return undefined;
  return rules.some((rule) => covers(rule, url)) ? url : undefined;
}

/** The address with `userKey` in its query, in place of one that was there. */
export function withUserKey(url: URL, userKey: string): string {
  const result = new URL(url);
  // A site that reads names in any case must not find another one, either.
  for (const name of [...result.searchParams.keys()])
    if (name.toLowerCase() === "userkey") result.searchParams.delete(name);
  result.searchParams.set("userKey", userKey);
  return result.href;
}

/** Origins are compared as a whole, paths by their steps: `/shop` is no part of `/shopping`. */
function covers(rule: string, url: URL): boolean {
  const { origin, pathname } = new URL(rule);
  if (url.origin !== origin) return false;
  if (url.pathname === pathname) return true;
  return url.pathname.startsWith(pathname.endsWith("/") ? pathname : `${pathname}/`);
}

/**
 * A URL that every program reads alike: https (http on this machine), printable ASCII without `\`, no user, and a path
 * in which nothing is hidden (`%2f`, `%5c`, `//`, a control character).
 */
function plainUrl(text: string): URL | undefined {
  if (text.length > LONGEST || !/^https?:\/\/[^/\\@]/i.test(text)) return undefined;
  // Browsers take \ for /, and drop tabs and line breaks (WHATWG URL, 4.4).
  if (/[^\u0021-\u007e\u00a0-\u{10ffff}]|\\/u.test(text) || /[\p{C}\p{Z}]/u.test(text)) return undefined;
  const url = URL.parse(text);
  if (!url || url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(text)) return undefined;
  if (url.protocol === "http:" ? !isHere(url.hostname) : url.protocol !== "https:") return undefined;
  if (url.hostname.endsWith(".")) return undefined;
  if (/%(?:2f|5c|25|[01][\da-f]|7f)|\/\//i.test(url.pathname)) return undefined;
  return url;
}

function isHere(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
