/**
 * The words in which `schema.ts` describes the YAML file: TypeBox with a description on everything and a few
 * annotations of our own (`x-...`) that the loader reads and the JSON Schema for editors leaves out.
 */
import {
  type Static,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type,
} from "@sinclair/typebox";

import { type KindName, kinds } from "./kinds.ts";
import type { JsonSchema, JsonValue } from "./types.ts";

/** What a node of the schema may carry, beside JSON Schema's own keywords. */
export interface Annotations {
  description: string;
  default?: JsonValue;
  /** What `docs/koppla.yaml` shows where there is no default; of a map: a name and a value. */
  "x-example"?: JsonValue;
  /** A scalar that is written as text and becomes something else. */
  "x-kind"?: KindName;
  /** JSON as it stands: of any shape, or a JSON Schema, in which `${...}` means nothing to us. */
  "x-free"?: "json" | "schema";
  /** Completes "expected ..." where a pattern would say too little. */
  "x-expected"?: string;
  /** Never shown. (Of URLs, the password never is.) */
  "x-secret"?: true;
  /** This key holds the path of a file that holds the value of the named key. */
  "x-file-of"?: string;
  /** Accepted and checked, but without effect in this version. Taken away when the feature comes. */
  "x-later"?: true;
}

interface Shown {
  example?: JsonValue;
}
interface Given extends Shown {
  default?: string;
}

function annotations(
  description: string,
  more: Given,
): Pick<Annotations, "description" | "default" | "x-example"> {
  return {
    description,
    ...(more.default === undefined ? {} : { default: more.default }),
    ...(more.example === undefined ? {} : { "x-example": more.example }),
  };
}

export function text(
  description: string,
  more: Given & { pattern?: string; expected?: string; minLength?: number } = {},
): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: "string",
    minLength: more.default === "" ? 0 : (more.minLength ?? 1),
    ...(more.pattern === undefined ? {} : { pattern: more.pattern }),
    ...(more.expected === undefined ? {} : { "x-expected": more.expected }),
    ...annotations(description, more),
  });
}

export function integer(
  description: string,
  { example, ...more }: { default?: number; example?: number; minimum: number; maximum: number },
) {
  return Type.Integer({ description, ...more, ...(example === undefined ? {} : { "x-example": example }) });
}

export function flag(description: string, value: boolean) {
  return Type.Boolean({ description, default: value });
}

/** One of a few words. */
export function choice<const T extends string>(
  values: readonly T[],
  description: string,
  value?: T,
): TUnsafe<T> {
  return Type.Unsafe<T>({
    type: "string",
    enum: values,
    description,
    ...(value === undefined ? {} : { default: value }),
  });
}

type KindValue<K extends KindName> = NonNullable<ReturnType<(typeof kinds)[K]["parse"]>>;

/** Text of a kind (`kinds.ts`), which the loader parses. */
export function kind<K extends KindName>(
  name: K,
  description: string,
  more: Given = {},
): TUnsafe<KindValue<K>> {
  const { pattern } = kinds[name] as { pattern?: string };
  return Type.Unsafe<KindValue<K>>({
    type: "string",
    ...(pattern === undefined ? {} : { pattern }),
    "x-kind": name,
    ...annotations(description, more),
  });
}

export function jsonSchema(description: string, more: Shown = {}): TUnsafe<JsonSchema> {
  return Type.Unsafe<JsonSchema>({ type: "object", "x-free": "schema", ...annotations(description, more) });
}

export function json(description: string, more: Shown = {}): TUnsafe<JsonValue> {
  return Type.Unsafe<JsonValue>({ "x-free": "json", ...annotations(description, more) });
}

/** A list; not given, it is empty. */
export function list<T extends TSchema>(
  items: T,
  description: string,
  more: Shown & { minItems?: number } = {},
) {
  return Type.Array(items, {
    description,
    ...(more.minItems === undefined ? { default: [] } : { minItems: more.minItems }),
    ...(more.example === undefined ? {} : { "x-example": more.example }),
  });
}

/**
 * An object whose keys the sysadmin chooses; not given, it is empty.
 * @param example  such a key
 */
export function map<T extends TSchema>(values: T, description: string, example: string) {
  return Type.Unsafe<Record<string, Static<T>>>({
    type: "object",
    additionalProperties: values,
    description,
    default: {},
    "x-example": example,
  });
}

/** An object of known keys. It is always there, unless made {@link optional}: then it needs at least one value. */
export function object<T extends TProperties>(
  properties: T,
  description: string,
  more: { exactlyOne?: true } = {},
): TObject<T> {
  const limits = more.exactlyOne ? { minProperties: 1, maxProperties: 1 } : {};
  return Type.Object(properties, { additionalProperties: false, description, ...limits });
}

export function optional<T extends TSchema>(schema: T) {
  return Type.Optional(schema);
}

/** Marks what has no effect in this version. */
export function later<T extends TSchema>(schema: T): T {
  return { ...schema, "x-later": true };
}

type WithFile<N extends string, T extends TSchema> = { [K in N]: T } & {
  [K in `${N}_file`]: TOptional<TUnsafe<string>>;
};

/** A key and its twin `NAME_file`, from which the value can be read instead. */
export function withFile<N extends string, T extends TSchema>(
  name: N,
  schema: T,
  example = `/run/secrets/${name}`,
): WithFile<N, T> {
  const twin = kind("path", `Path of a file that holds \`${name}\`.`, { example });
  const marks = { "x-file-of": name, ...(schema["x-later"] ? { "x-later": true } : {}) };
  const pair = { [name]: schema, [`${name}_file`]: optional({ ...twin, ...marks }) };
  // TypeScript does not follow computed keys.
  return pair as WithFile<N, T>;
}

/** Marks what is never shown. */
export function hidden<T extends TSchema>(schema: T): T {
  return { ...schema, "x-secret": true };
}

/** A secret with its twin. */
export function secret<N extends string, T extends TSchema>(name: N, schema: T): WithFile<N, T> {
  return withFile(name, hidden(schema));
}
