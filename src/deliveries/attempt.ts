/** One attempt of a delivery: what is sent, and what its outcome means. */
import type { OutgoingTokens } from "../outgoing/oauth-client.ts";
import type { OutgoingError, OutgoingResult, Send } from "../outgoing/request.ts";
import { inForce } from "../receivers/keys.ts";
import type { OAuthCredentials, Receiver, ReceiverAuth } from "../receivers/receiver.ts";
import { version } from "../version.ts";
import { contentTypeOf } from "./body.ts";
import { sign, signAsymmetric, websubSignature } from "./signature.ts";

export interface Claimed {
  id: string;
  topics: string[];
  /** How many attempts were made before. */
  attempts: number;
  /** The attempt at which the retry schedule began (anew, after a resend). */
  scheduleFrom: number;
  /** The number that this claim bears (`nodes/watch.ts`); null: only time ends its lease. */
  node: number | null;
  body: string;
}

export interface Outcome extends Omit<OutgoingResult, "error"> {
  delivered: boolean;
  /**
   * `rights`: nothing was sent, because the receiver's account may no longer read what the delivery is about.
   * `oauth`: nothing was sent, because there was no token to send with it.
   */
  error?: OutgoingError | "rights" | "oauth";
  /** When the attempt began, milliseconds since 1970. */
  at: number;
  durationMs: number;
  requestHeaders: Record<string, string>;
}

export interface AttemptContext {
  /** Milliseconds since 1970. */
  now: number;
  /** Milliseconds for everything, the token included. */
  timeout: number;
  signal: AbortSignal;
  send: Send;
  tokens: Pick<OutgoingTokens, "token" | "invalidate">;
  /** Sent as `traceparent`. */
  trace?: string | undefined;
}

type Headers = Record<string, string>;

/** What one attempt came to, and what was sent for it. */
type Exchange = { result: Omit<OutgoingResult, "error"> & Pick<Outcome, "error">; headers: Headers };

/** Makes one attempt. Never throws. */
export async function makeAttempt(
  receiver: Receiver,
  delivery: Claimed,
  context: AttemptContext,
): Promise<Outcome> {
  const started = performance.now();
  const headers = commonHeaders(receiver, delivery, context);
  const { auth } = receiver;
  const exchange =
    auth.protocol === "oauth2"
      ? await exchangeWithToken(receiver, auth, delivery, headers, context, started)
      : await exchangeOnce(receiver, delivery, { ...headers, ...authHeaders(auth, delivery.body) }, context);
  const { result } = exchange;
  const delivered = result.error === undefined && isSuccess(result.status);
  return {
    ...result,
    ...(!delivered &&
      result.error === undefined && { error: isRedirect(result.status) ? "redirect" : "status" }),
    delivered,
    at: context.now,
    durationMs: Math.round(performance.now() - started),
    requestHeaders: exchange.headers,
  };
}

function commonHeaders(
  receiver: Receiver,
  { id, body }: Claimed,
  { now, trace }: Pick<AttemptContext, "now" | "trace">,
): Headers {
  const timestamp = Math.floor(now / 1000);
  const asymmetric = inForce(receiver.signingKeys, now);
  const signatures = sign(inForce(receiver.keys, now), id, timestamp, body);
  return {
    ...receiver.headers,
    "content-type": contentTypeOf(body),
    "user-agent": `koppla/${version}`,
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature":
      asymmetric.length === 0
        ? signatures
        : `${signatures} ${signAsymmetric(asymmetric, id, timestamp, body)}`,
    ...(trace !== undefined && { traceparent: trace }),
  };
}

async function exchangeOnce(
  { url, tls }: Receiver,
  { body }: Claimed,
  headers: Headers,
  { timeout, signal, send }: Pick<AttemptContext, "timeout" | "signal" | "send">,
): Promise<Exchange> {
  const result = await send({ url, method: "POST", headers, body, timeout, signal, ...(tls && { tls }) });
  return { result, headers };
}

/** Sends with a token, and once more with a new one where the first was not taken. Never sends without. */
async function exchangeWithToken(
  receiver: Receiver,
  auth: OAuthCredentials,
  delivery: Claimed,
  headers: Headers,
  context: AttemptContext,
  started: number,
): Promise<Exchange> {
  const { id, url, tls } = receiver;
  const holder = { id, url, auth, ...(tls && { tls }) };
  const left = (): number => Math.max(1, context.timeout - Math.round(performance.now() - started));
  for (let first = true; ; first = false) {
    const got = await context.tokens.token(holder, { signal: context.signal, timeout: left() });
    if ("error" in got) return { result: { body: "", error: got.error, detail: got.detail }, headers };
    const sent = await exchangeOnce(
      receiver,
      delivery,
      { ...headers, authorization: `Bearer ${got.token}` },
      { ...context, timeout: left() },
    );
    if (sent.result.status !== 401 || sent.result.error !== undefined) return sent;
    context.tokens.invalidate(id, got.token);
    if (!first) return sent;
  }
}

const isSuccess = (status = 0): boolean => status >= 200 && status < 300;
const isRedirect = (status = 0): boolean => status >= 300 && status < 400;

function authHeaders(auth: Exclude<ReceiverAuth, OAuthCredentials>, body: string): Headers {
  switch (auth.protocol) {
    case "none":
      return {};
    case "websub":
      return { "x-hub-signature": websubSignature(auth.method, auth.secret, body) };
    case "basic":
      return {
        authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`,
      };
    case "bearer":
      return { authorization: `Bearer ${auth.token}` };
  }
}

/** What of a request's headers is kept in the log: everything but what would let its reader in somewhere. */
export function loggedHeaders(receiver: Pick<Receiver, "headers">, headers: Headers): Headers {
  const kept: Headers = {};
  for (const name in headers) {
    const value = headers[name] as string;
    const secret = name === "authorization" || name in receiver.headers;
    kept[name] = secret ? "***" : value;
  }
  return kept;
}
