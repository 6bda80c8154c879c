/** A receiver as it comes in: what may be sent, and what it means where it is not. */
import type { StoredBundle, StoredContentFilter, StoredRate, StoredRetry } from "../../db/schema.ts";
import { type TopicCatalogue, topicOf } from "../changes/topics.ts";
import type { Config } from "../config/types.ts";
import { generateSecret } from "../deliveries/signature.ts";
import type { GrantVocabulary } from "../grants/vocabulary.ts";
import { isObject } from "../http/json.ts";
import {
  choice,
  duration,
  email,
  flag,
  listOf,
  parseMembers,
  type Parser,
  text,
  wholeNumber,
} from "../http/members.ts";
import { invalid } from "../problem.ts";
import { authOf } from "./auth.ts";
import { checkFilter } from "./filter.ts";
import { parseHeaders, patchHeaders } from "./headers.ts";
import { parseMetadata, patchMetadata } from "./metadata.ts";
import type { Format, Payload, ReceiverAuth, ReceiverTls, Signature } from "./receiver.ts";
import { parseOwnSecret } from "./rotation.ts";
import { parseTls } from "./tls.ts";
import { type Reachable, reachableUrl } from "./url.ts";

/** What of the configuration decides what a receiver may say. */
export interface ReceiverRules {
  topics: TopicCatalogue;
  vocabulary: GrantVocabulary;
  webhooks: Pick<Config["webhooks"], "retrySchedules">;
  guard: Reachable;
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
  metadata: Record<string, string>;
  contact: string | null;
  contentFilter: StoredContentFilter;
  ordered: boolean;
  rate: StoredRate | null;
  whileDisabled: "keep" | "drop";
  signature: Signature;
  tls: ReceiverTls | null;
  enabled: boolean;
  start: "now" | "beginning";
}

/** What of a receiver is to change. */
export type ReceiverPatch = Partial<Omit<NewReceiver, "start">>;

export const DEFAULT_RETRY = "table";

const MAX_TOPICS = 100;
const MAX_RATE = 100_000;
const MAX_STEPS = 50;
const window = duration("0s", "1d");
const bundleMembers = { quiet: window, longest: window, size: wholeNumber(1, 10_000) };

/** What a patch is held against. */
export interface Patched {
  url: string;
  topics: readonly string[];
  bundle: StoredBundle;
  headers: Record<string, string>;
  metadata: Record<string, string>;
  contentFilter: StoredContentFilter;
  /** Whatever it is, it is there. */
  tls: unknown;
}

/**
 * @param account  whose rights decide where the body names no account; undefined: it must name one
 * @throws Problem `invalid` with everything that is wrong
 */
export function parseNewReceiver(body: unknown, rules: ReceiverRules, account?: string): NewReceiver {
  const members = {
    ...commonMembers(rules, topicsIn(body) ?? []),
    bundle: (value: unknown, field: string) => parseMembers(value, bundleMembers, { field }),
    headers: parseHeaders,
    metadata: parseMetadata,
    start: choice("now", "beginning"),
  };
  const whose = account === undefined ? (["account_id"] as const) : [];
  const parsed = parseMembers(body, members, { required: ["name", "url", "topics", ...whose] });
  const { account_id: named = account, content_filter, while_disabled, ...given } = parsed;
  if (named === undefined) throw invalid("account_id", "is required");
  refuseTlsWithout(given.url, given.tls);
  return {
    description: "",
    format: "changes",
    payload: "thin",
    auth: { protocol: "none" },
    secret: given.secret ?? generateSecret(),
    bundle: {},
    retry: DEFAULT_RETRY,
    headers: {},
    metadata: {},
    contact: null,
    contentFilter: content_filter ?? {},
    ordered: false,
    rate: null,
    whileDisabled: while_disabled ?? "keep",
    signature: "v1",
    tls: null,
    enabled: true,
    start: "now",
    ...given,
    account: named,
  };
}

/**
 * The members of `bundle`, `headers` and `metadata` are set one by one, null takes one away (RFC 7396); the rest is
 * replaced.
 * @throws Problem `invalid` with everything that is wrong
 */
export function parseReceiverPatch(body: unknown, current: Patched, rules: ReceiverRules): ReceiverPatch {
  const members = {
    ...commonMembers(rules, topicsIn(body) ?? current.topics),
    bundle: patchBundle(current.bundle),
    headers: patchHeaders(current.headers),
    metadata: patchMetadata(current.metadata),
  };
  const { account_id: account, content_filter, while_disabled, ...given } = parseMembers(body, members);
  refuseTlsWithout(given.url ?? current.url, given.tls === undefined ? current.tls : given.tls);
  if (given.topics && content_filter === undefined) {
    // The filter that it has must still be one of its topics.
    checkFilter(current.contentFilter, rules.vocabulary, typesOf(given.topics, rules));
  }
  return {
    ...given,
    ...(content_filter !== undefined && { contentFilter: content_filter }),
    ...(while_disabled !== undefined && { whileDisabled: while_disabled }),
    ...(account !== undefined && { account }),
  };
}

/** @param topics  those that the receiver is to have */
function commonMembers(rules: ReceiverRules, topics: readonly string[]) {
  return {
    name: text({ min: 1, max: 200 }),
    url: reachableUrl(rules.guard),
    description: text({ max: 2_000, lines: true }),
    topics: topicsOf(rules.topics),
    account_id: text({ min: 1, max: 100 }),
    format: choice("changes", "event", "cloudevents"),
    payload: choice("thin", "full"),
    auth: authOf(rules.guard),
    secret: parseOwnSecret,
    retry: retryOf(rules.webhooks.retrySchedules),
    contact: orNull(email),
    content_filter: (value: unknown, field: string) =>
      checkFilter(value ?? {}, rules.vocabulary, typesOf(topics, rules), field),
    ordered: flag,
    rate: orNull(parseRate),
    while_disabled: choice("keep", "drop"),
    signature: choice("v1", "v1a"),
    tls: parseTls,
    enabled: flag,
  };
}

/** The topics of a body that has yet to be parsed. */
function topicsIn(body: unknown): string[] | undefined {
  const topics = isObject(body) ? body["topics"] : undefined;
  return Array.isArray(topics) ? topics.filter((topic) => typeof topic === "string") : undefined;
}

/** The types whose changes the topics are of. */
function typesOf(patterns: readonly string[], { topics, vocabulary }: ReceiverRules): string[] {
  const known = new Set(topics.known(patterns));
  const actions = ["update", "destroy", "import"] as const;
  return [...vocabulary.types.keys()].filter((type) =>
    actions.some((action) => known.has(topicOf(type, action))),
  );
}

/** A certificate that nothing would ever show or check is a setting that silently does not hold. */
function refuseTlsWithout(url: string, tls: unknown): void {
  if (tls === null || tls === undefined || /^https:/i.test(url)) return;
  throw invalid("tls", "needs an https:// URL");
}

const orNull =
  <T>(parser: Parser<T>): Parser<T | null> =>
  (value, field) =>
    value === null ? null : parser(value, field);

const rateMembers = { requests: wholeNumber(1, MAX_RATE), window: duration("1s", "1d") };

const parseRate: Parser<StoredRate> = (value, field) =>
  parseMembers(value, rateMembers, { field, required: ["requests", "window"] });

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
  const { quiet, longest, size } = bundleMembers;
  const members = { quiet: orNull(quiet), longest: orNull(longest), size: orNull(size) };
  return (value, field) => {
    const merged = Object.entries({ ...current, ...parseMembers(value, members, { field }) });
    return Object.fromEntries(merged.filter(([, member]) => member !== null));
  };
}
