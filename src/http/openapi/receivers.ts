/** `/api/v1/receivers`. */
import { websubMethods } from "../../deliveries/signature.ts";
import type { ShownReceiver } from "../../receivers/codec.ts";
import type { CreatedReceiver } from "../../receivers/service.ts";
import { bodyProblems, problems } from "./problems.ts";
import { type Resource, type Vocabulary } from "./resource.ts";
import {
  type Answer,
  json,
  jsonAnswer,
  object,
  page,
  type Parameter,
  ref,
  type RequestBody,
  type Schema,
  time,
} from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const ACCOUNT = "0196e3a0-7c1e-7d2b-9f3a-0b2c4d6e8f1a";

const duration: Schema = { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$", examples: ["5s"] };
const text = (maxLength: number): Schema => ({ type: "string", maxLength });
const secret = (maxLength: number): Schema => ({ type: "string", minLength: 1, maxLength, writeOnly: true });
const protocol = (name: string): Schema => ({ type: "string", const: name });

const id: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The id of a receiver.",
  schema: { type: "string" },
  example: ID,
};

const include: Parameter = {
  name: "include",
  in: "query",
  description: "With those that were removed.",
  schema: { type: "string", enum: ["deleted"] },
};

const settings: Omit<ShownReceiver, "id" | "disabled_reason" | "created_at" | "modified_at"> = {
  name: "Course site",
  url: "https://partner.example/hooks",
  description: "",
  topics: ["*"],
  account_id: ACCOUNT,
  format: "changes",
  payload: "thin",
  auth: { protocol: "none" },
  bundle: { quiet: "5s", longest: "60s", size: 500 },
  retry: "table",
  headers: { "x-tenant": "7" },
  enabled: true,
};

const shown: ShownReceiver = {
  id: ID,
  ...settings,
  disabled_reason: null,
  created_at: "2026-11-20T08:30:00.000Z",
  modified_at: "2026-11-20T08:30:00.000Z",
};

const created: CreatedReceiver = { ...shown, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

function schemas({ topics, schedules }: Vocabulary): Record<string, Schema> {
  const members = {
    name: { ...text(200), minLength: 1 },
    url: { type: "string", format: "uri", maxLength: 2000, description: "http or https." },
    description: text(2000),
    topics: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: { type: "string" },
      description: `What it is sent: \`Trainings.*\` and \`*\` match several. There are: ${topics.join(", ") || "none"}.`,
    },
    account_id: {
      type: "string",
      description: "The account whose grants decide what it is sent; its id or its client id.",
    },
    format: {
      type: "string",
      enum: ["changes", "event"],
      description: "Bundled changes, or one event per request.",
    },
    payload: {
      type: "string",
      enum: ["thin", "full"],
      description: "Whether an event carries the record itself.",
    },
    retry: {
      anyOf: [{ type: "string", enum: [...schedules] }, ref("RetrySchedule")],
      description: "The name of a schedule, or one of its own.",
    },
    enabled: { type: "boolean" },
  } satisfies Record<string, Schema>;
  const own: Schema = {
    type: "string",
    pattern: "^whsec_",
    description:
      "What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64.",
  };
  const headers: Schema = {
    type: "object",
    maxProperties: 20,
    additionalProperties: { type: "string", minLength: 1, maxLength: 1000 },
    description: "Headers that its requests carry.",
  };
  const bundleMembers = {
    quiet: duration,
    longest: duration,
    size: { type: "integer", minimum: 1, maximum: 10_000 },
  };
  const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
  const input = {
    ...members,
    auth: ref("ReceiverAuth"),
    secret: { ...own, writeOnly: true },
  };
  return {
    Receiver: object(
      {
        id: { type: "string" },
        ...members,
        auth: ref("ShownReceiverAuth"),
        bundle: object(bundleMembers),
        headers,
        disabled_reason: {
          type: ["string", "null"],
          description: "Why it was switched off, where the server did it.",
        },
        created_at: time,
        modified_at: time,
        deleted_at: time,
      },
      ["deleted_at"],
    ),
    CreatedReceiver: {
      allOf: [
        ref("Receiver"),
        object({ secret: { ...own, description: `${String(own["description"])} Told only here.` } }),
      ],
    },
    ReceiverInput: {
      type: "object",
      additionalProperties: false,
      properties: {
        ...input,
        bundle: { type: "object", additionalProperties: false, properties: bundleMembers },
        headers,
        start: {
          type: "string",
          enum: ["now", "beginning"],
          default: "now",
          description: "Whether it is sent what there is already, too.",
        },
      },
      required: ["name", "url", "topics"],
    },
    ReceiverPatch: {
      type: "object",
      additionalProperties: false,
      properties: {
        ...input,
        bundle: {
          type: "object",
          additionalProperties: false,
          properties: Object.fromEntries(
            Object.entries(bundleMembers).map(([name, schema]) => [name, orNull(schema)]),
          ),
        },
        headers: {
          type: "object",
          additionalProperties: orNull({ type: "string", minLength: 1, maxLength: 1000 }),
          description: "Those to set; null takes one away.",
        },
      },
    },
    ReceiverAuth: {
      description: "How its requests are authenticated beside the signature that all have.",
      oneOf: [
        { title: "none", additionalProperties: false, ...object({ protocol: protocol("none") }) },
        {
          title: "websub",
          additionalProperties: false,
          ...object(
            {
              protocol: protocol("websub"),
              secret: secret(199),
              method: { type: "string", enum: [...websubMethods], default: "sha256" },
            },
            ["method"],
          ),
        },
        {
          title: "basic",
          additionalProperties: false,
          ...object({ protocol: protocol("basic"), username: text(255), password: secret(1000) }),
        },
        {
          title: "bearer",
          additionalProperties: false,
          ...object({ protocol: protocol("bearer"), token: secret(4000) }),
        },
      ],
    },
    ShownReceiverAuth: {
      ...object(
        {
          protocol: { type: "string", enum: ["none", "websub", "basic", "bearer"] },
          method: { type: "string", enum: [...websubMethods] },
          username: { type: "string" },
        },
        ["method", "username"],
      ),
      description: "Without its secrets.",
    },
    RetrySchedule: {
      ...object(
        {
          steps: { type: "array", minItems: 1, maxItems: 50, items: duration },
          then: {
            type: "string",
            enum: ["fail", "repeat"],
            default: "fail",
            description: "After the last: give up, or repeat it for ever.",
          },
        },
        ["then"],
      ),
      additionalProperties: false,
      description: "The waits before the second, third, ... attempt.",
    },
  };
}

export function receivers(vocabulary: Vocabulary): Resource {
  const one: Answer = jsonAnswer("The receiver.", ref("Receiver"), json(shown));
  const taken = (name: string, example: RequestBody["content"][string]["example"]): RequestBody => ({
    required: true,
    content: { "application/json": { schema: ref(name), ...(example !== undefined && { example }) } },
  });
  const common = problems("forbidden", "not_found");
  const { enabled: _, account_id: __, description: ___, ...few } = settings;
  const switched = {
    parameters: [id],
    responses: { "200": one, ...common, ...bodyProblems() },
  };
  return {
    tag: { name: "Receivers", description: "Where webhooks go, and how." },
    schemas: schemas(vocabulary),
    operations: {
      listReceivers: {
        parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters"), include],
        responses: {
          "200": jsonAnswer("A page of receivers.", page(ref("Receiver")), {
            items: [json(shown)],
            next_cursor: null,
          }),
          ...problems("forbidden", "invalid"),
        },
      },
      createReceiver: {
        requestBody: taken("ReceiverInput", json(few)),
        responses: {
          "201": {
            ...jsonAnswer("The receiver, with its secret.", ref("CreatedReceiver"), json(created)),
            headers: { location: ref("Location", "headers") },
          },
          ...problems("forbidden"),
          ...bodyProblems(),
        },
      },
      getReceiver: {
        parameters: [id, include],
        responses: { "200": one, ...common, ...problems("invalid") },
      },
      changeReceiver: {
        parameters: [id],
        requestBody: taken("ReceiverPatch", { bundle: { quiet: "10s" }, headers: { "x-tenant": null } }),
        responses: { "200": one, ...common, ...bodyProblems() },
      },
      removeReceiver: {
        parameters: [id],
        responses: {
          "204": { description: "It is removed; its log stays." },
          ...common,
          ...problems("invalid", "storage_full"),
        },
      },
      enableReceiver: switched,
      disableReceiver: switched,
    },
  };
}
