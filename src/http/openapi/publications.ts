/** `/api/v1/publications`. */
import { type PublicationDetail, publicationStates, type ShownPublication } from "../../channels/log.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, page, type Parameter, ref, type Schema, time } from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";

const orNull = (type: string): Schema => ({ type: [type, "null"] });

const state: Schema = {
  type: "string",
  enum: [...publicationStates],
  description:
    "`pending`: it is tried, or will be. `unknown`: the server died while the channel was called, and the channel cannot be asked.",
};

const outcome = {
  status_code: { ...orNull("integer"), description: "What the channel answered last." },
  error: {
    ...orNull("string"),
    description:
      "Why the last attempt failed, in the words of deliveries, or `fault` (the channel said why not), `answer` (what " +
      "it answered cannot be understood), `interrupted`, `internal`, `removed` (its message was).",
  },
  detail: { ...orNull("string"), description: "What is known of that." },
} satisfies Record<string, Schema>;

const common = {
  id: { type: "string" },
  message_id: { type: "string", description: "Of the web message; it may have been removed." },
  channel: { type: "string", description: "The channel's name in the YAML." },
  state,
  external_id: {
    ...orNull("string"),
    description: "What the channel calls the message: Open-E's messageID.",
  },
  attempts: { type: "integer", minimum: 0 },
  ...outcome,
  created_at: time,
  changed_at: time,
  next_attempt_at: { ...orNull("string"), format: "date-time" },
} satisfies Record<string, Schema>;

const schemas: Record<string, Schema> = {
  Publication: { ...object(common), description: "A web message at a channel." },
  PublicationItem: object({
    ...common,
    attempts: {
      type: "array",
      items: object({
        ...{ number: { type: "integer" }, at: time, duration_ms: { type: "integer" } },
        ...outcome,
      }),
    },
  }),
};

const listed: ShownPublication = {
  ...{ id: ID, message_id: "0196e3a0-7c1e-7d2b-9f3a-0b2c4d6e8f1a", channel: "open-e", state: "published" },
  ...{ external_id: "151", attempts: 1, status_code: 200, error: null, detail: null },
  ...{
    created_at: "2026-11-21T19:05:05.000Z",
    changed_at: "2026-11-21T19:05:05.120Z",
    next_attempt_at: null,
  },
};
const shown: PublicationDetail = {
  ...listed,
  attempts: [
    {
      ...{ number: 1, at: "2026-11-21T19:05:05.010Z", duration_ms: 110 },
      ...{ status_code: 200, error: null, detail: null },
    },
  ],
};
const due: ShownPublication = {
  ...listed,
  ...{ state: "pending", external_id: null, next_attempt_at: "2026-11-21T20:00:00.000Z" },
};

const id: Parameter = {
  ...{ name: "id", in: "path", required: true, description: "The id of a publication." },
  ...{ schema: { type: "string" }, example: ID },
};

const filter = (name: string, description: string, schema: Schema = { type: "string" }): Parameter => {
  return { name, in: "query", description, schema };
};

export const publications: Resource = {
  tag: {
    name: "Publications",
    description: "What became of web messages at the channels that publish them.",
  },
  schemas,
  operations: {
    listPublications: {
      parameters: [
        ref("Limit", "parameters"),
        ref("Cursor", "parameters"),
        filter("channel", "The name of a channel."),
        filter("state", "Its state.", { type: "string", enum: [...publicationStates] }),
        filter("message", "The id of a web message."),
      ],
      responses: {
        "200": jsonAnswer("A page of publications, newest first.", page(ref("Publication")), {
          items: [json(listed)],
          next_cursor: null,
        }),
        ...problems("forbidden", "invalid"),
      },
    },
    getPublication: {
      parameters: [id],
      responses: {
        "200": jsonAnswer("The publication.", ref("PublicationItem"), json(shown)),
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
    resendPublication: {
      parameters: [id],
      responses: {
        "202": jsonAnswer("The publication, due now.", ref("Publication"), json(due)),
        ...problems("forbidden", "not_found", "conflict"),
        ...bodyProblems(),
      },
    },
  },
};
