/** How a receiver wants its requests authenticated, as it is sent to us and as it is shown: without secrets. */
import { choice, parseMembers, type Parser, text } from "../http/members.ts";
import { isObject } from "../http/json.ts";
import { invalid } from "../problem.ts";
import { websubMethods } from "../deliveries/signature.ts";
import type { ReceiverAuth } from "./receiver.ts";

const protocols = ["none", "websub", "basic", "bearer"] as const;
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

/** @throws Problem `invalid`, which repeats no secret */
export const parseAuth: Parser<ReceiverAuth> = (value, field) => {
  if (!isObject(value)) throw invalid(field, "must be an object");
  if (value["protocol"] === "oauth2") {
    const there = protocols.join(", ");
    throw invalid(`${field}.protocol`, `oauth2 is not possible in this version yet; there are ${there}`);
  }
  if (!Object.hasOwn(value, "protocol")) throw invalid(`${field}.protocol`, "is required");
  switch (protocol(value["protocol"], `${field}.protocol`)) {
    case "none":
      return parseMembers(value, { protocol: choice("none") }, { field, required: ["protocol"] });
    case "websub": {
      const members = { protocol: choice("websub"), secret: websubSecret, method: choice(...websubMethods) };
      return {
        method: "sha256",
        ...parseMembers(value, members, { field, required: ["protocol", "secret"] }),
      };
    }
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

/** As the API shows it. */
export type ShownAuth =
  | { protocol: "none" | "bearer" }
  | { protocol: "websub"; method: string }
  | { protocol: "basic"; username: string };

export function showAuth(auth: ReceiverAuth): ShownAuth {
  switch (auth.protocol) {
    case "websub":
      return { protocol: auth.protocol, method: auth.method };
    case "basic":
      return { protocol: auth.protocol, username: auth.username };
    case "none":
    case "bearer":
      return { protocol: auth.protocol };
  }
}
