/** The operations of one declared type: `/api/v1/trainings` and `/api/v1/trainings/{id}`. */
import { topicName } from "../../config/topics.ts";
import type { JsonValue } from "../../config/types.ts";
import type { RecordType } from "../../records/types.ts";
import { MAX_PUSH } from "../../records/routes.ts";
import type { Names } from "./names.ts";
import { bodyProblems, problems } from "./problems.ts";
import { type RecordExamples, recordExamples } from "./record-examples.ts";
import { fileOperations } from "./record-files.ts";
import { listParameters } from "./record-parameters.ts";
import {
  type Answer,
  object,
  type Operation,
  type Parameter,
  type PathItem,
  ref,
  type RequestBody,
  type Schema,
  type Tag,
  time,
} from "./spec.ts";
import { componentNames, idSchemas, typeSchemas } from "./type-schemas.ts";

export interface TypePart {
  tag: Tag;
  paths: Record<string, PathItem>;
  schemas: Record<string, Schema>;
}

/** What all types share. */
export const recordSchemas: Record<string, Schema> = {
  Meta: {
    ...object(
      {
        version: { type: "integer", minimum: 1, description: "Grows with every change." },
        created_at: time,
        modified_at: time,
        modified_by: {
          type: "string",
          description: "Who wrote this version, `user:` or `account:`; for those who may read every field.",
        },
        actor: { type: "string", description: "The account that acted in that name." },
      },
      ["modified_by", "actor"],
    ),
    description: "What the server knows of a record. Ignored in what is sent to it.",
  },
  PushResults: {
    ...object({ results: { type: "array", items: ref("PushResult") } }),
    description: "What became of each record of a list, in its order.",
  },
  PushResult: object(
    {
      id: { type: ["integer", "string", "null"], description: "Null where it has none that could be read." },
      status: { type: "string", enum: ["created", "updated", "unchanged", "rejected"] },
      violations: { type: "array", items: ref("Violation"), description: "Why it was rejected." },
    },
    ["violations"],
  ),
};

/** @param names  of components and operations; those of this type are taken from it */
export async function typePart(type: RecordType, names: Names): Promise<TypePart> {
  const plural = topicName(type.name);
  const stem = names.take(topicName(type.object), (stem) => [
    ...Object.values(componentNames(stem)),
    ...Object.values(operationIds(stem, plural)),
  ]);
  const { components, data, resolve } = typeSchemas(type, stem, (definition) =>
    names.take(stem + topicName(definition.replaceAll(/[^A-Za-z0-9_-]/g, "_")), (name) => [name]),
  );
  const examples = await recordExamples(type, data, resolve);
  const tag = {
    name: type.name,
    description: type.description || `The records of this type; changes call one \`${type.object}\`.`,
  };
  const { list, create, get, replace, patch, remove } = operations({ type, stem, plural, examples });
  const { importFile, exportFile } = operationIds(stem, plural);
  const files = fileOperations(type, { import: importFile, export: exportFile }, examples);
  return {
    tag,
    schemas: components,
    paths: {
      [`/api/v1/${type.name}`]: { get: list, post: create },
      [`/api/v1/${type.name}/import`]: { post: files.import },
      [`/api/v1/${type.name}/export`]: { post: files.export },
      [`/api/v1/${type.name}/{id}`]: { get, put: replace, patch, delete: remove },
    },
  };
}

function operationIds(stem: string, plural: string) {
  return {
    list: `list${plural}`,
    create: `create${stem}`,
    get: `get${stem}`,
    replace: `replace${stem}`,
    patch: `patch${stem}`,
    remove: `delete${stem}`,
    importFile: `import${plural}`,
    exportFile: `export${plural}`,
  };
}

interface About {
  type: RecordType;
  stem: string;
  plural: string;
  examples: RecordExamples;
}

function operations({
  type,
  stem,
  plural,
  examples,
}: About): Record<Exclude<keyof ReturnType<typeof operationIds>, `${string}File`>, Operation> {
  const ids = operationIds(stem, plural);
  const names = componentNames(stem);
  const { object: one, name: many } = type;
  const tags = [many];
  const { record, pushed, patched, id } = examples;
  const etag = { etag: ref("ETag", "headers") };
  const found: Answer = {
    description: `The ${one}.`,
    headers: etag,
    content: { "application/json": media(ref(names.output), record) },
  };
  const made: Answer = {
    ...found,
    description: `The ${one}, as it was created.`,
    headers: { ...etag, location: ref("Location", "headers") },
  };
  const body = (schema: Schema, example: JsonValue | undefined, ...types: string[]): RequestBody => ({
    required: true,
    content: Object.fromEntries(["application/json", ...types].map((name) => [name, media(schema, example)])),
  });
  const path: Parameter = {
    name: "id",
    in: "path",
    required: true,
    description: `The ${one}'s id.`,
    schema: idSchemas[type.key],
    example: id,
  };
  const conditions = [ref("IfMatch", "parameters"), ref("IfNoneMatch", "parameters")];

  return {
    list: {
      operationId: ids.list,
      tags,
      summary: `List ${many}`,
      description:
        "In pages; or all that there are as NDJSON or CSV, asked for by `Accept`, where `limit` has no meaning. " +
        "Ordered by id; with `modified_since` by time of change, so that a program can go on where it was. Records and " +
        "fields that the account may not read are left out.",
      parameters: listParameters(type),
      responses: {
        "200": {
          description: `A page of ${many}, or all of them.`,
          content: {
            "application/json": media(ref(names.page), record && { items: [record], next_cursor: null }),
            "application/x-ndjson": media(
              { type: "string", description: `One ${one} per line, in JSON.` },
              examples.ndjson,
            ),
            "text/csv": media(
              { type: "string", description: "The columns are in the first line." },
              examples.csv,
            ),
          },
        },
        ...problems("forbidden", "invalid"),
      },
    },
    create: {
      operationId: ids.create,
      tags,
      summary: `Create one ${one}, or push a list of them`,
      description:
        `An object is one new ${one}. A list of up to ${MAX_PUSH} creates those that are new and replaces the ` +
        "others, in one transaction: all or none, unless `on_error=skip` leaves out those that do not fit.",
      parameters: [
        {
          name: "on_error",
          in: "query",
          description: "Of a list: `stop` stores nothing if one does not fit, `skip` stores the others.",
          schema: { type: "string", enum: ["stop", "skip"], default: "stop" },
        },
      ],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              oneOf: [ref(names.input), { type: "array", items: ref(names.input), maxItems: MAX_PUSH }],
            },
            ...(pushed && {
              examples: {
                one: { summary: `One ${one}`, value: pushed },
                list: { summary: "A list", value: [pushed] },
              },
            }),
          },
        },
      },
      responses: {
        "200": {
          description: "What became of each record of the list.",
          content: {
            "application/json": media(ref("PushResults"), { results: [{ id, status: "created" }] }),
          },
        },
        "201": made,
        ...problems("forbidden", "conflict"),
        ...bodyProblems(),
      },
    },
    get: {
      operationId: ids.get,
      tags,
      summary: `Get one ${one}`,
      parameters: [path, ref("IfNoneMatch", "parameters")],
      responses: {
        "200": found,
        "304": { description: "It is still what `If-None-Match` names.", headers: etag },
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
    replace: {
      operationId: ids.replace,
      tags,
      summary: `Create or replace one ${one}`,
      description:
        "A body that changes nothing makes no change and keeps the version. Fields that the account may not write stay " +
        "as they are.",
      parameters: [path, ...conditions],
      requestBody: body(ref(names.input), pushed),
      responses: {
        "200": { ...found, description: `The ${one}, as it is now.` },
        "201": made,
        ...problems("forbidden", "not_found", "precondition_failed"),
        ...bodyProblems(),
      },
    },
    patch: {
      operationId: ids.patch,
      tags,
      summary: `Change one ${one}`,
      description: "A JSON merge patch, RFC 7396.",
      parameters: [path, ...conditions],
      requestBody: body(ref(names.patch), patched, "application/merge-patch+json"),
      responses: {
        "200": { ...found, description: `The ${one}, as it is now.` },
        ...problems("forbidden", "not_found", "precondition_failed"),
        ...bodyProblems(),
      },
    },
    remove: {
      operationId: ids.remove,
      tags,
      summary: `Remove one ${one}`,
      parameters: [path, ...conditions],
      responses: {
        "204": { description: "It is gone; the feed tells of it." },
        ...problems("forbidden", "not_found", "precondition_failed", "invalid", "storage_full"),
      },
    },
  };
}

function media(schema: Schema, example: JsonValue | undefined) {
  return example === undefined ? { schema } : { schema, example };
}
