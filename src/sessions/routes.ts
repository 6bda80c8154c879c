/** `/api/v1/session`: logging in at the console and out, and what its holder may do about itself. */
import { Elysia } from "elysia";

import { Forbidden } from "../accounts/principal.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { parseMembers } from "../http/members.ts";
import { parseQuery } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import type { PortalService } from "../portal/service.ts";
import { Problem } from "../problem.ts";
import type { LoginService } from "../users/login.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { OwnChanges, Self } from "../users/self.ts";
import type { UserService } from "../users/service.ts";
import { endSession, sessionBegun } from "./begin.ts";
import type { BrowserLogins, Visitor } from "./browser.ts";
import { ConsoleLogin, noSession, notLoggedIn, parseCredentials, secretText } from "./console-login.ts";
import { sameSite } from "./forgery.ts";
import { type SessionShowing, showSession } from "./show.ts";

export interface SessionRouteDependencies extends SessionShowing {
  browsers: BrowserLogins;
  portal: PortalService;
  logins: LoginService;
  users: UserService;
  ownChanges: OwnChanges;
  organisations: OrganisationService;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Sessions"];
const noStore = { "cache-control": "no-store" };

export function sessionRoutes(deps: SessionRouteDependencies) {
  const { browsers, portal, logins, ownChanges, addresses, limits, publicUrl } = deps;
  const consoleLogin = new ConsoleLogin(deps);

  /** @throws Problem `unauthorized` without a session */
  const visit = async (request: Request): Promise<Visitor> => {
    const visitor = await browsers.visitor(request);
    if (!visitor) throw noSession();
    return visitor;
  };
  /** A login that another site's page sends would make the person somebody else without a notice. */
  const demandOurs = (request: Request): void => {
    if (!sameSite(request, publicUrl)) throw new Problem("forbidden", "Another site has sent this.");
  };

  /** @throws Forbidden in the portal, which has no person */
  const selfOf = (visitor: Visitor, request: Request): Self => {
    const { principal } = visitor;
    if (visitor.kind === "portal")
      throw new Forbidden(principal, "users", "manage", "The portal has no person.");
    const organisation = principal.home ?? principal.organisation;
    return { person: visitor.person, organisation, origin: originOf(addresses, request) };
  };

  return new Elysia({ name: "sessions" })
    .get(
      "/api/v1/session",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        return json(request, JSON.stringify(await showSession(visitor, deps)), 200, noStore);
      },
      { detail: { tags, operationId: "getSession", summary: "The session that the cookie stands for" } },
    )
    .post(
      "/api/v1/session",
      async ({ request }) => {
        demandOurs(request);
        parseQuery(request, {});
        const given = parseCredentials(await readObject(request, limits));
        const origin = originOf(addresses, request);
        const before = browsers.cookie.read(request);
        const value = await consoleLogin.login(given, origin, before);
        if (before !== undefined) await portal.end(before);
        return await sessionBegun(request, value, deps);
      },
      {
        detail: {
          tags,
          operationId: "createSession",
          summary: "Log in",
          description:
            "The answer sets a cookie, which is then the way in on all of `/api/v1`: changes need the header " +
            "`x-koppla-console: 1` beside it. With the `code` `totp_required` (401) the password was right and " +
            "the person's one-time code is missing.",
        },
      },
    )
    .delete(
      "/api/v1/session",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        if (visitor.kind === "portal") await portal.end(visitor.value);
        else await logins.logout(visitor.value, visitor.person, originOf(addresses, request));
        return empty(request, 204, { "set-cookie": browsers.cookie.end() });
      },
      { detail: { tags, operationId: "deleteSession", summary: "Log out" } },
    )
    .patch(
      "/api/v1/session",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        await ownChanges.patch(selfOf(visitor, request), await readObject(request, limits));
        return json(request, JSON.stringify(await showSession(await visit(request), deps)), 200, noStore);
      },
      {
        detail: {
          tags,
          operationId: "changeSession",
          summary: "Change one's own name or language",
          description: "What is not given stays. `language` null is the browser's.",
        },
      },
    )
    .put(
      "/api/v1/session/password",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        const body = await readObject(request, limits);
        const value = await ownChanges.password(selfOf(visitor, request), body);
        return empty(request, 204, { "set-cookie": browsers.cookie.begin(value) });
      },
      {
        detail: {
          tags,
          operationId: "setSessionPassword",
          summary: "Change one's own password",
          description:
            "Every session of the person ends, and every token that speaks for it; the answer sets the cookie of a new one.",
        },
      },
    )
    .post(
      "/api/v1/session/totp",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        const body = await readObject(request, limits);
        const { secret, otpauthUri, qrSvg } = await ownChanges.beginTotp(selfOf(visitor, request), body);
        const made = { secret, otpauth_uri: otpauthUri, qr: qrSvg };
        return json(request, JSON.stringify(made), 200, noStore);
      },
      {
        detail: {
          tags,
          operationId: "enrolSessionTotp",
          summary: "Get a secret for one-time codes",
          description:
            "It asks for no code until one was shown (`/api/v1/session/totp/confirm`). Told this once.",
        },
      },
    )
    .post(
      "/api/v1/session/totp/confirm",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        await ownChanges.confirmTotp(selfOf(visitor, request), await readObject(request, limits));
        return empty(request, 204);
      },
      {
        detail: {
          tags,
          operationId: "confirmSessionTotp",
          summary: "Ask for a code at each login from now on",
        },
      },
    )
    .delete(
      "/api/v1/session/totp",
      async ({ request }) => {
        const visitor = await visit(request);
        parseQuery(request, {});
        await ownChanges.removeTotp(selfOf(visitor, request), await readObject(request, limits));
        return empty(request, 204);
      },
      { detail: { tags, operationId: "removeSessionTotp", summary: "Ask for no code any more" } },
    )
    .post(
      "/api/v1/session/portal",
      async ({ request }) => {
        demandOurs(request);
        parseQuery(request, {});
        const members = { token: secretText };
        const { token } = parseMembers(await readObject(request, limits), members, { required: ["token"] });
        const origin = originOf(addresses, request);
        const value = await portal.enter(token, origin);
        if (value === undefined) throw notLoggedIn();
        const before = browsers.cookie.read(request);
        if (before !== undefined) await endSession(before, deps);
        return await sessionBegun(request, value, deps);
      },
      {
        detail: {
          tags,
          operationId: "createPortalSession",
          summary: "Enter an account's portal by a link",
          description:
            "`token` is what stands behind the `#` of the link. The session is the account's, and good for its own " +
            "receivers and their log alone.",
        },
      },
    );
}
