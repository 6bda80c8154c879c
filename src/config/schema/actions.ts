/** Actions, and what starts them by the clock. */
import { choice, json, jsonSchema, kind, list, object, optional, text } from "../schema-parts.ts";

export const action = object(
  {
    description: text("What it does; shown in the API document.", { default: "" }),
    input: optional(
      jsonSchema("JSON Schema of its input. Not given, it takes none.", { example: { type: "object" } }),
    ),
    run: object(
      {
        http: optional(
          object(
            {
              method: choice(["GET", "POST", "PUT", "PATCH", "DELETE"], "The method.", "POST"),
              url: kind("httpUrl", "Where the request goes.", { example: "http://erp.local/report" }),
            },
            "An HTTP request.",
          ),
        ),
        command: optional(
          list(text("A word."), "A program and its arguments.", {
            minItems: 1,
            example: ["/usr/local/bin/reindex", "--full"],
          }),
        ),
      },
      "Either http or command.",
      { exactlyOne: true },
    ),
    timeout: kind("duration", "How long it may run.", { default: "10m" }),
  },
  "An action.",
);

export const schedule = object(
  {
    cron: text("When: minute, hour, day of month, month, day of week.", { example: "0 3 * * *" }),
    timezone: text("The time zone of `cron`.", { default: "UTC" }),
    action: text("The action's name.", { example: "send-report" }),
    input: optional(json("The action's input.", { example: {} })),
  },
  "A schedule.",
);
