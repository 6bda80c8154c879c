/** `/api/v1/deliveries`: the webhook log. */
import { TEST_TOPIC } from "../../deliveries/body.ts";
import {
  type DeliveryDetail,
  deliveryStatuses,
  errorClasses,
  type ShownDelivery,
} from "../../deliveries/log.ts";
import { deliveryExport } from "../../deliveries/log-export.ts";
import { bodyProblems, problems } from "./problems.ts";
import { oneOf, type Resource, type Vocabulary } from "./resource.ts";
import { json, jsonAnswer, object, page, type Parameter, ref, type Schema, time } from "./spec.ts";
import { sampleChange } from "./changes.ts";

const ID = "msg_0196e3a07c1e7d2b9f3a5c1d2e4f6a7b";

const orNull = (type: string): Schema => ({ type: [type, "null"] });

function schemas({ topics }: Vocabulary): Record<string, Schema> {
  const common = {
    id: { type: "string", description: "Also the `webhook-id` of its requests." },
    receiver_id: { type: "string" },
    topics: { type: "array", items: oneOf([...topics, TEST_TOPIC]) },
    status: { type: "string", enum: [...deliveryStatuses] },
    status_code: { ...orNull("integer"), description: "What the receiver answered last." },
    error: {
      type: ["string", "null"],
      enum: [...errorClasses, null],
      description: "Why the last attempt failed; null when it was delivered, or not tried yet.",
    },
  } satisfies Record<string, Schema>;
  const times = {
    created_at: time,
    next_attempt_at: { ...orNull("string"), format: "date-time" },
  } satisfies Record<string, Schema>;
  return {
    Delivery: {
      ...object({ ...common, attempts: { type: "integer", minimum: 0 }, ...times }),
      description: "One webhook message to one receiver.",
    },
    DeliveryItem: {
      ...object({
        ...common,
        ...times,
        request_headers: { type: "object", additionalProperties: { type: "string" } },
        request_body: { type: "string", description: "The same on every attempt." },
        attempts: { type: "array", items: ref("Attempt") },
      }),
      description: "A delivery with what was sent and every attempt.",
    },
    Attempt: object({
      number: { type: "integer", minimum: 1 },
      at: time,
      duration_ms: { type: "integer", minimum: 0 },
      status_code: orNull("integer"),
      error: {
        ...orNull("string"),
        enum: [...errorClasses, null],
        description:
          "The kind of trouble. `blocked`: the target is not one that requests may go to. `body`: the answer broke off. " +
          "`rights`: the receiver's account may no longer read it. `split`, `superseded`: other deliveries took its place.",
      },
      detail: { ...orNull("string"), description: "What is known of the trouble." },
      address: { ...orNull("string"), description: "The address that was spoken to." },
      response_body: { ...orNull("string"), description: "The beginning of the answer." },
    }),
  };
}

const filter = (name: string, description: string, schema: Schema = { type: "string" }): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});

export function deliveries(vocabulary: Vocabulary): Resource {
  const { topics, objects } = vocabulary;
  const common = {
    id: ID,
    receiver_id: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
    topics: topics.slice(0, 1),
    status: "delivered",
    status_code: 204,
    error: null,
    created_at: "2026-11-21T19:05:05.000Z",
    next_attempt_at: null,
  } as const;
  const listed: ShownDelivery = { ...common, attempts: 1 };
  const shown: DeliveryDetail = {
    ...common,
    request_headers: { "content-type": "application/json", "webhook-id": ID },
    request_body: JSON.stringify({ changes: [sampleChange(vocabulary)] }),
    attempts: [
      {
        number: 1,
        at: "2026-11-21T19:05:05.012Z",
        duration_ms: 38,
        status_code: 204,
        error: null,
        detail: null,
        address: "192.0.2.10",
        response_body: "",
      },
    ],
  };
  const pending: ShownDelivery = {
    ...listed,
    status: "pending",
    next_attempt_at: "2026-11-22T08:00:00.000Z",
  };
  const id: Parameter = {
    name: "id",
    in: "path",
    required: true,
    description: "The id of a delivery.",
    schema: { type: "string" },
    example: ID,
  };
  return {
    tag: { name: "Deliveries", description: "The log of every webhook that was ever sent." },
    schemas: schemas(vocabulary),
    operations: {
      listDeliveries: {
        parameters: [
          ref("Limit", "parameters"),
          ref("Cursor", "parameters"),
          filter("receiver", "The id of a receiver."),
          filter("topic", "A topic that it is about; `Trainings.*` is each that begins so."),
          {
            ...filter(
              "object",
              "What it is about: the name that changes have for a type's records, or `account`.",
            ),
            ...(objects[0] && { example: objects[0].object }),
          },
          filter("object_id", "With `object`: the id of the one that it is about."),
          filter("status", "Its status.", { type: "string", enum: [...deliveryStatuses] }),
          filter("status_code", "What the receiver answered last.", {
            type: "integer",
            minimum: 100,
            maximum: 599,
          }),
          filter("error", "Why its last attempt failed.", { type: "string", enum: [...errorClasses] }),
          filter("since", "Made at that time or later: ISO 8601, in UTC unless it says otherwise."),
          filter("until", "Made before that time."),
        ],
        responses: {
          "200": {
            description: "A page of deliveries, newest first, or all of them.",
            content: {
              "application/json": {
                schema: page(ref("Delivery")),
                example: { items: [json(listed)], next_cursor: null },
              },
              "application/x-ndjson": {
                schema: { type: "string", description: "One delivery per line, in JSON." },
                example: `${deliveryExport.line(listed)}\n`,
              },
              "text/csv": {
                schema: { type: "string", description: "The columns are in the first line." },
                example: `${deliveryExport.columns.join(",")}\n${deliveryExport.cells(listed).join(",")}\n`,
              },
            },
          },
          ...problems("forbidden", "invalid"),
        },
      },
      getDelivery: {
        parameters: [id],
        responses: {
          "200": jsonAnswer("The delivery.", ref("DeliveryItem"), json(shown)),
          ...problems("forbidden", "not_found", "invalid"),
        },
      },
      resendDelivery: {
        parameters: [id],
        responses: {
          "202": jsonAnswer("The delivery, due now.", ref("Delivery"), json(pending)),
          ...problems("forbidden", "not_found", "conflict"),
          ...bodyProblems(),
        },
      },
    },
  };
}
