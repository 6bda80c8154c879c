/** Cookies: those that this server sets, and no others. RFC 6265. */

import { pathOf } from "../listen-on/base-path.ts";

/** Names of the cookies, as the scheme allows them. */
export interface CookieNames {
  /** A person's login. */
  session: string;
  /** The login page, before there is a session: what its form is tied to. */
  login: string;
}

/** 32 random bytes in base64url: what each of our cookies holds, and nothing else is taken for one. */
const VALUE = /^[\w-]{43}$/;

/**
 * Behind https the prefix makes the browser refuse a cookie that another host of the domain, or somebody on the way,
 * would plant (RFC 6265bis, 4.1.3.2). Without https it would refuse ours, and `__Host-` under a path of the host.
 * @param path  `/`, or the path that the server is under
 */
export function cookieNames(secure: boolean, path = "/"): CookieNames {
  const prefix = !secure ? "" : path === "/" ? "__Host-" : "__Secure-";
  return { session: `${prefix}koppla_session`, login: `${prefix}koppla_login` };
}

/** @returns undefined when the request has no such cookie, or one that is none of ours */
export function readCookie(request: Request, name: string): string | undefined {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals === -1 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    if (VALUE.test(value)) return value;
  }
  return undefined;
}

/** The text of a Set-Cookie. It lasts until the browser is closed; the server says when it ends before that. */
export function setCookie(name: string, value: string, secure: boolean, path = "/"): string {
  return `${name}=${value}; Path=${path}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}

export function removeCookie(name: string, secure: boolean, path = "/"): string {
  return `${setCookie(name, "", secure, path)}; Max-Age=0`;
}

/** The cookie that a session hangs on. */
export class SessionCookie {
  readonly #secure: boolean;
  readonly #path: string;
  readonly #name: string;

  /** @param publicUrl  behind https it is sent over https alone */
  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith("https:");
    this.#path = pathOf(publicUrl);
    this.#name = cookieNames(this.#secure, this.#path).session;
  }

  read(request: Request): string | undefined {
    return readCookie(request, this.#name);
  }

  /** The text of the Set-Cookie that begins a session. */
  begin(value: string): string {
    return setCookie(this.#name, value, this.#secure, this.#path);
  }

  /** The text of the Set-Cookie that ends it. */
  end(): string {
    return removeCookie(this.#name, this.#secure, this.#path);
  }
}
