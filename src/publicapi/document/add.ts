/** `/api/public/{type}/add/` in the document, of one type. */
import type { JsonValue } from "../../config/types.ts";
import { jsonAnswer, type Operation, ref, type RequestBody, type Schema } from "../../http/openapi/spec.ts";
import { isSchema } from "../../http/openapi/walk.ts";
import type { RecordId } from "../../records/key.ts";
import type { RecordType } from "../../records/types.ts";
import { MAX_ITEMS } from "../add/items.ts";
import { errors, loggedIn, org, parameter, pw, text } from "./shared.ts";

export interface AddPart {
  type: RecordType;
  /** The component of a record as it is sent, and its schema. */
  input: string;
  inputSchema: Schema;
  operationIds: { post: string; get: string };
  /** Whether it can be done by GET. */
  byGet: boolean;
  example: { id: RecordId; sent: JsonValue | undefined };
}

const ifOldDataExists: Schema = {
  type: "string",
  enum: ["skipNewData", "prioritizeOld", "prioritizeNew"],
  default: "skipNewData",
  description:
    "What becomes of a record that is there: it stays as it is; it is given the fields that it has no value for; it " +
    "is given all fields that were sent. Fields that were not sent stay.",
};

const login = { org, pw, ifOldDataExists };

export function addOperations(part: AddPart): { post: Operation; get?: Operation } {
  const { type, operationIds, byGet, example } = part;
  const answer = jsonAnswer("What became of each.", ref("Added"), {
    add: [{ id: example.id, status: "created", errors: [] }],
  });
  const common = {
    tags: [type.name],
    security: loggedIn,
    responses: { "200": answer, ...errors(400, 401, 403, 404, 429, 503) },
  };
  const description =
    `Each ${type.object} for itself: one that does not fit is rejected, the others are stored. 400 where all of them ` +
    "were rejected, in the same words.";
  const post: Operation = {
    ...common,
    operationId: operationIds.post,
    summary: `Add ${type.name}`,
    description: `${description} The texts of forms and CSV files become what the type's schema says that they are.`,
    parameters: [parameter("org", org), parameter("ifOldDataExists", ifOldDataExists)],
    requestBody: bodies(part),
    responses: { ...common.responses, ...errors(413, 415) },
  };
  if (!byGet) return { post };
  const get: Operation = {
    ...common,
    operationId: operationIds.get,
    summary: `Add one ${type.object} by GET`,
    description: `${description} This server allows it; the URL, with all that is in it, stands in logs on its way.`,
    parameters: Object.entries({ org, ifOldDataExists, ...propertiesOf(part) }).map(([name, schema]) =>
      parameter(name, isSchema(schema) ? schema : text),
    ),
  };
  return { post, get };
}

function bodies({ type, input, inputSchema, example }: AddPart): RequestBody {
  const list: Schema = { type: "array", items: ref(input), maxItems: MAX_ITEMS };
  const properties = { ...login, ...propertiesOf({ inputSchema }) };
  const required = inputSchema["required"];
  const file: Schema = {
    ...{ type: "string", contentMediaType: "text/csv" },
    description: "CSV with the fields' names in its first line, at most 10 000 rows.",
  };
  return {
    required: true,
    content: {
      "application/json": {
        schema: {
          oneOf: [
            { allOf: [ref(input), { type: "object", properties: login }] },
            list,
            { type: "object", properties: { ...login, [type.name]: list }, required: [type.name] },
          ],
        },
        ...(example.sent !== undefined && {
          examples: {
            one: { summary: `One ${type.object}`, value: example.sent },
            list: { summary: "A list", value: [example.sent] },
          },
        }),
      },
      "application/x-www-form-urlencoded": {
        schema: { type: "object", properties, ...(required !== undefined && { required }) },
      },
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: {
            ...login,
            file,
            encoding: { ...text, description: "Of the file; it is found out where it is not sent." },
            separator: { ...text, description: "Of the file; it is found out where it is not sent." },
          },
          required: ["file"],
        },
      },
      "text/csv": { schema: { ...text, description: "The file itself." } },
    },
  };
}

function propertiesOf({ inputSchema }: Pick<AddPart, "inputSchema">): Record<string, Schema> {
  const { properties } = inputSchema;
  if (!isSchema(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, isSchema(schema) ? schema : {}]),
  );
}
