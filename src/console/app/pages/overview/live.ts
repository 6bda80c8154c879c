/** How deliveries fare, as the server tells it: at once, and then as it changes. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api, type Schemas } from "../../api/client.ts";
import { followTogether } from "../../api/stream.ts";
import { consoleBase } from "../../base.ts";
import { useOrganisation } from "../../organisation.ts";
import { useSession } from "../../session.tsx";

export type Overview = Schemas["Overview"];
export type OverviewReceiver = Schemas["OverviewReceiver"];

const key = ["overview"] as const;

/** @returns the query, and whether news of it come in */
export function useOverview() {
  const queries = useQueryClient();
  const session = useSession();
  const { code } = useOrganisation(session);
  const [live, setLive] = useState(true);
  const query = useQuery({
    queryKey: key,
    queryFn: () => answer(api.api.v1.overview.get()),
    // The stream brings the rest.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const who = session.user?.id ?? session.account?.id ?? "";
  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const told = ({ data }: { data: string }) => {
      // A tab that nobody sees is not drawn anew.
      if (!document.hidden) queries.setQueryData(key, JSON.parse(data) as Overview);
    };
    const name = `koppla.overview/${consoleBase}/${code}/${who}`;
    followTogether(name, "/api/v1/overview/stream", signal, told, setLive);
    const look = () => void (document.hidden || queries.refetchQueries({ queryKey: key }));
    document.addEventListener("visibilitychange", look, { signal });
    return () => end.abort();
  }, [queries, code, who]);
  return { query, live };
}
