/** `/webmessages`, in S3's words, and what is done with the messages of a party. */
import { LOOKUP_SIZE } from "../../messages/input.ts";
import { LONGEST_LOOKUP, MAX_ATTACHMENTS, MAX_FILE_NAME, SHORTEST_LOOKUP } from "../../messages/message.ts";
import { messageList } from "./message-list.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import {
  type Answer,
  json,
  jsonAnswer,
  type Media,
  object,
  type Parameter,
  ref,
  type Schema,
  time,
} from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";
/** Another one, whose messages may be erased without a loss. */
const ERASED = "6a5c3d04-412d-11ec-973a-0242ac130003";

const text: Schema = { type: "string" };
const uuid: Schema = { type: "string", format: "uuid" };

const base64: Schema = {
  ...text,
  contentEncoding: "base64",
  description:
    "RFC 4648, section 4: no white space, no `-` and `_`; the padding may be left out. At most 10485760 bytes when decoded.",
};

const fileName: Schema = { ...text, minLength: 1, maxLength: MAX_FILE_NAME };
const instance: Schema = { ...text, description: "Which of the channel's instances is meant." };

const schemas: Record<string, Schema> = {
  ExternalReference: {
    ...object({ key: { ...text, minLength: 1 }, value: { ...text, minLength: 1 } }),
    description:
      "What a message is about in somebody's system. `flowInstanceId` is the number of a case in Open-E.",
  },
  NewWebMessage: {
    ...object(
      {
        partyId: { ...uuid, description: "Whom it is for." },
        message: text,
        externalReferences: { type: "array", minItems: 1, maxItems: 1000, items: ref("ExternalReference") },
        attachments: {
          type: "array",
          maxItems: MAX_ATTACHMENTS,
          items: object({ fileName, base64Data: base64 }),
        },
        oepInstance: instance,
        sender: object({ userId: { ...text, maxLength: 255 } }),
      },
      ["message", "attachments", "oepInstance", "sender"],
    ),
    description: "A message. Members that are not known are ignored.",
  },
  WebMessageForm: object(
    {
      partyId: uuid,
      message: text,
      externalReferences: {
        type: "array",
        items: ref("ExternalReference"),
        description: "A field for each, or one with the JSON of a list of them.",
      },
      attachments: { type: "array", items: { type: "string", contentMediaType: "application/octet-stream" } },
      oepInstance: instance,
      "sender.userId": text,
    },
    ["message", "attachments", "oepInstance", "sender.userId"],
  ),
  WebMessage: object(
    {
      id: uuid,
      partyId: uuid,
      message: text,
      externalReferences: { type: "array", items: ref("ExternalReference") },
      created: { ...time, description: "ISO 8601, in UTC." },
      publications: {
        type: "array",
        description: "With `include=publications` only.",
        items: object({
          channel: text,
          state: { ...text, enum: ["pending", "published", "failed", "unknown"] },
          at: time,
          external_id: { type: ["string", "null"], description: "What the channel calls it." },
        }),
      },
      attachments: {
        type: "array",
        items: object({ fileName: text, base64Data: text, mimeType: text }),
      },
    },
    ["message", "publications"],
  ),
  ConstraintViolation: {
    ...object({
      type: { type: "string", format: "uri-reference" },
      title: { const: "Constraint Violation" },
      status: { const: 400 },
      violations: { type: "array", items: ref("Violation"), description: "In order of field name." },
    }),
    description: "What is wrong with a message, or with a path.",
  },
  WebMessageProblem: {
    ...object({ title: text, status: { type: "integer" }, detail: text }),
    description: "An error as the public service has it.",
  },
};

const problemIn = (description: string, schema: Schema, example: Media["example"]): Answer => ({
  description,
  content: { "application/problem+json": { schema, ...(example !== undefined && { example }) } },
});

const either = (name: string): Schema => ({ anyOf: [ref(name), ref("Problem")] });

const violated = (field: string, message: string): Answer =>
  problemIn("It breaks a rule, or cannot be read.", either("ConstraintViolation"), {
    type: "https://zalando.github.io/problem/constraint-violation",
    title: "Constraint Violation",
    status: 400,
    violations: [{ field, message }],
  });

const notFound = problemIn("There is none.", either("WebMessageProblem"), {
  title: "Not Found",
  status: 404,
  detail: `WebMessage with id '${ID}' not found`,
});

const refused = (status: number, title: string, description: string, detail: string): Answer =>
  problemIn(description, either("WebMessageProblem"), { title, status, detail });

const message = {
  id: ID,
  partyId: PARTY,
  message: "This is a message",
  externalReferences: [{ key: "flowInstanceId", value: "356434" }],
  created: "2026-11-21T10:05:48.198Z",
  attachments: [{ fileName: "test.pdf", base64Data: "JVBERi0xLjc=", mimeType: "application/pdf" }],
};

const sent = {
  partyId: PARTY,
  message: "This is a message",
  externalReferences: [{ key: "flowInstanceId", value: "356434" }],
  attachments: [{ fileName: "test.pdf", base64Data: "JVBERi0xLjc=" }],
};

const inPath = (name: string, description: string, schema: Schema, example: string): Parameter => ({
  ...{ name, in: "path", required: true, description, schema, example },
});

const id = inPath("id", "The id of a message.", uuid, ID);
const lookup = { ...text, minLength: SHORTEST_LOOKUP, maxLength: LONGEST_LOOKUP };
const listed = jsonAnswer(
  "The messages; none is an empty list.",
  { type: "array", items: ref("WebMessage") },
  [json(message)],
);

const party = (example: string) => inPath("partyId", "The id of a party.", uuid, example);
const accepted: Answer = {
  ...jsonAnswer("It has begun.", ref("Operation"), {
    ...{ id: ID, kind: "webmessages.export_party", status: "IN_PROGRESS", message: "It is in progress." },
    ...{ progress: { done: 0, total: null }, resource_type: "party", resource_name: PARTY },
    ...{
      submitted_at: "2026-11-21T19:05:00.000Z",
      submitted_by: "account:acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
    },
    ...{ last_updated_at: "2026-11-21T19:05:00.000Z", completed_at: null, result: null },
  }),
  headers: {
    location: ref("Location", "headers"),
    "retry-after": { description: "Seconds after which it is worth looking.", schema: { type: "integer" } },
  },
};

const { "422": _, ...readable } = bodyProblems();
const header = (description: string) => ({ description, schema: text });

export const messages: Resource = {
  tag: {
    name: "Web messages",
    description: "Messages to people about their cases, as the public service WebMessageSender has them.",
  },
  schemas: { ...schemas, ...messageList.schemas },
  operations: {
    ...messageList.operations,
    createWebMessage: {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: ref("NewWebMessage"), example: sent },
          "multipart/form-data": { schema: ref("WebMessageForm") },
        },
      },
      responses: {
        "201": {
          description: "It is stored. The body is empty.",
          headers: { location: ref("Location", "headers") },
        },
        ...problems("forbidden", "conflict", "invalid"),
        ...readable,
        "400": violated("partyId", "not a valid UUID"),
        "401": refused(401, "Unauthorized", "There is no token, or Open-E denies access.", "access denied"),
        "404": refused(404, "Not Found", "Open-E has no such case.", "No flow instance with ID 356434 found"),
        "500": refused(500, "Internal Server Error", "Open-E did not take it.", "Open-E did not answer."),
      },
    },
    getWebMessageById: {
      parameters: [
        id,
        {
          ...{ name: "include", in: "query", description: "How it stands with its channels." },
          schema: { ...text, enum: ["publications"] },
        },
      ],
      responses: {
        "200": jsonAnswer("The message.", ref("WebMessage"), json(message)),
        ...problems("forbidden", "invalid"),
        "400": violated("getWebMessageById.id", "not a valid UUID"),
        "404": notFound,
      },
    },
    getWebMessagesByPartyId: {
      parameters: [party(PARTY)],
      responses: {
        "200": listed,
        ...problems("forbidden"),
        "400": violated("getWebMessagesByPartyId.partyId", "not a valid UUID"),
      },
    },
    getWebMessagesByExternalReference: {
      parameters: [
        inPath("key", "Of a reference.", lookup, "flowInstanceId"),
        inPath("value", "Of a reference.", lookup, "356434"),
      ],
      responses: {
        "200": listed,
        ...problems("forbidden"),
        "400": violated("getWebMessagesByExternalReference.key", LOOKUP_SIZE),
      },
    },
    deleteWebMessageById: {
      parameters: [id],
      responses: {
        "204": { description: "It is removed." },
        ...problems("forbidden", "storage_full"),
        "400": violated("deleteWebMessageById.id", "not a valid UUID"),
        "404": notFound,
      },
    },
    getWebMessageAttachment: {
      parameters: [
        id,
        inPath("number", "Which one, from 0.", { ...text, pattern: "^\\d$" }, "0"),
        {
          name: "Range",
          in: "header",
          description: "A range of bytes.",
          schema: text,
          example: "bytes=0-99",
        },
      ],
      responses: {
        "200": {
          description: "Its bytes, to be saved as a file.",
          headers: {
            "content-disposition": header("The file's name."),
            "accept-ranges": header("`bytes`"),
            etag: header("Never changes."),
          },
          content: { "*/*": { schema: {} } },
        },
        "206": {
          description: "The range of its bytes.",
          headers: { "content-range": header("Which ones they are, and of how many.") },
          content: { "*/*": { schema: {} } },
        },
        "304": { description: "`If-None-Match` names what it is." },
        ...problems("forbidden"),
        "400": violated("getWebMessageAttachment.id", "not a valid UUID"),
        "404": notFound,
        "416": {
          ...refused(416, "Range Not Satisfiable", "It has no such bytes.", "The attachment has 8 bytes."),
          headers: { "content-range": header("`bytes */` and how many it has.") },
        },
      },
    },
    exportParty: {
      parameters: [party(PARTY)],
      responses: { "202": accepted, ...problems("forbidden", "conflict"), ...bodyProblems() },
    },
    eraseParty: {
      parameters: [party(ERASED)],
      responses: { "202": accepted, ...problems("forbidden", "conflict"), ...bodyProblems() },
    },
    getPartyExport: {
      parameters: [inPath("id", "The id of the operation that made it.", text, ID)],
      responses: {
        "200": jsonAnswer(
          "All messages of the party.",
          object({ partyId: uuid, messages: { type: "array", items: ref("WebMessage") } }),
          json({ partyId: PARTY, messages: [message] }),
        ),
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
  },
};
