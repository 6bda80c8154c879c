/** Where the authorize page may send people back to. */
import { listOf, type Parser } from "../http/members.ts";
import { invalid } from "../problem.ts";

const MAX_URIS = 20;
const MAX_LENGTH = 2_000;
/** A program on the person's own machine (RFC 8252, 7.3): only there is a redirect without TLS safe. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/**
 * One as an account registers it. It is compared as text (RFC 9700, 4.1.3), so it is kept as it was sent, and refused
 * where two readers could take it for two different addresses.
 */
const redirectUri: Parser<string> = (value, field) => {
  const url = typeof value === "string" && /^https?:\/\/[^/?#]/i.test(value) ? URL.parse(value) : null;
  if (!url || typeof value !== "string") {
    throw invalid(field, "must be an absolute https:// URL, or http:// on the loopback address");
  }
  if (value.length > MAX_LENGTH) throw invalid(field, `must have at most ${MAX_LENGTH} characters`);
  if (/[^\x21-\x7e]|[\\"<>^`{|}*]/.test(value))
    throw invalid(
      field,
      "must hold no spaces, control characters, wildcards or letters that URLs do not have",
    );
  if (value.includes("#")) throw invalid(field, "must not have a fragment");
  if (/^https?:\/\/[^/?]*@/i.test(value)) throw invalid(field, "must not hold a user or a password");
  if (/(^|[/\\]|%2f|%5c)(\.|%2e){1,2}([/\\?]|%2f|%5c|$)/i.test(value.replace(/^https?:\/\/[^/?]*/i, "")))
    throw invalid(field, "must not have . or .. in its path");
  if (url.protocol !== "https:" && !LOOPBACK.test(url.hostname))
    throw invalid(field, "must be https://; http:// is for 127.0.0.1, [::1] and localhost alone");
  return value;
};

export const redirectUris: Parser<string[]> = (value, field) => [
  ...new Set(listOf(redirectUri, { max: MAX_URIS })(value, field)),
];
