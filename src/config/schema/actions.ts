/** Actions, and what starts them by the clock. */
import {
  choice,
  flag,
  hidden,
  integer,
  json,
  jsonSchema,
  kind,
  list,
  map,
  object,
  optional,
  secret,
  text,
} from "../schema-parts.ts";

const http = object(
  {
    method: choice(["GET", "POST", "PUT", "PATCH", "DELETE"], "The method.", "POST"),
    url: kind(
      "httpTemplate",
      "Where the request goes. `{{input.FIELD}}` behind the host stands for a value of the input.",
      { example: "http://erp.local/report" },
    ),
    headers: map(
      hidden(text("A value; `{{...}}` as in the URL.", { example: "7" })),
      "Headers to send, beside idempotency-key (the operation's id).",
      "x-tenant",
    ),
    body: optional(
      json(
        "The body: JSON, in whose texts `{{input.FIELD}}` stands for a value (alone, for the value with its type), or text. Not given: the input.",
        { example: { year: "{{input.year}}" } },
      ),
    ),
    username: optional(text("The user, for HTTP Basic.", { example: "koppla" })),
    ...secret("password", optional(text("The user's password.", { example: "secret" }))),
    ...secret("token", optional(text("Sent as a bearer token.", { example: "secret" }))),
    ca_file: optional(
      kind(
        "file",
        "PEM file with the only certificate authorities that are trusted here. Not given, the usual ones.",
        { example: "./ca.pem" },
      ),
    ),
    success: object(
      {
        status: list(
          integer("A status.", { example: 200, minimum: 100, maximum: 599 }),
          "What the answer's status must be, one of these; none: any of 200 to 299.",
        ),
        body: map(
          json("The value that must be there.", { example: "ok" }),
          "What the answer's JSON must have, by the way to it: state, or report.lines.0.state.",
          "state",
        ),
      },
      "When it has succeeded.",
    ),
    result_limit: kind(
      "size",
      "How much of the answer is kept as the operation's result. 0B: only its status.",
      { default: "64KB" },
    ),
    retries: integer("How often it is tried again when nobody answers, or with 429 or 5xx.", {
      default: 0,
      minimum: 0,
      maximum: 20,
    }),
    retry_wait: kind("duration", "How long it waits before that.", { default: "10s" }),
  },
  "An HTTP request, through the guard of `webhooks.allow_targets`.",
);

export const action = object(
  {
    description: text("What it does; shown to who may run it.", { default: "" }),
    input: optional(
      jsonSchema("JSON Schema of its input. Not given, it takes none.", { example: { type: "object" } }),
    ),
    run: object(
      {
        http: optional(http),
        command: optional(
          list(
            text("A word."),
            "A program and its arguments. There is no shell; the input comes as JSON on standard input. Needs actions_allow_commands.",
            { minItems: 1, example: ["/usr/local/bin/reindex", "--full"] },
          ),
        ),
      },
      "Either http or command.",
      { exactlyOne: true },
    ),
    environment: map(
      hidden(text("Its value.", { default: "" })),
      "Of command: its environment. There is nothing else in it.",
      "LANG",
    ),
    directory: optional(
      kind("path", "Of command: its working directory. Not given, that of this file.", {
        example: "/var/lib/reindex",
      }),
    ),
    output_limit: kind("size", "Of command: how much it may print; what prints more is ended, as an error.", {
      default: "64KB",
    }),
    timeout: kind("duration", "How long it may run; then it is ended, as an error.", { default: "10m" }),
    limits: object(
      {
        at_once: integer("Runs under way at once.", { default: 4, minimum: 1, maximum: 1000 }),
        per_organisation: integer("Of these, of one organisation.", {
          default: 4,
          minimum: 1,
          maximum: 1000,
        }),
        open: integer("Runs of one organisation that wait or are under way; more are refused with 429.", {
          default: 1000,
          minimum: 1,
          maximum: 100_000,
        }),
      },
      "How many runs there may be.",
    ),
    organisations: list(text("A code."), "Codes of the organisations that have it; none: all.", {
      example: ["demo"],
    }),
    dry_run: choice(
      ["validate", "pass"],
      "What a dry run comes to. validate: the input is checked, nothing is started. pass: the request is sent, with the dry run's header (of http).",
      "validate",
    ),
    interrupted: choice(
      ["fail", "again"],
      "What becomes of a run whose server stops or dies: it ends as an error, or is begun again.",
      "fail",
    ),
  },
  "An action.",
);

export const schedule = object(
  {
    cron: text(
      "When: minute, hour, day of month, month, day of week; with seconds before them where there are six.",
      { example: "0 3 * * *" },
    ),
    timezone: text("The time zone of `cron`.", { default: "UTC" }),
    action: optional(text("The action's name.", { example: "send-report" })),
    chore: optional(
      text("Instead of an action, a chore of Koppla's own, which then runs at these times alone.", {
        example: "audit-retention",
      }),
    ),
    input: optional(json("The action's input.", { example: {} })),
    organisations: list(
      text("A code."),
      "Codes of the organisations for which the action runs, each by itself; none: all that have the action.",
      { example: ["demo"] },
    ),
    catch_up: choice(
      ["none", "one"],
      "What becomes of times at which no server ran. none: they are passed over. one: it runs once, however many there were.",
      "none",
    ),
    enabled: flag("Whether it runs by itself.", true),
  },
  "A schedule.",
);
