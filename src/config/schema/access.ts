/** Who gets in, how often, and what is noted of it. */
import { flag, hidden, integer, json, kind, list, map, object, optional, text } from "../schema-parts.ts";

export const grant = object(
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

export const oauth = object(
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

export const sessions = object(
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

export const rateLimits = object(
  {
    account: rate("What each account may ask for. Not given: no limit."),
    organisation: rate("What all accounts of an organisation may ask for together. Not given: no limit."),
  },
  "Limits of requests, of each server process.",
);

export const audit = object(
  {
    retention: kind("duration", "How long the audit log goes back.", { default: "400d" }),
    file: optional(
      kind("path", "A file that its events are copied to, a line of JSON each.", {
        example: "/var/log/koppla/audit.ndjson",
      }),
    ),
    syslog: optional(
      kind("syslogUrl", "A syslog server that its events are copied to (RFC 5424).", {
        example: "tcp://syslog.example.org:514",
      }),
    ),
  },
  "The audit log.",
);

export const metrics = object(
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

export const tracing = object(
  {
    otlp_url: kind("httpUrl", "Where they go: the traces' address of an OpenTelemetry collector.", {
      example: "http://127.0.0.1:4318/v1/traces",
    }),
    headers: map(
      hidden(text("A value.", { example: "Bearer ..." })),
      "Headers that its requests carry.",
      "authorization",
    ),
    sample_percent: integer("Of the requests that come without a trace of their own, so many are traced.", {
      default: 100,
      minimum: 0,
      maximum: 100,
    }),
  },
  "Traces by OTLP over HTTP: from a push to its deliveries, whose requests carry a traceparent.",
);
