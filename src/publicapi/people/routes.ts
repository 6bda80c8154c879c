/** `/api/public/userAccount/` and `/api/public/userLogin/`: people of an organisation, for its partners' sites. */
import { Elysia } from "elysia";

import { Forbidden, LoginDenied, type Principal } from "../../accounts/principal.ts";
import { authorOf } from "../../audit/entry.ts";
import { allows, type GrantAction } from "../../grants/grant.ts";
import { type ClientAddresses, originOf } from "../../http/client-address.ts";
import type { BodyLimits } from "../../http/json.ts";
import { json } from "../../http/respond.ts";
import { onceFor } from "../../idempotency/routes.ts";
import type { Idempotency } from "../../idempotency/service.ts";
import type { OrganisationService } from "../../organisations/service.ts";
import { Problem } from "../../problem.ts";
import type { PartnerLogin } from "../../users/partner-login.ts";
import { wrongParameter } from "../errors.ts";
import { type Parameters, readParameters } from "../parameters.ts";
import type { PublicCaller, WaysIn } from "../ways-in.ts";
import type { Registrations } from "./registration.ts";
import { parseAsked } from "./user-account.ts";

export interface PeopleRouteDependencies {
  waysIn: WaysIn;
  registrations: Registrations;
  partnerLogin: PartnerLogin;
  organisations: Pick<OrganisationService, "settings">;
  addresses: ClientAddresses;
  limits: BodyLimits;
  idempotency: Idempotency;
}

const noStore = { "cache-control": "no-store" };
/** Longer than any that can be right. */
const MAX_USERNAME = 400;

interface Let extends PublicCaller {
  principal: Principal;
}

export function peopleRoutes(deps: PeopleRouteDependencies) {
  const { waysIn, registrations, partnerLogin, organisations, addresses, limits, idempotency } = deps;

  /** The organisation's password is for this; an account needs a grant of users. */
  const admit = async (request: Request, parameters: Parameters, action: GrantAction): Promise<Let> => {
    const caller = await waysIn.admit(request, parameters);
    const { principal } = caller;
    if (!principal) {
      const realm = { "www-authenticate": 'Bearer realm="koppla"' };
      throw new LoginDenied(undefined, "no login", realm, "A login is needed: org and pw, or a token.");
    }
    const may = principal.subject.kind === "organisation" || allows(principal.grants, "users", action);
    if (!may) throw new Forbidden(principal, "users", action);
    return { ...caller, principal };
  };

  const userAccount = async ({ request }: { request: Request }): Promise<Response> => {
    const parameters = await readParameters(request, limits);
    const { organisation, principal, warnings } = await admit(request, parameters, "manage");
    const asked = parseAsked(parameters, await organisations.settings(organisation.id));
    const said = () => JSON.stringify(asked);
    return await onceFor(idempotency, { request, principal, said }, async () => {
      await registrations.ask(organisation, authorOf(principal, originOf(addresses, request)), asked);
      return answer(request, { userAccount: { status: "sent" } }, warnings);
    });
  };

  const userLogin = async ({ request }: { request: Request }): Promise<Response> => {
    const parameters = await readParameters(request, limits);
    const { organisation, principal, warnings } = await admit(request, parameters, "read");
    const username = required(parameters, "username").trim();
    const password = required(parameters, "userPw");
    const code = (parameters.get("code") ?? "").replaceAll(/\s/g, "").slice(0, 20);
    const by = authorOf(principal, originOf(addresses, request));
    const name = username.slice(0, MAX_USERNAME);
    const result = await partnerLogin.check({ organisation, by }, name, password, code);
    if (result.kind !== "in") {
      const error = result.kind === "code" ? "One-time code needed" : "Wrong password";
      return answer(request, { userLogin: { errors: [error] } }, warnings, 401);
    }
    const { user } = result;
    const shown = { userKey: user.id, email: user.email, name: user.name || user.username, errors: [] };
    return answer(request, { userLogin: shown }, warnings);
  };

  // `/api/public/openapi.yml` describes them (`document/people.ts`): the API's own document has other logins and errors.
  const hidden = { detail: { hide: true } };
  return new Elysia({ name: "public-people" })
    .post("/api/public/userAccount/", userAccount, hidden)
    .post("/api/public/userAccount", userAccount, hidden)
    .get("/api/public/userAccount/", postOnly, hidden)
    .post("/api/public/userLogin/", userLogin, hidden)
    .post("/api/public/userLogin", userLogin, hidden)
    .get("/api/public/userLogin/", postOnly, hidden);
}

/** Else the paths would be those of types. */
function postOnly(): never {
  throw new Problem("method_not_allowed", "Send it by POST.", { headers: { allow: "OPTIONS, POST" } });
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined || value === "") throw wrongParameter(name, "is missing");
  return value;
}

function answer(request: Request, body: object, warnings: readonly string[], status = 200): Response {
  const all = warnings.length > 0 ? { ...body, warnings } : body;
  return json(request, JSON.stringify(all), status, noStore);
}
