/** TypeScript of an OpenAPI document: a type for each schema, and for each operation what goes in and comes out. */

type Json = Record<string, unknown>;

const METHODS = ["get", "put", "post", "patch", "delete"];

/** @param document  OpenAPI 3.1, as a server has it at `/openapi.json` */
export function generate(document: Json): string {
  const of = new Writer(document);
  const schemas = Object.entries(object(object(document["components"])["schemas"]));
  const operations = operationsOf(document);
  return [
    "/** Generated from an OpenAPI document: change that, not this. */",
    "",
    "export interface Schemas {",
    ...schemas.map(([name, schema]) => `${doc(schema)}${key(name)}: ${of.type(schema)};`),
    "}",
    "",
    "/** The records of each type: as they are read, and as they are written. */",
    "export interface Types {",
    ...operations.flatMap(({ path, methods }) => of.recordType(path, methods)),
    "}",
    "",
    "/** What each operation takes (`path`, `query`, `body`), and what it answers when it is well (`answer`). */",
    "export interface Operations {",
    ...operations.flatMap(({ methods, shared }) =>
      methods.map(
        ({ operation }) =>
          `${doc({ description: operation["summary"] })}${key(idOf(operation))}: ${of.operation(operation, shared)};`,
      ),
    ),
    "}",
    "",
    "/** Where each operation is. */",
    "export const routes = {",
    ...operations.flatMap(({ path, methods }) =>
      methods.map(
        ({ method, operation }) =>
          `${key(idOf(operation))}: [${JSON.stringify(method.toUpperCase())}, ${JSON.stringify(path)}],`,
      ),
    ),
    "} as const satisfies Record<keyof Operations, readonly [method: string, path: string]>;",
    "",
  ].join("\n");
}

interface PathOperations {
  path: string;
  methods: { method: string; operation: Json }[];
  /** Parameters of all methods. */
  shared: unknown[];
}

function operationsOf(document: Json): PathOperations[] {
  return Object.entries(object(document["paths"])).map(([path, item]) => ({
    path,
    methods: METHODS.flatMap((method) => {
      const operation = object(item)[method];
      return operation === undefined ? [] : [{ method, operation: object(operation) }];
    }),
    shared: list(object(item)["parameters"]),
  }));
}

class Writer {
  readonly #document: Json;

  constructor(document: Json) {
    this.#document = document;
  }

  /** A schema as a type. What TypeScript has no words for (patterns, limits) is left out. */
  type(schema: unknown): string {
    if (schema === true) return "unknown";
    if (schema === false) return "never";
    const of = object(schema);
    if (typeof of["$ref"] === "string") return this.#reference(of["$ref"]);
    if ("const" in of) return JSON.stringify(of["const"]);
    if (Array.isArray(of["enum"])) return union(of["enum"].map((value) => JSON.stringify(value)));
    const parts = [of["anyOf"], of["oneOf"]]
      .filter(Array.isArray)
      .map((several) => union(several.map((one) => this.type(one))));
    const all = list(of["allOf"]).map((one) => this.type(one));
    const own = "properties" in of || "type" in of ? [this.#plain(of)] : [];
    const together = [...own, ...all, ...parts].map((part) => (part.includes(" | ") ? `(${part})` : part));
    if (together.length === 0) return "unknown";
    return together.length === 1 ? (together[0] ?? "").replace(/^\((.*)\)$/s, "$1") : together.join(" & ");
  }

  #plain(schema: Json): string {
    const kinds = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"] ?? "object"];
    return union(kinds.map((kind) => this.#kind(String(kind), schema)));
  }

  #kind(kind: string, schema: Json): string {
    if (kind === "integer" || kind === "number") return "number";
    if (kind === "string" || kind === "boolean" || kind === "null") return kind;
    if (kind === "array") return `Array<${this.type(schema["items"] ?? true)}>`;
    if (kind !== "object") return "unknown";
    const required = list(schema["required"]);
    const members = Object.entries(object(schema["properties"])).map(
      ([name, member]) =>
        `${doc(member)}${key(name)}${required.includes(name) ? "" : "?"}: ${this.type(member)};`,
    );
    const others = schema["additionalProperties"];
    if (members.length === 0) {
      return others === false ? "Record<string, never>" : `Record<string, ${this.type(others ?? true)}>`;
    }
    return `{\n${members.join("\n")}\n}`;
  }

  #reference($ref: string): string {
    const named = /^#\/components\/schemas\/([^/]+)$/.exec($ref)?.[1];
    return named === undefined ? this.type(this.#follow($ref)) : `Schemas[${JSON.stringify(named)}]`;
  }

  #follow($ref: string): unknown {
    return $ref
      .slice(2)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((here, step) => object(here)[step], this.#document);
  }

  #resolved(value: unknown): Json {
    const { $ref } = object(value);
    return typeof $ref === "string" ? this.#resolved(this.#follow($ref)) : object(value);
  }

  operation(operation: Json, shared: unknown[]): string {
    const parameters = [...shared, ...list(operation["parameters"])].map((one) => this.#resolved(one));
    const members = (place: string) => {
      const here = parameters.filter((one) => one["in"] === place);
      if (here.length === 0) return "Record<string, never>";
      const lines = here.map(
        (one) =>
          `${doc(one)}${key(String(one["name"]))}${one["required"] === true ? "" : "?"}: ${this.type(one["schema"])};`,
      );
      return `{\n${lines.join("\n")}\n}`;
    };
    const body = this.#resolved(operation["requestBody"]);
    return [
      `{`,
      `path: ${members("path")};`,
      `query: ${members("query")};`,
      `body: ${this.#content(body["content"]) ?? "undefined"};`,
      `answer: ${this.#answer(operation)};`,
      `}`,
    ].join("\n");
  }

  #content(content: unknown): string | undefined {
    const media = object(content)["application/json"];
    return media === undefined ? undefined : this.type(object(media)["schema"]);
  }

  #answer(operation: Json): string {
    const well = Object.entries(object(operation["responses"])).filter(([status]) => /^2\d\d$/.test(status));
    return union(well.map(([, answer]) => this.#content(this.#resolved(answer)["content"]) ?? "undefined"));
  }

  /** Only records can be put. */
  recordType(path: string, methods: PathOperations["methods"]): string[] {
    const name = /^\/api\/v1\/([^/{]+)\/\{id\}$/.exec(path)?.[1];
    const [put, get] = ["put", "get"].map(
      (wanted) => methods.find(({ method }) => method === wanted)?.operation,
    );
    if (name === undefined || !put || !get) return [];
    const input = this.#content(this.#resolved(put["requestBody"])["content"]) ?? "unknown";
    return [`${key(name)}: { record: ${this.#answer(get)}; input: ${input} };`];
  }
}

function idOf(operation: Json): string {
  return String(operation["operationId"]);
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ") || "undefined";
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function doc(schema: unknown): string {
  const { description } = object(schema);
  if (typeof description !== "string" || description === "") return "";
  return `/** ${description.replaceAll(/\s+/g, " ").replaceAll("*/", "* /")} */\n`;
}
