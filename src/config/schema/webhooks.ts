/** Deliveries to receivers. */
import { choice, integer, kind, list, map, object, optional, withFile } from "../schema-parts.ts";

export const webhooks = object(
  {
    bundle: object(
      {
        quiet: kind("duration", "How long it has to be quiet before a bundle is sent.", { default: "5s" }),
        longest: kind("duration", "The longest that a change waits for others.", { default: "60s" }),
        size: integer("The most changes in a bundle.", { default: 500, minimum: 1, maximum: 10_000 }),
      },
      "How changes are bundled, where a receiver does not say so itself.",
    ),
    timeout: kind("duration", "How long one attempt may take.", { default: "15s" }),
    concurrency: integer(
      "Attempts in flight to one receiver; one that answers within 50 ms is given up to 64.",
      { default: 4, minimum: 1, maximum: 64 },
    ),
    max_in_flight: integer("Attempts in flight to all receivers together.", {
      default: 1_000,
      minimum: 1,
      maximum: 2_000,
    }),
    disable_after: kind(
      "duration",
      "A receiver is disabled when every attempt has failed for so long; its contact and smtp.admin are told at half of it, at four fifths and at the end. 0s: never.",
      { default: "5d" },
    ),
    retry_schedules: map(
      object(
        {
          steps: list(kind("duration", "A wait."), "Waits after the first, second, ... failed attempt.", {
            minItems: 1,
            example: ["1s", "5s", "30s"],
          }),
          then: choice(
            ["fail", "repeat"],
            "After the last step: give up, or repeat that step for ever.",
            "fail",
          ),
        },
        "A retry schedule.",
      ),
      "Schedules beside the built-in table (1h, 2h, 6h, 24h), standard and persistent; the same name replaces one.",
      "quick",
    ),
    allow_targets: list(
      kind("target", "A host, the hosts of a domain, an address or a network."),
      "Internal targets that requests may go to. Loopback, link-local and metadata need the exact address or host.",
      { example: ["10.0.0.0/8", "erp.local", "*.corp.example", "127.0.0.1"] },
    ),
    log_retention: kind("duration", "How long deliveries stay in the log after they were made.", {
      default: "90d",
    }),
    log_retention_failed: kind("duration", "How long those stay that were given up, if that is longer.", {
      default: "180d",
    }),
    log_max: integer("The most deliveries in the log. The oldest go first.", {
      default: 10_000_000,
      minimum: 1,
      maximum: 1_000_000_000,
    }),
    ...withFile(
      "proxy",
      optional(
        kind("httpUrl", "A forward proxy for requests to what allow_targets does not list.", {
          example: "http://proxy.example.org:3128",
        }),
      ),
    ),
    ca_file: optional(
      kind("file", "PEM file with more certificate authorities to trust, beside the usual ones.", {
        example: "./ca.pem",
      }),
    ),
  },
  "Deliveries to receivers.",
);
