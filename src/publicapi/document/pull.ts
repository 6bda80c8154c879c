/** `/api/public/{type}/` in the document, of one type. */
import type { JsonValue } from "../../config/types.ts";
import {
  type Answer,
  object,
  type Operation,
  type Parameter,
  ref,
  type Schema,
} from "../../http/openapi/spec.ts";
import type { RecordType } from "../../records/types.ts";
import { FORMATS } from "../pull.ts";
import { anybody, errors, org, parameter, pw, text } from "./shared.ts";

export interface PullPart {
  type: RecordType;
  /** The component of a record. */
  record: string;
  operationIds: { get: string; post: string };
  rows: { defaultRows: number; maxRows: number };
  example: JsonValue | undefined;
}

/** What a pull can be asked for, by name. */
function asked({ type, rows }: PullPart): Record<string, Schema> {
  const sortable = ["id", "modified_at", ...type.filters];
  const formats = FORMATS.filter((format) => format !== "ical" || type.dates);
  return {
    maxRows: {
      ...{ type: "integer", minimum: 0, maximum: rows.maxRows, default: rows.defaultRows },
      description: "How many at most; 0 asks for their number alone.",
    },
    firstRow: { type: "integer", minimum: 1, default: 1, description: "The first to show, counted from 1." },
    sort: {
      ...{ type: "string", enum: sortable.flatMap((field) => [field, `-${field}`]), default: "id" },
      description: "The order; a minus turns it round. With `modifiedSince` it is `modified_at`.",
    },
    ...(type.search.length > 0 && {
      textSearch: {
        ...text,
        description:
          `Words that must stand in ${type.search.join(", ")}, whatever their case and accents; words of three ` +
          "letters or more may go on.",
      },
    }),
    modifiedSince: {
      ...text,
      description: "Those only that were changed at that time or later: ISO 8601.",
    },
    showDeleted: {
      type: "boolean",
      default: false,
      description: "With `modifiedSince`: tells what was removed, too.",
    },
    deletedAfter: {
      type: "integer",
      minimum: 0,
      description: "As an answer gave it: the removed ones that follow.",
    },
    verbose: {
      type: "boolean",
      default: false,
      description: "With `_meta`, and how the parameters were understood.",
    },
    format: { type: "string", enum: [...formats], default: "json" },
    ...Object.fromEntries(
      type.filters.map((field) => [
        // What has the name of a parameter is asked for by its other name.
        `filter[${field}]`,
        {
          type: "array",
          items: text,
          description: `Those only whose \`${field}\` is one of these; \`${field}\` is the same.`,
        },
      ]),
    ),
  };
}

export function pullOperations(part: PullPart): { get: Operation; post: Operation } {
  const { type, record, operationIds } = part;
  const parameters = asked(part);
  const common = {
    tags: [type.name],
    security: anybody,
    responses: {
      "200": found(part),
      ...errors(400, 401, 403, 404, 429, 503),
    },
  };
  const about =
    `Without a login the fields ${type.public.length > 0 ? type.public.join(", ") : "of no record"} are shown; with ` +
    "one what it may see.";
  return {
    get: {
      ...common,
      operationId: operationIds.get,
      summary: `Get ${type.name}`,
      description: `${about} The public answer has an \`ETag\`.`,
      parameters: [
        parameter("org", org),
        ...Object.entries(parameters).map(([name, schema]): Parameter => parameter(name, schema)),
      ],
      responses: { ...common.responses, "304": { description: "It is still what `If-None-Match` names." } },
    },
    post: {
      ...common,
      operationId: operationIds.post,
      summary: `Get ${type.name}, with the password in the body`,
      description: about,
      requestBody: {
        required: true,
        content: Object.fromEntries(
          ["application/x-www-form-urlencoded", "application/json"].map((kind) => [
            kind,
            { schema: { type: "object", properties: { org, pw, ...parameters } } },
          ]),
        ),
      },
      responses: { ...common.responses, ...errors(413, 415) },
    },
  };

  function found({ example }: PullPart): Answer {
    const schema = object(
      {
        search: ref("Search"),
        [type.name]: { type: "array", items: ref(record) },
        deleted: {
          type: "array",
          items: object({ id: {}, deletedAt: { type: "string", format: "date-time" } }),
          description: "With `showDeleted`.",
        },
        warnings: ref("Warnings"),
      },
      ["deleted", "warnings"],
    );
    return {
      description: `The ${type.name} that were found.`,
      content: {
        "application/json": {
          schema,
          ...(example !== undefined && {
            example: {
              search: {
                numRowsFound: 1,
                shown: { numRowsShown: 1, firstShownRowNum: 1, lastShownRowNum: 1 },
                limits: {
                  maxRows: part.rows.defaultRows,
                  maxRowsDefault: part.rows.defaultRows,
                  maxRowsAllowed: part.rows.maxRows,
                },
              },
              [type.name]: [example],
            },
          }),
        },
        "text/csv": { schema: { ...text, description: "The columns are in the first line." } },
        ...(type.dates && { "text/calendar": { schema: { ...text, description: "iCalendar, RFC 5545." } } }),
      },
    };
  }
}
