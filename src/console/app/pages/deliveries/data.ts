/** The webhook log as the pages read it. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas, sendJson } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { useSession } from "../../session.tsx";

export type Delivery = Schemas["Delivery"];
export type DeliveryItem = Schemas["DeliveryItem"];
export type Attempt = Schemas["Attempt"];
export type Status = Delivery["status"];

export const statuses = [
  ...(["pending", "delivering", "delivered", "retrying", "failed", "cancelled"] as const),
] satisfies Status[];

/** Those that can be sent again; the others are under way. */
export const resendable = ["failed", "retrying", "cancelled", "delivered"] as const;
export type Resendable = (typeof resendable)[number];
export const isResendable = (status: string): status is Resendable =>
  (resendable as readonly string[]).includes(status);

export const errors = [
  ...(["dns", "connect", "tls", "timeout", "status", "redirect", "blocked", "oauth", "proxy"] as const),
  ...(["body", "rights", "split", "superseded"] as const),
] satisfies NonNullable<Delivery["error"]>[];

/** Still to come to an end. */
export const isUnderWay = (status: Status): boolean => ["pending", "delivering", "retrying"].includes(status);

export const deliveriesKey = ["deliveries"] as const;
export const deliveryKey = (id: string) => ["delivery", id] as const;

/** What is under way is looked at again and again. */
const WATCH_MS = 2_000;

export function useDelivery(id: string) {
  return useQuery({
    queryKey: deliveryKey(id),
    queryFn: () => answer(api.api.v1.deliveries({ id }).get()),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data.status) ? WATCH_MS : false),
  });
}

/** The names of receivers, also of those that were removed: the first page of them at once. */
const NAMES = 500;
const namesKey = ["receivers", "names"] as const;
const NAMES_MS = 60_000;

interface Named {
  id: string;
  name: string;
  deleted_at?: string;
}

export function useReceiverNames() {
  const { can } = useSession();
  return useQuery({
    queryKey: namesKey,
    queryFn: async ({ signal }) => {
      const path = `/api/v1/receivers?include=deleted&limit=${NAMES}`;
      const { items, next_cursor } = await sendJson<{ items: Named[]; next_cursor: string | null }>(path, {
        signal,
      });
      return { byId: new Map(items.map((one) => [one.id, one])), complete: next_cursor === null };
    },
    staleTime: NAMES_MS,
    enabled: can("receivers", "read"),
  });
}

/** One receiver's name; asked for by itself where there are too many for one page. Undefined while it is not known. */
export function useReceiverName(id: string): Named | undefined {
  const { data } = useReceiverNames();
  const known = data?.byId.get(id);
  const { data: single } = useQuery({
    queryKey: [...namesKey, id],
    queryFn: async (): Promise<Named> => {
      try {
        return await answer(api.api.v1.receivers({ id }).get({ query: { include: "deleted" } }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return { id, name: id };
        throw error;
      }
    },
    staleTime: NAMES_MS,
    enabled: id !== "" && data !== undefined && known === undefined,
  });
  return known ?? single;
}
