/** Moves a type's JSON Schema into the document's components, so that its references still lead to the same places. */
import type { Schema } from "./spec.ts";
import { mapSchemas, pointer, pointerSteps } from "./walk.ts";

export interface Relocated {
  root: Schema;
  /** What stood in `$defs`, by component name. */
  definitions: Record<string, Schema>;
}

/** Any absolute address will do: it is only what relative ones are resolved against. */
const BASE = "koppla:/schema";

/** What names or addresses a schema inside its own file; components are addressed by their place. */
const addressing = ["$schema", "$id", "$anchor", "$dynamicAnchor", "$dynamicRef"];

/**
 * `$defs` (and `definitions`) of the root become components of their own; `$id` and anchors are resolved and taken
 * out, because few readers of OpenAPI know what to do with them. A `$dynamicRef` becomes the plain reference that it
 * is without a second schema that extends the first.
 *
 * @param schema  a self-contained schema that `compileJsonSchema` accepts
 * @param name  the component that the root becomes
 * @param definitionName  gives the component that a definition becomes
 */
export function relocate(schema: Schema, name: string, definitionName: (name: string) => string): Relocated {
  const places = new Map<string, readonly string[]>();
  register(schema, BASE, [], places);
  const components = new Map<string, string>();
  const holders = ["$defs", "definitions"].filter((holder) => holder in schema);
  for (const holder of holders)
    for (const definition of Object.keys(schema[holder] ?? {}))
      components.set(pointer([holder, definition]), definitionName(definition));

  const address = (path: readonly string[]): string => {
    const component = components.get(pointer(path.slice(0, 2)));
    return component === undefined
      ? `#/components/schemas/${name}${pointer(path)}`
      : `#/components/schemas/${component}${pointer(path.slice(2))}`;
  };

  const moved = (inside: Schema, base: string): Schema => {
    const here = baseOf(inside, base);
    const copy = mapSchemas(inside, (child) => moved(child, here));
    const reference = inside["$ref"] ?? inside["$dynamicRef"];
    for (const keyword of addressing) delete copy[keyword];
    if (typeof reference === "string") copy["$ref"] = address(resolve(reference, here, places));
    return copy;
  };

  const root = moved(schema, BASE);
  const definitions: Record<string, Schema> = {};
  for (const holder of holders) {
    const held = root[holder];
    if (typeof held === "object" && held !== null && !Array.isArray(held))
      for (const [definition, value] of Object.entries(held)) {
        const component = components.get(pointer([holder, definition]));
        if (component !== undefined) definitions[component] = asSchema(value);
      }
    delete root[holder];
  }
  return { root, definitions };
}

function asSchema(value: unknown): Schema {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Schema;
  return value === false ? { not: {} } : {};
}

/** Notes the address of every schema that has one: `$id`, anchors, and the root. */
function register(
  schema: Schema,
  base: string,
  path: readonly string[],
  places: Map<string, readonly string[]>,
): void {
  const here = baseOf(schema, base);
  if (path.length === 0 || here !== base) places.set(here, path);
  for (const keyword of ["$anchor", "$dynamicAnchor"]) {
    const anchor = schema[keyword];
    if (typeof anchor === "string") places.set(`${here}#${anchor}`, path);
  }
  mapSchemas(schema, (child, steps) => {
    register(child, here, [...path, ...steps], places);
    return child;
  });
}

function baseOf(schema: Schema, base: string): string {
  const id = schema["$id"];
  return typeof id === "string" ? new URL(id, base).href.replace(/#$/, "") : base;
}

function resolve(reference: string, base: string, places: Map<string, readonly string[]>): readonly string[] {
  const { href } = new URL(reference, base);
  const [resource = "", fragment = ""] = href.split("#");
  const named = fragment === "" || fragment.startsWith("/") ? places.get(resource) : places.get(href);
  if (!named) throw new Error(`the reference ${reference} leads nowhere`);
  return fragment.startsWith("/") ? [...named, ...pointerSteps(fragment)] : named;
}
