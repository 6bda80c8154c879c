/** Logging in at the console: organisation, username, password, and a code where the person has TOTP. */
import type { Origin } from "../audit/entry.ts";
import { Networks } from "../http/networks.ts";
import { parseMembers, type Parser, text } from "../http/members.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { invalid, Problem } from "../problem.ts";
import type { LoginService } from "../users/login.ts";
import { newCookieValue } from "./service.ts";

export interface Credentials {
  organisation: string;
  username: string;
  password: string;
  /** A one-time code, as it was typed. */
  totp?: string;
}

/** 401 must say how to log in (RFC 9110, 15.5.2); browsers know no such scheme, and open no window of their own. */
const CHALLENGE = { "www-authenticate": 'Bearer realm="koppla"' };

/** Neither trimmed nor changed. */
export const secretText: Parser<string> = (value, field) => {
  if (typeof value !== "string" || value.length > 1_000) throw invalid(field, "must be text");
  return value;
};

/** @throws Problem `invalid` */
export function parseCredentials(body: unknown): Credentials {
  const members = {
    organisation: text({ min: 1, max: 100 }),
    username: text({ min: 1, max: 400 }),
    password: secretText,
    totp: text({ max: 20 }),
  };
  return parseMembers(body, members, { required: ["organisation", "username", "password"] });
}

export function notLoggedIn(): Problem {
  const detail = "Organisation, username, password or code are not right.";
  return new Problem("unauthorized", detail, { headers: CHALLENGE });
}

/** No session, or one that has ended. */
export function noSession(): Problem {
  return new Problem("unauthorized", "There is no session, or it has ended.", { headers: CHALLENGE });
}

export class ConsoleLogin {
  readonly #logins: LoginService;
  readonly #organisations: Pick<OrganisationService, "byCode" | "get">;

  constructor({
    logins,
    organisations,
  }: {
    logins: LoginService;
    organisations: Pick<OrganisationService, "byCode" | "get">;
  }) {
    this.#logins = logins;
    this.#organisations = organisations;
  }

  /**
   * @param session  the value of the cookie that the browser has already, whose session ends
   * @returns the value of the new cookie
   * @throws Problem `unauthorized` whatever is wrong, `totp_required` where all is right and the code is missing,
   *   `too_many_requests`
   */
  async login(given: Credentials, origin: Origin, session: string | undefined): Promise<string> {
    const { username, password, totp } = given;
    const organisation = await this.#place(given.organisation, origin.address);
    if (!organisation) {
      await this.#logins.nowhere(origin, given.organisation, username, password);
      throw notLoggedIn();
    }
    // The ticket between the two steps is of this request alone.
    const place = { organisation, origin, clientId: null, browser: newCookieValue(), session };
    const result = await this.#logins.password(place, username, password);
    if (result.kind === "in") return result.session;
    if (result.kind === "wrong") throw notLoggedIn();
    const code = (totp ?? "").replaceAll(/\s/g, "");
    if (code === "") {
      const detail = "The code of your authenticator app is needed, too.";
      throw new Problem("totp_required", detail, { headers: CHALLENGE });
    }
    const entered = await this.#logins.code(place, result.ticket, code);
    if (entered.kind === "in") return entered.session;
    if (entered.kind !== "locked") throw notLoggedIn();
    const headers = { "retry-after": String(entered.seconds) };
    throw new Problem("too_many_requests", "Too many wrong codes; try again later.", { headers });
  }

  /** Undefined where there is no such organisation, or it does not allow the address. */
  async #place(code: string, address: string | null) {
    if (!/^[a-z0-9_-]{1,63}$/.test(code)) return undefined;
    try {
      const organisation = await this.#organisations.byCode(code);
      const { allowed_ips: networks } = await this.#organisations.get(organisation.id);
      const allowed = networks.length === 0 || new Networks(networks).contains(address);
      return allowed ? organisation : undefined;
    } catch (error) {
      if (error instanceof Problem && error.code === "not_found") return undefined;
      throw error;
    }
  }
}
