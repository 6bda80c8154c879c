/** What the authorize page needs of other rooms. */
import type { AccountRow } from "../../accounts/account.ts";
import type { Origin } from "../../audit/entry.ts";
import type { AuditLog } from "../../audit/service.ts";
import type { BodyLimits } from "../../http/json.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import { cookieNames, readCookie, removeCookie, setCookie } from "../../sessions/cookies.ts";
import type { FormTokens } from "../../sessions/forgery.ts";
import type { SessionService } from "../../sessions/service.ts";
import type { Store, Transaction } from "../../store/store.ts";
import type { LoginService } from "../../users/login.ts";
import type { Person } from "../../users/person.ts";
import type { UserService } from "../../users/service.ts";

/** The token server, as far as it is needed here. */
export interface AuthorizationServer {
  /** The account of a client id, undefined where it may not be used now. */
  find(clientId: string): Promise<AccountRow | undefined>;
  /** @returns the code, which is good once and for a short time */
  issueCode(
    tx: Transaction,
    grant: {
      account: AccountRow;
      user: Person;
      redirectUri: string;
      scope: string;
      challenge: string;
      dpopJkt: string | null;
    },
  ): Promise<string>;
}

export interface Collaborators {
  store: Store;
  server: AuthorizationServer;
  organisations: Pick<OrganisationService, "get">;
  users: Pick<UserService, "byId">;
  logins: LoginService;
  sessions: Pick<SessionService, "use">;
  tokens: FormTokens;
  cookies: Cookies;
  audit: AuditLog;
  originOf(request: Request): Origin;
  limits: BodyLimits;
  /** The issuer. Without a trailing slash. */
  publicUrl: string;
}

/** The cookies of the pages. */
export class Cookies {
  readonly #secure: boolean;
  readonly #names: ReturnType<typeof cookieNames>;

  /** @param publicUrl  behind https they are sent over https alone */
  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith("https:");
    this.#names = cookieNames(this.#secure);
  }

  session(request: Request): string | undefined {
    return readCookie(request, this.#names.session);
  }

  login(request: Request): string | undefined {
    return readCookie(request, this.#names.login);
  }

  setLogin(value: string): string {
    return setCookie(this.#names.login, value, this.#secure);
  }

  /** The cookies of who has logged in: what the login page was tied to is not needed any more. */
  loggedIn(session: string): string[] {
    const { session: name, login } = this.#names;
    return [setCookie(name, session, this.#secure), removeCookie(login, this.#secure)];
  }

  loggedOut(): string[] {
    return [removeCookie(this.#names.session, this.#secure)];
  }
}
