/** API accounts as the pages read them. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas, sendJson } from "../../api/client.ts";
import type { Resource } from "./types.ts";

export type { Action, Grant, Resource } from "./types.ts";

export type Account = Schemas["Account"] & { provisioned?: boolean };
export type CreatedAccount = Schemas["CreatedAccount"];
export type Token = Schemas["AccountToken"];
/** A link to the account portal. */
export interface PortalLink {
  id: string;
  label: string;
  created_at: string;
  created_by: string | null;
  expires_at: string;
  last_used_at: string | null;
}

export const accountsKey = ["accounts"] as const;
export const accountKey = (id: string) => ["account", id] as const;
export const linksKey = (id: string) => ["account", id, "links"] as const;

export function useAccount(id: string) {
  return useQuery({
    queryKey: accountKey(id),
    queryFn: async (): Promise<Account> =>
      await answer(api.api.v1.accounts({ id }).get({ query: { include: "deleted" } })),
  });
}

/** It is in the YAML: it stays while the server runs. */
export function useAccountOptions() {
  return useQuery({
    queryKey: ["account-options"],
    queryFn: ({ signal }) => sendJson<{ resources: Resource[] }>("/api/v1/accounts/options", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** All of them: an account has few. */
export function useLinks(id: string) {
  return useQuery({
    queryKey: linksKey(id),
    queryFn: async ({ signal }) => {
      const path = `/api/v1/accounts/${encodeURIComponent(id)}/portal-links?limit=500`;
      return (await sendJson<{ items: PortalLink[] }>(path, { signal })).items;
    },
  });
}

export type State = "deleted" | "disabled" | "expired" | "active";

export function stateOf(account: Pick<Account, "deleted_at" | "enabled" | "expires_at">, now: number): State {
  if (account.deleted_at !== undefined) return "deleted";
  if (!account.enabled) return "disabled";
  return account.expires_at !== null && Date.parse(account.expires_at) <= now ? "expired" : "active";
}

/** When one of its tokens was last used; null: none ever was. */
export function lastUse({ tokens }: Pick<Account, "tokens">): string | null {
  const times = tokens.flatMap(({ last_used_at: at }) => (at === null ? [] : [at]));
  return times.sort().at(-1) ?? null;
}
