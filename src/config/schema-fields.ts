/** What can be told of a type's fields from its JSON Schema. */
import type { JsonSchema } from "./types.ts";

/** Keywords by which a schema may have properties that stand elsewhere. */
const ELSEWHERE = [
  "$ref",
  "$dynamicRef",
  "allOf",
  "anyOf",
  "oneOf",
  "if",
  "dependentSchemas",
  "patternProperties",
];

/** The names of a schema's properties, or null where it does not list them all itself. */
export function propertiesOf(schema: JsonSchema | undefined): string[] | null {
  const listed = schema?.["properties"];
  if (schema === undefined || typeof listed !== "object" || listed === null) return null;
  return ELSEWHERE.some((keyword) => keyword in schema) ? null : Object.keys(listed);
}

/** What values of a field are, as far as the schema says; `any` where it leaves it open. */
export type FieldKind = "string" | "number" | "boolean" | "any";

export function fieldKind(schema: JsonSchema | undefined, field: string): FieldKind {
  const properties = schema?.["properties"];
  const property = isObject(properties) ? properties[field] : undefined;
  const declared = isObject(property) ? [property["type"]].flat().filter((type) => type !== "null") : [];
  if (declared.length !== 1) return "any";
  const [type] = declared;
  if (type === "integer" || type === "number") return "number";
  return type === "string" || type === "boolean" ? type : "any";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
