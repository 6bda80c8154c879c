/**
 * `docs/koppla.yaml`, made from the schema: every key with its description and default. What has no default, and
 * what has no effect yet, is commented out (`#key:`, without a blank), so that the file as it stands says the same
 * as an empty one, but for a sample type.
 */
import { stringify } from "yaml";

import { rootNode, type SchemaNode } from "./schema-node.ts";
import type { JsonValue } from "./types.ts";

const WIDTH = 100;

const HEAD = `\
# Every key of Koppla's configuration with its default. A key that is commented out (#key) has none, and shows an
# example; so does one that has no effect in this version.
#
# Relative paths are relative to this file. Durations are 500ms, 5s, 10m, 2h, 90d; sizes 512KB, 32MB, 1GB.
# A value may hold \${VARIABLE} or \${VARIABLE:-default}; $\${ is \${ itself. A JSON Schema is taken as it is.
# NAME_file reads the value of NAME from a file, without its last line break; only one of the two may be given.
`;

export function referenceYaml(): string {
  const lines = Object.entries(rootNode.properties ?? {}).flatMap(([name, node]) => [
    "",
    ...property(name, node, {
      indent: 0,
      off: false,
      required: rootNode.required?.includes(name) ?? false,
      sample: name === "types",
    }),
  ]);
  return `${HEAD}${lines.join("\n")}\n`;
}

interface Position {
  indent: number;
  /** Inside of something that is commented out. */
  off: boolean;
  required: boolean;
  /** A map of which an example is shown that counts. */
  sample?: boolean;
}

function property(name: string, node: SchemaNode, position: Position): string[] {
  const { indent } = position;
  const sample = position.sample === true;
  const off = position.off || isOff(node, position);
  const comments = comment(describe(node, off), indent);
  const setting = (text: string) => " ".repeat(indent) + (off ? "#" : "") + text;
  const inner: Position = { indent: indent + 2, off, required: true };

  if (node.properties !== undefined) return [...comments, setting(`${name}:`), ...members(node, inner)];
  if (typeof node.additionalProperties === "object" && (off || sample)) {
    const example = property(String(node["x-example"]), node.additionalProperties, inner);
    return [...comments, setting(`${name}:`), ...example];
  }
  if (node.items?.properties !== undefined) {
    const item = members(node.items, { ...inner, indent: indent + 4 });
    return [...comments, setting(`${name}:`), `${" ".repeat(indent + 2)}${off ? "#" : ""}-`, ...item];
  }
  const value = valueOf(node, off);
  if (node["x-free"] === "schema")
    return [...comments, setting(`${name}:`), ...block(value, indent + 2, off ? "#" : "")];
  return [...comments, setting(`${name}: ${inline(value)}`)];
}

function members(node: SchemaNode, position: Position): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    property(name, child, { ...position, required: node.required?.includes(name) ?? false }),
  );
}

function isOff(node: SchemaNode, { required, sample }: Position): boolean {
  if (node["x-later"]) return true;
  if (node["x-free"] === "schema") return false;
  if (typeof node.additionalProperties === "object") return sample !== true;
  if (node.items?.properties !== undefined) return true;
  return !required && node.default === undefined;
}

function describe(node: SchemaNode, off: boolean): string {
  const words = [node.description ?? ""];
  if (node.enum !== undefined && !node.enum.every((word) => node.description?.includes(word)))
    words.push(`One of ${node.enum.join(", ")}.`);
  if (node.type === "integer") words.push(`From ${node.minimum} to ${node.maximum}.`);
  // Where the default is shown, an example is in words.
  if (!off && node.default !== undefined && Array.isArray(node["x-example"]))
    words.push(`Example: ${inline(node["x-example"])}`);
  if (node["x-later"]) words.push("No effect in this version.");
  return words.join(" ");
}

function valueOf(node: SchemaNode, off: boolean): JsonValue {
  const [shown, other] =
    off && isEmpty(node.default) ? (["x-example", "default"] as const) : (["default", "x-example"] as const);
  return node[shown] ?? node[other] ?? null;
}

function isEmpty(value: JsonValue | undefined): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

function comment(text: string, indent: number): string[] {
  const start = `${" ".repeat(indent)}# `;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && start.length + line.length + 1 + word.length > WIDTH) {
      lines.push(start + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, start + line];
}

function inline(value: JsonValue): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
}

function block(value: JsonValue, indent: number, mark: string): string[] {
  const lines = stringify(value, { lineWidth: 0 }).trimEnd().split("\n");
  return lines.map((line) => line.replace(/^ */, (blanks) => " ".repeat(indent) + blanks + mark));
}
