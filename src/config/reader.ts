/**
 * Reads the nodes of one YAML file: follows aliases, replaces variables, tells what is given from what is empty.
 */
import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";

import { ConfigError } from "./errors.ts";
import { type Environment, interpolate } from "./interpolate.ts";
import type { Path, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { ConfigIssue, JsonValue } from "./types.ts";

/** Aliases may not blow a small file up ("billion laughs"). */
const MOST_ALIASES = 1000;
const MOST_NODES = 3_000_000;

/** Where a value is, for messages: `at` is an offset in the source. */
export interface Place {
  path: Path;
  at: number;
}

export interface ScalarInput {
  is: "scalar";
  node: Scalar;
  value: unknown;
  /** The variables that were replaced in it. */
  variables: string[];
}

/** What stands at a place. `broken` has been reported. */
export type Input =
  | { is: "absent" }
  | { is: "broken" }
  | { is: "map"; node: YAMLMap }
  | { is: "list"; node: YAMLSeq }
  | ScalarInput;

export interface Entry {
  key: Node;
  value: unknown;
}

export class NodeReader {
  readonly issues: ConfigIssue[] = [];
  #aliases = 0;
  #nodes = 0;

  constructor(
    readonly source: Source,
    readonly env: Environment,
  ) {}

  /** Notes that something is wrong; undefined, so that a caller can return it as "no value". */
  report(place: Place, message: string): undefined {
    this.issues.push(this.source.issue(place.at, place.path, message));
  }

  read(given: unknown, path: Path): Input {
    const node = this.#follow(given, path);
    if (isMap(node)) return { is: "map", node };
    if (isSeq(node)) return { is: "list", node };
    if (!isScalar(node) || node.value === null) return { is: "absent" };
    if (typeof node.value !== "string") return { is: "scalar", node, value: node.value, variables: [] };
    const result = interpolate(node.value, this.env);
    if (!result.ok) {
      this.report({ path, at: startOf(node) }, `found ${result.found}, expected ${result.expected}`);
      return { is: "broken" };
    }
    // `proxy: ${PROXY:-}` is as good as `proxy:`.
    if (result.variables.length > 0 && result.text === "") return { is: "absent" };
    return { is: "scalar", node, value: result.text, variables: result.variables };
  }

  /** The entries of an object whose keys are all `known`. Others are reported, empty ones left out. */
  knownEntries(node: YAMLMap, path: Path, known: readonly string[]): Map<string, Entry> {
    const entries = this.entries(node, path);
    for (const [name, { key, value }] of entries) {
      if (!known.includes(name)) {
        const hint = didYouMean(name, known);
        const wanted = hint === "" ? `one of ${known.join(", ")}` : `a known key${hint}`;
        this.report({ path: [...path, name], at: startOf(key) }, `found an unknown key, expected ${wanted}`);
        entries.delete(name);
      } else if (this.#isEmpty(value, [...path, name])) entries.delete(name);
    }
    return entries;
  }

  /** The entries of an object, whatever their keys. */
  entries(node: YAMLMap, path: Path): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const { key: given, value } of node.items) {
      const key = this.#follow(given, path);
      if (isScalar(key) && key.value !== null && typeof key.value !== "object")
        entries.set(typeof key.value === "string" ? key.value : (key.source ?? String(key.value)), {
          key,
          value,
        });
      else
        this.report(
          { path, at: startOf(key) || startOf(node) },
          "found a key that is no text, expected a name",
        );
    }
    return entries;
  }

  /** A value as JSON, with nothing replaced in it. */
  json(given: unknown, place: Place): JsonValue {
    const node = this.#follow(given, place.path);
    if (isSeq(node))
      return node.items.map((item, index) =>
        this.json(item, { path: [...place.path, index], at: startOf(node) }),
      );
    if (isMap(node)) {
      const entries = [...this.entries(node, place.path)].map(([name, { key, value }]) => {
        return [name, this.json(value, { path: [...place.path, name], at: startOf(key) })] as const;
      });
      return Object.fromEntries(entries);
    }
    if (!isScalar(node) || node.value === null) return null;
    const { value } = node;
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.report(
      { ...place, at: startOf(node) },
      `found ${node.source ?? String(value)}, expected a JSON value`,
    );
    return null;
  }

  #isEmpty(given: unknown, path: Path): boolean {
    const node = this.#follow(given, path);
    if (isMap(node) || isSeq(node)) return false;
    if (!isScalar(node) || node.value === null) return true;
    if (typeof node.value !== "string") return false;
    const result = interpolate(node.value, this.env);
    return result.ok && result.variables.length > 0 && result.text === "";
  }

  /** @throws {ConfigError} where aliases lead too far */
  #follow(node: unknown, path: Path): unknown {
    this.#nodes++;
    if (!isAlias(node)) return node;
    const place = { path, at: startOf(node) };
    if (++this.#aliases > MOST_ALIASES || this.#nodes > MOST_NODES) {
      const message = `found aliases that stand for too much, expected at most ${MOST_ALIASES} aliases in use`;
      throw new ConfigError([this.source.issue(place.at, path, message)]);
    }
    const target = node.resolve(this.source.document);
    if (target !== undefined) return this.#follow(target, path);
    this.report(place, `found *${node.source}, expected &${node.source} somewhere before it`);
    return null;
  }
}

/** The offset where a node begins. */
export function startOf(node: unknown): number {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return 0;
  return Number(node.range[0]);
}
