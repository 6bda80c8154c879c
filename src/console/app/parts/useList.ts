import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

import { sendJson } from "../api/client.ts";
import type { ListPage, ListQuery } from "./DataTable.tsx";

const PAGE = 100;

/**
 * A keyset-paged list of the API, for {@link DataTable}.
 * @param path  such as `/api/v1/deliveries`
 * @param filters  query parameters; empty ones are left out
 * @param options.every  asks anew after so many milliseconds, as long as one is at its beginning
 */
export function useList<Row>(
  key: QueryKey,
  path: string,
  filters: Readonly<Record<string, string | undefined>> = {},
  options: { every?: number | false; enabled?: boolean } = {},
): ListQuery<Row> {
  return useInfiniteQuery({
    queryKey: [...key, filters],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(PAGE) });
      for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
      if (pageParam !== "") query.set("cursor", pageParam);
      return sendJson<ListPage<Row>>(`${path}?${query}`, { signal });
    },
    getNextPageParam: ({ next_cursor }) => next_cursor,
    enabled: options.enabled ?? true,
    refetchInterval: (query) =>
      (query.state.data?.pages.length ?? 0) <= 1 ? (options.every ?? false) : false,
  });
}
