/** `/api/v1/organisations`. */
import type { ShownOrganisation } from "../../organisations/organisation.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { LANGUAGES } from "../../organisations/settings.ts";
import {
  json,
  jsonAnswer,
  object,
  page,
  type Parameter,
  provisioned,
  ref,
  type Schema,
  time,
} from "./spec.ts";

const code: Parameter = {
  name: "code",
  in: "path",
  required: true,
  description: "The code of the caller's own organisation.",
  schema: { type: "string" },
  example: "demo",
};

const shown: ShownOrganisation = {
  code: "demo",
  name: "Demo",
  allowed_ips: [],
  sites: ["https://www.example.org"],
  return_urls: ["https://www.example.org/welcome"],
  language: "sv",
  password_grants: [{ resource: "*", actions: ["read", "write"] }],
  password: true,
  previous_password_until: null,
  provisioned: false,
  created_at: "2026-11-20T08:30:00.000Z",
};

const members = {
  name: { type: "string", minLength: 1, maxLength: 200 },
  allowed_ips: {
    type: "array",
    maxItems: 100,
    items: { type: "string" },
    description: "Addresses and networks (CIDR) that it is used from; none: from everywhere.",
  },
  sites: {
    type: "array",
    maxItems: 50,
    items: { type: "string", format: "uri" },
    description:
      "Websites whose pages may call the public data API: origins, such as `https://www.example.org`.",
  },
  return_urls: {
    type: "array",
    maxItems: 50,
    items: { type: "string", format: "uri" },
    description:
      "Where people may be sent back to once they have an account: these addresses and what lies below them.",
  },
  language: { type: "string", enum: [...LANGUAGES], description: "Of its mails." },
  password_grants: {
    type: "array",
    maxItems: 50,
    items: ref("Grant"),
    description: "What its password may do: `read`, `write` and `delete`, of types (`*`: all of them) alone.",
  },
} satisfies Record<string, Schema>;

const one = { "200": jsonAnswer("The organisation.", ref("Organisation"), json(shown)) };
const common = problems("forbidden", "not_found");

export const organisations: Resource = {
  tag: { name: "Organisations", description: "The tenant that an account or a user belongs to." },
  schemas: {
    Organisation: object({
      code: { type: "string" },
      ...members,
      password: {
        type: "boolean",
        description: "Whether it has one, for the paths that take `org` and `pw`.",
      },
      previous_password_until: {
        anyOf: [time, { type: "null" }],
        description: "Until when the one before is good, too.",
      },
      provisioned,
      created_at: time,
    }),
    OrganisationInput: {
      ...object(
        {
          code: {
            type: "string",
            pattern: "^[a-z0-9][a-z0-9_-]{0,62}$",
            description: "Of its logins and addresses. It stays for good.",
          },
          ...members,
        },
        Object.keys(members).filter((name) => name !== "name"),
      ),
      additionalProperties: false,
    },
    OrganisationPatch: { type: "object", additionalProperties: false, properties: members },
    OrganisationPasswordInput: {
      type: "object",
      additionalProperties: false,
      properties: {
        password: { type: ["string", "null"], minLength: 8, maxLength: 1_000, writeOnly: true },
        overlap: {
          type: "string",
          pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$",
          default: "24h",
          description: "How long the one before stays good; 90d or less.",
        },
      },
      required: ["password"],
    },
  },
  operations: {
    listOrganisations: {
      parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters")],
      responses: {
        "200": jsonAnswer("It alone, or all of them.", page(ref("Organisation")), {
          items: [json(shown)],
          next_cursor: null,
        }),
        ...problems("forbidden", "invalid"),
      },
    },
    createOrganisation: {
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: ref("OrganisationInput"),
            example: { code: "north", name: "North" },
          },
        },
      },
      responses: {
        "201": {
          ...jsonAnswer("The organisation.", ref("Organisation"), json(shown)),
          headers: { location: ref("Location", "headers") },
        },
        ...problems("forbidden", "conflict"),
        ...bodyProblems(),
      },
    },
    getOrganisation: { parameters: [code], responses: { ...one, ...common, ...problems("invalid") } },
    changeOrganisation: {
      parameters: [code],
      requestBody: {
        required: true,
        content: { "application/json": { schema: ref("OrganisationPatch"), example: { name: "Demo" } } },
      },
      responses: { ...one, ...common, ...bodyProblems() },
    },
    setOrganisationPassword: {
      parameters: [code],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: ref("OrganisationPasswordInput"),
            example: { password: "correct horse battery staple", overlap: "24h" },
          },
        },
      },
      responses: { ...one, ...common, ...problems("too_many_requests"), ...bodyProblems() },
    },
  },
};
