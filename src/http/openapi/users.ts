/** `/api/v1/users`. */
import type { ShownTotp } from "../../accounts/representation.ts";
import type { CreatedUserJson, ShownUser } from "../../users/representation.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { searchIn } from "./search.ts";
import {
  type Answer,
  json,
  jsonAnswer,
  object,
  page,
  type Parameter,
  provisioned,
  ref,
  type RequestBody,
  type Schema,
  time,
} from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-7e5d3c1b9a8f";

const id: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The id of a user.",
  schema: { type: "string" },
  example: ID,
};

const shown: ShownUser = {
  id: ID,
  username: "anna",
  email: "anna@example.org",
  email_verified_at: null,
  name: "Anna Andersson",
  roles: ["administrator"],
  groups: ["economy"],
  totp: false,
  enabled: true,
  provisioned: false,
  created_at: "2026-11-20T08:30:00.000Z",
  modified_at: "2026-11-20T08:30:00.000Z",
  last_login_at: null,
};

const totp: ShownTotp = {
  secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  otpauth_uri:
    "otpauth://totp/Koppla%20Demo:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Koppla%20Demo",
  qr_svg: '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
};

const created: CreatedUserJson = { ...shown, totp };

const names = (maxItems: number, description: string): Schema => ({
  type: "array",
  maxItems,
  items: { type: "string" },
  description,
});

const settings: Record<string, Schema> = {
  email: { type: "string", maxLength: 255 },
  name: { type: "string", maxLength: 200 },
  roles: names(50, "What it may do: roles of the configuration. You can give those whose grants you have."),
  groups: names(100, "Groups that it belongs to, for policies of impersonation."),
};

const username: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 100,
  description: "Letters, digits and `. _ @ + -`. Upper and lower case are the same. It stays for good.",
};

const password: Schema = {
  type: "string",
  minLength: 12,
  maxLength: 1000,
  writeOnly: true,
  description: "At least 12 characters, at most 1000 bytes.",
};

const known: Record<string, Schema> = {
  id: { type: "string" },
  username,
  ...settings,
  email_verified_at: {
    ...time,
    type: ["string", "null"],
    description: "When its reader last showed, by a key that was mailed there, that the address is his.",
  },
  totp: { type: "boolean", description: "Whether a login asks for a one-time code." },
  enabled: { type: "boolean" },
  provisioned,
  created_at: time,
  modified_at: time,
  last_login_at: { ...time, type: ["string", "null"] },
};

/** A TOTP secret, as it is told once. */
export const totpSecret: Schema = {
  ...object({
    secret: { type: "string", pattern: "^[A-Z2-7]{32}$", description: "Base32." },
    otpauth_uri: { type: "string", description: "What authenticator apps read." },
    qr_svg: { type: "string", description: "The same as a QR code, an SVG image." },
  }),
  description: "For an authenticator app. It is told this once.",
};

const taken = (name: string, example: RequestBody["content"][string]["example"]): RequestBody => ({
  required: true,
  content: { "application/json": { schema: ref(name), ...(example !== undefined && { example }) } },
});

const one: Answer = jsonAnswer("The user.", ref("User"), json(shown));
const common = problems("forbidden", "not_found");
const switched = { parameters: [id], responses: { "200": one, ...common, ...bodyProblems() } };

export const users: Resource = {
  tag: {
    name: "Users",
    description: "People: who logs in at the authorize page, and for whom accounts may act.",
  },
  schemas: {
    User: object(known),
    UserInput: {
      ...object({ username, ...settings, password, totp: { type: "boolean" } }, [
        ...["name", "roles", "groups", "password", "totp"],
      ]),
      additionalProperties: false,
    },
    UserPatch: { ...object(settings, Object.keys(settings)), additionalProperties: false },
    CreatedUser: object({
      ...known,
      totp: { anyOf: [{ type: "boolean", const: false }, ref("TotpSecret")] },
    }),
    NewPassword: {
      ...object(
        {
          password,
          current_password: {
            type: "string",
            writeOnly: true,
            description: "What it was; required to change one's own.",
          },
        },
        ["current_password"],
      ),
      additionalProperties: false,
    },
    TotpSecret: totpSecret,
    Role: {
      ...object({
        name: { type: "string" },
        built_in: { type: "boolean", description: "There without the configuration saying so." },
        grants: { type: "array", items: ref("Grant") },
        may_give: { type: "boolean", description: "Whether the caller may give it to somebody." },
      }),
      description: "What people who have it may do.",
    },
  },
  operations: {
    listRoles: {
      responses: {
        "200": jsonAnswer("All of them, on one page.", page(ref("Role")), {
          items: [
            {
              name: "reader",
              built_in: true,
              grants: [{ resource: "*", actions: ["read"] }],
              may_give: true,
            },
          ],
          next_cursor: null,
        }),
        ...problems("forbidden", "invalid"),
      },
    },
    listUsers: {
      parameters: [
        ref("Limit", "parameters"),
        ref("Cursor", "parameters"),
        searchIn("the username, the name, the e-mail address or the id"),
      ],
      responses: {
        "200": jsonAnswer("A page of users.", page(ref("User")), { items: [json(shown)], next_cursor: null }),
        ...problems("forbidden", "invalid"),
      },
    },
    createUser: {
      requestBody: taken("UserInput", {
        username: "anna",
        email: "anna@example.org",
        name: "Anna Andersson",
        password: "correct horse battery",
        roles: ["administrator"],
        groups: ["economy"],
        totp: true,
      }),
      responses: {
        "201": {
          ...jsonAnswer("The user, with its TOTP secret.", ref("CreatedUser"), json(created)),
          headers: { location: ref("Location", "headers") },
        },
        ...problems("forbidden", "conflict", "too_many_requests"),
        ...bodyProblems(),
      },
    },
    getUser: { parameters: [id], responses: { "200": one, ...common, ...problems("invalid") } },
    changeUser: {
      parameters: [id],
      requestBody: taken("UserPatch", { name: "Anna Berg", groups: ["economy", "board"] }),
      responses: { "200": one, ...common, ...bodyProblems() },
    },
    deleteUser: {
      parameters: [id],
      responses: {
        "204": { description: "It is deleted." },
        ...common,
        ...problems("invalid", "storage_full"),
      },
    },
    enableUser: switched,
    disableUser: switched,
    setUserPassword: {
      parameters: [id],
      requestBody: taken("NewPassword", { password: "battery staple correct" }),
      responses: {
        "204": { description: "It is set; the user's sessions have ended." },
        ...common,
        ...problems("too_many_requests"),
        ...bodyProblems(),
      },
    },
    resetUserTotp: {
      parameters: [id],
      responses: {
        "200": jsonAnswer("The new secret.", ref("TotpSecret"), json(totp)),
        ...common,
        ...bodyProblems(),
      },
    },
    removeUserTotp: {
      parameters: [id],
      responses: {
        "204": { description: "No code is asked for any more." },
        ...common,
        ...problems("invalid", "storage_full"),
      },
    },
  },
};
