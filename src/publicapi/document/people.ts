/** `userAccount` and `userLogin` in the document, and the document itself. */
import { jsonAnswer, object, type Operation, type PathItem, type Schema } from "../../http/openapi/spec.ts";
import { LANGUAGES } from "../../organisations/settings.ts";
import { errors, loggedIn, org, pw, text } from "./shared.ts";

const tags = ["people"];

function form(properties: Record<string, Schema>, required: string[]) {
  const schema: Schema = { type: "object", properties: { org, pw, ...properties }, required };
  const media = { schema };
  return {
    required: true,
    content: { "application/x-www-form-urlencoded": media, "application/json": media },
  };
}

const common = { tags, security: loggedIn };

const userAccount: Operation = {
  ...common,
  operationId: "mailLoginKey",
  summary: "Mail a login key",
  description:
    "Somebody who is not known gets a link to make an account with, somebody who is one to set a new password with. The " +
    "answer is the same for both. Needs the organisation's password, or the grant `users:manage`.",
  requestBody: form(
    {
      firstName: text,
      lastName: text,
      email: { ...text, format: "email" },
      returnUrl: {
        ...text,
        format: "uri",
        description:
          "Where the person is sent afterwards, with `userKey`; one of the organisation's return addresses.",
      },
      language: { ...text, enum: [...LANGUAGES], description: "Of the mail and the page." },
    },
    ["email"],
  ),
  responses: {
    "200": jsonAnswer(
      "The mail is sent, or waits to be.",
      object({ userAccount: object({ status: { ...text, const: "sent" } }) }),
      { userAccount: { status: "sent" } },
    ),
    ...errors(400, 401, 403, 413, 415, 429, 503),
  },
};

const loginErrors: Schema = { type: "array", items: text };

const userLogin: Operation = {
  ...common,
  operationId: "checkLogin",
  summary: "Check a user's name and password",
  description: "Needs the organisation's password, or the grant `users:read`.",
  requestBody: form({ username: text, userPw: { ...text, format: "password" }, code: text }, [
    "username",
    "userPw",
  ]),
  responses: {
    "200": jsonAnswer(
      "They are right.",
      object({
        userLogin: object({
          userKey: text,
          email: { ...text, format: "email" },
          name: text,
          errors: loginErrors,
        }),
      }),
      {
        userLogin: {
          ...{ userKey: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b", email: "anna@example.org" },
          ...{ name: "Anna Berg", errors: [] },
        },
      },
    ),
    ...errors(400, 403, 413, 415, 429, 503),
    "401": jsonAnswer(
      "They are wrong, or the organisation's password is.",
      {
        oneOf: [
          object({ userLogin: object({ errors: loginErrors }) }),
          { $ref: "#/components/schemas/Errors" },
        ],
      },
      { userLogin: { errors: ["Wrong password"] } },
    ),
  },
};

const document: Operation = {
  ...{ tags: ["documentation"], security: [], operationId: "getPublicApi", summary: "This document" },
  responses: {
    "200": { description: "This document.", content: { "application/yaml": { schema: text } } },
    "304": { description: "It is still what `If-None-Match` names." },
    "431": { description: "The headers together are larger than 16 KB." },
  },
};

export const fixedPaths: Record<string, PathItem> = {
  "/api/public/userAccount": { post: userAccount },
  "/api/public/userLogin": { post: userLogin },
  "/api/public/openapi.yml": { get: document },
};

export const fixedTags = [
  { name: "people", description: "Accounts of the organisation's own people, for its partners' sites." },
  { name: "documentation", description: "This description. No login." },
];
