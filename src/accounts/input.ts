/** An account as it comes in: what may be sent, and what it means where it is not. */
import type { StoredGrant } from "../../db/schema.ts";
import { parseDuration } from "../config/kinds.ts";
import { parseGrants } from "../grants/parse.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { choice, duration, flag, parseMembers, type Parser, text } from "../http/members.ts";
import { parseNetworks } from "../http/networks.ts";
import { instant } from "../http/query.ts";
import { invalid } from "../problem.ts";
import type { AccountRow } from "./account.ts";
import { redirectUris } from "./redirect-uri.ts";

/** How an account's access tokens are. */
export interface TokenSettings {
  kind: "opaque" | "jwt";
  /** Milliseconds. */
  life: number;
  /** Whether its own logins are given refresh tokens without TOTP, too. */
  refresh: boolean;
  /** The `aud` of JWTs; null: our own address. */
  audience: string | null;
}

export interface AccountSettings {
  name: string;
  description: string;
  grants: StoredGrant[];
  /** Whether a code is asked for beside the API token. */
  totp: boolean;
  /** Addresses and networks; empty: every one. */
  allowedIps: string[];
  /** Milliseconds since 1970. */
  expiresAt: number | null;
  token: TokenSettings;
  /** Whether its access tokens must be bound to a key (RFC 9449). */
  dpop: boolean;
  redirectUris: string[];
  enabled: boolean;
}

export interface TokenInput {
  label: string;
  /** Milliseconds since 1970; null: never. */
  expiresAt: number | null;
}

/** What holds where nothing is said. */
export const defaults: Omit<AccountSettings, "name" | "grants"> = {
  description: "",
  totp: false,
  allowedIps: [],
  expiresAt: null,
  token: { kind: "opaque", life: 3_600_000, refresh: false, audience: null },
  dpop: false,
  redirectUris: [],
  enabled: true,
};

/** @throws Problem `invalid` with everything that is wrong */
export function parseNewAccount(body: unknown, vocabulary: GrantVocabulary): AccountSettings {
  const members = { ...membersOf(vocabulary), totp: flag };
  const parsed = parseMembers(body, members, { required: ["name", "grants"] });
  const { token, ...given } = renamed(parsed);
  const { name, grants } = parsed;
  return { ...defaults, ...given, name, grants, token: { ...defaults.token, ...token } };
}

/**
 * What of an account is to change; members of `token` are set one by one.
 * @throws Problem `invalid` with everything that is wrong
 */
export function parseAccountPatch(
  body: unknown,
  vocabulary: GrantVocabulary,
): Partial<AccountRow> & { enabled?: boolean } {
  const { token, ...given } = renamed(parseMembers(body, membersOf(vocabulary)));
  return {
    ...given,
    ...(token?.kind !== undefined && { tokenKind: token.kind }),
    ...(token?.life !== undefined && { tokenLife: token.life }),
    ...(token?.refresh !== undefined && { tokenRefresh: token.refresh }),
    ...(token?.audience !== undefined && { tokenAudience: token.audience }),
  };
}

/** A further API token. @throws Problem `invalid` */
export function parseNewToken(body: unknown): TokenInput {
  const { label = "", expires_at: expiresAt = null } = parseMembers(body, {
    label: text({ max: 200 }),
    expires_at: time,
  });
  return { label, expiresAt };
}

/** A time, or null for never. */
const time: Parser<number | null> = (value, field) => {
  if (value === null) return null;
  try {
    return instant(typeof value === "string" ? value : "");
  } catch (error) {
    throw invalid(field, error instanceof Error ? error.message : "is not a time");
  }
};

const life = duration("1s", "90d");
const audience = text({ min: 1, max: 500 });

const tokenMembers = {
  kind: choice("opaque", "jwt"),
  life: (value: unknown, field: string): number => parseDuration(life(value, field)) ?? Number.NaN,
  refresh: flag,
  audience: (value: unknown, field: string) => (value === null ? null : audience(value, field)),
};

const membersOf = (vocabulary: GrantVocabulary) => ({
  name: text({ min: 1, max: 200 }),
  description: text({ max: 2_000, lines: true }),
  grants: (value: unknown, field: string) => parseGrants(value, vocabulary, field),
  allowed_ips: parseNetworks,
  expires_at: time,
  token: (value: unknown, field: string) => parseMembers(value, tokenMembers, { field }),
  dpop: flag,
  redirect_uris: redirectUris,
  enabled: flag,
});

/** The names that the wire has, as the program has them. */
function renamed<T extends { allowed_ips?: string[]; expires_at?: number | null; redirect_uris?: string[] }>(
  parsed: T,
) {
  const { allowed_ips: allowedIps, expires_at: expiresAt, redirect_uris: uris, ...rest } = parsed;
  return {
    ...rest,
    ...(allowedIps !== undefined && { allowedIps }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(uris !== undefined && { redirectUris: uris }),
  };
}
