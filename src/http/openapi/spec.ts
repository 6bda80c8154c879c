/** The shapes of an OpenAPI 3.1 document, as far as this one uses them. */
import type { JsonSchema, JsonValue } from "../../config/types.ts";

export type Schema = JsonSchema;

export type Reference = { $ref: string };

export interface Media {
  schema: Schema;
  example?: JsonValue;
  examples?: Record<string, { summary?: string; value: JsonValue }>;
}

export interface Header {
  description: string;
  /** False: some answers do not have it. */
  required?: false;
  schema: Schema;
}

export interface Answer {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Media>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: boolean;
  schema: Schema;
  example?: JsonValue;
}

export interface RequestBody {
  description?: string;
  required: boolean;
  content: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  /** `[]`: no login. Left out: the document's own. */
  security?: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
  requestBody?: RequestBody;
  responses: Record<string, Answer | Reference>;
}

/** What a resource's file adds to an operation of its routes. */
export type OperationDetail = Pick<Operation, "responses"> &
  Partial<Omit<Operation, "operationId" | "responses">>;

/** By method, in lower case. */
export type PathItem = Record<string, Operation>;

export interface Tag {
  name: string;
  description: string;
}

export interface OpenApiDocument {
  openapi: string;
  info: Record<string, JsonValue>;
  servers: { url: string }[];
  security: Record<string, string[]>[];
  tags: Tag[];
  paths: Record<string, PathItem>;
  webhooks: Record<string, PathItem>;
  components: {
    securitySchemes: Record<string, Record<string, string>>;
    schemas: Record<string, Schema>;
    responses: Record<string, Answer>;
    headers: Record<string, Header>;
    parameters: Record<string, Parameter>;
  };
}

/** A reference to a component, such as `ref("Problem")` or `ref("Limit", "parameters")`. */
export function ref(name: string, kind: keyof OpenApiDocument["components"] = "schemas"): Reference {
  return { $ref: `#/components/${kind}/${name}` };
}

/** An object schema whose members are all required but for `optional`. */
export function object(properties: Record<string, Schema>, optional: readonly string[] = []): Schema {
  return {
    type: "object",
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  };
}

export const time: Schema = { type: "string", format: "date-time" };

/** Of what koppla.yaml may keep. */
export const provisioned: Schema = {
  type: "boolean",
  readOnly: true,
  description:
    "Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409).",
};

/** A value as it is once it was sent: for examples that keep the type of what they are an example of. */
export function json(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

/** An answer in JSON. */
export function jsonAnswer(description: string, schema: Schema, example: JsonValue): Answer {
  return { description, content: { "application/json": { schema, example } } };
}

/** A keyset page, as all lists but the feed answer. */
export function page(items: Schema): Schema {
  return object({
    items: { type: "array", items },
    next_cursor: {
      type: ["string", "null"],
      description: "Goes into `cursor` for the next page; null at the end.",
    },
  });
}
