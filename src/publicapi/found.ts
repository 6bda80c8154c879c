/** What a pull finds: its page of records, how many there are, and what was removed. */
import type { ChangeFeed } from "../changes/service.ts";
import { visiblePage } from "../changes/visible.ts";
import type { View } from "../grants/view.ts";
import { isoTime } from "../http/query.ts";
import { decodeId, type RecordId } from "../records/key.ts";
import { listNumbered } from "../records/numbered.ts";
import { type Found, searchRecords } from "../records/search.ts";
import type { RecordType, TypeRegistry } from "../records/types.ts";
import type { Store } from "../store/store.ts";
import { firstSince } from "./deleted-queries.ts";
import type { Pull } from "./pull.ts";
import type { PublicCaller } from "./ways-in.ts";

/** A record that is gone, or gone from the caller's view. */
export interface Deleted {
  id: RecordId;
  deletedAt: string;
}

export interface DeletedPage {
  deleted: Deleted[];
  /** Where to go on; null: this is all. */
  after: number | null;
}

/** The records of a pull. @throws Problem `unavailable` where too many wait */
export function findRecords(
  store: Store,
  { caller, type, view }: { caller: PublicCaller; type: RecordType; view: View },
  pull: Pull,
): Promise<Found> {
  const { filters, order, descending, modifiedSince, text, firstRow, maxRows: limit } = pull;
  const query = {
    ...{ type, view, filters, order, descending, modifiedSince, limit },
    organisationId: caller.organisation.id,
    skip: firstRow - 1,
  };
  return text === undefined ? listNumbered(store, query) : searchRecords(store, { ...query, text });
}

/** The times of changes grow with their sequence, unless a clock was set back by more than this, ms. */
const CLOCK_MS = 10 * 60_000;

/**
 * What was removed since a time, of what the caller could see: removed records, and those that left his view
 * (`changes/visible.ts`). The oldest come first.
 * @param limit  the most that is told at once
 */
export async function findDeleted(
  { feed, store, types }: { feed: ChangeFeed; store: Store; types: TypeRegistry },
  { caller, type }: { caller: PublicCaller; type: RecordType },
  { since, after, limit }: { since: number; after: number; limit: number },
): Promise<DeletedPage> {
  const organisationId = caller.organisation.id;
  return await store.read(async (reader) => {
    const head = await feed.head(reader, organisationId);
    const topics = Object.values(type.topics);
    const places = { organisationId, head, since: since - CLOCK_MS };
    const first = await Promise.all(topics.map((topic) => firstSince(reader, { ...places, topic })));
    const begin = Math.max(after, Math.min(...first) - 1);
    const page = await visiblePage(feed, types, reader, {
      ...{ organisationId, grants: caller.grants, topics: [type.topics.destroy], after: begin, limit },
    });
    const rows = page.rows.filter(({ at }) => at >= since);
    return {
      deleted: rows.map(({ key, at }) => ({ id: decodeId(type.key, key), deletedAt: isoTime(at) })),
      after: page.more ? page.cursor : null,
    };
  });
}
