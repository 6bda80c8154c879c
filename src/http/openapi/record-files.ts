/** Records from files and as files: `/api/v1/trainings/import` and `/api/v1/trainings/export`. */
import type { JsonValue } from "../../config/types.ts";
import type { RecordType } from "../../records/types.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { RecordExamples } from "./record-examples.ts";
import { running } from "./operations.ts";
import { json, jsonAnswer, object, type Operation, type Parameter, ref, type Schema } from "./spec.ts";

const text: Schema = { type: "string" };

const query = (name: string, description: string, schema: Schema = text): Parameter => ({
  ...{ name, in: "query", required: false, description, schema },
});

/** @param ids  of both operations */
export function fileOperations(
  type: RecordType,
  ids: { import: string; export: string },
  examples: RecordExamples,
): { import: Operation; export: Operation } {
  const { name: many } = type;
  const parent = type.parent
    ? [
        query(
          "parent",
          `The id of one of ${type.parent.type}, whose records they are: one change tells of all.`,
        ),
      ]
    : [];
  const begun = (kind: string) =>
    json({ ...running, kind: `${many}.${kind}`, resource_type: "type", resource_name: many });
  const csv = examples.csv?.toString().replaceAll(/,_created_at.*$|,\d{4}-\d\d-\d\dT[^\n]*$/gm, "");
  return {
    import: {
      operationId: ids.import,
      tags: [many],
      summary: `Import ${many} from a file`,
      description:
        "An operation that creates those that are new and replaces the others. The file is NDJSON, a JSON list or CSV, " +
        "plain or packed by gzip or zstd. Needs `write`, with `mode=replace` also `delete`.",
      parameters: [
        query("format", "What the file is, if not what `Content-Type` says.", {
          type: "string",
          enum: ["ndjson", "json", "csv"],
        }),
        query("mode", "`replace`: what is not in the file is removed. `check`: nothing is stored.", {
          ...{ type: "string", enum: ["upsert", "replace", "check"], default: "upsert" },
        }),
        query(
          "on_error",
          "`stop` at the first row that is wrong, what came before stays; or `skip` such rows.",
          {
            ...{ type: "string", enum: ["stop", "skip"], default: "stop" },
          },
        ),
        ...parent,
        query("encoding", "Of a CSV file, such as `windows-1252`; not given, UTF-8, or what its mark says."),
        query("delimiter", "Of a CSV file, one character or `tab`; not given, what its header has most of."),
        query("map", "Fields of a CSV file's columns: `Name of column:field,Other:field`, or a JSON object."),
      ],
      requestBody: {
        required: true,
        content: {
          "application/x-ndjson": media(examples.ndjson),
          "application/json": {
            schema: { type: "array", items: { type: "object" } },
            ...(examples.pushed !== undefined && { example: [examples.pushed] }),
          },
          "text/csv": media(csv),
        },
      },
      responses: {
        "202": jsonAnswer("It has begun.", ref("Operation"), begun("import")),
        ...problems("forbidden", "unsupported_media_type", "too_large", "invalid"),
      },
    },
    export: {
      operationId: ids.export,
      tags: [many],
      summary: `Export ${many} to a file`,
      description:
        "An operation that writes all that you may read, or what the filters leave, to a file for " +
        "`/api/v1/operations/{id}/file`. Needs `read`.",
      requestBody: {
        required: false,
        content: {
          "application/json": {
            schema: {
              ...object(
                {
                  format: { type: "string", enum: ["ndjson", "csv"], default: "ndjson" },
                  compress: { type: "string", enum: ["none", "gzip", "zstd"], default: "none" },
                  filter: { type: "object", description: "Values by filter field." },
                  modified_since: { ...text, description: "Modified then or later: ISO 8601." },
                  fields: { type: "array", items: text, minItems: 1, description: "These fields alone." },
                },
                ["format", "compress", "filter", "modified_since", "fields"],
              ),
              additionalProperties: false,
            },
            example: { format: "csv", compress: "gzip" },
          },
        },
      },
      responses: {
        "202": jsonAnswer("It has begun.", ref("Operation"), begun("import")),
        ...problems("forbidden"),
        ...bodyProblems(),
      },
    },
  };
}

function media(example: JsonValue | undefined) {
  return { schema: text, ...(example !== undefined && { example }) };
}
