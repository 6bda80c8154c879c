/** What grants are made of. Apart from what reads them, so that tests without a browser can have it. */
import type { Schemas } from "../../../../../sdk/typescript/src/api.ts";

export type Grant = Schemas["Grant"];
export type Action = Grant["actions"][number];
export type Value = string | number | boolean;

/** What a grant can be made of. */
export interface Resource {
  name: string;
  kind: "type" | "server" | "action";
  actions: Exclude<Action, "*">[];
  filters: { field: string; kind: string }[];
  fields: string[] | null;
  public: string[];
}
