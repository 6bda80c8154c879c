/** The component schemas of one declared type: what goes in, what comes out, a patch, a page. */
import type { JsonValue } from "../../config/types.ts";
import type { KeyKind } from "../../records/key.ts";
import type { RecordType } from "../../records/types.ts";
import { relocate } from "./relocate.ts";
import { page, ref, type Schema } from "./spec.ts";
import { follow, isSchema, pointer, pointerSteps } from "./walk.ts";
import { type Resolve, widen } from "./widen.ts";

export const idSchemas: Record<KeyKind, Schema> = {
  integer: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  string: { type: "string", minLength: 1, maxLength: 200 },
  uuid: { type: "string", format: "uuid" },
};

/** The names of a type's components, made of one stem such as `Training`. */
export function componentNames(stem: string) {
  return { output: stem, input: `${stem}Input`, patch: `${stem}Patch`, page: `${stem}Page` };
}

export interface TypeSchemas {
  components: Record<string, Schema>;
  /** Of the record's data alone, for making examples. */
  data: Schema;
  resolve: Resolve;
}

/**
 * @param stem  `Training`
 * @param definitionName  gives the component that a definition in the type's schema becomes
 */
export function typeSchemas(
  type: RecordType,
  stem: string,
  definitionName: (name: string) => string,
): TypeSchemas {
  const names = componentNames(stem);
  const { root: data, definitions } = relocate(type.schema, names.input, definitionName);
  const resolve = resolver({ ...definitions, [names.input]: data });
  const id = { ...idSchemas[type.key], description: `What tells one ${type.object} from another.` };
  const required = [data["required"] ?? []].flat().filter((name) => name !== "id");
  const { properties: into = {}, ...input } = widen(
    data,
    { id: { ...id, description: `${id.description} Made by the server where it is missing.` } },
    resolve,
  );
  const meta = { ...ref("Meta"), readOnly: true };
  const { properties: outOf = {}, ...output } = widen(data, { id, _meta: meta }, resolve);
  const about = type.description === "" ? {} : { description: type.description };
  return {
    data,
    resolve,
    components: {
      [names.output]: {
        ...about,
        ...output,
        type: "object",
        properties: idFirst(outOf),
        required: ["id", ...required, "_meta"],
      },
      [names.input]: {
        ...about,
        ...input,
        type: "object",
        properties: idFirst(into),
        ...(required.length > 0 ? { required } : {}),
      },
      [names.patch]: patchSchema(names.input, data),
      [names.page]: page(ref(names.output)),
      ...definitions,
    },
  };
}

function resolver(components: Record<string, Schema>): Resolve {
  return (reference) => {
    const found = follow({ components: { schemas: components } }, pointerSteps(reference.slice(1)));
    return isSchema(found) ? found : undefined;
  };
}

function idFirst(properties: JsonValue): JsonValue {
  if (!isSchema(properties)) return {};
  const { id, ...others } = properties;
  return id === undefined ? others : { id, ...others };
}

/**
 * JSON merge patch (RFC 7396): every field may be left out, null takes one away. What is an object may be given in
 * part, so nothing is said of it here: the record that comes of it is held against the type's schema.
 */
function patchSchema(input: string, data: Schema): Schema {
  const properties = isSchema(data["properties"]) ? Object.entries(data["properties"]) : [];
  return {
    type: "object",
    description: "What is to change: null takes a field away, the fields that are not named stay.",
    properties: Object.fromEntries(
      properties.map(([name, property]): [string, Schema] => {
        const address = `${ref(input).$ref}${pointer(["properties", name])}`;
        return [name, mayBePartial(property) ? {} : { anyOf: [{ $ref: address }, { type: "null" }] }];
      }),
    ),
  };
}

function mayBePartial(property: JsonValue): boolean {
  if (!isSchema(property) || property["type"] === undefined) return true;
  return [property["type"]].flat().includes("object");
}
