/** The settings in effect, one by one, each with where it comes from. Secrets are masked (`config/show.ts`). */
import { loadedOf, type LoadedConfig } from "../config/loaded.ts";
import { rootNode, type SchemaNode } from "../config/schema-node.ts";
import { shown } from "../config/show.ts";
import { formatPath, type Path } from "../config/source.ts";
import type { Config, JsonValue } from "../config/types.ts";
import { isTaken } from "../reload/compare.ts";

export interface ShownSetting {
  /** Such as `server.listen` or `provision.receivers[0].url`. */
  path: string;
  value: JsonValue;
  source: SettingSource;
  description: string;
  /** Whether a change has effect only after a restart; else `koppla reload` takes it. */
  restart: boolean;
}

export interface SettingSource {
  kind: "default" | "file" | "environment" | "secret_file";
  /** The place in the configuration: `koppla.yaml:12:3`. */
  at?: string;
  /** The variables that it is made of. */
  variable?: string;
}

/** @returns nothing where the configuration was not read from a file */
export function settingsOf(config: Config): ShownSetting[] {
  const loaded = loadedOf(config);
  return loaded ? [...leaves(rootNode, shown(loaded.raw), [], loaded)] : [];
}

/** A value each, but lists of values and JSON, which are one. */
function* leaves(
  node: SchemaNode,
  value: JsonValue,
  path: Path,
  loaded: LoadedConfig,
): Generator<ShownSetting> {
  const children = childrenOf(node, value);
  if (children.length > 0) {
    for (const [name, schema, child] of children) yield* leaves(schema, child, [...path, name], loaded);
    return;
  }
  yield {
    path: formatPath(path),
    value,
    source: sourceOf(path, loaded),
    description: node.description ?? "",
    restart: !isTaken(formatPath(path)),
  };
}

type Child = [name: string | number, schema: SchemaNode, value: JsonValue];

function childrenOf(node: SchemaNode, value: JsonValue): Child[] {
  if (node["x-free"] !== undefined || value === null || typeof value !== "object") return [];
  const { properties, additionalProperties, items } = node;
  if (Array.isArray(value)) {
    const whole = items === undefined || (items.properties === undefined && items.type !== "object");
    return whole ? [] : value.map((item, index): Child => [index, items, item]);
  }
  return Object.entries(value).flatMap(([name, child]): Child[] => {
    const schema = properties?.[name] ?? additionalProperties;
    return typeof schema === "object" ? [[name, schema, child]] : [];
  });
}

/** See {@link Decoder.origins}. */
function sourceOf(path: Path, { origins, source }: LoadedConfig): SettingSource {
  const origin = originOf(path, origins);
  if (origin === "default" || origin === "from listen") return { kind: "default" };
  const place = (at: Path) => {
    const { file, line, column } = source.issue(source.locate(at), at, "");
    return `${file}:${line}:${column}`;
  };
  if (origin === undefined) return { kind: "file", at: place(path) };
  if (origin.startsWith("${")) {
    return { kind: "environment", at: place(path), variable: origin.replaceAll(/[${}]/g, "") };
  }
  return { kind: "secret_file", at: place([...path.slice(0, -1), `${path.at(-1)}_file`]) };
}

/** Its own, or that of what it stands in: a whole list may be a default. */
function originOf(path: Path, origins: ReadonlyMap<string, string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(JSON.stringify(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return undefined;
}
