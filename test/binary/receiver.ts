/** A partner's webhook endpoint that the tests script: it records what arrives and answers as told. */
import { Webhook } from "standardwebhooks";

import type { Partner } from "./partner.ts";
import type { ReceiverOut } from "./wire.ts";

/** One request as it arrived. */
export interface Received {
  /** When the body was complete, ms since 1970. */
  at: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** `webhook-id` of the request. */
  id: string;
  /** Status that was answered; 0 while the answer is still being made. */
  status: number;
}

/** One change of a bundle in format `changes`. */
export interface BundledChange {
  action: string;
  object: string;
  id: number | string;
  url?: string;
}

export interface ReceiverOptions {
  /** Answers the nth request (from 1): a status or a whole response. Default 204. */
  answer?: (call: number, request: Received) => number | Response | Promise<number | Response>;
}

export class TestReceiver {
  readonly requests: Received[] = [];
  #answer: NonNullable<ReceiverOptions["answer"]>;
  #calls = 0;
  #waiting = new Set<() => void>();
  #server: Bun.Server<undefined>;

  constructor(options: ReceiverOptions = {}) {
    this.#answer = options.answer ?? (() => 204);
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch: (request) => this.#receive(request),
    });
  }

  /** Where to send: `path` tells several receivers on one endpoint apart. */
  url(path = "/hook"): string {
    return `http://127.0.0.1:${this.#server.port}${path}`;
  }

  /** Changes what the coming requests are answered. */
  script(answer: NonNullable<ReceiverOptions["answer"]>): void {
    this.#answer = answer;
  }

  /**
   * The first value other than undefined and false that `look` finds in the requests so far, now or as they come.
   * Fails after `limitMs` with `what` was awaited.
   */
  waitFor<T>(
    what: string,
    look: (requests: readonly Received[]) => T | undefined | false,
    limitMs = 15_000,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look(this.requests);
        if (found === undefined || found === false) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.requests.slice(-5).map((r) => `${r.path} ${r.id} ${r.body.slice(0, 300)}`);
        reject(
          new Error(
            `waited ${limitMs} ms for ${what}; ${this.requests.length} requests came, the last:\n${seen.join("\n")}`,
          ),
        );
      }, limitMs);
      this.#waiting.add(check);
      check();
    });
  }

  /** The nth request (from 1) of `path`. */
  nth(number: number, path = "/hook", limitMs?: number): Promise<Received> {
    return this.waitFor(
      `request ${number} at ${path}`,
      (all) => all.filter((request) => request.path === path)[number - 1],
      limitMs,
    );
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }

  [Symbol.asyncDispose] = () => this.stop();

  async #receive(request: Request): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const received: Received = {
      path: new URL(request.url).pathname,
      headers,
      body: await request.text(),
      at: Date.now(),
      id: headers["webhook-id"] ?? "",
      status: 0,
    };
    this.requests.push(received);
    this.#notify();
    const answer = await this.#answer(++this.#calls, received);
    const response = typeof answer === "number" ? new Response(null, { status: answer }) : answer;
    received.status = response.status;
    this.#notify();
    return response;
  }

  #notify(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** Throws unless the signature is right, by the judgement of the `standardwebhooks` library. */
export function verify(secret: string, request: Received): void {
  new Webhook(secret).verify(request.body, request.headers);
}

/** The changes of a bundle in format `changes`. */
export function changesOf(request: Received): BundledChange[] {
  const body: { changes: BundledChange[] } = JSON.parse(request.body);
  return body.changes;
}

/** The changes of all requests that were answered with 2xx, in order of arrival. */
export function acceptedChanges(requests: readonly Received[]): BundledChange[] {
  return requests.filter(({ status }) => status >= 200 && status < 300).flatMap(changesOf);
}

/** A receiver as its creation answered it: the only time that the secret is told. */
export interface CreatedReceiver extends ReceiverOut {
  secret: string;
}

/** Creates a receiver for every topic, read with the partner's own account. `more` overrides any member. */
export function createReceiver(
  partner: Partner,
  url: string,
  more: Record<string, unknown> = {},
): Promise<CreatedReceiver> {
  const body = { name: new URL(url).pathname, url, topics: ["*"], account_id: partner.clientId, ...more };
  return partner.send<CreatedReceiver>("POST", "/api/v1/receivers", body, 201);
}

/** Pushes one record and expects it to be taken. */
export async function put(partner: Partner, path: string, data: unknown): Promise<void> {
  const response = await partner.put(`/api/v1/${path}`, data);
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
}
