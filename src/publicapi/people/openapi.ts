/** `/api/public/userAccount/` and `/api/public/userLogin/`, for the document of the public data API. */
import {
  type Answer,
  jsonAnswer,
  object,
  type PathItem,
  ref,
  type RequestBody,
  type Schema,
} from "../../http/openapi/spec.ts";
import { LANGUAGES } from "../../organisations/settings.ts";

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });

const login: Record<string, Schema> = {
  org: text("The organisation's code; not needed with a token."),
  pw: text("The organisation's password; not with a token.", { writeOnly: true }),
};

const warnings: Schema = {
  type: "array",
  items: { type: "string" },
  description: "Advice: that a password stood in the URL, for example.",
};

const form = (name: string, example: Record<string, string>): RequestBody => ({
  required: true,
  description: "A form or JSON; names ignore case. What is not in the body is looked for in the query.",
  content: {
    "application/json": { schema: ref(name), example },
    "application/x-www-form-urlencoded": { schema: ref(name) },
  },
});

const errors = (description: string): Answer =>
  jsonAnswer(description, ref("PublicErrors"), { errors: [{ msg: "Wrong password" }] });

const common = {
  "400": errors("A parameter is missing or wrong."),
  "403": errors("The login may not be used from this address, or may not do this; or `org` is another's."),
  "413": errors("The body is too large."),
  "429": errors("Too many requests, or too many failures; `Retry-After` says when to come again."),
};

/** What the document's parts are found by: `#/components/schemas/NAME`. */
export const peopleSchemas: Record<string, Schema> = {
  PublicErrors: object({
    errors: {
      type: "array",
      items: object({ msg: { type: "string" }, field: text("The parameter that it is about.") }, ["field"]),
    },
  }),
  UserAccountInput: {
    type: "object",
    properties: {
      ...login,
      firstName: text("Of somebody new.", { maxLength: 100 }),
      lastName: text("Of somebody new.", { maxLength: 100 }),
      email: text("Where the login key is mailed.", { maxLength: 254 }),
      returnUrl: text(
        "Where its reader is sent back to: within the organisation's `return_urls`. `?userKey=` is added.",
      ),
      language: text("Of the mail; not given, the organisation's.", { enum: [...LANGUAGES] }),
    },
    required: ["email"],
  },
  UserAccount: object({ userAccount: object({ status: { type: "string", const: "sent" } }), warnings }, [
    "warnings",
  ]),
  UserLoginInput: {
    type: "object",
    properties: {
      ...login,
      username: text("Or the e-mail address, where one person alone has it."),
      userPw: text("The password.", { writeOnly: true }),
      code: text("Of the authenticator app, where the user has one.", { writeOnly: true }),
    },
    required: ["username", "userPw"],
  },
  UserLogin: object(
    {
      userLogin: object({
        userKey: text("The user's id, the same for good."),
        email: { type: "string" },
        name: { type: "string" },
        errors: { type: "array", maxItems: 0, items: { type: "string" } },
      }),
      warnings,
    },
    ["warnings"],
  ),
  UserLoginRefused: {
    ...object({ userLogin: object({ errors: { type: "array", items: { type: "string" } } }), warnings }, [
      "warnings",
    ]),
    description: "The user's name or password is wrong, or a one-time code is needed.",
  },
};

export const peoplePaths: Record<string, PathItem> = {
  "/api/public/userAccount/": {
    post: {
      tags: ["People"],
      operationId: "mailUserAccount",
      summary: "Mail a login key",
      description:
        "Somebody who is not known gets a link to make an account with, somebody who is one to set a new password " +
        "with. The answer is the same for both. Needs the organisation's password, or a token with `users:manage`.",
      requestBody: form("UserAccountInput", {
        ...{ org: "demo", pw: "secret of the organisation", firstName: "Anna", lastName: "Berg" },
        ...{ email: "anna@example.org", returnUrl: "https://www.example.org/welcome" },
      }),
      responses: {
        "200": jsonAnswer("The mail is queued, if its address is somebody's or not.", ref("UserAccount"), {
          userAccount: { status: "sent" },
        }),
        "401": errors("There is no login, or it is wrong."),
        ...common,
        "503": errors("This server sends no mail."),
      },
    },
  },
  "/api/public/userLogin/": {
    post: {
      tags: ["People"],
      operationId: "checkUserLogin",
      summary: "Check a user's name and password",
      description: "Needs the organisation's password, or a token with `users:read`.",
      requestBody: form("UserLoginInput", {
        ...{ org: "demo", pw: "secret of the organisation" },
        ...{ username: "anna@example.org", userPw: "correct horse battery" },
      }),
      responses: {
        "200": jsonAnswer("It is right.", ref("UserLogin"), {
          userLogin: {
            ...{ userKey: "0196e3a0-7c1e-7d2b-9f3a-7e5d3c1b9a8f", email: "anna@example.org" },
            ...{ name: "Anna Berg", errors: [] },
          },
        }),
        "401": jsonAnswer(
          "It is wrong, in the same words whatever is; or the organisation's login is.",
          { anyOf: [ref("UserLoginRefused"), ref("PublicErrors")] },
          { userLogin: { errors: ["Wrong password"] } },
        ),
        ...common,
      },
    },
  },
};
