/**
 * What is wrong with a value before it is sent, by its JSON Schema: a hint, in the language of the page. The server has
 * the last word. @cfworker/json-schema makes no code of a schema, which the page's policy would not let it run.
 */
import { type OutputUnit, type Schema as CheckedSchema, Validator } from "@cfworker/json-schema";

import { at, type Schema } from "./schema.ts";

export interface Fault {
  /** As violations name it: `address.city`, `tags[0]`. */
  path: string;
  /** The rule that is broken, such as `minLength`. */
  keyword: string;
  /** What the rule says, where that is a number or a text. */
  limit: string;
}

/** These say only that something within is wrong. */
const AROUND = new Set([
  ...["properties", "items", "prefixItems", "patternProperties", "$ref", "$dynamicRef", "allOf"],
  ...["then", "else", "if", "additionalProperties", "dependentSchemas", "contains"],
]);

/** @returns nothing also where the schema is beyond this validator */
export function faultsOf(schema: Schema, value: unknown): Fault[] {
  try {
    // The draft that types are written in; `false`: all that is wrong, not only the first.
    const { errors } = new Validator(schema as CheckedSchema, "2020-12", false).validate(value);
    return unique(
      errors.filter((error) => !AROUND.has(error.keyword)).map((error) => faultOf(schema, error)),
    );
  } catch {
    return [];
  }
}

function faultOf(schema: Schema, { keyword, keywordLocation, instanceLocation, error }: OutputUnit): Fault {
  const said = at(schema, keywordLocation);
  const limit = typeof said === "string" || typeof said === "number" ? String(said) : "";
  const path = pathOf(instanceLocation);
  if (keyword !== "required") return { path, keyword, limit };
  const missing = /"(.*)"/s.exec(error)?.[1] ?? "";
  return { path: path === "" ? missing : `${path}.${missing}`, keyword, limit };
}

/** `#/tags/0/name` as `tags[0].name`. */
function pathOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce(
      (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === "" ? step : `${path}.${step}`),
      "",
    );
}

function unique(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.path} ${fault.keyword}`, fault])).values()];
}
