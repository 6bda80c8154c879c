/** What the authorize page needs of other rooms. */
import type { AuditLog } from "../../audit/service.ts";
import type { ClientAddresses } from "../../http/client-address.ts";
import type { BodyLimits } from "../../http/json.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import { pathOf } from "../../listen-on/base-path.ts";
import { cookieNames, readCookie, removeCookie, setCookie } from "../../sessions/cookies.ts";
import type { FormTokens } from "../../sessions/forgery.ts";
import type { SessionService } from "../../sessions/service.ts";
import type { Store } from "../../store/store.ts";
import type { LoginService } from "../../users/login.ts";
import type { UserService } from "../../users/service.ts";
import type { OAuthService } from "../service.ts";

/** As the server has them. */
export interface AuthorizeDependencies {
  store: Store;
  oauth: Pick<OAuthService, "find" | "issueCode">;
  organisations: Pick<OrganisationService, "get">;
  users: Pick<UserService, "byId">;
  logins: LoginService;
  sessions: Pick<SessionService, "use">;
  formTokens: FormTokens;
  audit: AuditLog;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** The issuer. Without a trailing slash. */
  publicUrl: string;
}

export interface Collaborators extends AuthorizeDependencies {
  cookies: Cookies;
}

/** The cookies of the pages. */
export class Cookies {
  readonly #secure: boolean;
  readonly #path: string;
  readonly #names: ReturnType<typeof cookieNames>;

  /** @param publicUrl  behind https they are sent over https alone */
  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith("https:");
    this.#path = pathOf(publicUrl);
    this.#names = cookieNames(this.#secure, this.#path);
  }

  session(request: Request): string | undefined {
    return readCookie(request, this.#names.session);
  }

  login(request: Request): string | undefined {
    return readCookie(request, this.#names.login);
  }

  setLogin(value: string): string {
    return setCookie(this.#names.login, value, this.#secure, this.#path);
  }

  /** The cookies of who has logged in: what the login page was tied to is not needed any more. */
  loggedIn(session: string): string[] {
    const { session: name, login } = this.#names;
    return [
      setCookie(name, session, this.#secure, this.#path),
      removeCookie(login, this.#secure, this.#path),
    ];
  }

  loggedOut(): string[] {
    return [removeCookie(this.#names.session, this.#secure, this.#path)];
  }
}
