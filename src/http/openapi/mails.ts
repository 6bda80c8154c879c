/** `/api/v1/mails`. */
import { MAIL_STATUSES, type ShownMail } from "../../mail/log.ts";
import { problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, page, ref, time } from "./spec.ts";

const shown: ShownMail = {
  id: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
  kind: "account",
  recipient: "anna@example.org",
  subject: "Your account at Demo",
  status: "sent",
  attempts: 1,
  created_at: "2026-11-21T19:05:00.000Z",
  ended_at: "2026-11-21T19:05:01.000Z",
  error: null,
};

const status = { type: "string", enum: [...MAIL_STATUSES] };

export const mails: Resource = {
  tag: { name: "Mails", description: "What was mailed: login keys to people, warnings to the sysadmin." },
  schemas: {
    Mail: object({
      id: { type: "string", format: "uuid" },
      kind: {
        type: "string",
        description: "What it is about: `account` (a login key), or `notice`.",
      },
      recipient: { type: "string" },
      subject: { type: "string", description: "Empty while it has not been written." },
      status,
      attempts: { type: "integer", minimum: 0 },
      created_at: time,
      ended_at: {
        anyOf: [time, { type: "null" }],
        description: "When the mail server took it, or it was given up.",
      },
      error: { type: ["string", "null"], description: "What the last attempt met." },
    }),
  },
  operations: {
    listMails: {
      parameters: [
        ref("Limit", "parameters"),
        ref("Cursor", "parameters"),
        { name: "status", in: "query", description: "Those alone.", schema: status, example: "sent" },
        {
          ...{ name: "recipient", in: "query", description: "Those to this address alone, in any case." },
          ...{ schema: { type: "string", format: "email" }, example: "anna@example.org" },
        },
      ],
      responses: {
        "200": jsonAnswer("A page of them.", page(ref("Mail")), { items: [json(shown)], next_cursor: null }),
        ...problems("forbidden", "invalid"),
      },
    },
  },
};
