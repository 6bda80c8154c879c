/** Requests that are sent again where that is safe, by `fetch`. Times are milliseconds. */
import { Unreachable } from "./errors.ts";

export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** How often it is sent at most; not given: as often as any other. */
  tries?: number | undefined;
  /** Of silence, in place of the usual. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** How often it was asked for. */
  tries: number;
  /** That the server asks to wait. */
  retryAfter: number | undefined;
}

export interface TransportOptions {
  timeout: number;
  tries: number;
  /** Who asks to wait longer than that is not waited for. */
  longestWait: number;
  fetch: typeof fetch;
}

/** The server, or a proxy before it, is busy or away: it has not begun with the request. */
const COME_BACK = new Set([408, 429, 502, 503, 504]);

export class Transport {
  readonly #o: TransportOptions;

  constructor(options: TransportOptions) {
    this.#o = options;
  }

  get timeout(): number {
    return this.#o.timeout;
  }

  get longestWait(): number {
    return this.#o.longestWait;
  }

  /** The answer, whatever its status. @throws Unreachable where there was none; the reason of `signal` */
  async send(sent: Sent): Promise<Answer> {
    const most = sent.tries ?? this.#o.tries;
    for (let tries = 1; ; tries++) {
      let wait: number | undefined;
      try {
        const answer = { ...(await this.#once(sent)), tries };
        wait = tries < most ? this.#waitBefore(sent, answer, tries) : undefined;
        if (wait === undefined) return answer;
      } catch (error) {
        sent.signal?.throwIfAborted();
        if (tries >= most) {
          // `fetch failed` says nothing; its cause does. The URL may be told: no secret stands in it.
          const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new Unreachable(`${sent.method} ${sent.url}: ${reason}`, { cause: error });
        }
        wait = pauseAfter(tries);
      }
      await sleep(wait, sent.signal);
    }
  }

  /** Undefined: the answer stands. */
  #waitBefore(sent: Sent, { status, retryAfter }: Omit<Answer, "tries">, tries: number): number | undefined {
    // With an Idempotency-Key: the first request is still under way.
    const isUnderWay = status === 409 && retryAfter !== undefined && "idempotency-key" in sent.headers;
    if (!COME_BACK.has(status) && !isUnderWay) return undefined;
    if (retryAfter !== undefined && retryAfter > this.#o.longestWait) return undefined;
    return retryAfter ?? pauseAfter(tries);
  }

  async #once({ method, url, headers, body, timeout, signal }: Sent): Promise<Omit<Answer, "tries">> {
    const limit = AbortSignal.timeout(timeout ?? this.#o.timeout);
    const response = await this.#o.fetch(url, {
      method,
      headers: { accept: "application/json", ...headers },
      // A redirect could carry the token elsewhere, and makes a GET of a POST.
      redirect: "manual",
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      ...(body !== undefined && { body }),
    });
    const retryAfter = milliseconds(response.headers.get("retry-after"));
    return { status: response.status, headers: response.headers, text: await response.text(), retryAfter };
  }
}

/** `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function milliseconds(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Longer each time, and not for all clients the same. */
function pauseAfter(tries: number): number {
  return Math.min(10_000, 250 * 2 ** tries) * (0.5 + Math.random() / 2);
}

/** @throws the reason of `signal` */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
