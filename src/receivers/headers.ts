/** The headers of its own that a receiver's requests carry. */
import { isObject } from "../http/json.ts";
import { collect, type Parser, refuse } from "../http/members.ts";
import { invalid, type Violation } from "../problem.ts";

const MAX_HEADERS = 20;
const MAX_NAME = 100;
const MAX_VALUE = 1_000;

/** RFC 9110, 5.6.2: a token. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
/** RFC 9110, 5.5, of it the visible ASCII characters: no line break can end the header. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** What the program sets itself, or what would change how the request is read (RFC 9110, 7.6.1). */
const RESERVED = new Set([
  "authorization",
  "connection",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-hub-signature",
]);
const RESERVED_START = ["content-", "webhook-", "proxy-"];

/** Header names, in lower case, with their values. */
export const parseHeaders: Parser<Record<string, string>> = (value, field) => merge({}, value, field, false);

/** As a merge patch (RFC 7396): what is given is set, null takes a header away, the others stay. */
export function patchHeaders(current: Record<string, string>): Parser<Record<string, string>> {
  return (value, field) => merge(current, value, field, true);
}

function merge(
  current: Record<string, string>,
  value: unknown,
  field: string,
  nulls: boolean,
): Record<string, string> {
  if (!isObject(value)) throw invalid(field, "must be an object of header names and values");
  const violations: Violation[] = [];
  const headers = new Map(Object.entries(current));
  const given = new Set<string>();
  for (const [name, text] of Object.entries(value)) {
    const lower = name.toLowerCase();
    collect(violations, () => {
      checkName(name, field);
      const at = `${field}.${name}`;
      if (given.has(lower)) throw invalid(at, "is given twice");
      given.add(lower);
      if (text === null && nulls) headers.delete(lower);
      else headers.set(lower, checkValue(text, at));
    });
  }
  refuse(violations);
  if (headers.size > MAX_HEADERS) throw invalid(field, `must be at most ${MAX_HEADERS}`);
  return Object.fromEntries(headers);
}

function checkName(name: string, field: string): void {
  if (!NAME.test(name) || name.length > MAX_NAME) {
    const shown = JSON.stringify(name.slice(0, MAX_NAME));
    throw invalid(field, `${shown} is not a header's name of at most ${MAX_NAME} characters`);
  }
  const lower = name.toLowerCase();
  if (RESERVED.has(lower) || RESERVED_START.some((start) => lower.startsWith(start))) {
    throw invalid(`${field}.${name}`, "is a header that cannot be set");
  }
}

function checkValue(value: unknown, field: string): string {
  if (typeof value !== "string") throw invalid(field, "must be text");
  if (value.length > MAX_VALUE || !VALUE.test(value)) {
    throw invalid(field, `must be 1 to ${MAX_VALUE} visible ASCII characters, with spaces only between them`);
  }
  return value;
}
