/** `/api/v1/me` and `/api/v1/accounts`. */
import type {
  CreatedAccountJson,
  ShownAccount,
  ShownToken,
  ShownTotp,
} from "../../accounts/representation.ts";
import type { ShownPolicy } from "../../accounts/policies.ts";
import type { JsonValue } from "../../config/types.ts";
import { accountSchemas } from "./account-schemas.ts";
import { grantSchema } from "./grant-schema.ts";
import { optionOperations, optionSchemas } from "./options.ts";
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
  ref,
  type RequestBody,
} from "./spec.ts";

const ID = "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b";
const CLIENT_ID = "acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a";
const TOKEN_ID = "0196e3a0-7c1e-7d2b-9f3a-1a2b3c4d5e6f";
const POLICY_ID = "0196e3a0-7c1e-7d2b-9f3a-2b3c4d5e6f7a";
const AT = "2026-11-20T08:30:00.000Z";

const parameter = (name: string, description: string, example: string): Parameter => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
  example,
});

const id = parameter("id", "The id or the client id of an account.", ID);
const tokenId = parameter("tokenId", "The id of an API token.", TOKEN_ID);
const policyId = parameter("policyId", "The id of an impersonation policy.", POLICY_ID);

const include: Parameter = {
  name: "include",
  in: "query",
  description: "With those that were deleted.",
  schema: { type: "string", enum: ["deleted"] },
};

const search = searchIn("the name, the client id, the description or the id");

const token: ShownToken = {
  id: TOKEN_ID,
  label: "first",
  last_four: "3kZq",
  created_at: AT,
  expires_at: null,
  last_used_at: "2026-11-21T19:05:00.000Z",
};

const shown: ShownAccount = {
  id: ID,
  client_id: CLIENT_ID,
  name: "Line of business",
  description: "",
  grants: [{ resource: "*", actions: ["read"] }],
  totp: true,
  allowed_ips: ["192.0.2.0/24"],
  expires_at: null,
  token: { kind: "opaque", life: "60m", refresh: false },
  dpop: false,
  redirect_uris: [],
  enabled: true,
  provisioned: false,
  created_at: AT,
  modified_at: AT,
  tokens: [token],
};

const totp: ShownTotp = {
  secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  otpauth_uri:
    "otpauth://totp/Koppla%20demo:Line%20of%20business?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Koppla%20demo",
  qr_svg: '<svg xmlns="http://www.w3.org/2000/svg">...</svg>',
};

/** Text that looks like one and is none: its checksum is wrong. */
const API_TOKEN = "koppla_EXAMPLEexampleEXAMPLEexampleEXAMPLEexam0000000";

const created: CreatedAccountJson = {
  ...shown,
  token: API_TOKEN,
  totp,
  tokens: [{ ...token, last_used_at: null }],
};

const policy: ShownPolicy = {
  id: POLICY_ID,
  users: ["anna"],
  groups: ["teachers"],
  scopes: ["*:read"],
  life: "15m",
  provisioned: false,
  created_at: AT,
};

const body = (name: string, example: JsonValue): RequestBody => ({
  required: true,
  content: { "application/json": { schema: ref(name), example } },
});
const made = (description: string, name: string, example: JsonValue): Record<string, Answer> => ({
  "201": {
    ...jsonAnswer(description, ref(name), example),
    headers: { location: ref("Location", "headers") },
  },
});
const all = (what: string, name: string, example: JsonValue): Record<string, Answer> => ({
  "200": jsonAnswer(what, page(ref(name)), { items: [example], next_cursor: null }),
});

const common = problems("forbidden", "not_found");
const one = { "200": jsonAnswer("The account.", ref("Account"), json(shown)) };
const gone = (description: string) => ({
  responses: { "204": { description }, ...common, ...problems("invalid", "storage_full") },
});

const { name, description, grants, allowed_ips, expires_at, redirect_uris } = shown;

export const accounts: Resource = {
  tag: { name: "Accounts", description: "Whose token it is, and what it may do." },
  schemas: {
    ...accountSchemas,
    ...optionSchemas.account,
    Grant: grantSchema,
    Me: object(
      {
        organisation: object({ code: { type: "string" }, name: { type: "string" } }),
        subject: object(
          {
            kind: { type: "string", enum: ["account", "user"] },
            id: { type: "string" },
            client_id: { type: "string", description: "Of an account." },
            username: { type: "string", description: "Of a user." },
            name: { type: "string" },
          },
          ["client_id", "username"],
        ),
        actor: ref("Actor"),
        grants: { type: "array", items: ref("Grant") },
      },
      ["actor"],
    ),
    Actor: {
      ...object(
        {
          kind: { type: "string", const: "account" },
          client_id: { type: "string" },
          actor: ref("Actor"),
        },
        ["actor"],
      ),
      description: "Who acts in the subject's name, and who acts through that one (RFC 8693, 4.1).",
    },
  },
  operations: {
    getMe: {
      responses: {
        "200": jsonAnswer("The caller.", ref("Me"), {
          organisation: { code: "demo", name: "Demo" },
          subject: { kind: "account", id: ID, client_id: CLIENT_ID, name: "Line of business" },
          grants: [{ resource: "trainings", actions: ["read", "write"] }],
        }),
      },
    },
    listAccounts: {
      parameters: [ref("Limit", "parameters"), ref("Cursor", "parameters"), include, search],
      responses: {
        ...all("A page of accounts.", "Account", json(shown)),
        ...problems("forbidden", "invalid"),
      },
    },
    createAccount: {
      requestBody: body(
        "AccountInput",
        json({ name, description, grants, totp: true, allowed_ips, expires_at, redirect_uris }),
      ),
      responses: {
        ...made("The account, with its secrets.", "CreatedAccount", json(created)),
        ...problems("forbidden"),
        ...bodyProblems(),
      },
    },
    getAccountOptions: optionOperations.account,
    getAccount: {
      parameters: [id, include],
      responses: { ...one, ...common, ...problems("invalid") },
    },
    changeAccount: {
      parameters: [id],
      requestBody: body("AccountPatch", { allowed_ips: ["192.0.2.0/24"], token: { life: "15m" } }),
      responses: { ...one, ...common, ...bodyProblems() },
    },
    deleteAccount: { parameters: [id], ...gone("It is deleted.") },
    enableAccount: { parameters: [id], responses: { ...one, ...common, ...bodyProblems() } },
    disableAccount: { parameters: [id], responses: { ...one, ...common, ...bodyProblems() } },
    listAccountTokens: {
      parameters: [id],
      responses: {
        ...all("Its API tokens.", "AccountToken", json(token)),
        ...common,
        ...problems("invalid"),
      },
    },
    createAccountToken: {
      parameters: [id],
      requestBody: body("AccountTokenInput", { label: "2027", expires_at: "2027-12-31T23:00:00.000Z" }),
      responses: {
        ...made(
          "The token, with its text.",
          "CreatedAccountToken",
          json({ ...token, label: "2027", last_used_at: null, token: API_TOKEN }),
        ),
        ...common,
        ...problems("conflict"),
        ...bodyProblems(),
      },
    },
    revokeAccountToken: { parameters: [id, tokenId], ...gone("It is refused from now on.") },
    setAccountTotp: {
      parameters: [id],
      responses: {
        "200": jsonAnswer("The new secret.", ref("TotpSecret"), json(totp)),
        ...common,
        ...bodyProblems(),
      },
    },
    removeAccountTotp: { parameters: [id], ...gone("No codes are asked for.") },
    listImpersonationPolicies: {
      parameters: [id],
      responses: {
        ...all("Its policies.", "ImpersonationPolicy", json(policy)),
        ...common,
        ...problems("invalid"),
      },
    },
    createImpersonationPolicy: {
      parameters: [id],
      requestBody: body(
        "ImpersonationPolicyInput",
        json({ users: policy.users, groups: policy.groups, scopes: policy.scopes, life: policy.life }),
      ),
      responses: {
        ...made("The policy.", "ImpersonationPolicy", json(policy)),
        ...common,
        ...problems("conflict"),
        ...bodyProblems(),
      },
    },
    removeImpersonationPolicy: { parameters: [id, policyId], ...gone("It is removed.") },
  },
};
