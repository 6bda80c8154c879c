/** What a list of records can be asked for. */
import type { JsonValue } from "../../config/types.ts";
import type { RecordType } from "../../records/types.ts";
import { type Parameter, ref, type Reference, type Schema } from "./spec.ts";
import { isSchema } from "./walk.ts";

export function listParameters(type: RecordType): (Parameter | Reference)[] {
  const sortable = [
    "id",
    "modified_at",
    ...type.filters.filter((field) => field !== "id" && field !== "modified_at"),
  ];
  const { properties } = type.schema;
  return [
    ref("Limit", "parameters"),
    ref("Cursor", "parameters"),
    {
      name: "sort",
      in: "query",
      description: "The order; a minus turns it round.",
      schema: { type: "string", enum: sortable.flatMap((field) => [field, `-${field}`]) },
    },
    {
      name: "modified_since",
      in: "query",
      description:
        "Those only that were changed at that time or later: ISO 8601, in UTC unless it says otherwise.",
      schema: { type: "string" },
      example: "2026-11-21T19:05:00.000Z",
    },
    ...(type.search.length > 0 ? [searchParameter(type)] : []),
    ...type.filters.map((field): Parameter => ({
      name: `filter[${field}]`,
      in: "query",
      description: `Those only whose \`${field}\` is this.`,
      schema: filterSchema(isSchema(properties) ? properties[field] : undefined),
    })),
  ];
}

function searchParameter(type: RecordType): Parameter {
  const fields = type.search.map((field) => `\`${field}\``).join(", ");
  return {
    ...{ name: "search", in: "query", schema: { type: "string" } },
    description:
      `Those only that have every word of this text in ${fields}, whatever its case and accents; words of three letters ` +
      "or more may go on. Not for streams.",
  };
}

/** As `RecordType.filterValues` takes it: by the property's type, as text where that is open. */
function filterSchema(property: JsonValue | undefined): Schema {
  const declared = isSchema(property)
    ? [property["type"] ?? []].flat().filter((type) => type !== "null")
    : [];
  const [type] = declared.length === 1 ? declared : [];
  return typeof type === "string" && ["integer", "number", "boolean"].includes(type)
    ? { type }
    : { type: "string" };
}
