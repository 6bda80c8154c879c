/** `/api/v1/session`: logging in at the console and out, and what its holder may do about itself. */
import { Elysia } from "elysia";

import { type ClientAddresses, originOf } from "../http/client-address.ts";
import { type BodyLimits, readObject } from "../http/json.ts";
import { parseMembers } from "../http/members.ts";
import { parseQuery } from "../http/query.ts";
import { empty, json } from "../http/respond.ts";
import type { PortalService } from "../portal/service.ts";
import { Problem } from "../problem.ts";
import type { LoginService } from "../users/login.ts";
import type { OrganisationService } from "../organisations/service.ts";
import type { UserService } from "../users/service.ts";
import { sessionBegun } from "./begin.ts";
import type { BrowserLogins, Visitor } from "./browser.ts";
import { ConsoleLogin, noSession, notLoggedIn, parseCredentials, secretText } from "./console-login.ts";
import { sameSite } from "./forgery.ts";
import { type SessionShowing, showSession } from "./show.ts";

export interface SessionRouteDependencies extends SessionShowing {
  browsers: BrowserLogins;
  portal: PortalService;
  logins: LoginService;
  users: UserService;
  organisations: OrganisationService;
  addresses: ClientAddresses;
  limits: BodyLimits;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Sessions"];
const noStore = { "cache-control": "no-store" };

export function sessionRoutes(deps: SessionRouteDependencies) {
  const { browsers, portal, logins, addresses, limits, publicUrl } = deps;
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
        if (before !== undefined) await logins.forget(before);
        if (before !== undefined) await portal.end(before);
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
