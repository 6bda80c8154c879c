/** The roles that there are, and what each means in plain words. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { sendJson } from "../../api/client.ts";
import type { Grant } from "../../session.tsx";

export interface Role {
  name: string;
  /** There without koppla.yaml saying so. */
  built_in: boolean;
  grants: Grant[];
  /** Whether who asks may give it, and look after those who have it. */
  may_give: boolean;
}

export function useRoles() {
  return useQuery({
    queryKey: ["roles"],
    queryFn: async () => (await sendJson<{ items: Role[] }>("/api/v1/roles")).items,
    staleTime: 60_000,
  });
}

const KNOWN = ["superadministrator", "administrator", "operator", "reader"] as const;
const ACTIONS = ["read", "write", "delete", "run", "manage"] as const;

/** What a role lets one do: built-in ones in a sentence, those of koppla.yaml by their grants. */
export function useRoleText() {
  const { t } = useTranslation("users");
  const action = (name: string) => {
    const known = ACTIONS.find((one) => one === name);
    return known ? t(`actions.${known}`) : t("actions.all");
  };
  return ({ name, built_in, grants }: Role): string => {
    const known = built_in && KNOWN.find((one) => one === name);
    if (known) return t(`roles.${known}`);
    if (grants.length === 0) return t("roles.nothing");
    return grants
      .map(({ resource, actions, where }) => {
        const what = resource === "*" ? t("roles.everything") : resource;
        const part = where === undefined ? "" : ` ${t("roles.part")}`;
        return `${what}${part}: ${actions.map(action).join(", ")}`;
      })
      .join("; ");
  };
}
