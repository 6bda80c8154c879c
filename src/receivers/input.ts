/** A receiver as it comes in: what may be sent, and what it means where it is not. */
import type { StoredBundle, StoredRetry } from "../../db/schema.ts";
import type { TopicCatalogue } from "../changes/topics.ts";
import type { Config } from "../config/types.ts";
import { generateSecret, parseSecret } from "../deliveries/signature.ts";
import { isObject } from "../http/json.ts";
import {
  choice,
  duration,
  flag,
  listOf,
  parseMembers,
  type Parser,
  text,
  wholeNumber,
} from "../http/members.ts";
import { invalid } from "../problem.ts";
import { parseAuth } from "./auth.ts";
import { parseHeaders, patchHeaders } from "./headers.ts";
import type { Format, Payload, ReceiverAuth } from "./receiver.ts";

/** What of the configuration decides what a receiver may say. */
export interface ReceiverRules {
  topics: TopicCatalogue;
  webhooks: Pick<Config["webhooks"], "retrySchedules">;
}

export interface NewReceiver {
  name: string;
  url: string;
  description: string;
  topics: string[];
  /** The id or the client id of an account. */
  account: string;
  format: Format;
  payload: Payload;
  auth: ReceiverAuth;
  /** `whsec_...` */
  secret: string;
  bundle: StoredBundle;
  retry: StoredRetry;
  headers: Record<string, string>;
  enabled: boolean;
  start: "now" | "beginning";
}

/** What of a receiver is to change. */
export type ReceiverPatch = Partial<Omit<NewReceiver, "start">>;

export const DEFAULT_RETRY = "table";

const MAX_URL = 2_000;
const MAX_TOPICS = 100;
const MAX_STEPS = 50;
const window = duration("0s", "1d");
const bundleMembers = { quiet: window, longest: window, size: wholeNumber(1, 10_000) };

/**
 * @param account  whose rights decide where the body names no account; undefined: it must name one
 * @throws Problem `invalid` with everything that is wrong
 */
export function parseNewReceiver(body: unknown, rules: ReceiverRules, account?: string): NewReceiver {
  const members = {
    ...commonMembers(rules),
    bundle: (value: unknown, field: string) => parseMembers(value, bundleMembers, { field }),
    headers: parseHeaders,
    start: choice("now", "beginning"),
  };
  const whose = account === undefined ? (["account_id"] as const) : [];
  const parsed = parseMembers(body, members, { required: ["name", "url", "topics", ...whose] });
  const { account_id: named = account, ...given } = parsed;
  if (named === undefined) throw invalid("account_id", "is required");
  return {
    description: "",
    format: "changes",
    payload: "thin",
    auth: { protocol: "none" },
    secret: given.secret ?? generateSecret(),
    bundle: {},
    retry: DEFAULT_RETRY,
    headers: {},
    enabled: true,
    start: "now",
    ...given,
    account: named,
  };
}

/**
 * The members of `bundle` and `headers` are set one by one, null takes one away (RFC 7396); the rest is replaced.
 * @throws Problem `invalid` with everything that is wrong
 */
export function parseReceiverPatch(
  body: unknown,
  current: { bundle: StoredBundle; headers: Record<string, string> },
  rules: ReceiverRules,
): ReceiverPatch {
  const members = {
    ...commonMembers(rules),
    bundle: patchBundle(current.bundle),
    headers: patchHeaders(current.headers),
  };
  const { account_id: account, ...given } = parseMembers(body, members);
  return account === undefined ? given : { ...given, account };
}

function commonMembers(rules: ReceiverRules) {
  return {
    name: text({ min: 1, max: 200 }),
    url: parseUrl,
    description: text({ max: 2_000, lines: true }),
    topics: topicsOf(rules.topics),
    account_id: text({ min: 1, max: 100 }),
    format: choice("changes", "event"),
    payload: choice("thin", "full"),
    auth: parseAuth,
    secret: parseOwnSecret,
    retry: retryOf(rules.webhooks.retrySchedules),
    enabled: flag,
  };
}

/**
 * Stricter than the WHATWG parser, which silently takes away or turns round what here is more likely a mistake.
 * Whether the host may be reached is not asked here but of each request (`outgoing/`): names move.
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

function topicsOf(catalogue: TopicCatalogue): Parser<string[]> {
  const topic: Parser<string> = (value, field) => {
    const pattern = text({ min: 1, max: 200 })(value, field);
    if (catalogue.known([pattern]).length === 0) {
      throw invalid(
        field,
        `there is no topic ${pattern}; there are ${catalogue.all.join(", ")}, with .* and *`,
      );
    }
    return pattern;
  };
  const list = listOf(topic, { min: 1, max: MAX_TOPICS });
  return (value, field) => [...new Set(list(value, field))];
}

const parseOwnSecret: Parser<string> = (value, field) => {
  if (typeof value !== "string") throw invalid(field, "must be text");
  parseSecret(value, field);
  return value;
};

function retryOf(schedules: Config["webhooks"]["retrySchedules"]): Parser<StoredRetry> {
  const members = {
    steps: listOf(duration("1s", "30d"), { min: 1, max: MAX_STEPS }),
    then: choice("fail", "repeat"),
  };
  return (value, field) => {
    if (isObject(value)) {
      return { then: "fail", ...parseMembers(value, members, { field, required: ["steps"] }) };
    }
    if (typeof value !== "string" || !Object.hasOwn(schedules, value)) {
      const names = Object.keys(schedules).join(", ");
      throw invalid(field, `must be one of ${names}, or {"steps": ["1s", "5s"], "then": "fail"}`);
    }
    return value;
  };
}

function patchBundle(current: StoredBundle): Parser<StoredBundle> {
  const orNull =
    <T>(parser: Parser<T>): Parser<T | null> =>
    (value, field) =>
      value === null ? null : parser(value, field);
  const { quiet, longest, size } = bundleMembers;
  const members = { quiet: orNull(quiet), longest: orNull(longest), size: orNull(size) };
  return (value, field) => {
    const merged = Object.entries({ ...current, ...parseMembers(value, members, { field }) });
    return Object.fromEntries(merged.filter(([, member]) => member !== null));
  };
}
