import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client.ts";

export type Action = Schemas["Action"];

/** What one may run. They change with the YAML. */
export function useActions() {
  return useQuery({
    queryKey: ["actions"],
    queryFn: async () => {
      const all: Action[] = [];
      for (let cursor: string | undefined; ;) {
        const query = { limit: 500, ...(cursor !== undefined && { cursor }) };
        const page = await answer(api.api.v1.actions.get({ query }));
        all.push(...page.items);
        if (page.next_cursor === null) return all;
        cursor = page.next_cursor;
      }
    },
  });
}
