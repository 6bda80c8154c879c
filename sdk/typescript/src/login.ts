/** Access tokens: fetched with the account's secret, renewed before they end. */
import { asObject, LoginError, Unreachable } from "./errors.ts";
import { sleep, type Transport } from "./transport.ts";
import { codeAt, STEP } from "./totp.ts";

/** A code that a person read, or what asks for one. */
export type Code = string | (() => string | Promise<string>);

export interface Access {
  token: string;
  baseUrl: string;
}

export interface Login {
  /** A token that is good for a while, and where to use it. @throws LoginError, Unreachable */
  access(): Promise<Access>;
  /** Another in place of one that was refused; undefined: there is none. */
  renew(stale: string): Promise<Access | undefined>;
}

/** The account's token itself, for accounts without one-time codes. */
export class ApiToken implements Login {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async access(): Promise<Access> {
    return this.#access;
  }

  async renew(): Promise<undefined> {
    return undefined;
  }
}

export interface Credentials {
  /** Of the server, without a slash at its end. */
  url: string;
  clientId: string;
  token: string;
  totp?: Code | undefined;
  totpSecret?: string | undefined;
  scope?: string | undefined;
  /** In place of what the answer says. */
  baseUrl?: string | undefined;
}

interface Held extends Access {
  refresh: string | undefined;
  /** Milliseconds since the process began (performance.now): clocks that are set make no difference. */
  renewAt: number;
}

/** OAuth 2.0: client credentials, and the refresh token where there is one. */
export class AccessTokens implements Login {
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  #held: Held | undefined;
  #fetching: Promise<Held> | undefined;
  #lastStep = -1;

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  async access(): Promise<Access> {
    if (this.#held && performance.now() < this.#held.renewAt) return this.#held;
    return await this.#fetch();
  }

  async renew(stale: string): Promise<Access> {
    return this.#held && this.#held.token !== stale ? this.#held : await this.#fetch();
  }

  /** One for all who ask meanwhile: a code and a refresh token are good once. */
  #fetch(): Promise<Held> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<Held> {
    const refresh = this.#held?.refresh;
    this.#held = undefined;
    if (refresh !== undefined) {
      try {
        // Never twice: a refresh token that is used again counts as stolen, and ends all that came of it.
        return await this.#ask({ grant_type: "refresh_token", refresh_token: refresh }, 1);
      } catch (error) {
        // It has ended, or nobody knows whether it was used: the secret is still good.
        if (!(error instanceof LoginError || error instanceof Unreachable)) throw error;
      }
    }
    return await this.#logIn();
  }

  async #logIn(): Promise<Held> {
    const { scope, totp, totpSecret } = this.#credentials;
    const form = { grant_type: "client_credentials", ...(scope !== undefined && { scope }) };
    if (totpSecret === undefined) {
      const code = typeof totp === "function" ? await totp() : totp;
      // A code is not sent again: it may have been used, and after a while it is none any more.
      return code === undefined ? await this.#ask(form) : await this.#ask({ ...form, totp: code }, 1);
    }
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask({ ...form, totp: await this.#nextCode(totpSecret) }, 1);
      } catch (error) {
        // Another program has used the code, or the server is busy: it says when another one makes sense.
        const wait = error instanceof LoginError ? error.retryAfter : undefined;
        if (tries === 3 || wait === undefined || wait > this.#transport.longestWait) throw error;
        await sleep(wait);
      }
    }
  }

  /** A code is good once: where this step's has been used, the next one's is waited for. */
  async #nextCode(secret: string): Promise<string> {
    if (Math.floor(Date.now() / STEP) <= this.#lastStep)
      await sleep((this.#lastStep + 1) * STEP - Date.now());
    const now = Date.now();
    this.#lastStep = Math.floor(now / STEP);
    return await codeAt(secret, now);
  }

  async #ask(form: Record<string, string>, tries?: number): Promise<Held> {
    const { url, clientId, token } = this.#credentials;
    const { status, text, retryAfter } = await this.#transport.send({
      method: "POST",
      url: `${url}/oauth/token`,
      headers: {
        // RFC 6749, 2.3.1: encoded as in a form before they are joined.
        authorization: `Basic ${btoa([clientId, token].map(formEncoded).join(":"))}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(form).toString(),
      tries,
    });
    const answer = asObject(text);
    if (status !== 200 || typeof answer["access_token"] !== "string") {
      const { error = `status ${status}`, error_description: why = "the server gave no token" } = answer;
      throw new LoginError(String(error), String(why), status, retryAfter);
    }
    this.#held = this.#taken(answer["access_token"], answer);
    return this.#held;
  }

  #taken(token: string, answer: Record<string, unknown>): Held {
    const { url, baseUrl: fixed } = this.#credentials;
    const { base_url: told, expires_in: seconds, refresh_token: refresh } = answer;
    const baseUrl = fixed ?? (typeof told === "string" ? told.replace(/\/+$/, "") : url);
    if (url.startsWith("https:") && !baseUrl.startsWith("https:")) {
      throw new LoginError("insecure", "the server would have the token sent without TLS");
    }
    const life = (typeof seconds === "number" ? seconds : 60) * 1000;
    // Early enough that it does not end on its way.
    const renewAt = performance.now() + life - Math.min(30_000, life / 5);
    return { token, baseUrl, renewAt, refresh: typeof refresh === "string" ? refresh : undefined };
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
