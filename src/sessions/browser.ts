/**
 * The console's session cookie as a way in: whose session a browser has, and for which organisation.
 *
 * A browser sends its cookie whoever makes it ask. So it counts only for what no other site has sent; and for what may
 * change something, only where a page of ours says so itself, too (`forgery.ts`).
 */
import { Forbidden, LoginDenied, type Organisation, type Principal } from "../accounts/principal.ts";
import type { ClientAddresses } from "../http/client-address.ts";
import { Networks } from "../http/networks.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { PortalService, PortalVisitor } from "../portal/service.ts";
import type { Store } from "../store/store.ts";
import type { Person } from "../users/person.ts";
import type { UserService } from "../users/service.ts";
import { SessionCookie } from "./cookies.ts";
import { CONSOLE_HEADER, isFromConsole, sameSite } from "./forgery.ts";
import { demandOwn, lookingAt } from "./organisation.ts";
import type { OpenSession, SessionService } from "./service.ts";

/** A person who is logged in. */
export interface PersonVisitor {
  kind: "user";
  principal: Principal;
  person: Person;
  session: OpenSession;
}

/** Whose session it is; with the value of the cookie. */
export type Visitor = (PersonVisitor | PortalVisitor) & { value: string };

export interface BrowserCollaborators {
  store: Store;
  sessions: Pick<SessionService, "use">;
  users: Pick<UserService, "byId">;
  portal: Pick<PortalService, "visitor">;
  organisations: Pick<OrganisationService, "get" | "byCode">;
  addresses: Pick<ClientAddresses, "of">;
  /** Without a trailing slash. */
  publicUrl: string;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
/** Seconds for which nobody has touched the page that asks. One that says less than is true keeps itself logged in. */
const IDLE_HEADER = "koppla-idle";
/** What a partner may ask for by a portal link; the routes see to it that it is the partner's own. */
const PORTAL_PATHS = /^\/api\/v1\/(?:me|receivers|deliveries|operations|session)(?:\/|$)/;

export class BrowserLogins {
  readonly cookie: SessionCookie;
  readonly #with: BrowserCollaborators;
  /** Requests that have counted as use: a stream asks again and again whether it may go on. */
  readonly #seen = new WeakSet<Request>();

  constructor(collaborators: BrowserCollaborators) {
    this.#with = collaborators;
    this.cookie = new SessionCookie(collaborators.publicUrl);
  }

  /**
   * The principal of a request's cookie; undefined where there is no session.
   * @throws Forbidden for what another site may have made the browser ask; LoginDenied where the address is not allowed
   */
  admit(request: Request): Promise<Principal | undefined> | undefined {
    return this.cookie.read(request) === undefined
      ? undefined
      : this.visitor(request).then((visitor) => visitor?.principal);
  }

  /** As {@link admit}, with all that is known of the session. */
  async visitor(request: Request): Promise<Visitor | undefined> {
    const value = this.cookie.read(request);
    // Of another site's request nobody learns whether there is a session.
    if (value === undefined || !sameSite(request, this.#with.publicUrl)) return undefined;
    const visitor = await this.of(value, this.#with.addresses.of(request), this.#idle(request));
    if (!visitor) return undefined;
    if (!SAFE.has(request.method) && !isFromConsole(request, this.#with.publicUrl)) {
      const detail = `A change by a browser's login needs the header ${CONSOLE_HEADER}: 1.`;
      throw new Forbidden(visitor.principal, "*", "write", detail);
    }
    if (visitor.kind === "portal") {
      demandOwn(request, visitor.principal);
      if (PORTAL_PATHS.test(new URL(request.url).pathname)) return visitor;
      throw new Forbidden(visitor.principal, "*", "read", "The portal shows receivers and their log alone.");
    }
    const principal = await lookingAt(visitor, request, this.#with.organisations);
    return { ...visitor, principal };
  }

  /**
   * Whose session a cookie's value is, at the organisation that it belongs to.
   * @param address  where it comes from
   * @param idle  as for {@link SessionService.use}
   * @throws LoginDenied where the organisation does not allow that
   */
  async of(value: string, address: string | null, idle = 0): Promise<Visitor | undefined> {
    const { sessions, users, portal, store } = this.#with;
    const session = await sessions.use(value, idle);
    if (!session) {
      const visitor = await portal.visitor(value, address);
      return visitor && { ...visitor, value };
    }
    const person = await store.read((reader) => users.byId(reader, session.userId));
    if (!person?.active || person.organisationId !== session.organisationId) return undefined;
    const organisation = await this.#organisation(person, address);
    const { id, username, name, grants } = person;
    const principal: Principal = { organisation, subject: { kind: "user", id, username, name }, grants };
    return { kind: "user", principal, person, session, value };
  }

  /** Milliseconds for which the person has done nothing. */
  #idle(request: Request): number {
    if (this.#seen.has(request)) return Number.POSITIVE_INFINITY;
    this.#seen.add(request);
    const seconds = request.headers.get(IDLE_HEADER) ?? "";
    return /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : 0;
  }

  async #organisation(person: Person, address: string | null): Promise<Organisation> {
    const { organisationId: id, username } = person;
    const { code, name, allowed_ips: networks } = await this.#with.organisations.get(id);
    if (networks.length === 0 || new Networks(networks).contains(address)) return { id, code, name };
    const detail = "The login may not be used from this address.";
    const known = { organisationId: id, subject: `user:${username}` };
    throw new LoginDenied(known, "address not allowed", {}, detail, "forbidden");
  }
}
