/**
 * The JSON Schema for editors (`koppla config schema`): our schema without its own annotations, made as lenient as
 * the loader is. What has a default need not be given, what need not be given may be empty, and `${VAR}` may stand
 * for anything but an object or a list.
 */
import { rootNode, type SchemaNode } from "./schema-node.ts";
import type { JsonSchema } from "./types.ts";

const VARIABLE: JsonSchema = { type: "string", pattern: "\\$\\{" };

export function editorSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Koppla's configuration",
    ...convert(rootNode),
  };
}

function convert(node: SchemaNode, optional = false): JsonSchema {
  const { description = "", default: value } = node;
  const common: JsonSchema = {
    description: node["x-later"] ? `${description} (No effect in this version.)` : description,
    ...(value === undefined ? {} : { default: value }),
  };
  if (node["x-free"] === "json") return common;
  if (node["x-free"] === "schema") return { ...common, type: "object" };
  if (node.properties !== undefined) return { ...common, ...objectSchema(node, node.properties, optional) };
  if (typeof node.additionalProperties === "object")
    return { ...common, type: "object", additionalProperties: convert(node.additionalProperties) };
  if (node.items !== undefined)
    return { ...common, type: "array", items: convert(node.items), ...defined(node, ["minItems"]) };
  const own: JsonSchema = {
    type: node.type ?? "string",
    ...defined(node, ["enum", "pattern", "minLength", "minimum", "maximum"]),
  };
  const isText = node.type === "string" && node.enum === undefined && node.pattern === undefined;
  return isText ? { ...common, ...own } : { ...common, anyOf: [own, VARIABLE] };
}

/** In an `optional` object everything may be empty: it then counts as not given. */
function objectSchema(
  node: SchemaNode,
  properties: Record<string, SchemaNode>,
  optional: boolean,
): JsonSchema {
  const required = (node.required ?? []).filter((name) => mustBeGiven(properties, name));
  const entries = Object.entries(properties).map(([name, child]): [string, JsonSchema] => {
    const schema = convert(child, !node.required?.includes(name));
    return [name, required.includes(name) && !optional ? schema : { anyOf: [schema, { type: "null" }] }];
  });
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(entries),
    ...(required.length === 0 ? {} : { required }),
    ...defined(node, ["minProperties", "maxProperties"]),
  };
}

function mustBeGiven(properties: Record<string, SchemaNode>, name: string): boolean {
  const node = properties[name];
  if (node === undefined || node.default !== undefined) return false;
  if (properties[`${name}_file`]?.["x-file-of"] === name) return false;
  const inner = node.properties;
  if (inner === undefined) return true;
  return node.minProperties !== undefined || (node.required ?? []).some((key) => mustBeGiven(inner, key));
}

type Keyword =
  "enum" | "pattern" | "minLength" | "minimum" | "maximum" | "minItems" | "minProperties" | "maxProperties";

function defined(node: SchemaNode, keywords: readonly Keyword[]): JsonSchema {
  const entries = keywords.flatMap((keyword) => {
    const value = node[keyword];
    if (value === undefined) return [];
    return [[keyword, typeof value === "object" ? [...value] : value] as const];
  });
  return Object.fromEntries(entries);
}
