/** A person with a browser that has no scripts: cookies, pages, forms. And what it takes to be sent to them. */
import { createHash, randomBytes } from "node:crypto";

import { type Koppla, run } from "./harness.ts";

/** A page as the browser got it. */
export interface Page {
  status: number;
  url: string;
  headers: Headers;
  text: string;
  /** Where it redirects to, absolute; null where it does not. */
  location: string | null;
}

/** What is sent with every request of a browser, beside its cookies. */
export type BrowserHeaders = Record<string, string>;

export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly headers: BrowserHeaders = {}) {}

  get(url: string, headers: BrowserHeaders = {}): Promise<Page> {
    return this.#send(url, { headers });
  }

  post(url: string, fields: Record<string, string>, headers: BrowserHeaders = {}): Promise<Page> {
    return this.#send(url, { method: "POST", body: new URLSearchParams(fields), headers });
  }

  /**
   * Fills in the page's form for `step` and sends it.
   * @param fields  over those that the form has already
   */
  submit(page: Page, step: string, fields: Record<string, string> = {}, headers?: BrowserHeaders) {
    const form = formsOf(page).find((one) => one.fields["step"] === step);
    if (!form) throw new Error(`the page has no form ${step}:\n${page.text}`);
    return this.post(form.action, { ...form.fields, ...fields }, headers);
  }

  /** Follows a redirect. */
  follow(page: Page): Promise<Page> {
    if (page.location === null) throw new Error(`no redirect but ${page.status}:\n${page.text}`);
    return this.get(page.location);
  }

  /** From the link of a client to the page that asks for consent. */
  async login(url: string, username: string, password: string): Promise<Page> {
    const sent = await this.submit(await this.get(url), "login", { username, password });
    return await this.follow(sent);
  }

  async #send(url: string, init: RequestInit & { headers: BrowserHeaders }): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...this.headers, ...init.headers, ...(cookie && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const text of response.headers.getSetCookie()) this.#keep(text);
    const location = response.headers.get("location");
    return {
      status: response.status,
      url,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? null : new URL(location, url).href,
    };
  }

  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split(";").map((part) => part.trim());
    const [name = "", value = ""] = pair.split("=");
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

/** The forms of a page, with what stands in their fields. */
export function formsOf(page: Page): Form[] {
  const forms = page.text.matchAll(/<form method="post" action="([^"]*)">([^]*?)<\/form>/g);
  return [...forms].map(([, action = "", inside = ""]) => ({
    action: new URL(unescape(action), page.url).href,
    fields: Object.fromEntries(
      [...inside.matchAll(/<input[^>]*>/g)].map(([input]) => [
        attribute(input, "name"),
        attribute(input, "value"),
      ]),
    ),
  }));
}

function attribute(tag: string, name: string): string {
  return unescape(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
}

const CHARACTERS: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

function unescape(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => CHARACTERS[entity] ?? entity);
}

export const PASSWORD = "correct horse battery";

export interface UserJson {
  id: string;
  username: string;
  totp: false | { secret: string };
}

/** Makes a user by the command line. */
export async function makeUser(koppla: Koppla, org: string, username: string, ...more: string[]) {
  const args = ["--org", org, "--username", username, "--email", `${username}@example.org`];
  const result = await run(
    ["user", "create", "-c", koppla.configFile, ...args, ...more, "--password-stdin", "--json"],
    { cwd: koppla.dir, input: `${PASSWORD}\n` },
  );
  if (result.exitCode !== 0) throw new Error(result.stderr);
  const user: UserJson = JSON.parse(result.stdout);
  return user;
}

/** An account that sends people to the authorize page. */
export interface Site {
  clientId: string;
  token: string;
  redirectUri: string;
  verifier: string;
  /** The link for a person. @param changes  of its parameters; undefined leaves one out */
  link(changes?: Record<string, string | undefined>): string;
  /** Exchanges a code. */
  exchange(code: string, changes?: Record<string, string>): Promise<Response>;
}

export const REDIRECT_URI = "https://site.example/callback";

/** Makes one in the organisation of `koppla.demo`, or of another partner. */
export async function makeSite(
  koppla: Koppla,
  body: Record<string, unknown> = {},
  partner = koppla.demo,
): Promise<Site> {
  const made = await partner.send<{ client_id: string; token: string; redirect_uris: string[] }>(
    "POST",
    "/api/v1/accounts",
    {
      name: "Course site",
      grants: [{ resource: "trainings", actions: ["read", "write"] }],
      redirect_uris: [REDIRECT_URI],
      ...body,
    },
    201,
  );
  const { client_id: clientId, token } = made;
  const redirectUri = made.redirect_uris[0] ?? REDIRECT_URI;
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return {
    ...{ clientId, token, redirectUri, verifier },
    link: (changes = {}) => {
      const parameters = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: "trainings:read",
        state: "state of the site",
        code_challenge: challenge,
        code_challenge_method: "S256",
        ...changes,
      };
      const given = Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] satisfies [string, string]],
      );
      return `${koppla.url}/oauth/authorize?${new URLSearchParams(given)}`;
    },
    exchange: (code, changes = {}) =>
      fetch(`${koppla.url}/oauth/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${clientId}:${token}`)}` },
        body: new URLSearchParams({
          grant_type: "authorization_code",
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
          ...changes,
        }),
      }),
  };
}
