/** The types of the server, with what one may do with each: what `/api/v1/types` says. */
import { useQuery } from "@tanstack/react-query";

import { sendJson } from "../api/client.ts";
import type { ListPage } from "./DataTable.tsx";
import type { Schema } from "./schema-form/schema.ts";

export interface TypeRight {
  action: "read" | "write" | "delete";
  fields: "all" | string[];
  every_record: boolean;
}

export interface RecordType {
  name: string;
  /** Its name in the singular. */
  object: string;
  key: "integer" | "string" | "uuid";
  description: string;
  schema: Schema;
  /** Null where the schema does not list them all. */
  fields: string[] | null;
  filters: { field: string; kind: "string" | "number" | "boolean" | "any" }[];
  /** Fields that a text search looks in; empty: there is none. */
  search: string[];
  public: string[];
  parent: { type: string; field: string } | null;
  topics: { update: string; destroy: string; import: string };
  rights: TypeRight[];
}

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

export function right(type: RecordType, action: TypeRight["action"]): TypeRight | undefined {
  return type.rights.find((one) => one.action === action);
}
