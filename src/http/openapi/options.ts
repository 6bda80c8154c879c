/** `/api/v1/receivers/options` and `/api/v1/accounts/options`. */
import type { AccountOptions } from "../../accounts/option-routes.ts";
import type { ReceiverOptions } from "../../receivers/option-routes.ts";
import { problems } from "./problems.ts";
import { json, jsonAnswer, object, type OperationDetail, ref, type Schema } from "./spec.ts";

const text: Schema = { type: "string" };
const list = (items: Schema): Schema => ({ type: "array", items });
const filters = list(
  object({ field: text, kind: { type: "string", enum: ["string", "number", "boolean", "any"] } }),
);

const receiver: ReceiverOptions = {
  topics: [{ name: "Trainings.Update", object: "training", resource: "trainings" }],
  types: [
    {
      ...{ name: "trainings", object: "training", key: "integer" },
      filters: [{ field: "institute_id", kind: "number" }],
    },
  ],
  retry_schedules: [{ name: "table", steps: ["1h", "2h", "6h", "24h"], then: "fail" }],
  defaults: { retry: "table", bundle: { quiet: "5s", longest: "60s", size: 500 }, timeout: "15s" },
};

const account: AccountOptions = {
  resources: [
    {
      ...{ name: "trainings", kind: "type", actions: ["read", "write", "delete"] },
      filters: [{ field: "institute_id", kind: "number" }],
      ...{ fields: ["name", "city", "institute_id"], public: ["name"] },
    },
  ],
};

export const optionSchemas: { receiver: Record<string, Schema>; account: Record<string, Schema> } = {
  receiver: {
    ReceiverOptions: {
      ...object({
        topics: list(
          object({
            name: text,
            object: { ...text, description: "What it tells of, as changes name it." },
            resource: { ...text, description: "What one must be allowed to read to be told." },
          }),
        ),
        types: list(
          object({
            name: text,
            object: text,
            key: { type: "string", enum: ["integer", "string", "uuid"] },
            filters: { ...filters, description: "What `content_filter` may name." },
          }),
        ),
        retry_schedules: list(
          object({ name: text, steps: list(text), then: { type: "string", enum: ["fail", "repeat"] } }),
        ),
        defaults: {
          ...object({
            retry: text,
            bundle: object({ quiet: text, longest: text, size: { type: "integer" } }),
            timeout: { ...text, description: "How long one attempt may take." },
          }),
          description: "What holds where nothing is said.",
        },
      }),
      description: "What a receiver can be made of.",
    },
  },
  account: {
    AccountOptions: {
      ...object({
        resources: list(
          object({
            name: text,
            kind: {
              type: "string",
              enum: ["type", "server", "action"],
              description: "A type of the YAML, one of the server's own, or one of the YAML's actions.",
            },
            actions: list({ type: "string", enum: ["read", "write", "delete", "run", "manage"] }),
            filters: { ...filters, description: "What `where` may name." },
            fields: {
              type: ["array", "null"],
              items: text,
              description: "What `fields` may name; null: its schema does not list them.",
            },
            public: { ...list(text), description: "The fields that `public` stands for." },
          }),
        ),
      }),
      description: "What grants can be made of.",
    },
  },
};

export const optionOperations: { receiver: OperationDetail; account: OperationDetail } = {
  receiver: {
    responses: {
      "200": jsonAnswer("What there is to choose of.", ref("ReceiverOptions"), json(receiver)),
      ...problems("forbidden", "invalid"),
    },
  },
  account: {
    responses: {
      "200": jsonAnswer("What there is to choose of.", ref("AccountOptions"), json(account)),
      ...problems("forbidden", "invalid"),
    },
  },
};
