/** What a receiver looks like: as it is sent, as it is changed, as it is shown. */
import { websubMethods } from "../../deliveries/signature.ts";
import type { Vocabulary } from "./resource.ts";
import { object, ref, type Schema, time } from "./spec.ts";

const duration: Schema = { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$", examples: ["5s"] };
const text = (maxLength: number): Schema => ({ type: "string", maxLength });
const secret = (maxLength: number): Schema => ({ type: "string", minLength: 1, maxLength, writeOnly: true });
const protocol = (name: string): Schema => ({ type: "string", const: name });

export function receiverSchemas({ topics, schedules }: Vocabulary): Record<string, Schema> {
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
  const shown = {
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
  } satisfies Record<string, Schema>;
  const input = {
    ...members,
    auth: ref("ReceiverAuth"),
    secret: { ...own, writeOnly: true },
  };
  return {
    Receiver: object(shown, ["deleted_at"]),
    CreatedReceiver: {
      ...object({ ...shown, secret: { ...own, readOnly: true } }, ["deleted_at"]),
      description: "The only answer that has the secret.",
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
