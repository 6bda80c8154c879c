/** What a grant looks like. */
import { GRANT_ACTIONS } from "../../grants/resources.ts";
import { object, type Schema } from "./spec.ts";

export const grantSchema: Schema = {
  ...object(
    {
      resource: {
        type: "string",
        description:
          "A type such as `trainings`, one of the server's own such as `receivers`, or `*` for all.",
      },
      actions: { type: "array", minItems: 1, items: { type: "string", enum: [...GRANT_ACTIONS, "*"] } },
      where: {
        type: "object",
        additionalProperties: {
          type: "array",
          minItems: 1,
          items: { type: ["string", "number", "boolean"] },
        },
        description:
          "Only records that have one of these values, for each of the type's filter fields that is named.",
      },
      fields: {
        anyOf: [
          { type: "string", enum: ["all", "public"] },
          { type: "array", minItems: 1, items: { type: "string" } },
        ],
        description: "Only these fields of them; `public`: those that the type calls so. Not given, all.",
      },
    },
    ["where", "fields"],
  ),
  description: "What may be done: actions on a resource, on all of it or on a part.",
};
