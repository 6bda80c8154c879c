/** The types of the server, with what one may do with each: what `/api/v1/types` says. */
import { useQuery } from "@tanstack/react-query";

import { sendJson } from "../api/client.ts";
import type { ListPage } from "./DataTable.tsx";
import type { RecordType } from "./record-type.ts";

export { type RecordType, right, type TypeRight } from "./record-type.ts";

/** All of them, by name. They change with the YAML, which is read at a start. */
export function useTypes() {
  return useQuery({
    queryKey: ["types"],
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) => {
      const types: RecordType[] = [];
      let cursor = "";
      do {
        const path = `/api/v1/types?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
        const page = await sendJson<ListPage<RecordType>>(path, { signal });
        types.push(...page.items);
        cursor = page.next_cursor ?? "";
      } while (cursor !== "");
      return types;
    },
  });
}
