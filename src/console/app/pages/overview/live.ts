/** How deliveries fare, as the server tells it: at once, and then as it changes. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api, type Schemas } from "../../api/client.ts";
import { follow } from "../../api/stream.ts";

export type Overview = Schemas["Overview"];
export type OverviewReceiver = Schemas["OverviewReceiver"];

const key = ["overview"] as const;

/** @returns the query, and whether news of it come in */
export function useOverview() {
  const queries = useQueryClient();
  const [live, setLive] = useState(true);
  const query = useQuery({
    queryKey: key,
    queryFn: () => answer(api.api.v1.overview.get()),
    // The stream brings the rest.
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    const end = new AbortController();
    const told = ({ data }: { data: string }) => {
      // A tab that nobody sees is not drawn anew.
      if (!document.hidden) queries.setQueryData(key, JSON.parse(data) as Overview);
    };
    void follow("/api/v1/overview/stream", end.signal, told, setLive);
    return () => end.abort();
  }, [queries]);
  return { query, live };
}
