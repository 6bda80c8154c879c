/** What a form needs to know of a JSON Schema (draft 2020-12): which input each property takes. */

export type Schema = Readonly<Record<string, unknown>>;

export type Kind =
  | "text"
  | "long"
  | "number"
  | "integer"
  | "boolean"
  | "choice"
  | "date"
  | "dateTime"
  | "texts"
  | "object"
  | "json";

export interface Property {
  /** Where it lies in the value, as violations name it: `address.city`. */
  path: string;
  name: string;
  /** What people call it: the schema's title, else the name. */
  title: string;
  description: string | undefined;
  kind: Kind;
  required: boolean;
  nullable: boolean;
  schema: Schema;
  /** Of a choice. */
  choices: readonly (string | number | boolean)[];
}

/** Texts that may be longer than this get several lines. */
const LONG = 200;
/** References that lead to references. */
const MAX_STEPS = 20;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The properties of an object's schema, in its order. @param root  what its references speak of */
export function propertiesOf(schema: Schema, root: Schema, at = ""): Property[] {
  const { properties, required } = follow(schema, root);
  if (!isSchema(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([name, value]) =>
    property(name, isSchema(value) ? follow(value, root) : {}, {
      path: at === "" ? name : `${at}.${name}`,
      required: needed.has(name),
    }),
  );
}

function property(
  name: string,
  schema: Schema,
  { path, required }: { path: string; required: boolean },
): Property {
  const types = [schema["type"] ?? []].flat();
  const { title, description } = schema;
  return {
    ...{ name, path, required, schema, choices: choicesOf(schema) },
    title: typeof title === "string" && title !== "" ? title : name,
    description: typeof description === "string" && description !== "" ? description : undefined,
    kind: kindOf(schema),
    nullable: types.includes("null"),
  };
}

function kindOf(schema: Schema): Kind {
  if (choicesOf(schema).length > 0) return "choice";
  const types = [schema["type"] ?? []].flat().filter((type) => type !== "null");
  const [type] = types;
  if (types.length !== 1) return "json";
  switch (type) {
    case "string":
      return textKind(schema);
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "boolean";
    case "object":
      return isSchema(schema["properties"]) ? "object" : "json";
    case "array": {
      const { items } = schema;
      return isSchema(items) && items["type"] === "string" && items["enum"] === undefined ? "texts" : "json";
    }
    default:
      return "json";
  }
}

function textKind({ format, maxLength }: Schema): Kind {
  if (format === "date") return "date";
  if (format === "date-time") return "dateTime";
  return typeof maxLength === "number" && maxLength <= LONG ? "text" : format === undefined ? "long" : "text";
}

function choicesOf({ enum: values, const: only }: Schema): Property["choices"] {
  const all = Array.isArray(values) ? values : only === undefined ? [] : [only];
  const simple = all.filter((value): value is string | number | boolean =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  return simple.length + (all.includes(null) ? 1 : 0) === all.length ? simple : [];
}

/** What a schema refers to within the same document, with what it says itself. */
export function follow(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let step = 0; step < MAX_STEPS && typeof found["$ref"] === "string"; step++) {
    const { $ref, ...own } = found;
    const target = at(root, String($ref));
    if (!isSchema(target)) return own;
    found = { ...target, ...own };
  }
  return found;
}

/** RFC 6901, as the fragment of a URI. */
export function at(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  let found = root;
  for (const step of decodeURIComponent(reference).split("/").slice(1)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return found;
}
