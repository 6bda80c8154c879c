/**
 * The one way to compile the JSON Schemas of types and actions (draft 2020-12, formats included).
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

import type { Path } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { JsonSchema, JsonValue } from "./types.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** Words of OpenAPI that schemas are often written with; they say nothing about what is valid. */
const HARMLESS = ["example", "externalDocs", "xml"];

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * A validator, which sets `errors` to everything that is wrong. Compiled once per schema object.
 *
 * Strict, so that a misspelt keyword is an error and not a rule that silently does not hold; `x-` keywords pass.
 * The meta-schema is not consulted: compiling it takes 110 ms, and what it adds is left to {@link schemaFaults}.
 * @throws {Error} Ajv's own, where the schema cannot be compiled
 */
export function compileJsonSchema(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  const ajv = newAjv({ meta: false, validateSchema: false });
  ajv.addVocabulary([...HARMLESS, ...extensions(schema)]);
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

function newAjv(options: { meta: boolean; validateSchema: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    // Not `strict`: that would also refuse a required property that is not among the properties.
    strictSchema: true,
    strictNumbers: true,
    allErrors: true,
    logger: false,
  });
  formats.default(ajv);
  return ajv;
}

export interface SchemaFault {
  /** Inside the schema. */
  path: Path;
  message: string;
}

/**
 * What is wrong with a schema; nothing, if it can be used.
 * @param thorough  also hold it against the meta-schema of the draft, which takes 110 ms for the first
 */
export function schemaFaults(schema: JsonSchema, thorough: boolean): SchemaFault[] {
  const draft = schema["$schema"];
  if (draft !== undefined && !String(draft).startsWith(DRAFT))
    return [{ path: ["$schema"], message: `found ${JSON.stringify(draft)}, expected ${DRAFT} or nothing` }];
  if (thorough) {
    const faults = metaFaults(schema);
    if (faults.length > 0) return faults;
  }
  try {
    compileJsonSchema(schema);
    return [];
  } catch (error) {
    return [blame(schema, error instanceof Error ? error.message : String(error))];
  }
}

function metaFaults(schema: JsonSchema): SchemaFault[] {
  const ajv = newAjv({ meta: true, validateSchema: true });
  ajv.validateSchema(schema);
  const faults = new Map<string, SchemaFault>();
  for (const { instancePath, message } of ajv.errors ?? []) {
    // The first is the most precise: what follows at the same place comes from the anyOf around it.
    if (faults.has(instancePath)) continue;
    const path = instancePath
      .split("/")
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    faults.set(instancePath, { path, message: `found ${show(at(schema, path))}, which ${message}` });
  }
  return [...faults.values()];
}

/** Finds the place that Ajv's message is about. */
function blame(schema: JsonSchema, message: string): SchemaFault {
  const keyword = /unknown keyword: "(.+?)"/.exec(message)?.[1];
  if (keyword !== undefined) {
    const hint = didYouMean(keyword, keywords());
    const path = search(schema, (name) => name === keyword);
    return { path, message: `found an unknown keyword, expected one of JSON Schema${hint}` };
  }
  const target = /can't resolve reference (\S+)/.exec(message)?.[1];
  if (target !== undefined) {
    const path = search(schema, (name, value) => name === "$ref" && target.endsWith(String(value)));
    return { path, message: `found ${target}, which leads nowhere, expected a reference inside this schema` };
  }
  const format = /unknown format "(.+?)"/.exec(message)?.[1];
  if (format !== undefined) {
    const path = search(schema, (name, value) => name === "format" && value === format);
    const hint = didYouMean(format, Object.keys(newAjv({ meta: false, validateSchema: false }).formats));
    return { path, message: `found "${format}", expected a format of JSON Schema${hint}` };
  }
  if (message.startsWith("Invalid regular expression")) {
    const path = search(
      schema,
      (name, value, parent) =>
        (name === "pattern" && !isPattern(value)) || (parent === "patternProperties" && !isPattern(name)),
    );
    return { path, message: `found a pattern that is none (${message}), expected a regular expression` };
  }
  return { path: [], message: `found a schema that cannot be used: ${message}` };
}

type Test = (name: string, value: JsonValue, parent: string | undefined) => boolean;

/** The path of the first member that passes; [] if there is none. */
function search(value: JsonValue, test: Test, path: readonly string[] = []): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  for (const [name, member] of Object.entries(value)) {
    const here = [...path, name];
    if (!Array.isArray(value) && test(name, member, path.at(-1))) return here;
    const inside = search(member, test, here);
    if (inside.length > 0) return inside;
  }
  return [];
}

function extensions(value: JsonValue, names = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return names;
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value) && name.startsWith("x-")) names.add(name);
    extensions(member, names);
  }
  return names;
}

function isPattern(value: JsonValue): boolean {
  if (typeof value !== "string") return false;
  try {
    return Boolean(new RegExp(value, "u"));
  } catch {
    return false;
  }
}

function keywords(): string[] {
  return Object.keys(newAjv({ meta: false, validateSchema: false }).RULES.all);
}

function at(schema: JsonValue, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, name) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Array.isArray(value) ? value[Number(name)] : value[name];
  }, schema);
}

function show(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
