/** `/api/v1/webmessages`: messages for those who look after them. */
import type { ListedMessage } from "../../messages/list-routes.ts";
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, page, type Parameter, ref, type Schema, time } from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";

const text: Schema = { type: "string" };
const uuid: Schema = { type: "string", format: "uuid" };
const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });

const head = {
  id: uuid,
  party_id: { ...uuid, description: "Whom it is for." },
  external_references: { type: "array", items: ref("ExternalReference") },
  attachments: {
    type: "array",
    items: object({
      number: { type: "integer", description: "As it stands in the path of its bytes." },
      file_name: text,
      mime_type: text,
      size: { type: "integer", description: "Bytes." },
    }),
  },
  created_at: time,
  submitted_by: textOrNull("Who sent it, such as `account:CLIENT_ID`."),
  publications: {
    type: "array",
    description: "How it stands with its channels, for those who may read deliveries.",
    items: object({
      channel: text,
      state: { ...text, enum: ["pending", "published", "failed", "unknown"] },
      at: time,
      external_id: textOrNull("What the channel calls it."),
    }),
  },
} satisfies Record<string, Schema>;

const listed: ListedMessage = {
  ...{ id: ID, party_id: PARTY, excerpt: "This is a message" },
  external_references: [{ key: "flowInstanceId", value: "356434" }],
  attachments: [{ number: 0, file_name: "test.pdf", mime_type: "application/pdf", size: 8 }],
  created_at: "2026-11-21T10:05:48.198Z",
  submitted_by: "account:acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
  publications: [
    { channel: "open-e", state: "published", at: "2026-11-21T10:05:48.410Z", external_id: "4711" },
  ],
};
const { excerpt: message, ...shown } = listed;

const filter = (name: string, description: string, schema: Schema): Parameter => ({
  ...{ name, in: "query", required: false, description, schema },
});

export const messageList: Pick<Resource, "schemas" | "operations"> = {
  schemas: {
    ListedWebMessage: object({ ...head, excerpt: textOrNull("How its text begins.") }, ["publications"]),
    WebMessageHead: object({ ...head, message: textOrNull("Its text.") }, ["publications"]),
  },
  operations: {
    listWebMessages: {
      parameters: [
        ...[ref("Limit", "parameters"), ref("Cursor", "parameters")],
        filter("party", "Those of a party only.", uuid),
        filter("reference", "Those only that have this reference: `KEY:VALUE`, not with `party`.", {
          ...text,
          pattern: "^[^:]{3,128}:.{3,128}$",
        }),
      ],
      responses: {
        "200": jsonAnswer("A page of messages.", page(ref("ListedWebMessage")), {
          items: [json(listed)],
          next_cursor: null,
        }),
        ...problems("forbidden", "invalid"),
      },
    },
    getWebMessageHead: {
      parameters: [
        {
          ...{ name: "id", in: "path", required: true, description: "The id of a message." },
          ...{ schema: uuid, example: ID },
        },
      ],
      responses: {
        "200": jsonAnswer("The message.", ref("WebMessageHead"), json({ ...shown, message })),
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
  },
};
