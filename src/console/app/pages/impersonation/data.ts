/** Which accounts may act in whose name. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas, sendJson } from "../../api/client.ts";
import { useSession } from "../../session.tsx";

export type Account = Schemas["Account"];
export type Policy = Schemas["ImpersonationPolicy"] & { provisioned?: boolean };

/** More accounts than that are not looked through for the grant; any can be asked for. */
const MOST = 500;

export function useAccounts() {
  return useQuery({
    queryKey: ["accounts", "impersonation"],
    queryFn: async () => (await sendJson<{ items: Account[] }>(`/api/v1/accounts?limit=${MOST}`)).items,
  });
}

export const policiesKey = (id: string) => ["accounts", "policies", id] as const;

export function usePolicies(id: string) {
  return useQuery({
    queryKey: policiesKey(id),
    queryFn: async (): Promise<Policy[]> =>
      (await answer(api.api.v1.accounts({ id })["impersonation-policies"].get())).items,
  });
}

/** To choose from, where one may see people at all. */
export function usePeople(): { usernames: string[]; groups: string[] } {
  const { can } = useSession();
  const { data = [] } = useQuery({
    queryKey: ["users", "impersonation"],
    queryFn: async () => (await sendJson<{ items: Schemas["User"][] }>(`/api/v1/users?limit=${MOST}`)).items,
    enabled: can("users", "read"),
  });
  return {
    usernames: data.map(({ username }) => username),
    groups: [...new Set(data.flatMap(({ groups }) => groups))].sort(),
  };
}

/** Without the grant `impersonate:run` no policy helps. */
export function mayImpersonate({ grants }: Pick<Account, "grants">): boolean {
  return grants.some(
    ({ resource, actions }) =>
      (resource === "impersonate" || resource === "*") &&
      actions.some((action) => action === "run" || action === "*"),
  );
}

/** What the account may do itself, as scopes: a policy allows no more. */
export function scopesOf({ grants }: Pick<Account, "grants">): string[] {
  return [
    ...new Set(grants.flatMap(({ resource, actions }) => actions.map((action) => `${resource}:${action}`))),
  ].filter((scope) => !scope.startsWith("impersonate:"));
}
