/** The form of an account: its fields, and what the API takes. */
import type { UseFormReturnType } from "@mantine/form";

import { instantOf, localOf } from "../deliveries/filter.ts";
import { milliseconds } from "../receivers/duration.ts";
import type { Account, Resource } from "./data.ts";
import { cardOf, faultOf, type GrantCard, grantOf, newCard } from "./grants.ts";

export interface AccountForm {
  name: string;
  description: string;
  totp: boolean;
  grants: GrantCard[];
  allowed_ips: string[];
  /** As `datetime-local` has it; empty: never. */
  expires: string;
  token_kind: "opaque" | "jwt";
  token_life: string;
  /** Whether its own logins are given refresh tokens, without TOTP too. */
  token_refresh: boolean;
  /** The `aud` of JWTs; empty: this server's address. */
  token_audience: string;
  dpop: boolean;
  redirect_uris: string[];
}

export type Form = UseFormReturnType<AccountForm>;

export const emptyForm = (): AccountForm => ({
  ...{ name: "", description: "", totp: true, grants: [newCard()], allowed_ips: [], expires: "" },
  ...{ token_kind: "opaque", token_life: "60m", token_refresh: false, token_audience: "" },
  ...{ dpop: false, redirect_uris: [] },
});

export const formOf = (account: Account): AccountForm => ({
  ...{ name: account.name, description: account.description, totp: account.totp },
  ...{ grants: account.grants.map(cardOf), allowed_ips: account.allowed_ips },
  expires: account.expires_at === null ? "" : localOf(account.expires_at),
  ...{ token_kind: account.token.kind, token_life: account.token.life },
  ...{ token_refresh: account.token.refresh, token_audience: account.token.audience ?? "" },
  ...{ dpop: account.dpop, redirect_uris: account.redirect_uris },
});

/** What is sent of it, without `totp`, which is only said when it is made. */
export function inputOf(form: AccountForm, resources: readonly Resource[]) {
  return {
    name: form.name.trim(),
    description: form.description,
    grants: form.grants.map((card) =>
      grantOf(
        card,
        resources.find(({ name }) => name === card.resource),
      ),
    ),
    allowed_ips: form.allowed_ips,
    expires_at: instantOf(form.expires) ?? null,
    token: {
      ...{ kind: form.token_kind, life: form.token_life, refresh: form.token_refresh },
      // What random text has no place for stays as it is.
      ...(form.token_kind === "jwt" && { audience: form.token_audience.trim() || null }),
    },
    ...{ dpop: form.dpop, redirect_uris: form.redirect_uris },
  };
}

/** What is wrong at a glance; the texts are keys of `accounts.invalid`. */
export function faultsOf(form: AccountForm): Partial<Record<string, string>> {
  const fault = faultOf(form.grants);
  return {
    ...(form.name.trim() === "" && { name: "required" }),
    ...(fault !== undefined && { grants: fault }),
    ...(form.expires !== "" && instantOf(form.expires) === undefined && { expires: "time" }),
    ...(milliseconds(form.token_life) === undefined && { token_life: "duration" }),
  };
}

/** Which fields each step has. */
export const stepFields = [
  ["name", "description", "totp"],
  ["grants"],
  [
    ...(["allowed_ips", "expires", "token_kind", "token_life"] as const),
    ...(["token_refresh", "token_audience", "dpop", "redirect_uris"] as const),
  ],
] as const;

/** Where the fields of the API stand in the form. */
export const renamed: Record<string, string> = {
  ...{ expires_at: "expires", "token.life": "token_life", "token.kind": "token_kind" },
  ...{ "token.refresh": "token_refresh", "token.audience": "token_audience" },
};
