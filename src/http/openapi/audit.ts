/** `/api/v1/audit`. */
import type { ShownEvent } from "../../audit/list.ts";
import { auditExport } from "../../audit/routes.ts";
import { accepted } from "./operations.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, object, page, type Parameter, ref, type Schema, time } from "./spec.ts";

const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });

const event: ShownEvent = {
  sequence: 1042,
  at: "2026-11-21T19:05:00.000Z",
  action: "receiver.change",
  outcome: "success",
  subject: "user:anna",
  actor: "account:acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
  client: "acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a",
  target: "receiver:0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
  address: "192.0.2.7",
  request_id: "5b1f0c7e-2s",
  detail: { changed: ["url"], host: "partner.example" },
  hash: "eUyGFf-ncUkpe8atxs28oYrDnAkOFO8KZvvRsnh741M",
};

const schemas: Record<string, Schema> = {
  AuditEvent: {
    ...object({
      sequence: { type: "integer", minimum: 1, description: "1, 2, 3, ... in the organisation." },
      at: time,
      action: { type: "string", description: "What was done, such as `account.create`." },
      outcome: { type: "string", enum: ["success", "denied"] },
      subject: textOrNull("Who did it: `account:<client id>`, `user:<username>`, `shell` or `koppla`."),
      actor: textOrNull("The account that acted in the subject's name."),
      client: textOrNull("The client id through which it was done."),
      target: textOrNull("To what it was done: `account:<client id>`, `receiver:<id>`, ..."),
      address: textOrNull("From where."),
      request_id: textOrNull("The `x-request-id` of the answer."),
      detail: { type: "object", description: "What else is known. Never a secret." },
      hash: {
        type: "string",
        description:
          "`base64url(SHA-256(hash of the event before + this event without hash, as canonical JSON (RFC 8785)))`.",
      },
    }),
    description: "Something that was done, or denied.",
  },
  AuditVerification: {
    type: "object",
    additionalProperties: false,
    properties: {
      known: {
        type: "object",
        additionalProperties: false,
        properties: {
          sequence: { type: "integer", minimum: 1 },
          hash: { type: "string", pattern: "^[A-Za-z0-9_-]{43}$" },
        },
        required: ["sequence", "hash"],
        description: "An event whose hash was noted elsewhere: it must still be that.",
      },
    },
  },
};

const filter = (name: string, description: string, schema: Schema = { type: "string" }): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});

const CSV = [
  auditExport.columns.join(","),
  auditExport
    .cells(event)
    .map((cell) => (typeof cell === "object" ? `"${JSON.stringify(cell).replaceAll('"', '""')}"` : cell))
    .join(","),
].join("\n");

export const audit: Resource = {
  tag: { name: "Audit", description: "Who did what. Nothing of it can be changed." },
  schemas,
  operations: {
    listAuditEvents: {
      parameters: [
        ref("Limit", "parameters"),
        ref("Cursor", "parameters"),
        filter("subject", "Who did it."),
        filter("action", "What was done; `account.*` is everything that begins so."),
        filter("target", "To what it was done."),
        filter("outcome", "Whether it was done.", { type: "string", enum: ["success", "denied"] }),
        filter("since", "At that time or later: ISO 8601, in UTC unless it says otherwise."),
        filter("until", "Before that time."),
      ],
      responses: {
        "200": {
          description: "A page of events, or all of them.",
          content: {
            "application/json": {
              schema: page(ref("AuditEvent")),
              example: { items: [json(event)], next_cursor: null },
            },
            "application/x-ndjson": {
              schema: { type: "string", description: "One event per line, in JSON." },
              example: `${auditExport.line(event)}\n`,
            },
            "text/csv": {
              schema: { type: "string", description: "The columns are in the first line." },
              example: `${CSV}\n`,
            },
          },
        },
        ...problems("forbidden", "invalid"),
      },
    },
    verifyAuditLog: {
      requestBody: {
        required: false,
        content: { "application/json": { schema: ref("AuditVerification"), example: {} } },
      },
      responses: { "202": accepted, ...problems("forbidden"), ...bodyProblems() },
    },
  },
};
