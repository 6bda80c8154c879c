/** Where else something is sent: mail, and the channels that web messages are published at. */
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
  withFile,
} from "../schema-parts.ts";
import { templates } from "./mail.ts";

export const smtp = object(
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
    log_retention: kind("duration", "For how long the log of mails is kept.", { default: "90d" }),
    templates,
  },
  "Outgoing mail.",
);

const url = (description: string) =>
  kind("httpUrl", description, { example: "https://open-e.example.org/ws" });
const username = optional(text("Its user, for HTTP Basic.", { example: "koppla" }));
const password = secret("password", optional(text("The user's password.", { example: "secret" })));

export const channel = object(
  {
    kind: optional({
      ...choice(
        ["open-e", "http"],
        "What it is: open-e (SOAP) or http (signed JSON). Not given, its name says so.",
      ),
      "x-example": "open-e",
    }),
    url: optional(
      url("Where messages go. Of open-e: its message service, for messages that name none of the instances."),
    ),
    username,
    ...password,
    publish: optional({
      ...choice(
        ["sync", "async"],
        "sync: whoever posts a message is answered when the channel has taken it (what open-e does if nothing is said); async: at once, and it is published with retries (what http does).",
      ),
      "x-example": "sync",
    }),
    timeout: kind("duration", "How long it may take to answer, beside the time to send attachments.", {
      default: "30s",
    }),
    connect_timeout: kind("duration", "How long a connection may take to come about.", { default: "5s" }),
    retry: text(
      "With publish: async, the retry schedule: table, standard, persistent or one of webhooks.retry_schedules.",
      {
        default: "standard",
      },
    ),
    concurrency: integer("With publish: async, messages under way at once.", {
      default: 4,
      minimum: 1,
      maximum: 64,
    }),
    organisations: list(text("A code."), "Codes of the organisations whose messages it is for; none: all.", {
      example: ["demo"],
    }),
    ca_file: optional(
      kind(
        "file",
        "PEM file with the only certificate authorities that are trusted here. Not given, the usual ones.",
        {
          example: "./ca.pem",
        },
      ),
    ),
    cert_file: optional(kind("file", "PEM file with a certificate to show.", { example: "./cert.pem" })),
    key_file: optional(kind("file", "PEM file with its key.", { example: "./key.pem" })),
    numeric_flow_instance_id: flag(
      "Of open-e: whether a flowInstanceId must be a number, as it must be in the public service.",
      true,
    ),
    instances: map(
      object({ url: url("Where messages go that name it."), username, ...password }, "An Open-E."),
      "Of open-e: those that a message may name by oepInstance.",
      "internal",
    ),
    ...secret(
      "secret",
      optional(
        text(
          "Of http: what messages are signed with, as webhooks are: whsec_ and the base64 of 24 to 64 bytes.",
          {
            example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
          },
        ),
      ),
    ),
    headers: map(hidden(text("A value.", { example: "7" })), "Of http: more headers to send.", "x-tenant"),
    attachments: choice(
      ["data", "links"],
      "Of http: attachments in base64 (data), or where to fetch them (links).",
      "data",
    ),
  },
  "A channel.",
);
