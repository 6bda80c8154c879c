/** Where schemas lie inside a schema (JSON Schema draft 2020-12): everything else in it is data and left alone. */
import type { JsonValue } from "../../config/types.ts";
import type { Schema } from "./spec.ts";

/** Keywords whose schemas hold for the same value as the schema around them. */
const inPlace = {
  one: ["if", "then", "else", "not"],
  list: ["allOf", "anyOf", "oneOf"],
  map: ["dependentSchemas"],
};

const everywhere = {
  one: [
    ...inPlace.one,
    ...["additionalProperties", "unevaluatedProperties", "propertyNames"],
    ...["items", "unevaluatedItems", "contains", "contentSchema"],
  ],
  list: [...inPlace.list, "prefixItems"],
  map: [...inPlace.map, "properties", "patternProperties", "$defs", "definitions"],
};

/** Gives the schema to stand in the place of one. @param path  the steps that lead to it, names as they are */
type Change = (schema: Schema, path: readonly string[]) => Schema;

/** A copy of `schema` in which every schema directly inside of it went through `change`. */
export const mapSchemas = (schema: Schema, change: Change): Schema => map(schema, change, everywhere);

/** As {@link mapSchemas}, of those only that hold for the same value. */
export const mapInPlace = (schema: Schema, change: Change): Schema => map(schema, change, inPlace);

function map(schema: Schema, change: Change, keywords: typeof everywhere): Schema {
  const result: Schema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const changed = (inside: JsonValue, ...path: string[]) =>
      isSchema(inside) ? change(inside, [keyword, ...path]) : inside;
    if (keywords.one.includes(keyword)) result[keyword] = changed(value);
    else if (keywords.list.includes(keyword) && Array.isArray(value))
      result[keyword] = value.map((inside, index) => changed(inside, String(index)));
    else if (keywords.map.includes(keyword) && isSchema(value))
      result[keyword] = Object.fromEntries(
        Object.entries(value).map(([name, inside]) => [name, changed(inside, name)]),
      );
    else result[keyword] = value;
  }
  return result;
}

/** A schema that says something: not `true` or `false`. */
export function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a JSON pointer's steps lead to (RFC 6901), unescaped. */
export function follow(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let here: JsonValue | undefined = value;
  for (const step of path) {
    if (Array.isArray(here)) here = here[Number(step)];
    else here = isSchema(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

/** The steps of a JSON pointer as it stands in a URI's fragment, such as `/$defs/a~1b`. */
export function pointerSteps(fragment: string): string[] {
  const steps = decodeURIComponent(fragment).split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The reverse of {@link pointerSteps}. */
export function pointer(steps: readonly string[]): string {
  const escaped = steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"));
  return escaped.map((step) => `/${encodeURIComponent(step).replaceAll("%24", "$")}`).join("");
}
