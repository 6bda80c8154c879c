/** `/api/v1/operations`, and what is done as an operation. */
import { resendable } from "../../deliveries/again.ts";
import type { ShownOperation } from "../../operations/operation.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import {
  type Answer,
  json,
  jsonAnswer,
  object,
  page,
  type Parameter,
  ref,
  type Schema,
  time,
} from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const RECEIVER = "0196e3a0-7c1e-7d2b-9f3a-0b2c4d6e8f1a";

const orNull = (type: string): Schema => ({ type: [type, "null"] });

const text: Schema = { type: "string" };
const status: Schema = { type: "string", enum: [...resendable] };
const times = {
  since: { ...text, description: "Made at that time or later: ISO 8601." },
  until: { ...text, description: "Made before that time; not given, before the request." },
} satisfies Record<string, Schema>;

const schemas: Record<string, Schema> = {
  Operation: {
    ...object({
      id: text,
      kind: { ...text, description: "What it does, such as `receivers.recover`." },
      status: { type: "string", enum: ["IN_PROGRESS", "SUCCESS", "ERROR"] },
      message: { ...text, description: "How it stands; of an error, the reason." },
      progress: object({
        done: { type: "integer", minimum: 0 },
        total: { ...orNull("integer"), description: "Null while it is not known." },
      }),
      resource_type: { ...orNull("string"), description: "What it works on, such as `receiver`." },
      resource_name: { ...orNull("string"), description: "The id of that." },
      submitted_at: time,
      submitted_by: { ...orNull("string"), description: "`account:CLIENT_ID`, `user:NAME` or `shell`." },
      last_updated_at: time,
      completed_at: { ...orNull("string"), format: "date-time" },
      result: { type: ["object", "null"], description: "What came of it, in the words of its kind." },
    }),
    description: "What takes longer than a request. It goes on after a restart of the server.",
  },
  RecoverInput: {
    ...object({ ...times, status: { ...status, default: "failed" } }, ["until", "status"]),
    additionalProperties: false,
  },
  ResendInput: {
    ...object(
      {
        receiver: { ...text, description: "The id of a receiver." },
        topic: { ...text, description: "A topic that it is about, or `Trainings.*`." },
        object: { ...text, description: "What an object of it is, such as `training`." },
        object_id: { type: ["string", "integer"], description: "The id of that object." },
        status,
        status_code: { type: "integer", minimum: 100, maximum: 599 },
        error: { ...text, description: "The kind of trouble, such as `timeout`." },
        ...times,
      },
      [
        ...["receiver", "topic", "object", "object_id", "status", "status_code", "error"],
        ...Object.keys(times),
      ],
    ),
    additionalProperties: false,
    minProperties: 1,
  },
};

/** One that has just begun. */
export const running: ShownOperation = {
  id: ID,
  kind: "receivers.recover",
  status: "IN_PROGRESS",
  message: "It is in progress.",
  progress: { done: 0, total: null },
  resource_type: "receiver",
  resource_name: RECEIVER,
  submitted_at: "2026-11-21T19:05:00.000Z",
  submitted_by: "account:acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
  last_updated_at: "2026-11-21T19:05:00.000Z",
  completed_at: null,
  result: null,
};

const done: ShownOperation = {
  ...running,
  status: "SUCCESS",
  message: "1204 deliveries are due again.",
  progress: { done: 1204, total: 1204 },
  last_updated_at: "2026-11-21T19:05:01.100Z",
  completed_at: "2026-11-21T19:05:01.100Z",
  result: { resent: 1204, skipped: 0 },
};

const cancelled: ShownOperation = {
  ...running,
  message: "It is being cancelled by user:anna.",
};

const filter = (name: string, description: string, schema: Schema = text): Parameter => ({
  ...{ name, in: "query", required: false, description, schema },
});

const pathId = (what: string, example: string): Parameter => ({
  name: "id",
  in: "path",
  required: true,
  description: `The id of ${what}.`,
  schema: text,
  example,
});

export const accepted: Answer = jsonAnswer("It has begun.", ref("Operation"), json(running));

const taken = (name: string, example: object) => ({
  required: true,
  content: { "application/json": { schema: ref(name), example: json(example) } },
});

export const operations: Resource = {
  tag: { name: "Operations", description: "What takes longer than a request, followed by its id." },
  schemas,
  operations: {
    listOperations: {
      parameters: [
        ...[ref("Limit", "parameters"), ref("Cursor", "parameters")],
        filter("status", "How it stands.", { type: "string", enum: ["IN_PROGRESS", "SUCCESS", "ERROR"] }),
        filter("kind", "What it does, such as `trainings.import`."),
        filter("resource_type", "What it works on, such as `receiver`."),
        filter("resource_name", "The id or name of that."),
        filter("submitted_by", "Who asked for it, such as `user:anna`."),
        filter("since", "Submitted then or later: ISO 8601."),
      ],
      responses: {
        "200": jsonAnswer("A page of operations, newest first.", page(ref("Operation")), {
          items: [json(done)],
          next_cursor: null,
        }),
        ...problems("invalid"),
      },
    },
    getOperation: {
      parameters: [
        pathId("an operation", ID),
        filter("wait", "Seconds to wait for its end.", { type: "integer", minimum: 0, maximum: 60 }),
      ],
      responses: {
        "200": jsonAnswer(
          "The operation. While it is in progress, `Retry-After` says when it is worth looking.",
          ref("Operation"),
          json(done),
        ),
        ...problems("not_found", "invalid"),
      },
    },
    streamOperation: {
      parameters: [pathId("an operation", ID)],
      responses: {
        "200": {
          description: "Server-sent events `progress` and `end`; the data of each is the operation.",
          content: {
            "text/event-stream": {
              schema: { type: "string" },
              example: `event: end\ndata: ${JSON.stringify(done)}\n\n`,
            },
          },
        },
        ...problems("not_found", "invalid"),
      },
    },
    getImportErrors: {
      parameters: [pathId("an import", ID)],
      responses: {
        "200": {
          description: "A line for each thing that was wrong.",
          content: {
            "application/x-ndjson": {
              schema: text,
              example: '{"line":400000,"id":17,"field":"name","reason":"is missing"}\n',
            },
            "text/csv": { schema: text, example: "line,id,field,reason\n400000,17,name,is missing\n" },
          },
        },
        ...problems("not_found", "invalid"),
      },
    },
    getOperationFile: {
      parameters: [pathId("an export", ID)],
      responses: {
        "200": {
          description: "The file, as it was asked for.",
          content: Object.fromEntries(
            ["application/x-ndjson", "text/csv", "application/gzip", "application/zstd"].map((type) => [
              type,
              {
                schema:
                  type.startsWith("application/x-") || type === "text/csv"
                    ? text
                    : { type: "string", format: "binary" },
              },
            ]),
          ),
        },
        ...problems("forbidden", "not_found", "conflict", "invalid"),
      },
    },
    cancelOperation: {
      parameters: [pathId("an operation", ID)],
      responses: {
        "202": jsonAnswer("It ends, or has done so.", ref("Operation"), json(cancelled)),
        ...problems("forbidden", "not_found", "conflict", "invalid"),
      },
    },
    recoverReceiver: {
      parameters: [pathId("a receiver", RECEIVER)],
      requestBody: taken("RecoverInput", { since: "2026-11-20T00:00:00Z" }),
      responses: { "202": accepted, ...problems("forbidden", "not_found", "conflict"), ...bodyProblems() },
    },
    resendDeliveries: {
      requestBody: taken("ResendInput", { status: "failed", since: "2026-11-20T00:00:00Z" }),
      responses: { "202": accepted, ...problems("forbidden"), ...bodyProblems() },
    },
  },
};
