/** `/api/v1/overview`. */
import { COUNTED, MINUTES, MOST_RECEIVERS, type Overview } from "../../overview/snapshot.ts";
import { running } from "./operations.ts";
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, ref, type Schema, time } from "./spec.ts";

const timeOrNull: Schema = { type: ["string", "null"], format: "date-time" };
const count: Schema = { type: "integer", minimum: 0 };
const milliseconds = (part: string): Schema => ({
  type: ["integer", "null"],
  minimum: 0,
  description: `${part} of the attempts took at most so long, to within a third; null: there were none.`,
});

const minute = {
  ...{ at: "2026-11-21T19:04:00.000Z", delivered: 118, failed: 2, attempts: 120 },
  ...{ p50_ms: 34, p95_ms: 140 },
};

const sample: Overview = {
  at: "2026-11-21T19:05:00.000Z",
  minutes: [minute],
  totals: { pending: 4, retrying: 1, failed_24h: 0, delivered_24h: 81_204 },
  oldest_due_at: "2026-11-21T19:04:58.120Z",
  receivers: [
    {
      ...{ id: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b", name: "Course site" },
      ...{ url: "https://partner.example/hooks", state: "failing", backlog: 3 },
      ...{ oldest_due_at: "2026-11-21T20:01:00.000Z", failing_since: "2026-11-21T19:01:00.000Z" },
      ...{ last_delivered_at: "2026-11-21T19:00:41.002Z", success_rate_1h: 0.994 },
    },
  ],
  operations: [running],
  database: null,
};

export const overview: Resource = {
  tag: { name: "Overview", description: "How deliveries fare at this moment." },
  schemas: {
    Overview: object({
      at: { ...time, description: "When it was so: at most a second ago." },
      minutes: {
        type: "array",
        description: `The last ${MINUTES} minutes, oldest first; the last one has yet to end.`,
        items: object({
          at: { ...time, description: "When it began." },
          delivered: { ...count, description: "Attempts that were taken." },
          failed: { ...count, description: "Attempts that failed." },
          attempts: count,
          p50_ms: milliseconds("Half"),
          p95_ms: milliseconds("95 %"),
        }),
      },
      totals: object({
        pending: { ...count, description: `Wait for their first attempt, counted up to ${COUNTED}.` },
        retrying: { ...count, description: `Wait for another, counted up to ${COUNTED}.` },
        failed_24h: { ...count, description: "Given up in the last 24 hours (the first of them in part)." },
        delivered_24h: count,
      }),
      oldest_due_at: {
        ...timeOrNull,
        description: "When the delivery is or was due that is due first; null: none waits.",
      },
      receivers: { type: "array", maxItems: MOST_RECEIVERS, items: ref("OverviewReceiver") },
      operations: { type: "array", description: "The ten newest.", items: ref("Operation") },
      database: {
        anyOf: [
          object({ kind: { type: "string", enum: ["sqlite", "postgres"] }, bytes: count }),
          { type: "null" },
        ],
        description: "For the grant `system:read`.",
      },
    }),
    OverviewReceiver: object({
      id: { type: "string" },
      name: { type: "string" },
      url: { type: "string" },
      state: {
        type: "string",
        enum: ["healthy", "failing", "disabled", "idle", "open"],
        description:
          "`open`: it fails and gets but a probe now and then. `disabled`: nothing is sent to it, also where its " +
          "account may do nothing. `idle`: nothing waits, nothing was attempted in the last hour.",
      },
      backlog: { ...count, description: "Deliveries that are not at rest." },
      oldest_due_at: timeOrNull,
      failing_since: timeOrNull,
      last_delivered_at: timeOrNull,
      success_rate_1h: {
        type: ["number", "null"],
        minimum: 0,
        maximum: 1,
        description: "Of the attempts of the last hour; null: there were none.",
      },
    }),
  },
  operations: {
    getOverview: {
      responses: {
        "200": jsonAnswer("The overview.", ref("Overview"), json(sample)),
        ...problems("forbidden", "invalid"),
      },
    },
    streamOverview: {
      responses: {
        "200": {
          description: "Events for as long as the caller stays; a comment where nothing happens.",
          content: {
            "text/event-stream": {
              schema: { type: "string", description: "Each `data` is an `Overview` in JSON." },
              example: `retry: 2000\n\nevent: overview\ndata: ${JSON.stringify(sample)}\n\n`,
            },
          },
        },
        ...problems("forbidden", "invalid"),
      },
    },
  },
};
