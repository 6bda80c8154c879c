/**
 * The one way out: deliveries, tests, token requests, actions and channels all go through here. What is to hold for
 * all of them (addresses that were vetted, time limit, no redirects, capped answers) is here and nowhere else.
 */
import { reach, ConnectTimeout } from "./connect.ts";
import { Blocked, type Target, type TargetGuard, Unresolved } from "./guard.ts";

/** A body that is made while it is sent, so that it need not be held in memory. */
export interface StreamedBody {
  /** Bytes. */
  size: number;
  /** Its bytes from the beginning; asked for again where the request has to be sent again. */
  open(): AsyncIterable<Uint8Array>;
}

export interface OutgoingRequest {
  url: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers: Record<string, string>;
  body?: string;
  /** In place of `body`. */
  stream?: StreamedBody;
  /** Milliseconds for everything: connecting, sending, the answer's headers and body. */
  timeout: number;
  /**
   * Milliseconds in which a connection must come about. `fetch` cannot tell waiting for one from waiting for an answer,
   * so one is tried first: for the few requests of which it is asked. Not behind a proxy, which connects by itself. The
   * request then has a connection of its own: one of the pool may be stale, and is found out by sending twice.
   */
  connectTimeout?: number;
  /** How much of the answer is wanted, bytes; one that is longer is `cut`. Not given, its first 16 KB. */
  answerLimit?: number;
  /** Ends the request early; it then counts as `aborted`. */
  signal?: AbortSignal;
  tls?: {
    /** PEM of the only authorities that may have signed the other side's certificate. Not given: the usual ones. */
    ca?: string;
    /** PEM of the certificate that we show, and of its key. */
    cert?: string;
    key?: string;
  };
}

/**
 * Why there was no answer, or none that counts. `body`: what came is not HTTP, or broke off. `blocked`: it may not go
 * there. `proxy`: the forward proxy's fault, not the receiver's. `oauth`: no token was to be had (`oauth-client.ts`).
 */
export type OutgoingError =
  | ("dns" | "connect" | "tls" | "timeout" | "redirect" | "status" | "body")
  | ("blocked" | "proxy" | "oauth" | "aborted");

export interface OutgoingResult {
  /** Undefined when no answer's headers arrived. */
  status?: number;
  retryAfter?: string;
  /** The answer's first 16 KB, or what was asked for, as text. */
  body: string;
  /** There was more of it than `answerLimit`. */
  cut?: true;
  /** Undefined for a whole answer, or its first 16 KB, whatever its status. */
  error?: OutgoingError;
  /** What the system said, for the log: no secrets, no addresses of ours. */
  detail?: string;
  /** The address that was spoken to; not known behind a proxy. */
  address?: string;
}

/** Sends a request. Never throws: what goes wrong is in the result. */
export type Send = (request: OutgoingRequest) => Promise<OutgoingResult>;

export interface SenderOptions {
  guard: TargetGuard;
  /** A forward proxy for everything that `allow_targets` does not list. It resolves the names. */
  proxy?: string | null;
  /** Told of the `Date` of each answer that has one (RFC 9110, 6.6.1). */
  dated?: (url: string, date: string) => void;
}

/** How a request goes out. */
interface Way extends Pick<SenderOptions, "dated"> {
  /** Through this one. */
  proxy?: string;
  /** By a connection that was kept, if there is one. */
  pooled: boolean;
}

const MAX_BODY = 16_384;
const utf8 = new TextDecoder("utf-8");

/** Why a request was ended from this side. */
const TIMEOUT = Symbol("timeout");
const ABORTED = Symbol("aborted");

export function createSender({ guard, proxy, dated }: SenderOptions): Send {
  const heard = dated && { dated };
  return async (outgoing) => {
    // One timer, taken away at the end. AbortSignal.any over AbortSignal.timeout costs 3 µs more, and 0.7 KB that stay
    // until the time is over: 100 MB at 10 000 requests/s and 15 s.
    const controller = new AbortController();
    const { signal } = controller;
    const end = () => controller.abort(ABORTED);
    const timer = setTimeout(() => controller.abort(TIMEOUT), outgoing.timeout);
    outgoing.signal?.addEventListener("abort", end);
    if (outgoing.signal?.aborted) end();
    const through =
      proxy !== undefined && proxy !== null && !guard.isListed(outgoing.url) ? proxy : undefined;
    try {
      if (through !== undefined) {
        guard.vetUnresolved(outgoing.url);
        const way = { ...heard, proxy: through, pooled: true };
        return await exchange(outgoing, { url: outgoing.url }, signal, way);
      }
      const vetted = guard.targets(outgoing.url);
      const targets = vetted instanceof Promise ? await unlessAborted(vetted, signal) : vetted;
      return await firstThatAnswers(outgoing, targets, signal, heard);
    } catch (error) {
      return { body: "", ...failure(outgoing, signal, error, through !== undefined) };
    } finally {
      clearTimeout(timer);
      outgoing.signal?.removeEventListener("abort", end);
    }
  };
}

/** A name's addresses in their order: the next is tried where nothing listens at one. */
async function firstThatAnswers(
  outgoing: OutgoingRequest,
  targets: readonly [Target, ...Target[]],
  signal: AbortSignal,
  heard: Pick<Way, "dated"> | undefined,
): Promise<OutgoingResult> {
  const last = targets.length - 1;
  for (const [index, target] of targets.entries()) {
    try {
      const { connectTimeout } = outgoing;
      if (connectTimeout !== undefined) await reach(target, connectTimeout, signal);
      const way = { ...heard, pooled: connectTimeout === undefined };
      return { ...(await exchange(outgoing, target, signal, way)), address: target.address };
    } catch (error) {
      if (index < last && !signal.aborted && isUnreachable(error)) continue;
      return { body: "", ...failure(outgoing, signal, error, false), address: target.address };
    }
  }
  throw new Unresolved("there is no address");
}

/** Nothing of the request has arrived: it may be sent elsewhere. */
const UNREACHABLE =
  /^(ECONNREFUSED|ConnectionRefused|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|FailedToOpenSocket)$/;
/** A connection of the pool that the other side had closed. */
const STALE = /^(ECONNRESET|ConnectionClosed|ERR_SOCKET_CLOSED)$/;

const isUnreachable = (error: unknown) => error instanceof ConnectTimeout || UNREACHABLE.test(codeOf(error));

async function exchange(
  outgoing: OutgoingRequest,
  target: Pick<Target, "url" | "host" | "serverName">,
  signal: AbortSignal,
  way: Way,
): Promise<OutgoingResult> {
  const { method, body, stream, headers: given } = outgoing;
  const { host, serverName } = target;
  const headers = stream ? { ...given, "content-length": String(stream.size) } : given;
  const tls = { ...outgoing.tls, ...(serverName !== undefined && { serverName }) };
  let response: Response;
  try {
    response = await fetch(target.url, {
      method,
      headers: host === undefined ? headers : { ...headers, host },
      ...(body !== undefined && { body }),
      ...(stream && { body: stream.open() }),
      ...((outgoing.tls || serverName !== undefined) && { tls }),
      // Else the environment's HTTP_PROXY would be asked.
      proxy: way.proxy ?? false,
      redirect: "manual",
      decompress: false,
      keepalive: way.pooled,
      signal,
    });
  } catch (error) {
    // Bun does not send a POST again by itself.
    if (way.pooled && STALE.test(codeOf(error)) && !signal.aborted) {
      return await exchange(outgoing, target, signal, { ...way, pooled: false });
    }
    throw error;
  }
  const date = way.dated && response.headers.get("date");
  if (date) way.dated?.(outgoing.url, date);
  const retryAfter = response.headers.get("retry-after");
  const answer = { status: response.status, ...(retryAfter !== null && { retryAfter }) };
  if (response.headers.get("content-length") === "0") return { ...answer, body: "" };
  const start: Uint8Array[] = [];
  const limit = outgoing.answerLimit ?? MAX_BODY;
  try {
    // Whether there is more than was asked for, the next byte tells.
    const size = await readStart(response, start, outgoing.answerLimit === undefined ? limit : limit + 1);
    const cut = outgoing.answerLimit !== undefined && size > limit;
    return { ...answer, body: textOf(start, limit), ...(cut && { cut }) };
  } catch (error) {
    const { error: kind, ...rest } = failure(outgoing, signal, error, false);
    return { ...answer, body: textOf(start, limit), error: kind === "connect" ? "body" : kind, ...rest };
  }
}

/** What `promise` comes to, or an end as soon as the signal says so: a name server may take its time. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("aborted"));
    if (signal.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}

/**
 * Reads an answer's beginning into `chunks`, at least `limit` bytes. The rest is not waited for: it could be endless.
 * @returns how many bytes it came to
 */
async function readStart(response: Response, chunks: Uint8Array[], limit: number): Promise<number> {
  if (!response.body) return 0;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let size = 0;
  while (size < limit) {
    const { done, value } = await reader.read();
    if (done) return size;
    chunks.push(value);
    size += value.byteLength;
  }
  await reader.cancel();
  return size;
}

function textOf(chunks: readonly Uint8Array[], limit: number): string {
  if (chunks.length === 0) return "";
  // NUL is no text to PostgreSQL.
  return utf8.decode(Buffer.concat(chunks).subarray(0, limit)).replaceAll("\0", "\ufffd");
}

function failure(
  outgoing: OutgoingRequest,
  signal: AbortSignal,
  error: unknown,
  proxied: boolean,
): { error: OutgoingError; detail?: string } {
  if (signal.reason === TIMEOUT) {
    return { error: "timeout", detail: `no whole answer within ${outgoing.timeout / 1000} s` };
  }
  if (signal.reason === ABORTED) return { error: "aborted" };
  if (error instanceof Blocked) return { error: "blocked", detail: error.message };
  if (error instanceof Unresolved) return { error: "dns", detail: error.message };
  if (error instanceof ConnectTimeout) return { error: "timeout", detail: error.message };
  const code = codeOf(error);
  const kind = classOf(code);
  // Through a proxy it is the proxy that is connected to; only TLS is spoken with the receiver itself.
  if (proxied && (kind === "connect" || kind === "dns")) return { error: "proxy", detail: code };
  return { error: kind, detail: code || "the connection failed" };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** @param code  Bun's name of what happened, or the system's */
function classOf(code: string): OutgoingError {
  if (/PROXY/i.test(code)) return "proxy";
  if (/ENOTFOUND|EAI_|DNS/i.test(code)) return "dns";
  // EPROTO: what answered does not speak TLS.
  if (/CERT|TLS|SSL|SIGNED|VERIFY|ISSUER|ALTNAME|EPROTO/i.test(code)) return "tls";
  if (/Timeout|ETIMEDOUT/i.test(code)) return "timeout";
  if (/HTTP|Malformed|Decode|Body|Headers|Upgrade|HPE/i.test(code)) return "body";
  return "connect";
}
