/** Where a receiver's requests go: its URL, and where its tokens are asked for. */
import type { Parser } from "../http/members.ts";
import { Blocked, type TargetGuard } from "../outgoing/guard.ts";
import { invalid } from "../problem.ts";

const MAX_URL = 2_000;

/**
 * Stricter than the WHATWG parser, which silently takes away or turns round what here is more likely a mistake.
 */
const parseUrl: Parser<string> = (value, field) => {
  if (typeof value !== "string" || !/^https?:\/\/[^/?]/i.test(value) || !URL.canParse(value)) {
    throw invalid(field, "must be an absolute http:// or https:// URL");
  }
  if (value.length > MAX_URL) throw invalid(field, `must have at most ${MAX_URL} characters`);
  if (/[\s\\\p{Cc}]/u.test(value))
    throw invalid(field, "must not hold spaces, control characters or backslashes");
  if (value.includes("#")) throw invalid(field, "must not have a fragment");
  if (/^https?:\/\/[^/?]*@/i.test(value)) {
    throw invalid(field, "must not hold a user or a password; auth has them for protocol basic");
  }
  return value;
};

/** What says where requests may go. */
export type Reachable = Pick<TargetGuard, "vetAddress">;

/**
 * A URL that requests may go to as far as its text tells: an address is refused at once, in the words that its log would
 * have for it. What a name stands for is asked of each request (`outgoing/`): names move.
 */
export function reachableUrl(guard: Reachable): Parser<string> {
  return (value, field) => {
    const url = parseUrl(value, field);
    try {
      guard.vetAddress(url);
    } catch (error) {
      throw error instanceof Blocked ? invalid(field, error.message) : error;
    }
    return url;
  };
}
