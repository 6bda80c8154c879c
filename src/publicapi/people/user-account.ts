/** What a partner's site sends to have an account made, or somebody reminded of one. */
import { collect, email as emailParser, refuse, text } from "../../http/members.ts";
import { isMailAddress } from "../../mail/address.ts";
import { allowedReturnUrl } from "../../organisations/return-url.ts";
import { LANGUAGES, type OrganisationSettings } from "../../organisations/settings.ts";
import { invalid, type Violation } from "../../problem.ts";
import type { Parameters } from "../parameters.ts";
import type { Asked } from "./registration.ts";

const namePart = text({ max: 100 });

/**
 * @param settings  of the organisation
 * @throws Problem `invalid` with everything that is wrong; never with a word about who is known
 */
export function parseAsked(
  parameters: Parameters,
  settings: Pick<OrganisationSettings, "returnUrls" | "language">,
): Asked {
  const violations: Violation[] = [];
  const given = { firstName: "", lastName: "", email: "" };
  for (const name of ["firstName", "lastName"] as const) {
    collect(violations, () => (given[name] = namePart(parameters.get(name) ?? "", name)));
  }
  collect(violations, () => (given.email = address(parameters.get("email"), "email")));
  let returnUrl: string | null = null;
  collect(violations, () => (returnUrl = returnUrlOf(parameters.get("returnUrl"), settings.returnUrls)));
  let language = settings.language;
  collect(violations, () => (language = languageOf(parameters.get("language")) ?? language));
  refuse(violations);
  const name = `${given.firstName} ${given.lastName}`.trim();
  return { email: given.email, name, returnUrl, language };
}

function address(value: string | undefined, field: string): string {
  if (value === undefined || value === "") throw invalid(field, "is missing");
  const email = emailParser(value, field);
  if (isMailAddress(email)) return email;
  throw invalid(field, "must be an e-mail address such as anna@example.org");
}

function returnUrlOf(value: string | undefined, rules: readonly string[]): string | null {
  if (value === undefined || value === "") return null;
  const url = allowedReturnUrl(value, rules);
  if (url) return url.href;
  throw invalid("returnUrl", "is none of the organisation's return addresses");
}

function languageOf(value: string | undefined) {
  if (value === undefined || value === "") return undefined;
  const language = LANGUAGES.find((one) => one === value.toLowerCase());
  if (language) return language;
  throw invalid("language", `must be one of ${LANGUAGES.join(", ")}`);
}
