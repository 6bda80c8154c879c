/** One attempt of a delivery: what is sent, and what its outcome means. */
import type { OutgoingError, OutgoingResult, Send } from "../outgoing/request.ts";
import type { Receiver, ReceiverAuth } from "../receivers/receiver.ts";
import { version } from "../version.ts";
import { sign, websubSignature } from "./signature.ts";

export interface Claimed {
  id: string;
  topics: string[];
  /** How many attempts were made before. */
  attempts: number;
  /** The attempt at which the retry schedule began (anew, after a resend). */
  scheduleFrom: number;
  body: string;
}

export interface Outcome extends Omit<OutgoingResult, "error"> {
  delivered: boolean;
  /** `rights`: nothing was sent, because the receiver's account may no longer read what the delivery is about. */
  error?: OutgoingError | "rights";
  /** When the attempt began, milliseconds since 1970. */
  at: number;
  durationMs: number;
  requestHeaders: Record<string, string>;
}

/** Makes one attempt. Never throws. */
export async function makeAttempt(
  receiver: Receiver,
  delivery: Claimed,
  context: { now: number; timeout: number; signal: AbortSignal; send: Send },
): Promise<Outcome> {
  const timestamp = Math.floor(context.now / 1000);
  const headers: Record<string, string> = {
    ...receiver.headers,
    "content-type": "application/json",
    "user-agent": `koppla/${version}`,
    "webhook-id": delivery.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": sign(receiver.keys, delivery.id, timestamp, delivery.body),
    ...authHeaders(receiver.auth, delivery.body),
  };
  const started = performance.now();
  const result = await context.send({
    url: receiver.url,
    method: "POST",
    headers,
    body: delivery.body,
    timeout: context.timeout,
    signal: context.signal,
  });
  const delivered = result.error === undefined && isSuccess(result.status);
  return {
    ...result,
    ...(!delivered &&
      result.error === undefined && { error: isRedirect(result.status) ? "redirect" : "status" }),
    delivered,
    at: context.now,
    durationMs: Math.round(performance.now() - started),
    requestHeaders: headers,
  };
}

const isSuccess = (status = 0): boolean => status >= 200 && status < 300;
const isRedirect = (status = 0): boolean => status >= 300 && status < 400;

function authHeaders(auth: ReceiverAuth, body: string): Record<string, string> {
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
export function loggedHeaders(
  receiver: Pick<Receiver, "headers">,
  headers: Record<string, string>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name] as string;
    const secret = name === "authorization" || name in receiver.headers;
    kept[name] = secret ? "***" : value;
  }
  return kept;
}
