/**
 * Hands a webhook on to the program that a developer works on: `koppla listen --forward`. What it answers is what the
 * sender gets, so that a whole round can be rehearsed without a public address for that program.
 */

/** How long the program may take, ms: longer than any sender waits. */
const TIMEOUT_MS = 60_000;
/** Of the program's answer so much goes back, bytes. */
const MAX_ANSWER = 64 * 1024;

/** Headers of one connection, not of the message (RFC 9110, 7.6.1), and what the next request makes anew. */
const OWN = new Set(
  "connection keep-alive proxy-connection te trailer transfer-encoding upgrade host content-length accept-encoding".split(
    " ",
  ),
);

export interface Forwarded {
  status: number;
  body: string;
  retryAfter: string | null;
  /** Why the program did not answer; the status is then 502. */
  reason: string | null;
}

/**
 * @param target  where to; a path and query of the request are put behind its own path
 * @param body  the bytes as they came, for the signature is over them
 */
export async function forward(target: URL, request: Request, body: Uint8Array): Promise<Forwarded> {
  const { pathname, search } = new URL(request.url);
  const url = new URL(target);
  url.pathname = target.pathname.replace(/\/$/, "") + (target.pathname === "/" ? pathname : "");
  url.search = target.search === "" ? search : target.search;
  const headers = [...request.headers].filter(([name]) => !OWN.has(name));
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      proxy: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const bytes = await response.bytes();
    return {
      status: response.status,
      body: new TextDecoder().decode(bytes.subarray(0, MAX_ANSWER)),
      retryAfter: response.headers.get("retry-after"),
      reason: null,
    };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    return { status: 502, body: "", retryAfter: null, reason: `${url.host} did not answer: ${why}` };
  }
}
