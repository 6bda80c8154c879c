/** `/api/v1/types`. */
import type { ShownType } from "../../records/type-routes.ts";
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, page, ref, type Schema } from "./spec.ts";

const text: Schema = { type: "string" };
const names: Schema = { type: "array", items: text };
const orNull = (schema: Schema): Schema => ({ ...schema, type: ["object", "null"] });
const field = (description: string): Schema => ({ ...text, description });
const fieldOrNull = (description: string): Schema => ({ type: ["string", "null"], description });

const type: Schema = object({
  name: { ...text, description: "As it stands in the paths of its records." },
  object: { ...text, description: "Its name in the singular, as it stands in changes." },
  key: { ...text, enum: ["integer", "string", "uuid"], description: "What an id is." },
  description: text,
  schema: { type: "object", description: "JSON Schema (draft 2020-12) of a record's data, `id` aside." },
  fields: { type: ["array", "null"], items: text, description: "Null: the schema does not list them all." },
  filters: {
    type: "array",
    description: "The fields that lists can be filtered and sorted by.",
    items: object({
      field: text,
      kind: {
        ...{ ...text, enum: ["string", "number", "boolean", "any"] },
        description: "What its values are, as far as the schema says.",
      },
    }),
  },
  search: { ...names, description: "The fields that a text search looks in; empty: there is none." },
  public: { ...names, description: "The fields that those see who are granted no more." },
  parent: orNull({
    ...object({ type: text, field: field("The field with the parent's id.") }),
    description: "Which type's records these belong to.",
  }),
  dates: orNull({
    ...object({
      start: field("The field with its beginning."),
      end: fieldOrNull("The field with its end."),
      summary: fieldOrNull("The field with what to call it."),
      location: fieldOrNull("The field with where it is."),
    }),
    description: "The fields by which its records are events of a calendar.",
  }),
  topics: object({ update: text, destroy: text, import: text }),
  rights: {
    type: "array",
    description: "What you may do with its records.",
    items: object({
      action: { ...text, enum: ["read", "write", "delete"] },
      fields: {
        oneOf: [{ type: "string", enum: ["all"] }, names],
        description: "Of at least one record; `id` always.",
      },
      every_record: { type: "boolean", description: "False: of some records only." },
    }),
  },
});

const sample: ShownType = {
  ...{ name: "trainings", object: "training", key: "integer", description: "What can be booked." },
  schema: {
    ...{ type: "object", required: ["name"] },
    properties: { name: { type: "string" }, institute_id: { type: "integer" } },
  },
  fields: ["name", "institute_id"],
  filters: [{ field: "institute_id", kind: "number" }],
  ...{ search: ["name"], public: ["name"] },
  parent: { type: "institutes", field: "institute_id" },
  dates: null,
  topics: { update: "Trainings.Update", destroy: "Trainings.Destroy", import: "Trainings.Import" },
  rights: [{ action: "read", fields: "all", every_record: true }],
};

export const types: Resource = {
  tag: { name: "Types", description: "What kinds of records this server has." },
  schemas: { Type: type },
  operations: {
    listTypes: {
      parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters")],
      responses: {
        "200": jsonAnswer("A page of types, by name.", page(ref("Type")), {
          items: [json(sample)],
          next_cursor: null,
        }),
        ...problems("invalid"),
      },
    },
  },
};
