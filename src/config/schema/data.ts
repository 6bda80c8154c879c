/** The types of records. */
import { choice, jsonSchema, list, object, optional, text, withFile } from "../schema-parts.ts";

export const type = object(
  {
    object: text("The type's name in the singular, as it stands in changes.", {
      pattern: "^[a-z][a-z0-9_-]*$",
      expected: "a lower-case name such as training",
      example: "training",
    }),
    key: choice(["integer", "string", "uuid"], "What an id is.", "integer"),
    description: text("What its records are; shown in the API document.", { default: "" }),
    ...withFile(
      "schema",
      optional(
        jsonSchema(
          "JSON Schema (draft 2020-12) of a record's data, `id` aside. Not given, any object will do.",
          {
            example: {
              type: "object",
              required: ["name"],
              properties: {
                name: { type: "string", minLength: 1 },
                city: { type: "string" },
                institute_id: { type: "integer" },
                starts_at: { type: "string", format: "date-time" },
                ends_at: { type: "string", format: "date-time" },
              },
            },
          },
        ),
      ),
      "./trainings.schema.json",
    ),
    filters: list(text("A field."), "Fields that lists can be filtered and sorted by.", {
      example: ["institute_id", "city"],
    }),
    search: list(
      text("A field."),
      "Fields that a text search looks in; in a list or an object, all of its texts.",
      {
        example: ["name", "description"],
      },
    ),
    parent: optional(
      object(
        {
          type: text("The parent's type.", { example: "institutes" }),
          field: text("The field that holds the parent's id.", { example: "institute_id" }),
        },
        "Which records these belong to: an import of all that belong to one can be told of as one change.",
      ),
    ),
    public: list(text("A field."), "Fields that callers with few rights see.", { example: ["id", "name"] }),
    dates: optional(
      object(
        {
          start: text("The field with the day or time at which it begins.", { example: "starts_at" }),
          end: optional(text("The field with the day or time at which it ends.", { example: "ends_at" })),
          summary: optional(text("The field with what to call it.", { example: "name" })),
          location: optional(text("The field with where it is.", { example: "city" })),
        },
        "The fields by which its records are events of a calendar (iCal).",
      ),
    ),
  },
  "The path of its records is /api/v1/NAME, its topics are Name.Update and Name.Destroy.",
);
