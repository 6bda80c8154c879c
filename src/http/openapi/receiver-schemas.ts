/** What a receiver looks like: as it is sent, as it is changed, as it is shown. */
import { websubMethods } from "../../deliveries/signature.ts";
import type { Vocabulary } from "./resource.ts";
import { object, provisioned, ref, type Schema, time } from "./spec.ts";

const duration: Schema = { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$", examples: ["5s"] };
const text = (maxLength: number): Schema => ({ type: "string", maxLength });
const secret = (maxLength: number): Schema => ({ type: "string", minLength: 1, maxLength, writeOnly: true });
const publicKey = {
  key: {
    type: "string",
    pattern: "^whpk_",
    description: "`whpk_` and the base64 of 32 bytes, as Standard Webhooks has it.",
  },
  pem: { type: "string" },
} satisfies Record<string, Schema>;
const certificate = object({
  subject: { type: "string" },
  fingerprint: { type: "string", description: "SHA-256." },
  expires_at: time,
});
const protocol = (name: string): Schema => ({ type: "string", const: name });

const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });

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
      description: `What it is sent: \`Trainings.*\` and \`*\` match several. There are: ${topics.join(", ")}. \`*\` stands for those of the types.`,
    },
    account_id: {
      type: "string",
      description: "The account whose grants decide what it is sent; its id or its client id.",
    },
    format: {
      type: "string",
      enum: ["changes", "event", "cloudevents"],
      description:
        "Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several.",
    },
    payload: {
      type: "string",
      enum: ["thin", "full"],
      description: "Whether an event, or a CloudEvent, carries the record itself.",
    },
    retry: {
      anyOf: [{ type: "string", enum: [...schedules] }, ref("RetrySchedule")],
      description: "The name of a schedule, or one of its own.",
    },
    contact: {
      type: ["string", "null"],
      maxLength: 255,
      description:
        "An e-mail address that is told when the receiver fails for long, and when it is switched off.",
    },
    ordered: {
      type: "boolean",
      description:
        "One request at a time, in the order of the feed: one that fails holds up those behind it.",
    },
    rate: {
      anyOf: [
        object({ requests: { type: "integer", minimum: 1, maximum: 100_000 }, window: duration }),
        { type: "null" },
      ],
      description: "At most so many requests in each window.",
    },
    while_disabled: {
      type: "string",
      enum: ["keep", "drop"],
      description:
        "What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over.",
    },
    signature: {
      type: "string",
      enum: ["v1", "v1a"],
      description:
        "`v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check.",
    },
    enabled: { type: "boolean" },
  } satisfies Record<string, Schema>;
  const own: Schema = {
    type: "string",
    pattern: "^whsec_",
    description:
      "What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64.",
  };
  const filter: Schema = {
    type: "object",
    maxProperties: 4,
    additionalProperties: {
      type: "array",
      minItems: 1,
      maxItems: 200,
      items: { type: ["string", "number", "boolean"] },
    },
    description:
      "Filter fields of a type, each with the values that are wanted. Of records that do not match it is not told; of one that did and does not any more it is told as a removal.",
  };
  const metadata: Schema = {
    type: "object",
    maxProperties: 50,
    additionalProperties: { type: "string", maxLength: 1000 },
    description: "What you want to keep with it.",
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
  const shown = {
    id: { type: "string" },
    ...members,
    auth: ref("ShownReceiverAuth"),
    bundle: object(bundleMembers),
    headers,
    metadata,
    content_filter: filter,
    tls: { anyOf: [ref("ShownReceiverTls"), { type: "null" }] },
    disabled_reason: {
      type: ["string", "null"],
      description: "Why it was switched off, where the server did it.",
    },
    disabled_at: orNull(time),
    provisioned,
    failing_since: { ...orNull(time), description: "Since when every attempt has failed." },
    created_at: time,
    modified_at: time,
    deleted_at: time,
  } satisfies Record<string, Schema>;
  const input = {
    ...members,
    auth: ref("ReceiverAuth"),
    secret: { ...own, writeOnly: true },
    content_filter: orNull(filter),
    tls: { anyOf: [ref("ReceiverTls"), { type: "null" }] },
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
        metadata,
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
        metadata: {
          type: "object",
          additionalProperties: orNull({ type: "string", maxLength: 1000 }),
          description: "Those to set; null takes one away.",
        },
      },
    },
    DetailedReceiver: object({ ...shown, health: orNull(ref("ReceiverHealth")) }, ["deleted_at"]),
    ReceiverHealth: {
      ...object({
        state: {
          type: "string",
          enum: ["closed", "open", "half_open"],
          description: "Of its circuit breaker: while it is open, nothing is sent but a probe now and then.",
        },
        consecutive_failures: { type: "integer", description: "Since the last success." },
        next_probe_at: orNull(time),
        paused: {
          type: ["string", "null"],
          description: "Why nothing is sent though it is enabled, such as `account disabled`.",
        },
      }),
      description: "How it fares; null where that is not known.",
    },
    ReceiverTest: {
      ...object({
        delivery_id: { type: "string", description: "In the log." },
        status: { type: "string", enum: ["delivered", "failed", "delivering"] },
        status_code: { type: ["integer", "null"] },
        error: { type: ["string", "null"], description: "The class of what went wrong, as in the log." },
        detail: { type: ["string", "null"] },
        address: { type: ["string", "null"], description: "The address that was spoken to." },
        duration_ms: { type: ["integer", "null"] },
        response_body: { type: ["string", "null"], description: "What it answered, its first 16 KB." },
      }),
      description: "What came of a test.",
    },
    RotatedReceiver: {
      ...object(
        {
          ...shown,
          secret: { ...own, readOnly: true },
          previous_until: {
            ...orNull(time),
            description: "Until when requests are signed with the secret before, too; null: not any more.",
          },
        },
        ["deleted_at"],
      ),
      description: "The only answer that has the new secret.",
    },
    SecretRotation: {
      type: "object",
      additionalProperties: false,
      properties: {
        overlap: {
          ...duration,
          default: "24h",
          description:
            "How long the secrets so far go on signing: `0s` to `7d`. A shorter one ends older ones, too.",
        },
        secret: { ...own, writeOnly: true, description: "One of your own; without it, one is made." },
        signing_key: {
          type: "boolean",
          default: false,
          description: "Whether there is to be a new ed25519 key, too, with the same overlap.",
        },
      },
    },
    ReceiverPublicKeys: {
      ...object({
        ...publicKey,
        keys: {
          type: "array",
          items: object(publicKey),
          description: "All that sign now, the newest first.",
        },
      }),
      description: "The newest key, and all that are in force while one replaces another.",
    },
    ReceiverTls: {
      type: "object",
      additionalProperties: false,
      properties: {
        ca: {
          type: "string",
          maxLength: 65_536,
          description: "PEM of the only authorities that may have signed its certificate.",
        },
        cert: {
          type: "string",
          maxLength: 65_536,
          description:
            "PEM of the certificate that it is shown (mutual TLS), and of those that lead to its authority.",
        },
        key: { type: "string", maxLength: 16_384, writeOnly: true, description: "PEM of its private key." },
      },
      description: "Certificates of its own; for an https URL.",
    },
    ShownReceiverTls: {
      ...object({ cert: certificate, ca: { type: "array", items: certificate } }, ["cert", "ca"]),
      description: "Without the key.",
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
          title: "oauth2",
          additionalProperties: false,
          ...object(
            {
              protocol: protocol("oauth2"),
              token_url: { type: "string", format: "uri", maxLength: 2000 },
              client_id: { ...text(500), minLength: 1 },
              client_secret: secret(1000),
              scope: { ...text(2000), minLength: 1 },
              audience: { ...text(1000), minLength: 1 },
              client_auth: {
                type: "string",
                enum: ["basic", "post"],
                default: "basic",
                description: "Whether the client is named in the header or in the form (RFC 6749, 2.3.1).",
              },
            },
            ["scope", "audience", "client_auth"],
          ),
          description: "A token by client credentials (RFC 6749, 4.4), sent as a bearer.",
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
          protocol: { type: "string", enum: ["none", "websub", "oauth2", "basic", "bearer"] },
          method: { type: "string", enum: [...websubMethods] },
          username: { type: "string" },
          token_url: { type: "string", format: "uri" },
          client_id: { type: "string" },
          scope: { type: "string" },
          audience: { type: "string" },
          client_auth: { type: "string", enum: ["basic", "post"] },
        },
        ["method", "username", "token_url", "client_id", "scope", "audience", "client_auth"],
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
