/** The document's `webhooks`: what a receiver is sent. */
import { actions, changeMembers, sampleChange } from "./changes.ts";
import type { Vocabulary } from "./resource.ts";
import { object, type Parameter, type PathItem, ref, type Schema, time } from "./spec.ts";

const MESSAGE = "msg_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b";

export const webhookSchemas = (vocabulary: Vocabulary): Record<string, Schema> => {
  const { topic, object: kind, id, url } = changeMembers(vocabulary);
  return {
    ChangesBundle: {
      ...object({
        changes: {
          type: "array",
          minItems: 1,
          items: object({ action: { type: "string", enum: actions }, object: kind, id, url }, ["url"]),
        },
      }),
      description: "Changes of different objects: of each what happened to it last.",
    },
    Event: {
      ...object(
        {
          id: { type: "string", description: "The same on every attempt, and the `webhook-id`." },
          topic,
          timestamp: { ...time, description: "When it changed." },
          organisation: { type: "string", description: "The code of the organisation." },
          object: kind,
          object_id: id,
          url,
          sequence: { type: "integer", description: "Its place in the feed of changes." },
          actor: { type: "string", description: "Who acted in somebody's name." },
          data: { type: "object", description: "The record, where the receiver's `payload` is `full`." },
        },
        ["url", "actor", "data"],
      ),
      description: "One change.",
    },
    CloudEvent: {
      ...object({
        specversion: { type: "string", const: "1.0" },
        id: { type: "string", description: "The `webhook-id`, `-` and its place in the batch." },
        source: { type: "string", format: "uri", description: "This server and the organisation's code." },
        type: topic,
        subject: { type: "string", description: "The object and its id." },
        time: { ...time, description: "When it changed." },
        datacontenttype: { type: "string", const: "application/json" },
        data: object(
          {
            object: kind,
            object_id: id,
            url,
            sequence: { type: "integer", description: "Its place in the feed of changes." },
            actor: { type: "string", description: "Who acted in somebody's name." },
            data: { type: "object", description: "The record, where the receiver's `payload` is `full`." },
          },
          ["url", "actor", "data"],
        ),
      }),
      description: "CloudEvents 1.0: one change.",
    },
  };
};

const header = (name: string, required: boolean, description: string, example: string): Parameter => ({
  name,
  in: "header",
  required,
  description,
  schema: { type: "string" },
  example,
});

const headers = [
  header(
    "webhook-id",
    true,
    "Names the message; the same on every attempt, so that it can be told again.",
    MESSAGE,
  ),
  header("webhook-timestamp", true, "When this attempt was made, seconds since 1970.", "1795287905"),
  header(
    "webhook-signature",
    true,
    "`v1,` and the base64 of the HMAC-SHA-256 of `{webhook-id}.{webhook-timestamp}.{body}` under the receiver's " +
      "secret (the bytes that follow `whsec_` in base64). Several, separated by spaces, while a secret is replaced: " +
      "one that fits is enough. See standardwebhooks.com. Of receivers whose `signature` is `v1a` it has `v1a,` and the " +
      "base64 of an ed25519 signature of the same bytes, too.",
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ),
  header(
    "x-hub-signature",
    false,
    "Of receivers with `auth.protocol: websub`: method, `=`, and the hexadecimal HMAC of the body.",
    "sha256=d1a609fdae8472a29f0c93abea3eb6a07437575bc2f0086e5e52d60676fa81f7",
  ),
  header("user-agent", true, "`koppla/` and its version.", "koppla/0.1.0"),
];

const responses = {
  "2XX": { description: "It is delivered. Answer quickly, and do the work afterwards." },
  "410": { description: "The receiver is gone: nothing more is sent to it." },
  "4XX": { description: "It is tried again by the receiver's schedule; `Retry-After` lengthens the wait." },
  "5XX": { description: "As for 4XX. Redirects are not followed and count as failures." },
};

export function webhooks(vocabulary: Vocabulary): Record<string, PathItem> {
  const { action, ...change } = sampleChange(vocabulary);
  const { object: kind, id, url } = change;
  const cloudEvent = {
    specversion: "1.0",
    id: `${MESSAGE}-0`,
    source: `${vocabulary.publicUrl}/demo`,
    type: vocabulary.topics[0] ?? "Trainings.Update",
    subject: `${kind}/${id}`,
    time: "2026-11-21T19:05:00.000Z",
    datacontenttype: "application/json",
    data: { object: kind, object_id: id, url, sequence: 4711 },
  };
  return {
    changes: {
      post: {
        operationId: "receiveChanges",
        tags: ["Webhooks"],
        summary: "Bundled changes",
        description: "What a receiver of the format `changes` is sent.",
        security: [],
        parameters: headers,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: ref("ChangesBundle"),
              example: { changes: [{ action, ...change }] },
            },
          },
        },
        responses,
      },
    },
    event: {
      post: {
        operationId: "receiveEvent",
        tags: ["Webhooks"],
        summary: "One event",
        description: "What a receiver of the format `event` is sent.",
        security: [],
        parameters: headers,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: ref("Event"),
              example: {
                id: MESSAGE,
                topic: vocabulary.topics[0] ?? "Trainings.Update",
                timestamp: "2026-11-21T19:05:00.000Z",
                organisation: "demo",
                object: kind,
                object_id: id,
                url,
                sequence: 4711,
              },
            },
          },
        },
        responses,
      },
    },
    cloudevents: {
      post: {
        operationId: "receiveCloudEvents",
        tags: ["Webhooks"],
        summary: "CloudEvents",
        description: "What a receiver of the format `cloudevents` is sent: one, or several in a batch.",
        security: [],
        parameters: headers,
        requestBody: {
          required: true,
          content: {
            "application/cloudevents+json": { schema: ref("CloudEvent"), example: cloudEvent },
            "application/cloudevents-batch+json": {
              schema: { type: "array", minItems: 1, items: ref("CloudEvent") },
              example: [cloudEvent],
            },
          },
        },
        responses,
      },
    },
  };
}
