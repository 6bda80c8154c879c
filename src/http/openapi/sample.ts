/** Example values for schemas: what the schema itself offers, else something plausible that fits. */
import type { JsonValue } from "../../config/types.ts";
import type { Schema } from "./spec.ts";
import { isSchema } from "./walk.ts";
import type { Resolve } from "./widen.ts";

/** Deeper than this only what is required is made, and twice as deep nothing. */
const DEPTH = 4;

const UUID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";

const formats: Record<string, string> = {
  date: "2026-11-21",
  "date-time": "2026-11-21T19:05:00.000Z",
  time: "19:05:00Z",
  duration: "PT90M",
  email: "anna@example.org",
  "idn-email": "anna@example.org",
  hostname: "example.org",
  "idn-hostname": "example.org",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.org/",
  iri: "https://example.org/",
  "uri-reference": "/a/path",
  "iri-reference": "/a/path",
  "uri-template": "/a/{path}",
  "json-pointer": "/a/path",
  "relative-json-pointer": "1/path",
  regex: "^a",
  uuid: UUID,
  byte: "S29wcGxh",
};

/** Tried in turn on a `pattern`: a generator of strings for any pattern would be a program of its own. */
const patterned = [
  ...Object.values(formats),
  ...["A1", "A-1047", "AB12", "ABC123", "SE", "SEK", "sv", "sv-SE", "a", "abc", "some-name", "Some name"],
  ...["1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890"],
  ...["212000-0142", "20261121", "19121212-1212", "191212121212", "+46701234567", "08-123 45 67"],
  ...["123 45", "1234 AB", "12.50", "#0088cc", "19:05", "2026-11", "2026", "1.0.0"],
];

/**
 * @param requiredOnly  leave out what may be left out
 * @returns undefined where nothing that fits was found; what is returned is a proposal, to be held against the schema
 */
export function sample(
  schema: JsonValue,
  resolve: Resolve,
  { requiredOnly = false } = {},
): JsonValue | undefined {
  return valueOf(schema, resolve, "text", requiredOnly ? DEPTH : 0);
}

/** @param name  what the value is called where it stands; text is made of it */
function valueOf(schema: JsonValue, resolve: Resolve, name: string, depth: number): JsonValue | undefined {
  if (schema === true) return name;
  if (!isSchema(schema) || depth > DEPTH * 2) return undefined;
  const { examples, example, const: constant, enum: choices, default: usual, $ref } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  for (const given of [example, constant, usual]) if (given !== undefined) return given;
  if (Array.isArray(choices)) return choices[0];
  const { allOf, anyOf, oneOf } = schema;
  const target = typeof $ref === "string" ? resolve($ref) : undefined;
  const parts = [...(target ? [target] : []), ...(Array.isArray(allOf) ? allOf : [])];
  for (const one of [anyOf, oneOf]) {
    if (!Array.isArray(one)) continue;
    const usable = one.find((part) => valueOf(part, resolve, name, depth + 1) !== undefined);
    if (usable !== undefined) parts.push(usable);
  }
  const made = parts.map((part) => valueOf(part, resolve, name, depth + 1));
  if (parts.length === 0 || "type" in schema || "properties" in schema)
    made.push(byType(schema, resolve, name, depth));
  const found = made.filter((value) => value !== undefined);
  const objects = found.filter(isSchema);
  return objects.length > 0 ? Object.assign({}, ...objects) : found.at(-1);
}

function byType(schema: Schema, resolve: Resolve, name: string, depth: number): JsonValue | undefined {
  const [type = guess(schema)] = [schema["type"] ?? []].flat().filter((one) => one !== "null");
  switch (type) {
    case "string":
      return textOf(schema, name);
    case "integer":
    case "number":
      return numberOf(schema, type === "integer");
    case "boolean":
      return true;
    case "array":
      return listOf(schema, resolve, name, depth);
    case "object":
      return objectOf(schema, resolve, depth);
    default:
      return schema["type"] === "null" ? null : name;
  }
}

function guess(schema: Schema): string | undefined {
  if ("properties" in schema || "required" in schema || "additionalProperties" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  if ("minimum" in schema || "maximum" in schema) return "number";
  return "pattern" in schema || "format" in schema || "minLength" in schema ? "string" : undefined;
}

function textOf(schema: Schema, name: string): string | undefined {
  const { format, pattern } = schema;
  const shortest = Number(schema["minLength"] ?? 0);
  const longest = Number(schema["maxLength"] ?? Infinity);
  if (typeof format === "string" && format in formats) return formats[format];
  const words = name.replaceAll(/[_-]+/g, " ");
  const plain = words.padEnd(shortest, ` ${words}`).slice(0, longest).trimEnd().padEnd(shortest, ".");
  if (typeof pattern !== "string") return plain;
  const expression = new RegExp(pattern, "u");
  return [plain, ...patterned].find(
    (text) => text.length >= shortest && text.length <= longest && expression.test(text),
  );
}

function numberOf(schema: Schema, whole: boolean): number | undefined {
  const bound = (keyword: string, fallback: number) => {
    const value = schema[keyword];
    return typeof value === "number" ? value : fallback;
  };
  const step = bound("multipleOf", whole ? 1 : 0.5);
  const lowest = Math.max(bound("minimum", -Infinity), bound("exclusiveMinimum", -Infinity));
  const highest = Math.min(bound("maximum", Infinity), bound("exclusiveMaximum", Infinity));
  const start = Number.isFinite(lowest) ? lowest : Math.min(step, highest);
  const fits = (value: number) =>
    value >= bound("minimum", -Infinity) &&
    value <= bound("maximum", Infinity) &&
    value > bound("exclusiveMinimum", -Infinity) &&
    value < bound("exclusiveMaximum", Infinity) &&
    (!whole || Number.isInteger(value));
  const near = [Math.ceil(start / step) * step, Math.ceil(start / step) * step + step];
  return [...near, Math.floor(highest / step) * step - step, (lowest + highest) / 2].find(fits);
}

function listOf(schema: Schema, resolve: Resolve, name: string, depth: number): JsonValue[] | undefined {
  const { prefixItems, items, minItems } = schema;
  const fixed = Array.isArray(prefixItems) ? prefixItems : [];
  const list = fixed.map((item) => valueOf(item, resolve, name, depth + 1));
  const singular = name.replace(/s$/, "");
  const wanted = Math.max(Number(minItems ?? 0), fixed.length > 0 ? 0 : 1);
  while (list.length < wanted) {
    const choices = isSchema(items) && Array.isArray(items["enum"]) ? items["enum"] : [];
    list.push(choices[list.length] ?? valueOf(items ?? true, resolve, singular, depth + 1));
  }
  const made = list.filter((value) => value !== undefined);
  return made.length === list.length ? made : Number(minItems ?? 0) === 0 ? [] : undefined;
}

function objectOf(schema: Schema, resolve: Resolve, depth: number): Schema | undefined {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const result: Schema = {};
  for (const [name, property] of Object.entries(properties)) {
    const needed = required.includes(name);
    if (!needed && depth >= DEPTH) continue;
    const value = valueOf(property, resolve, name, depth + 1);
    if (value !== undefined) result[name] = value;
    else if (needed) return undefined;
  }
  for (const name of required) if (typeof name === "string" && !(name in result)) result[name] = name;
  return result;
}
