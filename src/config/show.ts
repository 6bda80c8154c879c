/**
 * The configuration in effect, in the YAML's own words (`koppla config show`), with secrets masked.
 */
import { Document, isScalar } from "yaml";

import { formatDuration, formatSize } from "./kinds.ts";
import type { Loaded } from "./load.ts";
import { isUrl, rootNode, type SchemaNode } from "./schema-node.ts";
import type { RawConfig } from "./schema.ts";
import type { JsonValue } from "./types.ts";

const MASK = "********";

/** As plain data. */
export function shown(raw: RawConfig): JsonValue {
  return encode(rootNode, raw);
}

/** As YAML; a comment says where a value comes from that does not stand in the file. */
export function shownYaml({ raw, origins }: Loaded): string {
  const document = new Document(shown(raw));
  for (const [path, origin] of origins) {
    const node = document.getIn(JSON.parse(path), true);
    if (isScalar(node)) node.comment = ` ${origin}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** The inverse of `Decoder`. */
function encode(node: SchemaNode, value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (node["x-secret"]) return MASK;
  if (node["x-free"] !== undefined) return value as JsonValue;
  const { properties, additionalProperties, items } = node;
  if (properties !== undefined) return members(value, Object.entries(properties));
  if (typeof additionalProperties === "object")
    return members(
      value,
      Object.keys(value).map((name) => [name, additionalProperties]),
    );
  if (Array.isArray(value) && items !== undefined) return value.map((item) => encode(items, item));
  const text = written(node, value);
  return isUrl(node) && typeof text === "string" ? maskUrl(text) : text;
}

function members(value: object, schemas: [name: string, schema: SchemaNode][]): JsonValue {
  const given = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries(
    schemas
      .filter(([name]) => given.has(name))
      .map(([name, schema]) => [name, encode(schema, given.get(name))]),
  );
}

function written(node: SchemaNode, value: unknown): JsonValue {
  switch (node["x-kind"]) {
    case "duration":
      return formatDuration(Number(value));
    case "size":
      return formatSize(Number(value));
    case "listen":
    case "serverListen": {
      const address = value as RawConfig["server"]["listen"];
      if ("unix" in address) return `unix:${address.unix}`;
      const { hostname, port } = address;
      return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    }
    case "databaseUrl": {
      const url = value as RawConfig["database"]["url"];
      return url.kind === "sqlite" ? `sqlite:${url.path}` : url.url;
    }
    default:
      return value as JsonValue;
  }
}

/** Hides the password of a URL, and parameters that sound like one. */
export function maskUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  if (url.password !== "") url.password = MASK;
  for (const name of url.searchParams.keys())
    if (/pass|secret|token|key/i.test(name)) url.searchParams.set(name, MASK);
  return url.password === "" && url.search === "" ? text : url.href;
}
