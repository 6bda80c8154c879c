/** The public data API: what partners' pages and programs may ask for with an organisation's code. */
import { flag, integer, kind, list, object, text } from "../schema-parts.ts";

export const publicApi = object(
  {
    push_by_get: flag("Whether records may be added by GET, where everything stands in the URL.", false),
    default_rows: integer("The rows of an answer that was asked for no number of them.", {
      default: 50,
      minimum: 1,
      maximum: 10_000,
    }),
    max_rows: integer("The most rows of one answer.", { default: 500, minimum: 1, maximum: 10_000 }),
    max_age: kind(
      "duration",
      "How long browsers and caches may show the public view without asking whether it has changed.",
      { default: "0s" },
    ),
    cache_size: kind("size", "The most memory for answers of the public view that are kept ready.", {
      default: "32MB",
    }),
    user_roles: list(text("A role."), "Roles of the people who register themselves.", {
      example: ["member"],
    }),
    mails_per_hour: object(
      {
        address: integer("To one address.", { default: 5, minimum: 1, maximum: 1_000 }),
        ip: integer("Asked for from one IP address, such as a partner's server.", {
          default: 200,
          minimum: 1,
          maximum: 1_000_000,
        }),
        organisation: integer("For one organisation.", { default: 1_000, minimum: 1, maximum: 1_000_000 }),
      },
      "Login keys that are mailed in an hour at most.",
    ),
  },
  "The public data API, under /api/public.",
);
