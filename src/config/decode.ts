/**
 * From YAML nodes to values, led by the schema: every key is known, every value of its kind, `${VAR}` replaced,
 * `_file` twins read, defaults filled in. Goes on after an error, so that all come up at once.
 */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

import type { Environment } from "./interpolate.ts";
import { kinds } from "./kinds.ts";
import { type Entry, type Input, NodeReader, type Place, type ScalarInput, startOf } from "./reader.ts";
import { expected, found, type SchemaNode } from "./schema-node.ts";
import { type Path, readText, Source } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { ConfigIssue, JsonValue } from "./types.ts";

export class Decoder {
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigIssue[] = [];
  /** Where values come from that do not stand in the file: `default`, `${VAR}`, or the path of a file. */
  readonly origins = new Map<string, string>();
  /** What was read by `schema_file`. */
  readonly sources = new Map<string, Source>();
  readonly #reader: NodeReader;

  /** @param folder  what relative paths are relative to */
  constructor(
    readonly source: Source,
    readonly env: Environment,
    readonly folder: string,
  ) {
    this.#reader = new NodeReader(source, env);
    this.issues = this.#reader.issues;
  }

  /** The whole document. What is wrong is left out of it, and {@link issues} says why. */
  root(schema: SchemaNode): unknown {
    const input = this.#reader.read(this.source.document.contents, []);
    return this.#object(schema, input, { path: [], at: 0 }, true);
  }

  #value(schema: SchemaNode, given: unknown, place: Place, required = true): unknown {
    if (schema["x-free"] !== undefined) return this.#free(this.#reader, schema, given, place);
    const input = this.#reader.read(given, place.path);
    if (input.is === "broken") return undefined;
    if (schema.properties !== undefined) return this.#object(schema, input, place, required);
    if (schema.type === "object") return this.#map(schema, input, place);
    if (schema.type === "array") return this.#list(schema, input, place);
    if (input.is !== "scalar") return this.#wrong(schema, input, place);
    if (input.variables.length > 0)
      this.origins.set(pathKey(place.path), input.variables.map((name) => `\${${name}}`).join(", "));
    return this.#scalar(schema, input, { ...place, at: startOf(input.node) });
  }

  #wrong(schema: SchemaNode, input: Input, place: Place): undefined {
    if (input.is === "broken") return;
    const at = input.is === "absent" ? place.at : startOf(input.node);
    const hint =
      schema.enum !== undefined && input.is === "scalar" ? didYouMean(String(input.value), schema.enum) : "";
    this.#reader.report(
      { ...place, at },
      `found ${found(schema, input)}, expected ${expected(schema)}${hint}`,
    );
  }

  /** An optional object of which nothing is given is not given: `tls: { cert_file: , key_file: }`. */
  #object(schema: SchemaNode, input: Input, place: Place, required: boolean): unknown {
    if (input.is !== "map" && input.is !== "absent") return this.#wrong(schema, input, place);
    const { properties = {} } = schema;
    const entries =
      input.is === "map"
        ? this.#reader.knownEntries(input.node, place.path, Object.keys(properties))
        : new Map<string, Entry>();
    if (!required && entries.size === 0) return undefined;
    const result: [string, unknown][] = [];
    for (const [name, child] of Object.entries(properties)) {
      if (child["x-file-of"] !== undefined) continue;
      const path = [...place.path, name];
      const entry = entries.get(name);
      const twinName = `${name}_file`;
      const twin = properties[twinName]?.["x-file-of"] === name ? entries.get(twinName) : undefined;
      if (entry && twin) {
        const twinPlace = { path: [...place.path, twinName], at: startOf(twin.key) };
        this.#reader.report(twinPlace, `found both ${name} and ${twinName}, expected one of them`);
        continue;
      }
      const isRequired = schema.required?.includes(name) ?? false;
      const value = twin
        ? this.#fromFile(child, twin, path)
        : entry
          ? this.#value(child, entry.value, { path, at: startOf(entry.key) }, isRequired)
          : this.#missing(child, { path, at: place.at }, isRequired);
      if (value === undefined) continue;
      result.push([name, value]);
      const { key } = entry ?? twin ?? {};
      if (key && child["x-later"] && !isEmpty(value))
        this.warnings.push(this.source.issue(startOf(key), path, "has no effect in this version"));
    }
    const { minProperties = 0, maxProperties = Infinity } = schema;
    if (result.length < minProperties || result.length > maxProperties) {
      const names = Object.keys(properties).join(" or ");
      this.#reader.report(
        place,
        `found ${result.length === 0 ? "neither" : "both"}, expected either ${names}`,
      );
    }
    return Object.fromEntries(result);
  }

  #missing(schema: SchemaNode, place: Place, required: boolean): unknown {
    if (schema.default !== undefined) {
      this.origins.set(pathKey(place.path), "default");
      if (typeof schema.default === "string") return this.#text(schema, schema.default);
      return structuredClone(schema.default);
    }
    if (!required) return undefined;
    if (schema.properties !== undefined) return this.#object(schema, { is: "absent" }, place, true);
    return this.#wrong(schema, { is: "absent" }, place);
  }

  #fromFile(schema: SchemaNode, twin: Entry, path: Path): unknown {
    const twinPath = [...path.slice(0, -1), `${path.at(-1)}_file`];
    const input = this.#reader.read(twin.value, twinPath);
    if (input.is !== "scalar" || typeof input.value !== "string")
      return this.#wrong({ "x-kind": "path" }, input, { path: twinPath, at: startOf(twin.key) });
    const place = { path: twinPath, at: startOf(input.node) };
    const file = resolve(this.folder, input.value);
    const read = readText(file);
    if (!read.ok) return this.#reader.report(place, read.message);
    this.origins.set(pathKey(path), file);
    if (schema["x-free"] !== undefined) {
      const shown = isAbsolute(input.value) ? input.value : join(dirname(this.source.file), input.value);
      return this.#freeFile(schema, new Source(shown, read.text), path);
    }
    const value = this.#text(schema, read.text.replace(/\r?\n$/, ""));
    if (value !== undefined) return value;
    return this.#reader.report(place, `found something else in ${file}, expected ${expected(schema)}`);
  }

  #freeFile(schema: SchemaNode, source: Source, path: Path): JsonValue | undefined {
    this.issues.push(...source.issues);
    if (!source.readable) return undefined;
    this.sources.set(pathKey(path), source);
    const reader = new NodeReader(source, this.env);
    const value = this.#free(reader, schema, source.document.contents, { path: [], at: 0 });
    this.issues.push(...reader.issues);
    return value;
  }

  #free(reader: NodeReader, schema: SchemaNode, given: unknown, place: Place): JsonValue | undefined {
    const before = reader.issues.length;
    const value = reader.json(given, place);
    if (reader.issues.length > before) return undefined;
    if (schema["x-free"] === "json" || isObject(value)) return value;
    const what = Array.isArray(value) ? "a list" : JSON.stringify(value);
    return reader.report({ ...place, at: startOf(given) }, `found ${what}, expected ${expected(schema)}`);
  }

  #map(schema: SchemaNode, input: Input, place: Place): unknown {
    const values = schema.additionalProperties;
    if (input.is !== "map" || typeof values !== "object") return this.#wrong(schema, input, place);
    const result: [string, unknown][] = [];
    for (const [name, entry] of this.#reader.entries(input.node, place.path)) {
      const value = this.#value(values, entry.value, { path: [...place.path, name], at: startOf(entry.key) });
      if (value !== undefined) result.push([name, value]);
    }
    return Object.fromEntries(result);
  }

  #list(schema: SchemaNode, input: Input, place: Place): unknown {
    const { items, minItems = 0 } = schema;
    if (input.is !== "list" || items === undefined || input.node.items.length < minItems)
      return this.#wrong(schema, input, place);
    return input.node.items.flatMap((item, index) => {
      const at = startOf(item) || startOf(input.node);
      const value = this.#value(items, item, { path: [...place.path, index], at });
      return value === undefined ? [] : [value];
    });
  }

  #scalar(schema: SchemaNode, input: ScalarInput, place: Place): unknown {
    let { value } = input;
    if (schema.type === "integer" || schema.type === "boolean") {
      // What variables hold is text; quotes do not tell, since inside of { } a ${VAR} has to have them.
      if (input.variables.length > 0) value = fromText(String(value));
      const { minimum = -Infinity, maximum = Infinity } = schema;
      const fits =
        schema.type === "boolean"
          ? typeof value === "boolean"
          : Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      return fits ? value : this.#wrong(schema, input, place);
    }
    const result = typeof value === "string" ? this.#text(schema, value) : undefined;
    if (result === undefined) return this.#wrong(schema, input, place);
    if (schema["x-kind"] === "file" && !isFile(String(result)))
      return this.#reader.report(place, `found no file at ${String(result)}, expected a readable file`);
    return result;
  }

  /** What the text of a scalar comes to; undefined where it does not fit. */
  #text(schema: SchemaNode, text: string): unknown {
    if (schema.enum !== undefined) return schema.enum.includes(text) ? text : undefined;
    const kind = schema["x-kind"];
    if (kind === "path" || kind === "file") return text === "" ? undefined : resolve(this.folder, text);
    if (kind !== undefined) return kinds[kind].parse(text);
    if (text.length < (schema.minLength ?? 0)) return undefined;
    return schema.pattern === undefined || new RegExp(schema.pattern, "u").test(text) ? text : undefined;
  }
}

/** How {@link Decoder.origins} and {@link Decoder.sources} name a path. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function fromText(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^[-+]?\d+$/.test(text) ? Number(text) : text;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
