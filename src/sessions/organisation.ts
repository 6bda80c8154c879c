/** Which organisation a request is about: one's own, or by header another one, for those who look after all. */
import { Forbidden, type Principal } from "../accounts/principal.ts";
import type { OrganisationService } from "../organisations/service.ts";
import { Problem } from "../problem.ts";
import type { Person } from "../users/person.ts";

/** Names an organisation by its code. */
export const ORGANISATION_HEADER = "koppla-organisation";

/** What every code looks like; nothing else is looked up. */
const CODE = /^[a-z0-9_-]{1,63}$/;

/** @throws Forbidden where the header names another organisation than the principal's; for who may not look at others */
export function demandOwn(request: Request, principal: Principal): Principal {
  const code = request.headers.get(ORGANISATION_HEADER);
  if (code === null || code === principal.organisation.code) return principal;
  const detail = "The login is one of another organisation.";
  throw new Forbidden(principal, "organisations", "manage", detail);
}

/**
 * The principal of a person's session, at the organisation that the header names.
 * @throws Forbidden for all but superadministrators; Problem `not_found`
 */
export async function lookingAt(
  { principal, person }: { principal: Principal; person: Pick<Person, "superadministrator"> },
  request: Request,
  organisations: Pick<OrganisationService, "byCode">,
): Promise<Principal> {
  const code = request.headers.get(ORGANISATION_HEADER);
  if (!person.superadministrator || code === null) return demandOwn(request, principal);
  const { organisation: home } = principal;
  if (code === home.code) return principal;
  if (!CODE.test(code)) throw new Problem("not_found", "There is no such organisation.");
  const organisation = await organisations.byCode(code);
  return { ...principal, organisation, home: { code: home.code, name: home.name } };
}
