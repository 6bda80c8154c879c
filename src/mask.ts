/**
 * Secrets in the query of a URL (`?pw=...`), wherever such a URL comes to stand: in a log, in the audit, in an error.
 * They should not be there, yet the public data API takes them, as the service did that it replaces.
 */
const IN_QUERY =
  /([?&](?:pw|userpw|password|apikey|api_key|access_token|token|client_secret|loginkey)=)[^&\s"'<>#]+/gi;

/** The text with a mark in place of each. */
export function maskUrls(text: string): string {
  return text.includes("=") ? text.replace(IN_QUERY, "$1***") : text;
}
