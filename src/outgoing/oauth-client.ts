/**
 * Access tokens for receivers that want one: client credentials (RFC 6749, 4.4) at the receiver's token URL.
 *
 * A token is kept until shortly before it expires, and all deliveries that need one at the same time wait for one
 * request. Whatever is wrong with the token URL or its answer ends as `{ error: "oauth" }`: no token, no delivery.
 * What the other side said is told only where it is one of RFC 6749's own words, since it may repeat our secret.
 */
import type { Clock } from "../clock.ts";
import { isObject } from "../http/json.ts";
import { version } from "../version.ts";
import type { OutgoingRequest, OutgoingResult, Send } from "./request.ts";

/** What a receiver says of its token server. */
export interface OAuthClientSettings {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string | undefined;
  /** What some token servers (Auth0, Keycloak) want to be told of who the token is for. */
  audience?: string | undefined;
  /** Where id and secret stand: in the header `Authorization`, or in the form. */
  clientAuth: "basic" | "post";
}

export interface TokenHolder {
  /** The receiver's. */
  id: string;
  /** Where its deliveries go: its own certificates hold for that host alone. */
  url?: string;
  auth: OAuthClientSettings;
  tls?: OutgoingRequest["tls"];
}

/** `proxy`: the forward proxy's fault, which is nobody else's. */
export type TokenFault = { error: "oauth" | "proxy" | "aborted"; detail: string };
export type TokenResult = { token: string } | TokenFault;

export interface TokenRequest {
  /** Ends this caller's wait; the others' goes on. */
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout: number;
}

interface Kept {
  /** The settings with which it was asked for: others need another token. */
  settings: string;
  token: string;
  /** On the collaborator's `now`, ms. */
  until: number;
}

interface Flight {
  settings: string;
  result: Promise<TokenResult>;
  waiting: number;
  abort: AbortController;
}

/** Of an answer without `expires_in`, ms: RFC 6749 leaves it to us. */
const LIFE_UNSAID = 60_000;
/** However long it is said to be good: a token server that takes tokens back is heard of within a day. */
const LIFE_LONGEST = 86_400_000;
/** A token is given up before it expires by a quarter of its life, by half a minute at most. */
const MARGIN = 30_000;
const MAX_KEPT = 10_000;

/** RFC 6749, 5.2; RFC 8707, 2; and what servers borrow from 4.1.2.1. */
const KNOWN_ERRORS = new Set([
  ...["invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "invalid_target"],
  ...["unauthorized_client", "unsupported_grant_type", "access_denied"],
  ...["server_error", "temporarily_unavailable"],
]);

export class OutgoingTokens {
  readonly #send: Send;
  readonly #clock: Pick<Clock, "after">;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  readonly #flights = new Map<string, Flight>();

  /** @param collaborators.now  milliseconds, never backwards: a clock that is set must not make a token good again */
  constructor(collaborators: { send: Send; clock: Pick<Clock, "after">; now?: () => number }) {
    this.#send = collaborators.send;
    this.#clock = collaborators.clock;
    this.#now = collaborators.now ?? (() => performance.now());
  }

  /** A token that is good now. Never throws. */
  token(receiver: TokenHolder, request: TokenRequest): Promise<TokenResult> {
    const settings = JSON.stringify(receiver.auth);
    const kept = this.#kept.get(receiver.id);
    if (kept?.settings === settings && kept.until > this.#now()) {
      return Promise.resolve({ token: kept.token });
    }
    return this.#wait(this.#flight(receiver, settings, request.timeout), request);
  }

  /**
   * The receiver did not take its token (401): the next one who asks gets a new one.
   * @param token  the one that was refused; where another was got meanwhile, that one stays
   */
  invalidate(receiverId: string, token?: string): void {
    const kept = this.#kept.get(receiverId);
    if (kept && (token === undefined || kept.token === token)) this.#kept.delete(receiverId);
  }

  #flight(receiver: TokenHolder, settings: string, timeout: number): Flight {
    const under = this.#flights.get(receiver.id);
    if (under?.settings === settings && !under.abort.signal.aborted) return under;
    const abort = new AbortController();
    const result = this.#ask(receiver, settings, { timeout, signal: abort.signal }).finally(() => {
      if (this.#flights.get(receiver.id) === flight) this.#flights.delete(receiver.id);
    });
    const flight: Flight = { settings, result, waiting: 0, abort };
    this.#flights.set(receiver.id, flight);
    return flight;
  }

  /** The request ends when nobody waits for it any more. */
  async #wait(flight: Flight, { signal, timeout }: TokenRequest): Promise<TokenResult> {
    flight.waiting++;
    const left = Promise.withResolvers<TokenResult>();
    const aborted = () => left.resolve({ error: "aborted", detail: "nobody waits for the token any more" });
    const cancel = this.#clock.after(timeout, () => left.resolve(late(timeout)));
    signal?.addEventListener("abort", aborted);
    if (signal?.aborted) aborted();
    try {
      return await Promise.race([flight.result, left.promise]);
    } finally {
      cancel();
      signal?.removeEventListener("abort", aborted);
      if (--flight.waiting === 0) flight.abort.abort();
    }
  }

  async #ask(
    receiver: TokenHolder,
    settings: string,
    { timeout, signal }: { timeout: number; signal: AbortSignal },
  ): Promise<TokenResult> {
    const asked = this.#now();
    const answer = read(await this.#send({ ...tokenRequest(receiver), timeout, signal }));
    if ("error" in answer) return answer;
    const { token, life } = answer;
    // Counted from when it was asked for, which was before it was made.
    if (asked + life <= this.#now()) return fault("its token has expired already");
    const until = asked + life - Math.min(MARGIN, life / 4);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(receiver.id, { settings, token, until });
    return { token };
  }
}

/** RFC 6749, 4.4.2 and 2.3.1. */
function tokenRequest({ url, auth, tls }: TokenHolder): Omit<OutgoingRequest, "timeout"> {
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuth } = auth;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined) form.set("scope", scope);
  if (audience !== undefined) form.set("audience", audience);
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
    "user-agent": `koppla/${version}`,
  };
  if (clientAuth === "post") {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  } else {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  const sameHost = url !== undefined && URL.parse(url)?.hostname === URL.parse(tokenUrl)?.hostname;
  return { url: tokenUrl, method: "POST", headers, body: form.toString(), ...(tls && sameHost && { tls }) };
}

/** As a form has it (RFC 6749, appendix B): a space is `+`. */
function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

/** RFC 6749, 5.1 and 5.2. */
function read(answer: OutgoingResult): { token: string; life: number } | TokenFault {
  const { status = 0, error, detail, body } = answer;
  if (error === "aborted") return { error, detail: "the request for a token was broken off" };
  if (error === "proxy") return { error, detail: detail ?? "no answer" };
  if (error !== undefined) return fault(detail === undefined ? `no answer: ${error}` : `${error}: ${detail}`);
  const members = parse(body);
  if (status < 200 || status > 299) {
    const said = String(members?.["error"]);
    return fault(`it answered ${status}${KNOWN_ERRORS.has(said) ? ` (${said})` : ""}`);
  }
  if (!members) return fault("its answer is not a JSON object");
  const { access_token: token, token_type: type, expires_in: expires } = members;
  // What a header can carry; anything else could end it and begin another.
  if (typeof token !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    return fault("its answer has no usable access_token");
  }
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") {
    return fault("its answer has another token_type than Bearer");
  }
  return { token, life: lifeOf(expires) };
}

/** @param expires  seconds; some servers write the number as text @returns milliseconds */
function lifeOf(expires: unknown): number {
  const seconds = typeof expires === "string" && expires.trim() !== "" ? Number(expires) : expires;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return LIFE_UNSAID;
  return Math.min(seconds * 1000, LIFE_LONGEST);
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const late = (timeout: number): TokenFault => fault(`timeout: no token within ${timeout / 1000} s`);

function fault(detail: string): TokenFault {
  return { error: "oauth", detail: `the token URL: ${detail}` };
}
