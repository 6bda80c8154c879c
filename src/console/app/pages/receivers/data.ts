/** Receivers as the pages read them. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas, sendJson } from "../../api/client.ts";
import { useSession } from "../../session.tsx";

export type Receiver = Schemas["Receiver"];
export type DetailedReceiver = Schemas["DetailedReceiver"] & { provisioned?: boolean };
export type ReceiverInput = Schemas["ReceiverInput"];
export type Health = Schemas["ReceiverHealth"];
export type Protocol = Receiver["auth"]["protocol"];

/** What a receiver of this server can be made of. */
export interface ReceiverOptions {
  topics: { name: string; object: string; resource: string }[];
  types: { name: string; object: string; key: string; filters: { field: string; kind: string }[] }[];
  retry_schedules: { name: string; steps: string[]; then: "fail" | "repeat" }[];
  defaults: { retry: string; bundle: { quiet: string; longest: string; size: number }; timeout: string };
}

export const receiversKey = ["receivers"] as const;
export const receiverKey = (id: string) => ["receiver", id] as const;

const WATCH_MS = 5_000;

/** One receiver, also a removed one; how it fares is looked at again and again. */
export function useReceiver(id: string) {
  return useQuery({
    queryKey: receiverKey(id),
    queryFn: async (): Promise<DetailedReceiver> =>
      await answer(api.api.v1.receivers({ id }).get({ query: { include: "deleted" } })),
    refetchInterval: ({ state }) => (state.data?.deleted_at === undefined ? WATCH_MS : false),
  });
}

/** It is in the YAML: it stays while the server runs. */
export function useReceiverOptions() {
  const { can } = useSession();
  return useQuery({
    queryKey: ["receiver-options"],
    queryFn: ({ signal }) => sendJson<ReceiverOptions>("/api/v1/receivers/options", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: can("receivers", "read"),
  });
}

/** Accounts to choose from; nobody but those who may look at accounts has a choice. */
const ACCOUNTS = 500;

export function useAccountChoice() {
  const { can, kind } = useSession();
  return useQuery({
    queryKey: ["accounts", "choice"],
    queryFn: () => answer(api.api.v1.accounts.get({ query: { limit: ACCOUNTS } })),
    enabled: kind === "user" && can("accounts", "read"),
  });
}

export type State = "deleted" | "disabled" | "failing" | "active";

export function stateOf({
  deleted_at,
  enabled,
  failing_since,
}: Pick<Receiver, "deleted_at" | "enabled" | "failing_since">): State {
  if (deleted_at !== undefined) return "deleted";
  if (!enabled) return "disabled";
  return failing_since === null ? "active" : "failing";
}
