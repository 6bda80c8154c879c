/** What a type's JSON Schema says of a field, as far as text can be made of it into a value. */
import type { JsonSchema, JsonValue } from "../../config/types.ts";
import { follow, isSchema, pointerSteps } from "../../http/openapi/walk.ts";

export type Kind = "string" | "integer" | "number" | "boolean" | "null" | "array" | "object";

/** What a value may be: one of several schemas, none of which is a reference or a choice any more. */
export type Choices = readonly JsonSchema[];

const KINDS: ReadonlySet<string> = new Set<Kind>([
  ...(["string", "integer", "number", "boolean", "null", "array", "object"] as const),
]);
/** References and choices inside of each other; a schema that needs more says too little of text. */
const MAX_STEPS = 16;

/** @param root  the type's schema, into which references lead */
export function choicesOf(root: JsonSchema, schema: JsonValue | undefined, steps = 0): Choices {
  if (!isSchema(schema) || steps > MAX_STEPS) return [];
  if (["type", "enum", "const", "properties"].some((keyword) => keyword in schema)) return [schema];
  const reference = schema["$ref"];
  if (typeof reference === "string" && reference.startsWith("#")) {
    return choicesOf(root, follow(root, pointerSteps(reference.slice(1))), steps + 1);
  }
  return ["anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const some = schema[keyword];
    return Array.isArray(some) ? some.flatMap((one) => choicesOf(root, one, steps + 1)) : [];
  });
}

const known = new WeakMap<Choices, ReadonlySet<Kind>>();

/** What kinds of value there may be; empty: any. */
export function kindsOf(choices: Choices): ReadonlySet<Kind> {
  let kinds = known.get(choices);
  if (!kinds) known.set(choices, (kinds = findKinds(choices)));
  return kinds;
}

function findKinds(choices: Choices): ReadonlySet<Kind> {
  const kinds = new Set<Kind>();
  for (const schema of choices) {
    const named = [schema["type"] ?? []].flat().filter(isKind);
    if (named.length > 0) named.forEach((kind) => kinds.add(kind));
    else if (isSchema(schema["properties"])) kinds.add("object");
    else allowedBy(schema).forEach((value) => kinds.add(kindOf(value)));
  }
  return kinds;
}

function isKind(name: JsonValue): name is Kind {
  return typeof name === "string" && KINDS.has(name);
}

function kindOf(value: JsonValue): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return "object";
    default:
      return "string";
  }
}

/** The only values that are allowed, where they are listed. */
export function allowedBy(schema: JsonSchema): JsonValue[] {
  const { const: only, enum: several } = schema;
  if (only !== undefined) return [only];
  return Array.isArray(several) ? several : [];
}

/** The schema of a member of an object, or of the items of a list. */
export function insideOf(root: JsonSchema, choices: Choices, name: string | undefined): Choices {
  return choices.flatMap((schema) => {
    const properties = schema["properties"];
    const inside =
      name === undefined ? schema["items"] : isSchema(properties) ? own(properties, name) : undefined;
    return choicesOf(root, inside);
  });
}

function own(properties: JsonSchema, name: string): JsonValue | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Whether an empty text is a value like any other. */
export function takesEmptyText(choices: Choices): boolean {
  const texts = choices.filter((schema) => kindsOf([schema]).has("string"));
  return texts.some(
    (schema) => !["minLength", "format", "pattern", "enum", "const"].some((rule) => rule in schema),
  );
}
