/** A client of the token server that can do what proper ones would not, and what a person does for it. */
import { createHash, randomBytes } from "node:crypto";
import { generateSync } from "otplib";

import type { Koppla } from "./harness.ts";
import { Browser, PASSWORD, REDIRECT_URI } from "./person.ts";

export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
export const USERNAME = "urn:koppla:token-type:username";

export interface Client {
  id: string;
  client_id: string;
  token: string;
  totp?: { secret: string };
}

export interface OAuthAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, string>;
}

export type Fields = Record<string, string | undefined>;

export class TokenServer {
  #addresses = 0;

  /** @param koppla  takes 127.0.0.1 for a proxy, so that nobody is slowed down for another test's failures */
  constructor(readonly koppla: Koppla) {}

  /** An address of its own for whoever asks. */
  newcomer(): Record<string, string> {
    this.#addresses++;
    return {
      "x-forwarded-for": `198.51.${Math.floor(this.#addresses / 250)}.${(this.#addresses % 250) + 1}`,
    };
  }

  account(more: Record<string, unknown> = {}): Promise<Client> {
    const grants = [{ resource: "trainings", actions: ["read", "write"] }];
    return this.koppla.demo.send("POST", "/api/v1/accounts", { name: "Client", grants, ...more }, 201);
  }

  /** An account that may act in others' names. */
  agent(more: Record<string, unknown> = {}): Promise<Client> {
    const grants = [
      { resource: "trainings", actions: ["read", "write"] },
      { resource: "impersonate", actions: ["run"] },
    ];
    return this.account({ grants, ...more });
  }

  async policy({ client_id }: Client, users: string[], more: Record<string, unknown> = {}): Promise<void> {
    const body = { users, scopes: ["trainings:*"], life: "10m", ...more };
    await this.koppla.demo.send("POST", `/api/v1/accounts/${client_id}/impersonation-policies`, body, 201);
  }

  async post(
    path: string,
    client: Pick<Client, "client_id" | "token"> | undefined,
    fields: Fields,
    headers: Record<string, string> = this.newcomer(),
  ): Promise<OAuthAnswer> {
    const form = new URLSearchParams();
    const own = client ? { client_id: client.client_id, client_secret: client.token } : {};
    for (const [name, value] of Object.entries({ ...own, ...fields }))
      if (value !== undefined) form.set(name, value);
    return await answerOf(fetch(this.koppla.url + path, { method: "POST", body: form, headers }));
  }

  token(client: Pick<Client, "client_id" | "token">, fields: Fields, headers?: Record<string, string>) {
    return this.post("/oauth/token", client, fields, headers);
  }

  /** Tokens of the account's own, which must be given. */
  async login(client: Client, fields: Fields = {}): Promise<Record<string, string>> {
    const totp = client.totp && generateSync({ secret: client.totp.secret });
    const answer = await this.token(client, { grant_type: "client_credentials", totp, ...fields });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body;
  }

  refresh(client: Client, refresh_token: string | undefined, fields: Fields = {}) {
    return this.token(client, { grant_type: "refresh_token", refresh_token, ...fields });
  }

  exchange(client: Client, subject_token: string | undefined, fields: Fields = {}) {
    const subject_token_type = subject_token?.startsWith("kat_") ? ACCESS_TOKEN : USERNAME;
    return this.token(client, { grant_type: EXCHANGE, subject_token, subject_token_type, ...fields });
  }

  me(token: string | undefined, headers = this.newcomer()): Promise<OAuthAnswer> {
    const authorization = `Bearer ${token}`;
    return answerOf(fetch(`${this.koppla.url}/api/v1/me`, { headers: { authorization, ...headers } }));
  }

  /** A code for what a person agreed to at the authorize page. */
  async code({ client_id }: Client, username: string, scope = "trainings:read"): Promise<Code> {
    const verifier = randomBytes(32).toString("base64url");
    const link = new URL("/oauth/authorize", this.koppla.url);
    link.search = new URLSearchParams({
      ...{ response_type: "code", client_id, redirect_uri: REDIRECT_URI, scope },
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    }).toString();
    const browser = new Browser(this.newcomer());
    const page = await browser.login(link.href, username, PASSWORD);
    const { location } = await browser.submit(page, "consent", { decision: "allow" });
    const code = new URL(location ?? "").searchParams.get("code");
    if (code === null) throw new Error(`no code in ${location}`);
    return { code, verifier };
  }

  spend(client: Client, { code, verifier }: Code, fields: Fields = {}) {
    return this.token(client, {
      ...{ grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: REDIRECT_URI },
      ...fields,
    });
  }
}

export interface Code {
  code: string;
  verifier: string;
}

/** Status and error code, by which clients go. */
export function told({ status, body }: OAuthAnswer): string {
  return `${status} ${body["error"]}`;
}

async function answerOf(response: Promise<Response>): Promise<OAuthAnswer> {
  const { status, headers, text } = await response.then(async (got) => ({
    status: got.status,
    headers: got.headers,
    text: await got.text(),
  }));
  return { status, headers, text, body: text.startsWith("{") ? JSON.parse(text) : {} };
}
