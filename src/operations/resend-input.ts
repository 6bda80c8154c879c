/** What is to be sent again, as it comes in a request. */
import { ownTopicName } from "../changes/topics.ts";
import { topicName } from "../config/topics.ts";
import { type AgainFilter, resendable } from "../deliveries/again.ts";
import { objectTerm } from "../deliveries/subjects.ts";
import { choice, parseMembers, type Parser, text, wholeNumber } from "../http/members.ts";
import { instant } from "../http/query.ts";
import { invalid } from "../problem.ts";
import { encodeIdText } from "../records/key.ts";
import type { TypeRegistry } from "../records/types.ts";

/** A filter as an operation keeps it: JSON, without the organisation. `until` is set when it is submitted. */
export type StoredFilter = Omit<AgainFilter, "organisationId">;

const word = text({ min: 1, max: 200 });
const status = choice(...resendable);

const time: Parser<number> = (value, field) => {
  if (typeof value !== "string") throw invalid(field, "must be an ISO 8601 time");
  try {
    return instant(value);
  } catch (error) {
    throw invalid(field, error instanceof Error ? error.message : "must be an ISO 8601 time");
  }
};

const objectId: Parser<string> = (value, field) => {
  if (typeof value === "number" || (typeof value === "string" && value.length <= 200)) return String(value);
  throw invalid(field, "must be an id");
};

/**
 * The body of `POST /api/v1/receivers/{id}/recover`.
 * @param now  milliseconds since 1970: what is made later is no part of it
 * @throws Problem `invalid`
 */
export function parseRecover(body: unknown, receiverId: string, now: number): StoredFilter {
  const members = { since: time, until: time, status };
  const given = parseMembers(body, members, { required: ["since"] });
  return { receiverId, status: given.status ?? "failed", ...span(given.since, given.until, now) };
}

/** The body of `POST /api/v1/deliveries/resend`: the log's filters, at least one of them. @throws Problem `invalid` */
export function parseResend(body: unknown, types: TypeRegistry, now: number): StoredFilter {
  const given = parseMembers(body, {
    ...{ receiver: word, topic: word, status, status_code: wholeNumber(100, 599), error: word },
    ...{ object: word, object_id: objectId, since: time, until: time },
  });
  const { receiver, topic, status_code: statusCode, error, object, object_id: id, since, until } = given;
  if (Object.keys(given).length === 0) {
    throw invalid("", "The whole log is not sent again: give at least one filter");
  }
  if (id !== undefined && object === undefined) throw invalid("object", "is required with object_id");
  return {
    ...(receiver !== undefined && { receiverId: receiver }),
    ...{ status: given.status, statusCode, error },
    ...named(types, topic, object, id),
    ...span(since ?? 0, until, now),
  };
}

/** Of an object, its term; of all objects of a type, their topics. */
function named(
  types: TypeRegistry,
  topic: string | undefined,
  object: string | undefined,
  id: string | undefined,
): Pick<StoredFilter, "topics" | "term"> {
  const topics = topic === undefined || topic === "*" ? [] : [topic];
  if (object === undefined) return { topics };
  const type = types.ofObject(object);
  const begins = type ? topicName(type.name) : ownTopicName(object);
  if (begins === undefined) throw invalid("object", "there is no such object");
  if (id === undefined) return { topics: [...topics, `${begins}.*`] };
  return { topics, term: objectTerm({ object, key: encodeIdText(type?.key ?? "string", id, "object_id") }) };
}

function span(since: number, until: number | undefined, now: number): { since: number; until: number } {
  if (until !== undefined && until <= since) throw invalid("until", "must be later than since");
  // A delivery of this very millisecond is one that was there.
  return { since, until: Math.min(until ?? now + 1, now + 1) };
}
