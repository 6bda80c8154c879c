/** What the YAML itself makes. */
import { choice, flag, hidden, kind, list, map, object, optional, secret, text } from "../schema-parts.ts";
import { grant } from "./access.ts";

export const organisation = object(
  {
    code: text("Its code.", { example: "demo" }),
    name: text("Its name.", { example: "Demo" }),
    ...secret("password", optional(text("For the public API (`org` and `pw`).", { example: "secret" }))),
    allowed_ips: list(
      kind("network", "An address or a network."),
      "From where it may call. Empty: from everywhere.",
    ),
    sites: list(kind("site", "A website."), "Websites whose pages may call the public data API (CORS).", {
      example: ["https://www.example.org"],
    }),
    return_urls: list(
      kind("returnUrl", "An address without query."),
      "Where people may be sent back to once they have an account: these addresses and what lies below.",
      { example: ["https://www.example.org/welcome"] },
    ),
    language: choice(["sv", "nl", "fr", "en"], "Of its mails.", "en"),
    password_grants: optional(
      list(grant, "What its password may do, with types alone. Not given: read and write all of them.", {
        minItems: 1,
      }),
    ),
  },
  "An organisation.",
);

export const account = object(
  {
    organisation: text("The organisation's code.", { example: "demo" }),
    name: text("Its name.", { example: "ERP" }),
    description: text("What it is for.", { default: "" }),
    grants: list(grant, "What it may do."),
    totp: flag("Whether a login needs a one-time code.", false),
    allowed_ips: list(
      kind("network", "An address or a network."),
      "From where it may call. Empty: from everywhere.",
    ),
    expires_at: optional(text("When it ends, as an ISO 8601 date.", { example: "2030-01-01T00:00:00Z" })),
    token: object(
      {
        kind: choice(["opaque", "jwt"], "What its access tokens are.", "opaque"),
        life: kind("duration", "How long one is good.", { default: "60m" }),
        refresh: flag("Whether it gets refresh tokens.", false),
      },
      "Its access tokens.",
    ),
  },
  "An API account.",
);

export const receiver = object(
  {
    organisation: text("The organisation's code.", { example: "demo" }),
    account: text("The name of the account whose rights decide what is sent.", { example: "ERP" }),
    name: text("Its name.", { example: "Course site" }),
    url: kind("httpUrl", "Where deliveries go.", { example: "https://partner.example/hooks" }),
    description: text("What it is for.", { default: "" }),
    topics: list(text("A topic."), "What it hears of.", { minItems: 1, example: ["Trainings.*"] }),
    format: choice(["changes", "event", "cloudevents"], "What a delivery looks like.", "changes"),
    payload: choice(["thin", "full"], "Whether events carry the record.", "thin"),
    ...secret("secret", optional(text("Its signing secret; made if not given.", { example: "whsec_..." }))),
    retry: text("The name of a retry schedule.", { default: "table" }),
    headers: map(
      hidden(text("A value.", { example: "7" })),
      "Headers that every delivery carries.",
      "x-tenant",
    ),
    enabled: flag("Whether it is switched on.", true),
  },
  "A receiver.",
);
