/** `/oauth/token`, `/oauth/revoke`, `/oauth/introspect`, `/oauth/jwks` and the metadata. */
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from "../../oauth/grants/exchange-request.ts";
import type { Introspection } from "../../oauth/introspection.ts";
import type { TokenAnswer } from "../../oauth/issue.ts";
import { metadata } from "../../oauth/metadata.ts";
import type { Resource, Vocabulary } from "./resource.ts";
import {
  type Answer,
  json,
  jsonAnswer,
  object,
  type OperationDetail,
  type Parameter,
  ref,
  type RequestBody,
  type Schema,
} from "./spec.ts";

const CLIENT = "acc_0196e3a07c1e7d2b9f3a0b2c4d6e8f1a";
const EXPIRES = 3600;

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });

/** Of every form; not needed with HTTP Basic. */
const client: Record<string, Schema> = {
  client_id: text("The account's client id, where the client does not authenticate by HTTP Basic."),
  client_secret: text("One of the account's API tokens, with `client_id`.", { writeOnly: true }),
};
const form = (name: string, example: Record<string, string>): RequestBody => ({
  required: true,
  content: {
    "application/x-www-form-urlencoded": { schema: ref(name), example },
  },
});

const refused = (description: string, error: string, headers?: Answer["headers"]): Answer => ({
  ...jsonAnswer(description, ref("OAuthError"), { error, error_description: "..." }),
  ...(headers && { headers }),
});

/** What goes wrong at every endpoint that takes a client's secret. */
const refusals: OperationDetail["responses"] = {
  "400": refused("The request is not right; `error` says in what way.", "invalid_request"),
  "401": refused(
    "The client is not let in: its id, secret, standing, address or one-time code is not right. `totp required`: " +
      "the secret is right, and a code is missing. With `Retry-After`, another code is needed.",
    "invalid_client",
  ),
  "408": refused("The form took too long to arrive.", "invalid_request"),
  "413": refused("The form is larger than 64 KB.", "invalid_request"),
  "429": refused("Too many failed; `Retry-After` says for how long.", "temporarily_unavailable"),
  "503": refused("The database does not answer.", "temporarily_unavailable"),
  "507": refused("The server's disk is full; nothing was stored.", "temporarily_unavailable"),
};

const proof: Parameter = {
  name: "DPoP",
  in: "header",
  description: "A proof of possession: the token is then bound to its key (RFC 9449).",
  schema: { type: "string" },
};

const issued: TokenAnswer = {
  access_token: "kat_d0JWT3DKjPkbeWaStfUsLZVnFqmq3uYAGdzfHqcQ1e90nmi",
  token_type: "Bearer",
  expires_in: EXPIRES,
  scope: "trainings:read trainings:write",
  base_url: "https://koppla.example",
};

const introspected: Introspection = {
  active: true,
  scope: "trainings:read",
  client_id: CLIENT,
  token_type: "Bearer",
  exp: 1795291505,
  iat: 1795287905,
  sub: CLIENT,
  aud: "https://koppla.example",
  iss: "https://koppla.example",
};

const seconds: Schema = { type: "integer", description: "Seconds since 1970." };

const schemas: Record<string, Schema> = {
  TokenRequest: {
    type: "object",
    required: ["grant_type"],
    properties: {
      grant_type: text("How the token is asked for.", {
        enum: ["client_credentials", "refresh_token", "authorization_code", TOKEN_EXCHANGE],
      }),
      scope: text("`resource:action`, separated by spaces. Not given: everything that may be had."),
      totp: text("The one-time code of an account that has TOTP.", { pattern: "^[0-9]{6}$" }),
      refresh_token: text("With `refresh_token`. It is good once: the answer has the next one."),
      code: text("With `authorization_code`: what the authorize page gave. It is good once."),
      redirect_uri: text("With `authorization_code`: as in the authorization request."),
      code_verifier: text("With `authorization_code`: PKCE (RFC 7636), S256."),
      subject_token: text(
        "With token exchange: in whose name to act, a username or the user's access token.",
      ),
      subject_token_type: text("What `subject_token` is.", {
        enum: ["urn:koppla:token-type:username", ACCESS_TOKEN_TYPE],
      }),
      requested_token_type: text("What is asked for.", { const: ACCESS_TOKEN_TYPE }),
      actor_token: text("With token exchange: the account's own access token, in place of `totp`."),
      actor_token_type: text("What `actor_token` is.", { const: ACCESS_TOKEN_TYPE }),
      ...client,
    },
  },
  TokenAnswer: object(
    {
      access_token: text("For `Authorization: Bearer`, or `Authorization: DPoP`."),
      token_type: { type: "string", enum: ["Bearer", "DPoP"] },
      expires_in: { type: "integer", description: "Seconds." },
      scope: text("What it may do at most."),
      base_url: text("Where the API is.", { format: "uri" }),
      refresh_token: text("For the next token."),
      refresh_expires_in: { type: "integer", description: "Seconds that the refresh token is good for." },
      issued_token_type: text("With token exchange.", { const: ACCESS_TOKEN_TYPE }),
    },
    ["refresh_token", "refresh_expires_in", "issued_token_type"],
  ),
  TokenForm: {
    type: "object",
    required: ["token"],
    properties: {
      token: text("An access token or a refresh token."),
      token_type_hint: text("Not needed: a token tells what it is."),
      ...client,
    },
  },
  OAuthError: {
    ...object({
      error: text("Of RFC 6749, 5.2, RFC 8693 and RFC 9449.", {
        enum: [
          ...["invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "invalid_target"],
          ...["invalid_dpop_proof", "unauthorized_client", "unsupported_grant_type"],
          ...["temporarily_unavailable"],
        ],
      }),
      error_description: text("For the client's developer."),
    }),
    description: "An error of the token server.",
  },
  Introspection: object(
    {
      active: { type: "boolean", description: "Whether it is good, and yours to ask about." },
      scope: text("What it may do now."),
      client_id: text("The client it was given to."),
      username: text("The person it speaks for."),
      token_type: { type: "string", enum: ["Bearer", "DPoP"] },
      exp: seconds,
      iat: seconds,
      sub: text("The client id of the account, or the id of the person."),
      aud: text("The server that it is meant for."),
      iss: text("The token server."),
      act: ref("Act"),
      cnf: object({ jkt: text("Thumbprint of the key that it is bound to.") }),
    },
    ["scope", "client_id", "username", "token_type", "exp", "iat", "sub", "aud", "iss", "act", "cnf"],
  ),
  Act: {
    ...object({ sub: text("The client id of the account that acts."), act: ref("Act") }, ["act"]),
    description: "Who acts in the person's name, and within it who acts through that one (RFC 8693, 4.1).",
  },
  KeySet: object({
    keys: {
      type: "array",
      items: object({
        kty: { type: "string", const: "EC" },
        crv: { type: "string", const: "P-256" },
        x: { type: "string" },
        y: { type: "string" },
        kid: { type: "string" },
        alg: { type: "string", const: "ES256" },
        use: { type: "string", const: "sig" },
      }),
    },
  }),
};

const list: Schema = { type: "array", items: { type: "string" } };

export function oauth({ publicUrl }: Vocabulary): Resource {
  const described = metadata(publicUrl);
  return {
    tag: {
      name: "OAuth",
      description: `Access tokens: OAuth 2.0 for accounts, for people who agreed, and for accounts in people's names.`,
    },
    schemas: {
      ...schemas,
      AuthorizationServer: object(
        Object.fromEntries(
          Object.entries(described).map(([name, value]) => [
            name,
            typeof value === "object" ? list : { type: typeof value },
          ]),
        ),
      ),
    },
    operations: {
      getToken: {
        parameters: [proof],
        requestBody: form("TokenRequest", { grant_type: "client_credentials" }),
        responses: { "200": jsonAnswer("The token.", ref("TokenAnswer"), json(issued)), ...refusals },
      },
      revokeToken: {
        requestBody: form("TokenForm", { token: "krt_..." }),
        responses: { "200": { description: "It is not good any more." }, ...refusals },
      },
      introspectToken: {
        requestBody: form("TokenForm", { token: "kat_..." }),
        responses: {
          "200": jsonAnswer("What is known of it.", ref("Introspection"), json(introspected)),
          ...refusals,
        },
      },
      getSigningKeys: {
        responses: {
          "200": jsonAnswer("The keys: JSON Web Key Set, RFC 7517.", ref("KeySet"), {
            keys: [
              {
                kty: "EC",
                crv: "P-256",
                x: "3OtqPohLXWClXuF2tzIfUULrYAQ2B5UN_bpNWBsRCeg",
                y: "rys5EdoKU8HzA-2tg1K9X9VxpP4csLgXcqoXlVbgmWM",
                kid: "Q7OcmHl5UxdFwNAh1qrJqg",
                alg: "ES256",
                use: "sig",
              },
            ],
          }),
        },
      },
      getAuthorizationServer: {
        responses: {
          "200": jsonAnswer("The metadata, RFC 8414.", ref("AuthorizationServer"), json(described)),
        },
      },
    },
  };
}
