/** A type of records, as `/api/v1/types` tells of it. */
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

export function right(type: RecordType, action: TypeRight["action"]): TypeRight | undefined {
  return type.rights.find((one) => one.action === action);
}
