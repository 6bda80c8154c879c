/** `/api/v1/actions` and `/api/v1/schedules`. */
import type { ShownAction } from "../../actions/service.ts";
import type { ShownOperation } from "../../operations/operation.ts";
import type { ShownSchedule } from "../../schedules/schedule.ts";
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

const text: Schema = { type: "string" };
const orNull = (schema: Schema): Schema => ({ ...schema, type: ["string", "null"] });

const ACTION = "send-report";
const SCHEDULE = "nightly-report";
const OPERATION = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";

const action: ShownAction = {
  name: ACTION,
  description: "Sends the report of a year.",
  input: { type: "object", properties: { year: { type: "integer" } } },
  run: "http",
  dry_run: "validate",
  timeout_seconds: 600,
  enabled: true,
};

const begun: ShownOperation = {
  id: OPERATION,
  kind: `action:${ACTION}`,
  status: "IN_PROGRESS",
  message: "It is in progress.",
  progress: { done: 0, total: null },
  resource_type: "action",
  resource_name: ACTION,
  submitted_at: "2026-11-21T19:05:00.000Z",
  submitted_by: "account:acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
  last_updated_at: "2026-11-21T19:05:00.000Z",
  completed_at: null,
  result: null,
};

const schedule: ShownSchedule = {
  name: SCHEDULE,
  description: "Sends the report of a year.",
  action: ACTION,
  chore: null,
  cron: "0 3 * * *",
  timezone: "Europe/Stockholm",
  catch_up: "none",
  enabled: true,
  next_runs: ["2026-11-22T02:00:00.000Z", "2026-11-23T02:00:00.000Z"],
  last_run: {
    operation_id: OPERATION,
    due_at: "2026-11-21T02:00:00.000Z",
    started_at: "2026-11-21T02:00:00.004Z",
    completed_at: "2026-11-21T02:00:01.310Z",
    status: "SUCCESS",
    message: "It was answered with 200.",
  },
  skipped_at: null,
  last_round_at: null,
};

const named = (what: string, example: string): Parameter => ({
  ...{ name: "name", in: "path", required: true, schema: text, example },
  description: `The name of ${what}.`,
});

const accepted: Answer = {
  ...jsonAnswer("It has begun.", ref("Operation"), json(begun)),
  headers: {
    location: ref("Location", "headers"),
    "retry-after": { description: "Seconds after which it is worth looking.", schema: { type: "integer" } },
  },
};

const actionSchema: Schema = object({
  name: text,
  description: text,
  input: { type: ["object", "null"], description: "JSON Schema of the input; null: it takes none." },
  run: { type: "string", enum: ["http", "command"] },
  dry_run: {
    type: "string",
    enum: ["validate", "pass"],
    description:
      "What a dry run does: it checks the input, or sends the request with the header of the dry run.",
  },
  timeout_seconds: { type: "number", description: "How long a run may take." },
  enabled: { type: "boolean", description: "False: it is a command, and the server runs none." },
});

export const actions: Resource = {
  tag: { name: "Actions", description: "Operations that this server offers." },
  schemas: { Action: { ...actionSchema, additionalProperties: false } },
  operations: {
    listActions: {
      parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters")],
      responses: {
        "200": jsonAnswer("A page of actions, by name.", page(ref("Action")), {
          items: [json(action)],
          next_cursor: null,
        }),
        ...problems("invalid"),
      },
    },
    runAction: {
      parameters: [named("an action", ACTION)],
      requestBody: {
        required: false,
        description: "The input, as the action's schema has it.",
        content: { "application/json": { schema: {}, example: { year: 2026 } } },
      },
      responses: {
        "202": accepted,
        ...problems("forbidden", "not_found"),
        ...bodyProblems(),
      },
    },
  },
};

export const schedules: Resource = {
  tag: { name: "Schedules", description: "What runs by the clock." },
  schemas: {
    Schedule: object({
      name: text,
      description: text,
      action: orNull({ description: "The action that it runs." }),
      chore: orNull({ description: "The chore of Koppla's own that it runs, where it is no action." }),
      cron: orNull({ description: "Null: a chore that finds its times itself." }),
      timezone: orNull({ description: "The time zone of `cron`." }),
      catch_up: {
        ...{ type: ["string", "null"], enum: ["none", "one", null] },
        description: "What becomes of times at which no server ran.",
      },
      enabled: { type: "boolean" },
      next_runs: { type: "array", items: time, description: "The next times, five at most." },
      last_run: {
        ...object({
          operation_id: text,
          due_at: orNull({ format: "date-time", description: "Null: it was run by hand." }),
          started_at: time,
          completed_at: orNull({ format: "date-time" }),
          status: { type: "string", enum: ["IN_PROGRESS", "SUCCESS", "ERROR"] },
          message: text,
        }),
        type: ["object", "null"],
        description: "The last run that is an operation, as long as that is kept.",
      },
      skipped_at: orNull({
        format: "date-time",
        description: "When a run was left out last: the one before was still under way, or too many waited.",
      }),
      last_round_at: orNull({
        format: "date-time",
        description: "Of a chore that finds its times itself: when this server did it last.",
      }),
    }),
  },
  operations: {
    listSchedules: {
      parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters")],
      responses: {
        "200": jsonAnswer("A page of schedules, by name.", page(ref("Schedule")), {
          items: [json(schedule)],
          next_cursor: null,
        }),
        ...problems("forbidden", "invalid"),
      },
    },
    getSchedule: {
      parameters: [named("a schedule", SCHEDULE)],
      responses: {
        "200": jsonAnswer("The schedule.", ref("Schedule"), json(schedule)),
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
    runSchedule: {
      parameters: [named("a schedule", SCHEDULE)],
      responses: { "202": accepted, ...problems("forbidden", "not_found", "conflict", "invalid") },
    },
  },
};
