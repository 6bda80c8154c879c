/** What grants may speak of: the resources and fields that a configuration has. */
import { type FieldKind, fieldKind, propertiesOf } from "../config/schema-fields.ts";
import type { TypeConfig } from "../config/types.ts";
import { ACTION_PREFIX, FIXED_RESOURCES } from "./resources.ts";

export interface TypeFields {
  /** The fields that `where` may name, with what their values are. */
  filters: ReadonlyMap<string, FieldKind>;
  /** All that there are; null where the schema does not list them. */
  fields: readonly string[] | null;
  /** Those that the type calls public. */
  public: readonly string[];
}

export interface GrantVocabulary {
  types: ReadonlyMap<string, TypeFields>;
  /** Every resource but `*`. */
  resources: readonly string[];
}

/** A configuration as far as grants care; what is wrong with it may be missing. */
export interface GrantConfiguration {
  types: Record<string, Partial<Pick<TypeConfig, "filters" | "schema" | "public">>>;
  actions: Record<string, unknown>;
}

export function grantVocabulary({ types, actions }: GrantConfiguration): GrantVocabulary {
  const names = Object.keys(types);
  return {
    types: new Map(Object.entries(types).map(([name, type]) => [name, typeFields(type)])),
    resources: [...names, ...FIXED_RESOURCES, ...Object.keys(actions).map((name) => ACTION_PREFIX + name)],
  };
}

function typeFields({ schema, filters = [], public: shown = [] }: GrantConfiguration["types"][string]) {
  return {
    filters: new Map(filters.map((field) => [field, fieldKind(schema, field)])),
    fields: propertiesOf(schema),
    public: shown,
  };
}
