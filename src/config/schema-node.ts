/**
 * The schema of the configuration as plain data, for those who walk it, and how it is put into words.
 */
import { kinds } from "./kinds.ts";
import type { Input } from "./reader.ts";
import type { Annotations } from "./schema-parts.ts";
import { configSchema } from "./schema.ts";

export interface SchemaNode extends Partial<Annotations> {
  type?: string;
  properties?: Record<string, SchemaNode>;
  required?: readonly string[] | undefined;
  additionalProperties?: boolean | SchemaNode | undefined;
  items?: SchemaNode;
  enum?: readonly string[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  minProperties?: number | undefined;
  maxProperties?: number | undefined;
}

export const rootNode: SchemaNode = configSchema;

/** Completes "expected ...". */
export function expected(schema: SchemaNode): string {
  const own = schema["x-expected"];
  if (own !== undefined) return own;
  if (schema["x-kind"] !== undefined) return kinds[schema["x-kind"]].expected;
  if (schema["x-free"] !== undefined)
    return schema["x-free"] === "schema" ? "a JSON Schema (an object)" : "JSON";
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.properties !== undefined) return `an object with ${Object.keys(schema.properties).join(", ")}`;
  switch (schema.type) {
    case "integer":
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case "boolean":
      return "true or false";
    case "array":
      return schema.minItems === undefined ? "a list" : "a list that is not empty";
    case "object":
      return "an object";
    default:
      return schema.minLength === 0 ? "text" : "text that is not empty";
  }
}

/** Whether a value is a URL, of which the password is secret. */
export function isUrl(schema: SchemaNode): boolean {
  return schema["x-kind"]?.endsWith("Url") ?? false;
}

/** Completes "found ...". What may be secret is not shown. */
export function found(schema: SchemaNode, input: Exclude<Input, { is: "broken" }>): string {
  if (input.is === "absent") return "nothing";
  if (input.is === "map") return "an object";
  if (input.is === "list") return input.node.items.length === 0 ? "an empty list" : "a list";
  if (schema["x-secret"] || (isUrl(schema) && String(input.value).includes("@")))
    return "something else (not shown: it may be secret)";
  const text = JSON.stringify(input.value) ?? String(input.value);
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  if (input.variables.length > 0) return `${shown} (from ${input.node.source})`;
  // 0123 and 1e3 are shown as written; that they are numbers to YAML is why they are refused.
  if (typeof input.value === "string") return shown;
  const isText = schema.type === "string" && schema["x-kind"] === undefined && schema.enum === undefined;
  return isText ? `${input.node.source ?? shown} without quotes` : (input.node.source ?? shown);
}
