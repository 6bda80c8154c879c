/** How a receiver wants its requests authenticated, as it is sent to us and as it is shown: without secrets. */
import { choice, parseMembers, type Parser, text } from "../http/members.ts";
import { isObject } from "../http/json.ts";
import { invalid } from "../problem.ts";
import { websubMethods } from "../deliveries/signature.ts";
import type { OAuthCredentials, ReceiverAuth } from "./receiver.ts";
import { reachableUrl, type Reachable } from "./url.ts";

const protocols = ["none", "websub", "oauth2", "basic", "bearer"] as const;
const protocol = choice(...protocols);

/** W3C WebSub, 5.1: a secret is shorter than 200 bytes. */
const WEBSUB_SECRET_BYTES = 199;
const websubSecret = secret(WEBSUB_SECRET_BYTES);

/** RFC 7617, section 2: the first colon ends the user's name. */
const username: Parser<string> = (value, field) => {
  const name = text({ min: 1, max: 255 })(value, field);
  if (name.includes(":")) throw invalid(field, "must not hold a colon");
  return name;
};

/** Text of visible ASCII characters, spaces between them. */
function visible(max: number): Parser<string> {
  return (value, field) => {
    const given = text({ min: 1, max })(value, field);
    if (!/^[\x20-\x7e]+$/.test(given)) throw invalid(field, "must consist of visible ASCII characters");
    return given;
  };
}

/** RFC 6749, 3.3: names with one space between them. */
const scope: Parser<string> = (value, field) => {
  const given = text({ min: 1, max: 2_000 })(value, field);
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(given))
    throw invalid(field, "must be names of visible ASCII characters with one space between them");
  return given;
};

/** What a header can carry (RFC 9110, 5.5), as `Authorization: Bearer` has it. */
const token: Parser<string> = (value, field) => {
  const given = secret(4_000)(value, field);
  if (!/^[\x21-\x7e]+$/.test(given)) throw invalid(field, "must consist of visible ASCII characters");
  return given;
};

/** Text that is taken to the letter, spaces included, and that no message repeats. @param max  in bytes */
function secret(max: number): Parser<string> {
  return (value, field) => {
    if (typeof value !== "string") throw invalid(field, "must be text");
    const bytes = Buffer.byteLength(value);
    if (bytes === 0 || bytes > max) throw invalid(field, `must have 1 to ${max} bytes`);
    if (/\p{Cc}/u.test(value)) throw invalid(field, "must not hold control characters");
    return value;
  };
}

/**
 * @returns what parses `auth`
 * @throws (the parser) Problem `invalid`, which repeats no secret
 */
export const authOf =
  (guard: Reachable): Parser<ReceiverAuth> =>
  (value, field) => {
    if (!isObject(value)) throw invalid(field, "must be an object");
    if (!Object.hasOwn(value, "protocol")) throw invalid(`${field}.protocol`, "is required");
    switch (protocol(value["protocol"], `${field}.protocol`)) {
      case "none":
        return parseMembers(value, { protocol: choice("none") }, { field, required: ["protocol"] });
      case "websub": {
        const members = {
          protocol: choice("websub"),
          secret: websubSecret,
          method: choice(...websubMethods),
        };
        return {
          method: "sha256",
          ...parseMembers(value, members, { field, required: ["protocol", "secret"] }),
        };
      }
      case "oauth2":
        return parseOAuth(value, field, guard);
      case "basic": {
        const members = { protocol: choice("basic"), username, password: secret(1_000) };
        return parseMembers(value, members, { field, required: ["protocol", "username", "password"] });
      }
      case "bearer":
        return parseMembers(
          value,
          { protocol: choice("bearer"), token },
          { field, required: ["protocol", "token"] },
        );
    }
  };

function parseOAuth(value: Record<string, unknown>, field: string, guard: Reachable): OAuthCredentials {
  const members = {
    protocol: choice("oauth2"),
    token_url: reachableUrl(guard),
    client_id: visible(500),
    client_secret: secret(1_000),
    scope,
    audience: visible(1_000),
    client_auth: choice("basic", "post"),
  };
  const parsed = parseMembers(value, members, {
    field,
    required: ["protocol", "token_url", "client_id", "client_secret"],
  });
  return {
    protocol: "oauth2",
    tokenUrl: parsed.token_url,
    clientId: parsed.client_id,
    clientSecret: parsed.client_secret,
    ...(parsed.scope !== undefined && { scope: parsed.scope }),
    ...(parsed.audience !== undefined && { audience: parsed.audience }),
    clientAuth: parsed.client_auth ?? "basic",
  };
}

/** As the API shows it. */
export type ShownAuth =
  | { protocol: "none" | "bearer" }
  | { protocol: "websub"; method: string }
  | { protocol: "basic"; username: string }
  | {
      protocol: "oauth2";
      token_url: string;
      client_id: string;
      scope?: string;
      audience?: string;
      client_auth: "basic" | "post";
    };

export function showAuth(auth: ReceiverAuth): ShownAuth {
  switch (auth.protocol) {
    case "websub":
      return { protocol: auth.protocol, method: auth.method };
    case "basic":
      return { protocol: auth.protocol, username: auth.username };
    case "oauth2":
      return {
        protocol: auth.protocol,
        token_url: auth.tokenUrl,
        client_id: auth.clientId,
        ...(auth.scope !== undefined && { scope: auth.scope }),
        ...(auth.audience !== undefined && { audience: auth.audience }),
        client_auth: auth.clientAuth,
      };
    case "none":
    case "bearer":
      return { protocol: auth.protocol };
  }
}
