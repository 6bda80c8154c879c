/**
 * The one function through which every outgoing request goes: deliveries, and whatever else calls out.
 * What is to hold for all of them (time limit, no redirects, capped answers) is here and nowhere else.
 */

export interface OutgoingRequest {
  url: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers: Record<string, string>;
  body?: string;
  /** Milliseconds for everything: connecting, sending, the answer's headers and body. */
  timeout: number;
  /** Ends the request early; it then counts as `aborted`. */
  signal?: AbortSignal;
}

/** Why there was no answer, or none that counts. */
export type OutgoingError = "dns" | "connect" | "tls" | "timeout" | "redirect" | "status" | "body" | "aborted";

export interface OutgoingResult {
  /** Undefined when no answer's headers arrived. */
  status?: number;
  retryAfter?: string;
  /** The answer's first 16 KB as text. */
  body: string;
  /** Undefined for a whole answer, whatever its status. */
  error?: OutgoingError;
  /** What the system said, for the log: no secrets, no addresses of ours. */
  detail?: string;
}

const MAX_BODY = 16_384;
const utf8 = new TextDecoder("utf-8");

/** Sends a request. Never throws: what goes wrong is in the result. */
export async function request(outgoing: OutgoingRequest): Promise<OutgoingResult> {
  const timeout = AbortSignal.timeout(outgoing.timeout);
  const signal = outgoing.signal ? AbortSignal.any([timeout, outgoing.signal]) : timeout;
  try {
    return await attempt(outgoing, signal, true);
  } catch (error) {
    return failed(outgoing, timeout, error);
  }
}

async function attempt(outgoing: OutgoingRequest, signal: AbortSignal, pooled: boolean): Promise<OutgoingResult> {
  let response: Response;
  try {
    response = await fetch(outgoing.url, {
      method: outgoing.method,
      headers: outgoing.headers,
      ...(outgoing.body !== undefined && { body: outgoing.body }),
      redirect: "manual",
      decompress: false,
      keepalive: pooled,
      signal,
    });
  } catch (error) {
    // A connection of the pool that the other side had closed: Bun does not send a POST again by itself.
    if (pooled && /^(ECONNRESET|ConnectionClosed|ERR_SOCKET_CLOSED)$/.test(codeOf(error)) && !signal.aborted) {
      return await attempt(outgoing, signal, false);
    }
    throw error;
  }
  const retryAfter = response.headers.get("retry-after");
  return {
    status: response.status,
    ...(retryAfter !== null && { retryAfter }),
    body: response.headers.get("content-length") === "0" ? "" : await readStart(response),
  };
}

/** An answer's beginning. The rest is not waited for: it could be endless. */
async function readStart(response: Response): Promise<string> {
  if (!response.body) return "";
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < MAX_BODY) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
  }
  if (size >= MAX_BODY) await reader.cancel();
  // NUL is no text to PostgreSQL.
  return utf8.decode(Buffer.concat(chunks).subarray(0, MAX_BODY)).replaceAll("\0", "\ufffd");
}

function failed(outgoing: OutgoingRequest, timeout: AbortSignal, error: unknown): OutgoingResult {
  if (timeout.aborted) {
    return { body: "", error: "timeout", detail: `no whole answer within ${outgoing.timeout / 1000} s` };
  }
  if (outgoing.signal?.aborted) return { body: "", error: "aborted" };
  const code = codeOf(error);
  return { body: "", error: classOf(code), detail: code || "the connection failed" };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function classOf(code: string): OutgoingError {
  if (/ENOTFOUND|EAI_|DNS|FailedToOpenSocket/i.test(code)) return "dns";
  if (/CERT|TLS|SSL|SIGNED|VERIFY|ISSUER|ALTNAME/i.test(code)) return "tls";
  if (/Timeout|ETIMEDOUT/i.test(code)) return "timeout";
  if (/HTTP|Malformed|Decode|Body|HeadersOverflow|HPE/i.test(code)) return "body";
  return "connect";
}
