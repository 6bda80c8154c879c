/**
 * The feed as somebody sees it whose grants are limited to some records: changes of what is in his view, and the
 * removal of what was. Everybody else reads the feed as it is.
 */
import { ANY, type FormerValue, formerValues } from "../records/former.ts";
import type { JsonObject } from "../records/input.ts";
import { findRecord } from "../records/queries.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Reader } from "../store/store.ts";
import type { Grant } from "../grants/grant.ts";
import { type Decision, decideBy, decideWhere, holds, type View, viewOf } from "../grants/view.ts";
import type { ChangeFeed, ChangeRow, FeedPage } from "./service.ts";
import { isHiddenOwnTopic } from "./topics.ts";

/** What is read of the feed at once, and in all for one page, where much of it may be out of view. */
const CHUNK = 500;
const MAX_SCAN = 5_000;

export interface VisibleQuery {
  organisationId: number;
  grants: readonly Grant[];
  /** Those that the reader asks for. */
  topics: readonly string[];
  after: number;
  limit: number;
}

/** The topics of types of which the grants allow to read something, and of the server's own what they allow to read. */
export function readableTopics(
  types: TypeRegistry,
  grants: readonly Grant[],
  topics: readonly string[],
): readonly string[] {
  const hidden = types.all.filter((type) => !viewOf(grants, type, "read"));
  const names = new Set(hidden.flatMap((type) => Object.values(type.topics)));
  const seen = topics.filter((topic) => !names.has(topic) && !isHiddenOwnTopic(grants, topic));
  // The same list where nothing is hidden: those who keep it by identity go on.
  return seen.length === topics.length ? topics : seen;
}

/**
 * A page of what a reader sees. It may be empty and have `more`: then so much was out of his view that it is for
 * another call to go on, from the cursor.
 */
export async function visiblePage(
  feed: Pick<ChangeFeed, "page">,
  types: TypeRegistry,
  reader: Reader,
  { grants, topics, ...query }: VisibleQuery,
): Promise<FeedPage> {
  const wanted = readableTopics(types, grants, topics);
  const limited = types.all.filter((type) => isLimited(viewOf(grants, type, "read")));
  const affected = limited.filter((type) =>
    Object.values(type.topics).some((topic) => wanted.includes(topic)),
  );
  if (affected.length === 0) return await feed.page(reader, { ...query, topics: wanted });

  const left = affected.filter((type) => !viewOf(grants, type, "read")?.everyRecord);
  const read = [...new Set([...wanted, ...left.flatMap((type) => leaving(type, wanted))])];
  const seen: ChangeRow[] = [];
  let { after } = query;
  for (let scanned = 0; ;) {
    // What is asked for, at first: most of it may be in view.
    const limit = scanned === 0 ? Math.min(query.limit + 1, CHUNK) : CHUNK;
    const page = await feed.page(reader, { ...query, topics: read, after, limit });
    const rows = await Promise.all(
      page.rows.map((row) => visibleChange(types, reader, grants, row, query.after)),
    );
    seen.push(...rows.filter((row): row is ChangeRow => row !== undefined && wanted.includes(row.topic)));
    ({ cursor: after } = page);
    scanned += page.rows.length;
    const last = seen[query.limit - 1];
    if (seen.length > query.limit && last)
      return { rows: seen.slice(0, query.limit), cursor: last.sequence, more: true };
    if (!page.more || seen.length === query.limit || scanned >= MAX_SCAN) {
      return { rows: seen, cursor: after, more: page.more };
    }
    // SQLite answers within the turn: others would wait.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A record leaves somebody's view with a change that is an update to others. */
function leaving({ topics }: RecordType, wanted: readonly string[]): string[] {
  return wanted.includes(topics.destroy) ? [topics.update, topics.import] : [];
}

/** The topics whose news may matter to who asks for `wanted`. */
export function watchedTopics(types: TypeRegistry, wanted: readonly string[]): readonly string[] {
  const all = new Set([...wanted, ...types.all.flatMap((type) => leaving(type, wanted))]);
  return all.size === wanted.length ? wanted : [...all];
}

const isLimited = (view: View | undefined): view is View => view !== undefined && !view.unlimited;

/** A change as the reader sees it; undefined where it is none of his business. @param after  where he stands in the feed */
async function visibleChange(
  types: TypeRegistry,
  reader: Reader,
  grants: readonly Grant[],
  row: ChangeRow,
  after: number,
): Promise<ChangeRow | undefined> {
  const type = types.ofObject(row.object);
  const view = type && viewOf(grants, type, "read");
  if (!type || !isLimited(view)) return row;
  // Who did it is for those who may see all of a record, as in the record itself.
  const unsigned = { ...row, subject: null, actor: null };
  if (view.everyRecord && view.fields !== "all") return unsigned;
  const data = await recordData(reader, type, row);
  const { allowed, fields } = data && row.action !== "destroy" ? decideBy(view, data) : NOT_THERE;
  if (allowed) return fields === "all" ? row : unsigned;
  const former = await formerValues(reader, row, after);
  if (!decideEver(view, data, former).allowed) return undefined;
  return { ...unsigned, action: "destroy", topic: type.topics.destroy };
}

const NOT_THERE: Decision = { allowed: false, fields: new Set() };

/** Whether an object is in view or was, as far as is known; and what was seen of it, at most. */
export function decideEver(
  view: View,
  data: JsonObject | undefined,
  former: readonly FormerValue[],
): Decision {
  return decideWhere(
    view,
    (condition) =>
      (data !== undefined && holds(condition, data)) ||
      former.some(
        ({ field, value }) => field === condition.field && (value === ANY || condition.values.has(value)),
      ),
  );
}

/** The record of a change as it is now. */
async function recordData(
  reader: Reader,
  type: RecordType,
  { organisationId, key }: Pick<ChangeRow, "organisationId" | "key">,
): Promise<JsonObject | undefined> {
  const [record] = await reader.run(findRecord, { organisationId, type: type.name, key });
  return record && (JSON.parse(record.data) as JsonObject);
}

/**
 * Whether somebody may be told of an object, and of which of its fields: it is in his view now, or was once. Who was
 * told of it rightly and has the same grants still is, whatever became of the object since.
 */
export async function mayBeTold(
  reader: Reader,
  type: RecordType,
  grants: readonly Grant[],
  place: { organisationId: number; key: string },
): Promise<Decision> {
  const view = viewOf(grants, type, "read");
  if (!view || view.unlimited) return { allowed: view !== undefined, fields: "all" };
  const data = await recordData(reader, type, place);
  return decideEver(view, data, await formerValues(reader, { ...place, object: type.object }, -1));
}
