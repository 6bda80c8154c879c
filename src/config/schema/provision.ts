/** What the YAML itself makes, and keeps. */
import {
  choice,
  flag,
  hidden,
  integer,
  kind,
  list,
  map,
  object,
  optional,
  secret,
  text,
} from "../schema-parts.ts";
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
    ...secret(
      "api_token",
      optional(
        text(
          "An API token of it, as `koppla provision token` prints one: so a machine is set up by nobody.",
          {
            example: "koppla_...",
          },
        ),
      ),
    ),
    ...secret(
      "totp_secret",
      optional(
        text("What its one-time codes are made with, as `koppla provision totp` prints one.", {
          example: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
          pattern: "^[A-Z2-7]{26,128}$",
          expected: "26 to 128 characters of base32 (A-Z, 2-7)",
        }),
      ),
    ),
  },
  "An API account, known by its name.",
);

export const user = object(
  {
    organisation: text("The organisation's code.", { example: "demo" }),
    username: text("Its username.", { example: "anna" }),
    email: kind("mailAddress", "Its mail address.", { example: "anna@example.org" }),
    name: text("Its name.", { default: "" }),
    roles: list(text("A role."), "What it may do.", { example: ["administrator"] }),
    groups: list(text("A group."), "Groups, which impersonation policies may name."),
    ...secret(
      "password",
      optional(text("Not given: by a link, or by an administrator.", { example: "a-long-secret" })),
    ),
  },
  "A person.",
);

export const impersonationPolicy = object(
  {
    organisation: text("The organisation's code.", { example: "demo" }),
    account: text("The name of the account that may act in others' names.", { example: "ERP" }),
    users: list(text("A username."), "In whose names.", { example: ["anna"] }),
    groups: list(text("A group."), "Groups, in the names of whose members."),
    scopes: list(text("A scope."), "The most that may be done.", {
      minItems: 1,
      example: ["trainings:read"],
    }),
    life: kind("duration", "How long such a token is good at most.", { default: "15m" }),
  },
  "In whose names an account may act.",
);

const receiverAuth = object(
  {
    protocol: choice(["none", "websub", "oauth2", "basic", "bearer"], "Which one.", "none"),
    ...secret("secret", optional(text("Of websub.", { example: "a-long-secret" }))),
    method: optional(choice(["sha1", "sha256", "sha384", "sha512"], "Of websub.")),
    token_url: optional(kind("httpUrl", "Of oauth2.", { example: "https://partner.example/token" })),
    client_id: optional(text("Of oauth2.", { example: "koppla" })),
    ...secret("client_secret", optional(text("Of oauth2.", { example: "a-long-secret" }))),
    scope: optional(text("Of oauth2.", { example: "hooks" })),
    audience: optional(text("Of oauth2.", { example: "hooks" })),
    client_auth: optional(choice(["basic", "post"], "Of oauth2.")),
    username: optional(text("Of basic.", { example: "koppla" })),
    ...secret("password", optional(text("Of basic.", { example: "a-long-secret" }))),
    ...secret("token", optional(text("Of bearer.", { example: "a-long-secret" }))),
  },
  "How its requests are authenticated beside the signature that all have.",
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
    auth: optional(receiverAuth),
    bundle: optional(
      object(
        {
          quiet: optional(kind("duration", "Closes when it has been quiet.", { example: "5s" })),
          longest: optional(kind("duration", "Closes when it has waited so long.", { example: "60s" })),
          size: optional(integer("Closes when it is full.", { minimum: 1, maximum: 500, example: 500 })),
        },
        "When its bundles close, where that is not as `webhooks.bundle` has it.",
      ),
    ),
    contact: optional(kind("mailAddress", "Who is told that it fails.", { example: "it@partner.example" })),
    ordered: flag("Whether it gets one delivery at a time, in the order of the feed.", false),
    retry: text("The name of a retry schedule.", { default: "table" }),
    headers: map(
      hidden(text("A value.", { example: "7" })),
      "Headers that every delivery carries.",
      "x-tenant",
    ),
    enabled: flag("Whether it is switched on.", true),
  },
  "A receiver, known by its name.",
);
