/**
 * The YAML file's contract, as TypeBox. It is the one source of the loader's checks (`decode.ts`), of the defaults,
 * of `docs/koppla.yaml` (`reference.ts`) and of the JSON Schema for editors (`editor-schema.ts`).
 *
 * A key that is neither optional nor has a default must be given. An object is always there, its keys decide.
 */
import type { Static } from "@sinclair/typebox";

import {
  choice,
  flag,
  hidden,
  integer,
  json,
  jsonSchema,
  kind,
  later,
  list,
  map,
  object,
  optional,
  secret,
  text,
  withFile,
} from "./schema-parts.ts";

const server = object(
  {
    listen: kind("listen", "Address and port. `:8080` is every IPv4 address, `[::]:8080` every address.", {
      default: "127.0.0.1:8080",
    }),
    public_url: optional(
      kind(
        "publicUrl",
        "The address that partners use: issuer, base_url, links. Made from `listen` if not given.",
        {
          example: "http://127.0.0.1:8080",
        },
      ),
    ),
    trusted_proxies: list(
      kind("network", "An address or a network."),
      "Proxies whose X-Forwarded-For is believed.",
      { example: ["10.0.0.5"] },
    ),
    tls: optional(
      object(
        {
          cert_file: kind("file", "PEM file with the certificate and its chain.", { example: "./cert.pem" }),
          key_file: kind("file", "PEM file with the private key.", { example: "./key.pem" }),
        },
        "HTTPS without a proxy in front.",
      ),
    ),
    limits: object(
      {
        body: kind("size", "The largest request body.", { default: "32MB" }),
        request_timeout: kind("duration", "How long a request's body may take to arrive.", {
          default: "30s",
        }),
      },
      "What a request may take.",
    ),
  },
  "The HTTP server.",
);

const database = object(
  {
    ...withFile(
      "url",
      kind("databaseUrl", "`sqlite:PATH`; or `postgres://USER@HOST/DATABASE`, for several nodes.", {
        default: "sqlite:./data/koppla.db",
      }),
    ),
    durability: choice(
      ["full", "normal"],
      "full: an acknowledged write survives power loss. normal: it survives a crash of the process.",
      "full",
    ),
  },
  "Where everything is stored.",
);

const secrets = object(
  {
    key_file: kind(
      "path",
      "The master key. Made at first start, with mode 0600. Back it up: without it every secret in the database is lost.",
      {
        default: "./data/koppla.key",
      },
    ),
  },
  "What the secrets in the database are encrypted with.",
);

const log = object(
  {
    level: choice(["debug", "info", "warn", "error"], "The least important line to log.", "info"),
    format: choice(["auto", "text", "json"], "auto: text on a terminal, JSON otherwise.", "auto"),
  },
  "The server's own log, on standard error.",
);

const type = object(
  {
    object: text("The type's name in the singular, as it stands in changes.", {
      pattern: "^[a-z][a-z0-9_-]*$",
      expected: "a lower-case name such as training",
      example: "training",
    }),
    key: choice(["integer", "string", "uuid"], "What an id is.", "integer"),
    description: text("What its records are; shown in the API document.", { default: "" }),
    ...withFile(
      "schema",
      optional(
        jsonSchema(
          "JSON Schema (draft 2020-12) of a record's data, `id` aside. Not given, any object will do.",
          {
            example: {
              type: "object",
              required: ["name"],
              properties: {
                name: { type: "string", minLength: 1 },
                city: { type: "string" },
                institute_id: { type: "integer" },
              },
            },
          },
        ),
      ),
      "./trainings.schema.json",
    ),
    filters: list(text("A field."), "Fields that lists can be filtered and sorted by.", {
      example: ["institute_id", "city"],
    }),
    parent: later(
      optional(
        object(
          {
            type: text("The parent's type.", { example: "institutes" }),
            field: text("The field that holds the parent's id.", { example: "institute_id" }),
          },
          "Which records these belong to.",
        ),
      ),
    ),
    public: list(text("A field."), "Fields that callers with few rights see.", { example: ["id", "name"] }),
  },
  "The path of its records is /api/v1/NAME, its topics are Name.Update and Name.Destroy.",
);

const webhooks = object(
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

const smtp = object(
  {
    ...withFile(
      "url",
      kind(
        "smtpUrl",
        "The mail server: smtp:// (STARTTLS where it is offered) or smtps://, with user and password.",
        {
          example: "smtp://localhost:25",
        },
      ),
    ),
    from: kind("sender", "The sender.", { example: "koppla@example.org" }),
    admin: optional(
      kind("mailAddress", "Who is told what the sysadmin should know, such as receivers that fail.", {
        example: "admin@example.org",
      }),
    ),
  },
  "Outgoing mail.",
);

const openE = object(
  {
    url: kind("httpUrl", "The address of its message service.", { example: "https://open-e.example.org/ws" }),
    username: optional(text("Its user.", { example: "koppla" })),
    ...secret("password", optional(text("The user's password.", { example: "secret" }))),
    timeout: kind("duration", "How long one request may take.", { default: "30s" }),
  },
  "Open-E.",
);

const action = object(
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

const schedule = object(
  {
    cron: text("When: minute, hour, day of month, month, day of week.", { example: "0 3 * * *" }),
    timezone: text("The time zone of `cron`.", { default: "UTC" }),
    action: text("The action's name.", { example: "send-report" }),
    input: optional(json("The action's input.", { example: {} })),
  },
  "A schedule.",
);

const grant = object(
  {
    resource: text("A type, a management resource, or `*`.", { example: "trainings" }),
    actions: list(text("An action."), "read, write, delete, run, manage, or `*`.", {
      minItems: 1,
      example: ["read"],
    }),
    where: optional(
      json("Of a type, which records: filter fields and the values they may have.", {
        example: { institute_id: [234234] },
      }),
    ),
    fields: optional(json("Of a type, which fields: `all`, `public`, or a list.", { example: "all" })),
  },
  "A grant.",
);

const oauth = object(
  {
    code_life: kind("duration", "How long an authorization code is good.", { default: "60s" }),
    refresh_token_life: kind("duration", "How long a refresh token is good, each time anew.", {
      default: "30d",
    }),
    key_rotation: kind("duration", "How long a key signs tokens before the next one does.", {
      default: "30d",
    }),
  },
  "The token server.",
);

const sessions = object(
  {
    idle: kind("duration", "A login ends when it was not used for so long.", { default: "30m" }),
    life: kind("duration", "A login ends after so long in any case.", { default: "12h" }),
  },
  "Logins of people in a browser.",
);

const rate = (what: string) =>
  optional(
    object(
      {
        requests: integer("Requests in a window.", { minimum: 1, maximum: 1_000_000_000, example: 6000 }),
        window: kind("duration", "The window, at most an hour.", { default: "60s" }),
      },
      what,
    ),
  );

const rateLimits = object(
  {
    account: rate("What each account may ask for. Not given: no limit."),
    organisation: rate("What all accounts of an organisation may ask for together. Not given: no limit."),
  },
  "Limits of requests, of each server process.",
);

const audit = object(
  { retention: kind("duration", "How long the audit log goes back.", { default: "400d" }) },
  "The audit log.",
);

const metrics = object(
  {
    enabled: flag("Whether GET /metrics answers.", true),
    listen: optional(
      kind("listen", "An address and port of its own. Not given, it is on the server's.", {
        example: "127.0.0.1:9464",
      }),
    ),
    allowed_ips: {
      ...list(kind("network", "An address or a network."), "From where it may be asked."),
      default: ["127.0.0.1", "::1"],
    },
  },
  "What Prometheus can ask for.",
);

const organisation = object(
  {
    code: text("Its code.", { example: "demo" }),
    name: text("Its name.", { example: "Demo" }),
    ...secret("password", optional(text("For the public API (`org` and `pw`).", { example: "secret" }))),
    allowed_ips: list(
      kind("network", "An address or a network."),
      "From where it may call. Empty: from everywhere.",
    ),
  },
  "An organisation.",
);

const account = object(
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

const receiver = object(
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

export const configSchema = object(
  {
    server,
    database,
    secrets,
    log,
    types: map(type, "What records there are.", "trainings"),
    webhooks,
    roles: map(
      object({ grants: list(grant, "What they may do.", { minItems: 1 }) }, "A role."),
      "What people may do, by role, beside the built-in administrator (everything).",
      "editor",
    ),
    oauth,
    sessions,
    rate_limits: rateLimits,
    audit,
    metrics,
    smtp: optional(smtp),
    channels: later(object({ "open-e": optional(openE) }, "Where web messages are also published.")),
    actions: later(map(action, "Operations that partners can start.", "send-report")),
    schedules: later(map(schedule, "Actions that start by the clock.", "nightly-report")),
    provision: later(
      object(
        {
          organisations: list(organisation, "Organisations."),
          accounts: list(account, "API accounts."),
          receivers: list(receiver, "Receivers."),
        },
        "What is made or brought up to date at every start.",
      ),
    ),
  },
  "Koppla's configuration.",
);

/** The YAML as decoded: its own key names, defaults filled in, kinds parsed, `_file` twins read. */
export type RawConfig = Static<typeof configSchema>;
