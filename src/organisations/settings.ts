/** What of an organisation the public data API goes by. */
import type { Grant } from "../grants/grant.ts";
import { parseGrants } from "../grants/parse.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { choice, listOf, type Parser } from "../http/members.ts";
import { invalid } from "../problem.ts";
import type { OrganisationRow } from "./queries.ts";
import { returnUrlRule, site } from "./return-url.ts";

/** Of mails and pages. */
export const LANGUAGES = ["sv", "nl", "fr", "en"] as const;
export type OrganisationLanguage = (typeof LANGUAGES)[number];

export type OrganisationSettings = Pick<
  OrganisationRow,
  "allowedIps" | "sites" | "returnUrls" | "language" | "passwordGrants"
>;

/** What is set where nothing is said. */
export const defaultSettings = {
  sites: [] as string[],
  returnUrls: [] as string[],
  language: "en" as OrganisationLanguage,
  passwordGrants: [{ resource: "*", actions: ["read", "write"] }] as Grant[],
};

const MAX_SITES = 50;
const MAX_RETURN_URLS = 50;
const DATA = ["read", "write", "delete"];

/** The members of a body, each with its parser. */
export function settingsMembers(vocabulary: GrantVocabulary) {
  return {
    sites: unique(listOf(site, { max: MAX_SITES })),
    return_urls: unique(listOf(returnUrlRule, { max: MAX_RETURN_URLS })),
    language: choice(...LANGUAGES),
    password_grants: passwordGrants(vocabulary),
  };
}

/** Of types alone: whoever has the password is anybody who can read a partner's settings. */
function passwordGrants(vocabulary: GrantVocabulary): Parser<Grant[]> {
  return (value, field) => {
    const grants = parseGrants(value, vocabulary, field);
    for (const [index, { resource, actions }] of grants.entries()) {
      if (resource !== "*" && !vocabulary.types.has(resource))
        throw invalid(`${field}[${index}].resource`, "must be a type, or * for all of them");
      if (!actions.every((action) => DATA.includes(action)))
        throw invalid(`${field}[${index}].actions`, `must be some of ${DATA.join(", ")}`);
    }
    return grants;
  };
}

/**
 * What the organisation's password may do now: of every type for `*`, and never anything but data.
 * @param stored  the organisation's `password_grants`
 */
export function grantsOfPassword(
  stored: readonly Grant[],
  { types }: Pick<GrantVocabulary, "types">,
): Grant[] {
  return stored.flatMap((grant) => {
    const actions = grant.actions.filter((action) => DATA.includes(action));
    if (actions.length === 0) return [];
    const resources = grant.resource === "*" ? [...types.keys()] : [grant.resource];
    return resources
      .filter((resource) => types.has(resource))
      .map((resource) => ({ ...grant, resource, actions }));
  });
}

function unique<T>(list: Parser<T[]>): Parser<T[]> {
  return (value, field) => [...new Set(list(value, field))];
}
