/** An organisation as it comes in and goes out. */
import type { Grant } from "../grants/grant.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { parseMembers, type Parser, text } from "../http/members.ts";
import { parseNetworks } from "../http/networks.ts";
import { isoTime } from "../http/query.ts";
import { invalid } from "../problem.ts";
import type { OrganisationRow } from "./queries.ts";
import { type OrganisationLanguage, settingsMembers } from "./settings.ts";

export interface ShownOrganisation {
  code: string;
  name: string;
  allowed_ips: string[];
  sites: string[];
  return_urls: string[];
  language: OrganisationLanguage;
  password_grants: Grant[];
  /** Whether it has one. */
  password: boolean;
  /** Until when the password before is good, too; null: it is not. */
  previous_password_until: string | null;
  /** Whether koppla.yaml keeps it. */
  provisioned: boolean;
  created_at: string;
}

const CODE = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const MIN_PASSWORD = 8;
const MAX_PASSWORD_BYTES = 1_000;

const code: Parser<string> = (value, field) => {
  if (typeof value !== "string" || !CODE.test(value)) {
    throw invalid(field, "must be 1 to 63 characters of a-z, 0-9, - and _, beginning with a letter or digit");
  }
  return value;
};

/** It is for machines, and stands in their settings: what cannot be typed there is refused. */
export const password: Parser<string> = (value, field) => {
  if (typeof value !== "string" || /\p{Cc}/u.test(value))
    throw invalid(field, "must be text without control characters");
  if ([...value].length < MIN_PASSWORD) throw invalid(field, `must have at least ${MIN_PASSWORD} characters`);
  if (Buffer.byteLength(value) > MAX_PASSWORD_BYTES)
    throw invalid(field, `must have at most ${MAX_PASSWORD_BYTES} bytes`);
  return value;
};

const name = text({ min: 1, max: 200 });

/** @throws Problem `invalid` with everything that is wrong */
export function parseNewOrganisation(body: unknown, vocabulary: GrantVocabulary) {
  const members = { code, name, allowed_ips: parseNetworks, ...settingsMembers(vocabulary) };
  return parseMembers(body, members, { required: ["code", "name"] });
}

/** @throws Problem `invalid` with everything that is wrong */
export function parseOrganisationPatch(body: unknown, vocabulary: GrantVocabulary) {
  return parseMembers(body, { name, allowed_ips: parseNetworks, ...settingsMembers(vocabulary) });
}

/** @param now  milliseconds since 1970 */
export function showOrganisation(row: OrganisationRow, now: number): ShownOrganisation {
  const until = row.previousPasswordUntil;
  return {
    code: row.code,
    name: row.name,
    allowed_ips: row.allowedIps,
    sites: row.sites,
    return_urls: row.returnUrls,
    language: row.language,
    password_grants: row.passwordGrants,
    password: row.passwordHash !== null,
    previous_password_until: until !== null && until > now ? isoTime(until) : null,
    provisioned: row.provisioned,
    created_at: isoTime(row.createdAt),
  };
}
