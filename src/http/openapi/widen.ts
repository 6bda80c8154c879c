/** A record on the wire is its data with `id` and `_meta` beside: a schema of the data is widened to allow them. */
import type { Schema } from "./spec.ts";
import { isSchema, mapInPlace } from "./walk.ts";

/** What a reference leads to, if it leads to a schema. */
export type Resolve = (reference: string) => Schema | undefined;

/**
 * A schema that holds for an object with `members` exactly where `schema` holds for it without them.
 * @param members  the added members' schemas; the ones that `schema` declares itself stay as they are
 */
export function widen(schema: Schema, members: Record<string, Schema>, resolve: Resolve): Schema {
  const declared = isSchema(schema["properties"]) ? schema["properties"] : {};
  const added = Object.entries(members).filter(([name]) => !(name in declared));
  const names = added.map(([name]) => name);
  const { properties, ...rest } = open(schema, names, resolve, new Set());
  const old = Object.entries(isSchema(properties) ? properties : {}).filter(
    ([name]) => !names.includes(name),
  );
  return { ...rest, properties: Object.fromEntries([...old, ...added]) };
}

/** Lets `names` pass wherever the schema would refuse members that it does not know. */
function open(schema: Schema, names: readonly string[], resolve: Resolve, seen: ReadonlySet<string>): Schema {
  const result = mapInPlace(schema, (inside) => open(inside, names, resolve, seen));
  const reference = schema["$ref"];
  if (typeof reference === "string" && !seen.has(reference)) {
    const target = resolve(reference);
    const opened = target && open(target, names, resolve, new Set([...seen, reference]));
    // A referenced schema is used elsewhere, as it is: only a copy of it can be opened.
    if (opened && !Bun.deepEquals(target, opened)) {
      delete result["$ref"];
      const others = result["allOf"];
      result["allOf"] = [...(Array.isArray(others) ? others : []), opened];
    }
  }
  const { patternProperties, propertyNames, maxProperties, properties } = result;
  if (isSchema(patternProperties))
    result["patternProperties"] = Object.fromEntries(
      Object.entries(patternProperties).map(([pattern, value]) => [except(names, pattern), value]),
    );
  if (propertyNames !== undefined) result["propertyNames"] = { anyOf: [{ enum: [...names] }, propertyNames] };
  if (typeof maxProperties === "number") result["maxProperties"] = maxProperties + names.length;
  if (isClosed(result["additionalProperties"]) || isClosed(result["unevaluatedProperties"]))
    result["properties"] = {
      ...Object.fromEntries(names.map((name) => [name, true])),
      ...(isSchema(properties) ? properties : {}),
    };
  return result;
}

function isClosed(value: Schema[string] | undefined): boolean {
  return value !== undefined && value !== true;
}

/** The pattern, so that it fits none of `names`. */
function except(names: readonly string[], pattern: string): string {
  const expression = new RegExp(pattern, "u");
  if (!names.some((name) => expression.test(name))) return pattern;
  return `^(?!(?:${names.join("|")})$)(?=.*(?:${pattern}))`;
}
