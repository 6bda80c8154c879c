/**
 * The feed as somebody sees it whose grants are limited to some records: changes of what is in his view, and the
 * removal of what was. Everybody else reads the feed as it is.
 */
import { ANY, type FormerValue, formerValues } from "../records/former.ts";
import { findRecord } from "../records/queries.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Reader } from "../store/store.ts";
import type { Grant } from "../grants/grant.ts";
import { type Decision, decideWhere, type View, viewOf } from "../grants/view.ts";
import type { ChangeFeed, ChangeRow, FeedPage } from "./service.ts";
import { filterValues, type ObjectState, ObjectStates } from "./states.ts";
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
  feed: Pick<ChangeFeed, "page" | "head" | "store">,
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
    const rows = await visibleChanges(ObjectStates.of(feed), types, reader, grants, page.rows, query.after);
    seen.push(...rows.filter(({ topic }) => wanted.includes(topic)));
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

/** Changes as the reader sees them, without those that are none of his business. @param after  where he stands */
async function visibleChanges(
  states: ObjectStates,
  types: TypeRegistry,
  reader: Reader,
  grants: readonly Grant[],
  rows: readonly ChangeRow[],
  after: number,
): Promise<ChangeRow[]> {
  const seen: (ChangeRow | undefined)[] = [...rows];
  const asked: { index: number; type: RecordType; view: View; row: ChangeRow }[] = [];
  for (const [index, row] of rows.entries()) {
    const type = types.ofObject(row.object);
    const view = type && viewOf(grants, type, "read");
    if (!type || !isLimited(view)) continue;
    if (view.everyRecord && view.fields !== "all") seen[index] = unsigned(row);
    else asked.push({ index, type, view, row });
  }
  const loaded = await states.load(
    asked.map(({ type, row }) => [type, row] as const),
    reader,
  );
  const gone: { index: number; type: RecordType; view: View; row: ChangeRow; state: ObjectState }[] = [];
  for (const [i, one] of asked.entries()) {
    const { index, row, view } = one;
    const state = loaded[i];
    if (!state) continue;
    const { allowed, fields } =
      row.action === "destroy" || !state.values ? NOT_THERE : decideEver(view, state.values, []);
    if (!allowed) gone.push({ ...one, state });
    seen[index] = !allowed ? undefined : fields === "all" ? row : unsigned(row);
  }
  await states.loadFormer(
    gone.map(({ type, row, state }) => ({ state, entry: [type, row] as const })),
    reader,
  );
  for (const { index, type, view, row, state } of gone) {
    const former = (state.former ?? []).filter(({ sequence }) => sequence > after);
    if (decideEver(view, state.values, former).allowed)
      seen[index] = { ...unsigned(row), action: "destroy", topic: type.topics.destroy };
  }
  return seen.filter((row) => row !== undefined);
}

const NOT_THERE: Decision = { allowed: false, fields: new Set() };

/** Who did it is for those who may see all of a record, as in the record itself. */
const unsigned = (row: ChangeRow): ChangeRow => ({ ...row, subject: null, actor: null });

/**
 * Whether an object is in view or was, as far as is known; and what was seen of it, at most.
 * @param values  of its filter fields now; undefined: it is not there
 */
function decideEver(
  view: View,
  values: ReadonlyMap<string, string> | undefined,
  former: readonly FormerValue[],
): Decision {
  return decideWhere(view, (condition) => {
    const now = values?.get(condition.field);
    if (now !== undefined && condition.values.has(now)) return true;
    return former.some(
      ({ field, value }) => field === condition.field && (value === ANY || condition.values.has(value)),
    );
  });
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
  const [record] = await reader.run(findRecord, { ...place, type: type.name });
  const values = record && filterValues(type, record);
  return decideEver(view, values, await formerValues(reader, { ...place, object: type.object }, -1));
}
