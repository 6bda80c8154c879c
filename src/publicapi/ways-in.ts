/**
 * The ways into the public data API: an organisation's code with its password, a token of an account, the login that a
 * browser has at the console; and none of them, which is the public view.
 */
import {
  LoginDenied,
  type Organisation,
  type Principal,
  type Subject,
  subjectName,
} from "../accounts/principal.ts";
import type { Grant } from "../grants/grant.ts";
import { publicGrants } from "../grants/view.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import type { Authenticate } from "../http/authenticate.ts";
import type { ClientAddresses } from "../http/client-address.ts";
import { Networks } from "../http/networks.ts";
import type { OrganisationPasswords } from "../organisations/passwords.ts";
import { grantsOfPassword } from "../organisations/settings.ts";
import { Problem } from "../problem.ts";
import type { RateLimits } from "../ratelimit/limits.ts";
import type { TypeRegistry } from "../records/types.ts";
import { pathOf } from "../listen-on/base-path.ts";
import { cookieNames, readCookie } from "../sessions/cookies.ts";
import { sameSite } from "../sessions/forgery.ts";
import type { SessionService } from "../sessions/service.ts";
import type { Store } from "../store/store.ts";
import type { UserService } from "../users/service.ts";
import type { Cors } from "./cors.ts";
import { wrongParameter } from "./errors.ts";
import type { Parameters } from "./parameters.ts";
import type { PublicOrganisation, PublicOrganisations } from "./organisations.ts";

/** Who calls, and for which organisation. */
export interface PublicCaller {
  organisation: Organisation;
  /** Undefined: nobody has logged in, and sees the public view. */
  principal: Principal | undefined;
  /** What may be seen and done: the principal's, or the public view's. */
  grants: readonly Grant[];
  /** Advice that belongs into the answer. */
  warnings: string[];
}

export interface WaysInCollaborators {
  store: Store;
  types: TypeRegistry;
  vocabulary: GrantVocabulary;
  authenticate: Authenticate;
  organisationPasswords: Pick<OrganisationPasswords, "check">;
  publicOrganisations: PublicOrganisations;
  sessions: Pick<SessionService, "use">;
  users: Pick<UserService, "byId">;
  addresses: Pick<ClientAddresses, "of">;
  rateLimits: RateLimits | undefined;
  cors: Pick<Cors, "allow">;
  /** Without a trailing slash. */
  publicUrl: string;
}

const IN_URL =
  "A password in a URL ends up in the logs of every server on its way: send it in the body of a POST instead.";

/** A login that is wrong, in no other words whatever is wrong with it. */
const REALM = { "www-authenticate": 'Bearer realm="koppla"' };

export class WaysIn {
  readonly #with: WaysInCollaborators;
  readonly #cookie: string;
  readonly #publicGrants: readonly Grant[];
  /** By organisation: the same list as long as it says the same, since views are kept by it. */
  readonly #passwordGrants = new Map<number, { stored: string; grants: readonly Grant[] }>();

  constructor(collaborators: WaysInCollaborators) {
    this.#with = collaborators;
    const { publicUrl } = collaborators;
    this.#cookie = cookieNames(publicUrl.startsWith("https:"), pathOf(publicUrl)).session;
    this.#publicGrants = publicGrants(collaborators.types.all);
  }

  /** Whether a request has no header that could be a login. */
  isWithoutLogin(request: Request): boolean {
    const { headers } = request;
    return (
      !headers.has("authorization") &&
      !headers.has("apikey") &&
      readCookie(request, this.#cookie) === undefined
    );
  }

  /**
   * Who it is. What that one may do is for the caller of this to ask, by its grants.
   * @throws LoginDenied for a password or token that is wrong (401) or used from an address that is not allowed (403);
   *   the same where `org` is not the login's own (403); Problem `not_found`, `too_many_requests`, `invalid`
   */
  async admit(request: Request, parameters: Parameters): Promise<PublicCaller> {
    const code = parameters.get("org");
    // A page that may read the answer may read why there is none, too.
    if (code !== undefined) await this.#allow(request, code);
    const caller = await this.#caller(request, parameters, code);
    if (code === undefined) await this.#allow(request, caller.organisation.code);
    return caller;
  }

  async #allow(request: Request, code: string): Promise<void> {
    if (!request.headers.has("origin")) return;
    const found = await this.#with.publicOrganisations.find(code);
    if (found) this.#with.cors.allow(request, found.sites);
  }

  async #caller(request: Request, parameters: Parameters, code: string | undefined): Promise<PublicCaller> {
    const password = parameters.get("pw");
    const warnings = parameters.passwordInUrl ? [IN_URL] : [];
    if (password !== undefined) {
      const principal = await this.#byPassword(request, code, password);
      return { organisation: principal.organisation, principal, grants: principal.grants, warnings };
    }
    const principal = (await this.#byToken(request)) ?? (await this.#bySession(request));
    if (!principal) return { ...(await this.publicView(code)), warnings };
    const { organisation, grants } = principal;
    if (code !== undefined && code !== organisation.code) {
      const known = { organisationId: organisation.id, subject: subjectName(principal) };
      const detail = `The login is one of ${organisation.code}, and org is another.`;
      throw new LoginDenied(known, "org of another", {}, detail, "forbidden");
    }
    return { organisation, principal, grants, warnings };
  }

  /** Who has not logged in. @throws Problem `invalid` without `org`, `not_found` */
  async publicView(code: string | undefined): Promise<Omit<PublicCaller, "warnings">> {
    if (code === undefined) throw wrongParameter("org", "is missing: the code of the organisation");
    const { organisation } = await this.#organisation(code);
    return { organisation, principal: undefined, grants: this.#publicGrants };
  }

  async #organisation(code: string): Promise<PublicOrganisation> {
    const found = await this.#with.publicOrganisations.find(code);
    if (!found) throw new Problem("not_found", `There is no organisation ${code.slice(0, 100)}.`);
    return found;
  }

  async #byPassword(request: Request, code: string | undefined, password: string): Promise<Principal> {
    const { organisationPasswords, publicOrganisations, addresses, rateLimits } = this.#with;
    if (code === undefined) throw wrongParameter("org", "is missing: the code of the organisation");
    // One of them would decide, and nobody could say from outside which.
    if (request.headers.has("authorization") || request.headers.has("apikey")) {
      throw new Problem("malformed", "There are two logins: send pw, or a token.");
    }
    const checked = await organisationPasswords.check(code, password, addresses.of(request));
    if ("denied" in checked) {
      const { denied, known } = checked;
      if (denied === "address not allowed") {
        throw new LoginDenied(
          known,
          denied,
          {},
          "The password may not be used from this address.",
          "forbidden",
        );
      }
      throw new LoginDenied(known, denied, REALM, "Wrong password");
    }
    const found = await publicOrganisations.find(code);
    if (!found) throw new LoginDenied(undefined, "unknown organisation", REALM, "Wrong password");
    const subject: Subject = { kind: "organisation", id: `organisation:${code}`, code, name: checked.name };
    const principal = { organisation: checked, subject, grants: this.#grantsOf(found) };
    rateLimits?.take(request, principal);
    return principal;
  }

  async #byToken(request: Request): Promise<Principal | undefined> {
    const { headers } = request;
    if (!headers.has("authorization") && !headers.has("apikey")) return undefined;
    return await this.#with.authenticate(request);
  }

  /**
   * A browser sends its cookie whoever makes it ask. So it counts only for what no other site has sent; and for what
   * may change something, only where the browser says that a page of ours did.
   */
  async #bySession(request: Request): Promise<Principal | undefined> {
    const { sessions, users, store, publicOrganisations, addresses, rateLimits, publicUrl } = this.#with;
    const cookie = readCookie(request, this.#cookie);
    if (cookie === undefined || !sameSite(request, publicUrl)) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD" && !isOurPage(request)) return undefined;
    const session = await sessions.use(cookie);
    const person = session && (await store.read((reader) => users.byId(reader, session.userId)));
    if (!session || !person?.active || person.organisationId !== session.organisationId) return undefined;
    const found = await publicOrganisations.byId(session.organisationId);
    const { id, username, name, grants } = person;
    const { organisation, row } = found;
    if (!new Networks(row.allowedIps).contains(addresses.of(request))) {
      const known = { organisationId: organisation.id, subject: `user:${username}` };
      throw new LoginDenied(
        known,
        "address not allowed",
        {},
        "The login may not be used from this address.",
        "forbidden",
      );
    }
    const principal: Principal = { organisation, subject: { kind: "user", id, username, name }, grants };
    rateLimits?.take(request, principal);
    return principal;
  }

  /** What an organisation's password is good for: records, and nothing that is the server's own. */
  #grantsOf({ organisation, row }: PublicOrganisation): readonly Grant[] {
    const stored = JSON.stringify(row.passwordGrants);
    const kept = this.#passwordGrants.get(organisation.id);
    if (kept?.stored === stored) return kept.grants;
    const grants = grantsOfPassword(row.passwordGrants, this.#with.vocabulary);
    this.#passwordGrants.set(organisation.id, { stored, grants });
    return grants;
  }
}

/** Whether the browser says so; `sameSite` alone also believes who says nothing. */
function isOurPage({ headers }: Request): boolean {
  return headers.get("sec-fetch-site") === "same-origin" || !["null", null].includes(headers.get("origin"));
}
