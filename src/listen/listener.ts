/**
 * A webhook receiver for the people who build one: it takes what Koppla (or anything that speaks Standard Webhooks)
 * sends, checks its signatures over the raw bytes, and can rehearse trouble. `koppla listen` prints what it reports;
 * `koppla demo` runs it in the same process.
 */
import type { Clock } from "../clock.ts";
import { formatSize } from "../config/kinds.ts";
import { parseSecret, verify, verifyWebsub, type Verification } from "../deliveries/signature.ts";
import { readContents, type Contents } from "./contents.ts";
import { forward } from "./forward.ts";

export interface ListenerOptions {
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  /** `whsec_` secrets of which one must have signed; none: Standard Webhooks signatures are not checked. */
  secrets: readonly string[];
  /** Secrets of which one must have made `x-hub-signature`; none: it is not checked. */
  websubSecrets: readonly string[];
  /** What is answered; after `failFirst` attempts it is always 204. */
  status: number;
  /** How many attempts are answered with `status`; Infinity: all. */
  failFirst: number;
  /** How long an answer is held back, ms. */
  delay: number;
  /** Bytes; a longer body is answered 413. */
  maxBody: number;
  /** A program that gets what was verified, and whose answer is the answer (but for rehearsed failures). */
  forwardTo?: URL;
  clock: Clock;
  /** Called once per request, before it is answered; where it is forwarded, with the program's answer. */
  onReceived?: (received: Received) => void;
}

/** One request and what was made of it. */
export interface Received {
  /** ms since 1970 */
  at: number;
  method: string;
  path: string;
  /** `webhook-id` */
  id: string | null;
  /** 1 for the first request with this id, 2 for its first repeat, ... */
  attempt: number;
  /** null: not checked, for there is no secret or the body was not read. */
  verified: boolean | null;
  /** Why it was not verified, or refused before that. */
  reason: string | null;
  /** What it is answered. */
  status: number;
  bytes: number;
  contents: Contents;
  /** The body as text. */
  body: string;
}

export interface Totals {
  received: number;
  /** Different `webhook-id`s. */
  unique: number;
  /** Requests whose `webhook-id` was seen before. */
  repeats: number;
  unverified: number;
}

export interface Listener {
  url: string;
  totals: Readonly<Totals>;
  /** Stops at once; whoever waits for a delayed answer gets none. */
  stop(): Promise<void>;
}

/** So many ids are remembered to tell repeats; the eldest are forgotten, so that memory stays bounded. */
const REMEMBERED_IDS = 100_000;

/**
 * Starts listening.
 *
 * @throws Problem `invalid` for a secret that is none; an Error with code EADDRINUSE when the port is taken
 */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { clock, maxBody } = options;
  const keys = options.secrets.map((secret) => parseSecret(secret));
  const totals: Totals = { received: 0, unique: 0, repeats: 0, unverified: 0 };
  const seen = new Map<string, number>();
  let attempts = 0;

  function countAttempt(id: string | null): number {
    totals.received++;
    if (id === null) return 1;
    const attempt = (seen.get(id) ?? 0) + 1;
    totals[attempt > 1 ? "repeats" : "unique"]++;
    // Deleted first, so that the eldest in the map is the one not seen for longest.
    seen.delete(id);
    seen.set(id, attempt);
    const [eldest] = seen.keys();
    if (seen.size > REMEMBERED_IDS && eldest !== undefined) seen.delete(eldest);
    return attempt;
  }

  function check(headers: Headers, body: Uint8Array): Verification | null {
    const checks: Verification[] = [];
    if (keys.length > 0) checks.push(verify({ keys, headers, body, now: clock.now() }));
    if (options.websubSecrets.length > 0) {
      const header = headers.get("x-hub-signature");
      checks.push(verifyWebsub({ secrets: options.websubSecrets, header, body }));
    }
    return checks.find((result) => !result.ok) ?? checks[0] ?? null;
  }

  async function receive(request: Request): Promise<Response> {
    const at = clock.now();
    const id = request.headers.get("webhook-id");
    const { pathname, search } = new URL(request.url);
    const received: Received = {
      at,
      method: request.method,
      path: pathname + search,
      id,
      attempt: countAttempt(id),
      verified: null,
      reason: null,
      status: 204,
      bytes: 0,
      contents: { format: "other", changes: [] },
      body: "",
    };
    if (request.method !== "POST") return refuse(received, 405, "a webhook is a POST", { allow: "POST" });
    const body = await readBody(request, maxBody);
    if (!body)
      return refuse(received, 413, `the body is over ${formatSize(maxBody)}`, { connection: "close" });

    received.bytes = body.length;
    received.body = new TextDecoder().decode(body);
    received.contents = readContents(received.body);
    const verification = check(request.headers, body);
    received.verified = verification?.ok ?? null;
    if (verification && !verification.ok) {
      totals.unverified++;
      return refuse(received, 401, verification.reason);
    }
    const rehearsed = attempts++ < options.failFirst && options.status !== 204;
    received.status = rehearsed ? options.status : 204;
    if (options.forwardTo && !rehearsed) return await passOn(received, options.forwardTo, request, body);
    options.onReceived?.(received);
    if (options.delay > 0) await new Promise<void>((resolve) => clock.after(options.delay, resolve));
    return new Response(null, { status: received.status });
  }

  async function passOn(received: Received, to: URL, request: Request, body: Uint8Array): Promise<Response> {
    const answer = await forward(to, request, body);
    options.onReceived?.(Object.assign(received, { status: answer.status, reason: answer.reason }));
    const headers: Record<string, string> =
      answer.retryAfter === null ? {} : { "retry-after": answer.retryAfter };
    const text = [204, 304].includes(answer.status) ? null : (answer.reason ?? answer.body);
    return new Response(text, { status: answer.status, headers });
  }

  /** Answers with a line that tells why: the sender's log shows it to whoever looks there. */
  function refuse(
    received: Received,
    status: number,
    reason: string,
    headers: Record<string, string> = {},
  ): Response {
    options.onReceived?.(Object.assign(received, { status, reason }));
    return new Response(`${reason}\n`, { status, headers });
  }

  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    reusePort: false,
    development: false,
    // The limit is ours to report, so Bun's is out of the way.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch(request, running) {
      // A delay may be longer than the idle time-out.
      running.timeout(request, 0);
      return receive(request);
    },
  });
  return { url: server.url.href.replace(/\/$/, ""), totals, stop: () => server.stop(true) };
}

/** The body's bytes, or undefined when there are more than `max`: then the rest is not read. */
async function readBody(request: Request, max: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get("content-length")) > max) return undefined;
  if (!request.body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.length;
    if (length > max) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
