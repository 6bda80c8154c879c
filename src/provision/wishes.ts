/** What koppla.yaml wants there to be: held to the rules that the API holds its callers to. */
import { type AccountSettings, parseNewAccount } from "../accounts/input.ts";
import { parsePolicy, type PolicyInput } from "../accounts/policies.ts";
import { looksLikeToken } from "../accounts/tokens.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import { ConfigError } from "../config/errors.ts";
import { formatDuration } from "../config/kinds.ts";
import type { Config, ConfigIssue } from "../config/types.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { parseNewOrganisation, password as organisationPassword } from "../organisations/organisation.ts";
import { defaultSettings } from "../organisations/settings.ts";
import { Problem } from "../problem.ts";
import { type NewReceiver, parseNewReceiver } from "../receivers/input.ts";
import type { Reachable } from "../receivers/url.ts";
import { type NewUser, parseNewUser } from "../users/input.ts";
import type { Roles } from "../users/roles.ts";

export interface OrganisationWish {
  code: string;
  columns: {
    name: string;
    allowedIps: string[];
    sites: string[];
    returnUrls: string[];
    language: "sv" | "nl" | "fr" | "en";
    passwordGrants: ReturnType<typeof parseNewOrganisation>["password_grants"] & {};
  };
  password: string | null;
}

/** What belongs to an organisation, named by its code. */
type Of<T> = T & { organisation: string };

export type AccountWish = Of<{
  settings: AccountSettings;
  /** The API token itself, and the TOTP secret in base32, where koppla.yaml gives them. */
  token: string | null;
  totpSecret: string | null;
}>;

export type UserWish = Of<NewUser>;
/** `account`: its name. */
export type PolicyWish = Of<PolicyInput & { account: string }>;
/** `account`: its name. `ownSecret`: whether koppla.yaml gives its secret. */
export type ReceiverWish = Of<{ account: string; settings: NewReceiver; ownSecret: boolean }>;

export interface Wishes {
  organisations: OrganisationWish[];
  accounts: AccountWish[];
  users: UserWish[];
  policies: PolicyWish[];
  receivers: ReceiverWish[];
}

export interface WishRules {
  vocabulary: GrantVocabulary;
  roles: Roles;
  topics: TopicCatalogue;
  guard: Reachable;
}

/** @throws {ConfigError} with everything that is wrong */
export function parseWishes(config: Config, rules: WishRules): Wishes {
  const { provision, webhooks } = config;
  const { vocabulary, roles } = rules;
  const issues: ConfigIssue[] = [];
  const report = (path: string, message: string) =>
    issues.push({ file: config.file ?? "", line: 0, column: 0, path, message: `${path}: ${message}` });
  const each = <T, W>(
    list: string,
    items: readonly T[],
    nameOf: (item: T) => string,
    parse: (item: T) => W,
  ) => {
    const names = new Set<string>();
    return items.flatMap((item, index) => {
      const path = `provision.${list}[${index}]`;
      const name = nameOf(item);
      if (names.has(name)) report(path, `found ${name} a second time, expected each once`);
      names.add(name);
      try {
        return [parse(item)];
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.violations.length === 0) report(path, error.message);
        for (const { field, message } of error.violations) report(field ? `${path}.${field}` : path, message);
        return [];
      }
    });
  };

  const wishes: Wishes = {
    organisations: each(
      "organisations",
      provision.organisations,
      ({ code }) => code,
      (given) => {
        const { code, name, allowedIps, sites, returnUrls, language, password, passwordGrants } = given;
        const body = { code, name, allowed_ips: allowedIps, sites, return_urls: returnUrls, language };
        const grants = passwordGrants === null ? {} : { password_grants: passwordGrants };
        const parsed = parseNewOrganisation({ ...body, ...grants }, vocabulary);
        return {
          code,
          columns: {
            ...{ name: parsed.name, allowedIps: parsed.allowed_ips ?? [], sites: parsed.sites ?? [] },
            ...{ returnUrls: parsed.return_urls ?? [], language },
            passwordGrants: parsed.password_grants ?? defaultSettings.passwordGrants,
          },
          password: password === null ? null : organisationPassword(password, "password"),
        };
      },
    ),
    accounts: each("accounts", provision.accounts, named, (given) => {
      const { organisation, allowedIps, expiresAt, token, apiToken, totpSecret, totp, ...rest } = given;
      const settings = parseNewAccount(
        {
          ...rest,
          ...{ totp: totp || totpSecret !== null, allowed_ips: allowedIps, expires_at: expiresAt },
          token: { ...token, life: formatDuration(token.life) },
        },
        vocabulary,
      );
      if (apiToken !== null && !looksLikeToken(apiToken)) {
        const message = "must be a token that `koppla provision token` has printed";
        throw new Problem("invalid", message, { violations: [{ field: "api_token", message }] });
      }
      return { organisation, settings, token: apiToken, totpSecret };
    }),
    users: each(
      "users",
      provision.users,
      ({ organisation, username }) => `${organisation}/${username.toLowerCase()}`,
      ({ organisation, password, ...given }) => {
        const body = password === null ? given : { ...given, password };
        return { organisation, ...parseNewUser(body, roles) };
      },
    ),
    policies: each(
      "impersonation_policies",
      provision.impersonationPolicies,
      (given) => JSON.stringify(given),
      ({ organisation, account, life, ...given }) => ({
        ...{ organisation, account },
        ...parsePolicy({ ...given, life: formatDuration(life) }, vocabulary),
      }),
    ),
    receivers: each("receivers", provision.receivers, named, (given) => {
      const { organisation, account, secret, auth, bundle, contact, ...rest } = given;
      const body = {
        ...rest,
        ...(secret !== null && { secret }),
        ...(auth !== null && { auth }),
        ...(bundle !== null && { bundle }),
        ...(contact !== null && { contact }),
      };
      const settings = parseNewReceiver(body, { ...rules, webhooks }, account);
      return { organisation, account, settings, ownSecret: secret !== null };
    }),
  };
  if (issues.length > 0) throw new ConfigError(issues);
  return wishes;
}

function named({ organisation, name }: { organisation: string; name: string }): string {
  return `${organisation}/${name}`;
}
