/** What those who made a receiver wrote on it for themselves: shown, never read. */
import { isObject } from "../http/json.ts";
import { collect, type Parser, refuse, text } from "../http/members.ts";
import { invalid, type Violation } from "../problem.ts";

const MAX_MEMBERS = 50;
const MAX_NAME = 100;
const value = text({ max: 1_000 });

/** Names and texts. */
export const parseMetadata: Parser<Record<string, string>> = (given, field) => merge({}, given, field, false);

/** As a merge patch (RFC 7396): what is given is set, null takes a member away, the others stay. */
export function patchMetadata(current: Record<string, string>): Parser<Record<string, string>> {
  return (given, field) => merge(current, given, field, true);
}

function merge(
  current: Record<string, string>,
  given: unknown,
  field: string,
  nulls: boolean,
): Record<string, string> {
  if (!isObject(given)) throw invalid(field, "must be an object of names and texts");
  const violations: Violation[] = [];
  const members = new Map(Object.entries(current));
  for (const [name, one] of Object.entries(given)) {
    collect(violations, () => {
      if (name === "" || name.length > MAX_NAME || /\p{Cc}/u.test(name))
        throw invalid(field, `has a name that is not of 1 to ${MAX_NAME} characters`);
      if (one === null && nulls) members.delete(name);
      else members.set(name, value(one, `${field}.${name}`));
    });
  }
  refuse(violations);
  if (members.size > MAX_MEMBERS) throw invalid(field, `must have at most ${MAX_MEMBERS} members`);
  return Object.fromEntries(members);
}
