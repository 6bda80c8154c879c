/** What an account looks like: as it is sent, as it is changed, as it is shown. */
import { object, provisioned, ref, type Schema, time } from "./spec.ts";

const text = (maxLength: number): Schema => ({ type: "string", maxLength });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const duration = (example: string): Schema => ({
  type: "string",
  pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$",
  examples: [example],
});
const names = (description: string): Schema => ({
  type: "array",
  maxItems: 500,
  items: { type: "string", minLength: 1, maxLength: 200 },
  description,
});

const tokenMembers = {
  kind: {
    type: "string",
    enum: ["opaque", "jwt"],
    description: "What its access tokens are: random text, or JWTs (RFC 9068).",
  },
  life: { ...duration("60m"), description: "How long one is good." },
  refresh: {
    type: "boolean",
    description: "Whether its own logins are given refresh tokens, too, without TOTP.",
  },
  audience: { type: "string", minLength: 1, maxLength: 500, description: "The `aud` of JWTs." },
} satisfies Record<string, Schema>;

const common = {
  name: { ...text(200), minLength: 1 },
  description: text(2_000),
  grants: { type: "array", maxItems: 50, items: ref("Grant") },
  allowed_ips: {
    type: "array",
    maxItems: 100,
    items: { type: "string" },
    description: "Addresses and networks (CIDR) that it is used from; none: from everywhere.",
  },
  expires_at: { ...orNull(time), description: "From when on it is refused; null: never." },
  dpop: {
    type: "boolean",
    description:
      "Whether its access tokens must be bound to a key (RFC 9449); an API token alone is then no way in.",
  },
  redirect_uris: {
    type: "array",
    maxItems: 20,
    items: { type: "string", format: "uri", maxLength: 2_000 },
    description:
      "Where the authorize page may send people back to, compared letter by letter: https, or http on the loopback address.",
  },
  enabled: { type: "boolean" },
} satisfies Record<string, Schema>;

const shown = {
  id: { type: "string" },
  client_id: { type: "string" },
  ...common,
  totp: { type: "boolean", description: "Whether a one-time code is asked for beside the API token." },
  token: { ...object(tokenMembers, ["audience"]), description: "How its access tokens are." },
  provisioned,
  created_at: time,
  modified_at: time,
  deleted_at: time,
  tokens: { type: "array", items: ref("AccountToken"), description: "Its API tokens." },
} satisfies Record<string, Schema>;

const { audience, ...settable } = tokenMembers;
const input = {
  ...common,
  token: {
    type: "object",
    additionalProperties: false,
    properties: { ...settable, audience: orNull(audience) },
    description: "How its access tokens are.",
  },
} satisfies Record<string, Schema>;

const tokenShown = {
  id: { type: "string" },
  label: text(200),
  last_four: { type: "string", description: "Its last characters, to tell it from others." },
  created_at: time,
  expires_at: orNull(time),
  last_used_at: { ...orNull(time), description: "True to the minute." },
} satisfies Record<string, Schema>;

const apiToken: Schema = {
  type: "string",
  pattern: "^koppla_",
  readOnly: true,
  description: "The API token. No other answer has it.",
};

const policyMembers = {
  users: names("Usernames."),
  groups: names("Groups, whose members."),
  scopes: {
    type: "array",
    minItems: 1,
    maxItems: 100,
    items: { type: "string", examples: ["trainings:read"] },
    description: "The most that may be done.",
  },
  life: { ...duration("15m"), description: "How long such a token is good at most; 24h or less." },
} satisfies Record<string, Schema>;

export const accountSchemas: Record<string, Schema> = {
  Account: object(shown, ["deleted_at"]),
  CreatedAccount: {
    ...object({
      ...omit(shown, "deleted_at"),
      token: apiToken,
      totp: { anyOf: [{ type: "boolean", const: false }, ref("TotpSecret")] },
    }),
    description: "The only answer that has the secrets.",
  },
  AccountInput: {
    type: "object",
    additionalProperties: false,
    properties: { ...input, totp: { type: "boolean", default: false, description: shown.totp.description } },
    required: ["name", "grants"],
  },
  AccountPatch: { type: "object", additionalProperties: false, properties: input },
  AccountToken: object(tokenShown),
  CreatedAccountToken: object({ ...tokenShown, token: apiToken }),
  AccountTokenInput: {
    type: "object",
    additionalProperties: false,
    properties: { label: text(200), expires_at: orNull(time) },
  },
  TotpSecret: {
    ...object({
      secret: { type: "string", pattern: "^[A-Z2-7]{32}$", readOnly: true, description: "base32" },
      otpauth_uri: { type: "string", format: "uri", description: "What authenticator apps read." },
      qr_svg: { type: "string", description: "The same as a QR code: an SVG image." },
    }),
    description: "What one-time codes are made with (RFC 6238). No other answer has it.",
  },
  ImpersonationPolicy: object({ id: { type: "string" }, ...policyMembers, provisioned, created_at: time }),
  ImpersonationPolicyInput: {
    type: "object",
    additionalProperties: false,
    properties: policyMembers,
    required: ["scopes"],
  },
};

function omit<T extends object, K extends keyof T>(members: T, name: K): Omit<T, K> {
  const { [name]: _, ...rest } = members;
  return rest;
}
