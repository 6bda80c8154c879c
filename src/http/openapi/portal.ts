/** `/api/v1/accounts/{id}/portal-links`. */
import type { ShownLink } from "../../portal/service.ts";
import { bodyProblems, problems } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { json, jsonAnswer, object, page, type Parameter, ref, type Schema, time } from "./spec.ts";

const ACCOUNT_ID = "0196e3a0-7c1e-7d2b-9f3a-7e5d3c1b9a8f";
const LINK_ID = "0196e3a0-9f3a-7d2b-7c1e-7e5d3c1b9a90";

const parameter = (name: string, description: string, example: string): Parameter => ({
  ...{ name, in: "path", required: true, description, schema: { type: "string" }, example },
});
const id = parameter("id", "The id or client id of an account.", ACCOUNT_ID);
const link = parameter("link", "The id of a link.", LINK_ID);

const shown: ShownLink = {
  id: LINK_ID,
  label: "Course site, Anna",
  created_at: "2026-11-20T08:30:00.000Z",
  created_by: "user:anna",
  expires_at: "2026-11-27T08:30:00.000Z",
  last_used_at: null,
};
const url = "https://koppla.example/console/portal#pXgD9oQ5m1f2Zc3vB8nL7kJ6hG4sA0wE-rTyUiOp_As";

const known: Record<string, Schema> = {
  id: { type: "string" },
  label: { type: "string" },
  created_at: time,
  created_by: { type: ["string", "null"], description: "Who handed it out, as the audit log names him." },
  expires_at: time,
  last_used_at: { ...time, type: ["string", "null"], description: "When it was last opened." },
};

export const portal: Resource = {
  tag: {
    name: "Portal",
    description: "Links by which a partner looks after its own receivers, their log and their secrets.",
  },
  schemas: {
    PortalLink: object(known),
    CreatedPortalLink: object({
      ...known,
      url: { type: "string", format: "uri", description: "Told once." },
    }),
    PortalLinkInput: {
      ...object(
        {
          label: { type: "string", maxLength: 200, description: "For whom it is." },
          expires_in: {
            type: "string",
            default: "7d",
            description: "How long it is good, a duration of at most `90d`.",
          },
        },
        ["label", "expires_in"],
      ),
      additionalProperties: false,
    },
  },
  operations: {
    listPortalLinks: {
      parameters: [id, ref("Limit", "parameters"), ref("Cursor", "parameters")],
      responses: {
        "200": jsonAnswer("A page of links.", page(ref("PortalLink")), {
          items: [json(shown)],
          next_cursor: null,
        }),
        ...problems("forbidden", "not_found", "invalid"),
      },
    },
    createPortalLink: {
      parameters: [id],
      requestBody: {
        required: false,
        content: {
          "application/json": {
            schema: ref("PortalLinkInput"),
            example: { label: "Course site, Anna", expires_in: "7d" },
          },
        },
      },
      responses: {
        "201": jsonAnswer("The link, with its URL.", ref("CreatedPortalLink"), json({ ...shown, url })),
        ...problems("forbidden", "not_found"),
        ...bodyProblems(),
      },
    },
    revokePortalLink: {
      parameters: [id, link],
      responses: {
        "204": { description: "It is good for nothing any more." },
        ...problems("forbidden", "not_found", "invalid", "storage_full"),
      },
    },
  },
};
