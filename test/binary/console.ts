/** The console's browser as the API sees it: a cookie, and what a page of ours sends with each request. */
import type { Koppla } from "./harness.ts";
import { PASSWORD } from "./person.ts";

export interface SessionJson {
  kind: "user" | "portal";
  user: { id: string; username: string; name: string; language: string | null; totp: boolean } | null;
  account: { id: string; name: string; client_id: string } | null;
  organisation: { code: string; name: string };
  organisations: { code: string; name: string }[];
  superadministrator: boolean;
  grants: { resource: string; actions: string[] }[];
  expires_at: string;
  idle_seconds: number;
}

/** What the cookie is called: `public_url` of these tests is one of https. */
export const COOKIE = "__Host-koppla_session";

/** Of a page of ours. */
const OURS = { "sec-fetch-site": "same-origin", "x-koppla-console": "1" };

export class ConsoleBrowser {
  /** `name=value`, as the browser would send it; empty without a session. */
  cookie = "";

  constructor(private readonly server: { readonly url: string }) {}

  /** The same browser, with the same cookie, at another server. */
  get value(): string {
    return this.cookie.slice(this.cookie.indexOf("=") + 1);
  }

  /** @param headers  beside and over those of our pages; null leaves one out */
  async call(
    method: string,
    path: string,
    json?: unknown,
    headers: Record<string, string | null> = {},
  ): Promise<Response> {
    const all = {
      ...OURS,
      ...(this.cookie && { cookie: this.cookie }),
      ...(json !== undefined && { "content-type": "application/json" }),
      ...headers,
    };
    const sent = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === null ? [] : [[name, value]],
    );
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const response = await fetch(this.server.url + path, { method, headers: sent, ...body });
    for (const text of response.headers.getSetCookie()) {
      const [pair = ""] = text.split(";");
      this.cookie = /max-age=0/i.test(text) ? "" : pair;
    }
    return response;
  }

  /** As {@link call}, with the parsed answer; a status other than `expected` fails the test. */
  async json<T>(method: string, path: string, json?: unknown, expected = 200): Promise<T> {
    const response = await this.call(method, path, json);
    const text = await response.text();
    if (response.status !== expected) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const body: T = JSON.parse(text === "" ? "null" : text);
    return body;
  }

  login(organisation: string, username: string, more: Record<string, string> = {}): Promise<Response> {
    return this.call("POST", "/api/v1/session", { organisation, username, password: PASSWORD, ...more });
  }

  /** Logs in and answers the session; anything else fails the test. */
  async enter(organisation: string, username: string, more: Record<string, string> = {}) {
    const response = await this.login(organisation, username, more);
    if (response.status !== 200) throw new Error(`login: ${response.status} ${await response.text()}`);
    const session: SessionJson = JSON.parse(await response.text());
    return session;
  }
}

/** What stands behind the `#` of a link. */
export const tokenOf = (url: string): string => url.slice(url.indexOf("#") + 1);

/** A link for a new superadministrator, by the command line. */
export async function setupToken(koppla: Koppla): Promise<string> {
  const { url } = await koppla.cliJson<{ url: string }>("user", "link");
  return tokenOf(url);
}

/** Makes a superadministrator `root` in the organisation, and logs him in. */
export async function superadministrator(koppla: Koppla, organisation = "hq"): Promise<ConsoleBrowser> {
  const browser = new ConsoleBrowser(koppla);
  const body = {
    ...{ token: await setupToken(koppla), organisation: { code: organisation, name: "Headquarters" } },
    ...{ username: "root", email: "root@example.org", password: PASSWORD },
  };
  await browser.json("POST", "/api/v1/setup", body, 201);
  return browser;
}
