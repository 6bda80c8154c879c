/**
 * Full text search of a type's records, over the fields that its YAML names (`search`).
 *
 * The index knows each word together with the field it stands in, so that nobody finds a record by words of a field
 * that he may not see. It knows the values of the filter fields, too: a text, filters and the limits of grants are one
 * expression that the index answers alone.
 */
import { and, asc, count, desc, eq, gte, type SQL, sql } from "drizzle-orm";

import { decideBy, type Fields, type View } from "../grants/view.ts";
import { type Params, type Room, type Statement, statement } from "../store/statement.ts";
import type { AsideReader, Store } from "../store/store.ts";
import type { Filter } from "./condition.ts";
import type { JsonObject } from "./input.ts";
import type { Order } from "./list.ts";
import type { StoredRecord } from "./queries.ts";
import { searchExpression } from "./search-expression.ts";
import type { RecordType } from "./types.ts";

export interface TextSearch {
  organisationId: number;
  /** With at least one field in `search`. */
  type: RecordType;
  /** What the reader may see: `viewOf(grants, type, "read")`. Which records, by which fields: all is obeyed here. */
  view: View;
  /**
   * As somebody typed it. Every word of it must stand in a field that he may see of that record, in any order, whatever
   * its case and accents; words of three letters or more may go on (`svets` finds `svetsning`). Signs mean nothing. A
   * text without a word finds nothing.
   */
  text: string;
  /** As for a list: of fields in `view.fields` (the caller refuses others), values by `RecordType.filterValues`. */
  filters: readonly Filter[];
  /** By a field only where every alternative of the view shows it (the caller refuses others). */
  order: Order;
  descending: boolean;
  /** Only what was modified at this time or later, milliseconds. */
  modifiedSince: number | undefined;
  /** So many of the first are left out: `firstRow - 1`. */
  skip: number;
  limit: number;
}

export interface Found {
  /** How many there are in all. */
  found: number;
  /** The page, in order, each with the fields that may be seen of it. Ties are in the order of ids. */
  records: { record: StoredRecord; fields: Fields }[];
}

/**
 * Searches.
 * @throws Problem `unavailable` where too many searches wait already, `invalid` for a reader with too many grants
 */
export async function searchRecords(store: Store, search: TextSearch): Promise<Found> {
  const { skip, limit, modifiedSince: since } = search;
  const expression = searchExpression(search);
  if (!expression) return { found: 0, records: [] };
  const { organisationId, type } = search;
  const shape: Shape = { by: search.order.by, descending: search.descending, since: since !== undefined };
  const asked: Asked = {
    ...{ organisationId, type: type.name, words: store.wordText(expression), limit, skip },
    ...(search.order.by === "field" && { orderField: search.order.field }),
    ...(since !== undefined && { since }),
  };
  return await store.readAside(async (reader) => {
    const rows = await reader.run(pageOf(shape), asked);
    const known = rows.length < limit && (rows.length > 0 || skip === 0);
    return { found: known ? skip + rows.length : await countAll(reader, asked), records: seen(search, rows) };
  });
}

/** The rows as they may be seen. The index has said that they may; what it says is not taken on trust. */
function seen({ view }: TextSearch, rows: readonly StoredRecord[]): Found["records"] {
  return rows.flatMap((record) => {
    const { allowed, fields } = decideBy(view, view.unlimited ? {} : (JSON.parse(record.data) as JsonObject));
    return allowed ? [{ record, fields }] : [];
  });
}

/** What a statement is asked with. */
interface Asked {
  organisationId: number;
  type: string;
  words: string;
  limit: number;
  skip: number;
  orderField?: string;
  since?: number;
}

/** What decides a statement's text. */
interface Shape {
  by: Order["by"];
  descending: boolean;
  since: boolean;
}

const shapes = new Map<string, Statement<Asked, StoredRecord[]>>();

function pageOf(shape: Shape): Statement<Asked, StoredRecord[]> {
  const name = Object.values(shape).join();
  let page = shapes.get(name);
  if (!page)
    shapes.set(name, (page = statement((room: Room, p: Params<Asked>) => buildPage(room, p, shape))));
  return page;
}

/** The keys of a page first, and only of those the records: most of what is found is not on it. */
function buildPage({ db, t, words }: Room, p: Params<Asked>, { by, descending, since }: Shape) {
  const { recordWords: w, searchRecords: s, searchValues: v, records: r } = t;
  const direction = descending ? desc : asc;
  const position: SQL = { id: sql`${s.key}`, modified_at: sql`${r.modifiedAt}`, field: sql`${v.value}` }[by];
  const columns = {
    key: sql<string>`${s.key}`.as("page_key"),
    position: sql<string | number>`${position}`.as("page_position"),
  };
  let query = db.select(columns).from(w).innerJoin(s, eq(s.id, w.rowid)).$dynamic();
  if (by === "modified_at" || since) {
    query = query.innerJoin(
      r,
      and(eq(r.organisationId, s.organisationId), eq(r.type, s.type), eq(r.key, s.key)),
    );
  }
  if (by === "field") query = query.innerJoin(v, and(eq(v.id, w.rowid), eq(v.field, sql`${p.orderField}`)));
  const page = query
    .where(and(words.matches(t, sql`${p.words}`), since ? gte(r.modifiedAt, sql`${p.since}`) : undefined))
    .orderBy(direction(position), direction(s.key))
    .limit(p.limit)
    .offset(p.skip)
    .as("page");
  return db
    .select({
      key: r.key,
      data: r.data,
      version: r.version,
      createdAt: r.createdAt,
      modifiedAt: r.modifiedAt,
      subject: r.subject,
      actor: r.actor,
    })
    .from(page)
    .innerJoin(r, and(eq(r.organisationId, p.organisationId), eq(r.type, p.type), eq(r.key, page.key)))
    .orderBy(direction(page.position), direction(page.key));
}

async function countAll(reader: AsideReader, asked: Asked): Promise<number> {
  const { organisationId, type, words, since } = asked;
  const [row] =
    since === undefined
      ? await reader.run(countFound, { words })
      : await reader.run(countSince, { organisationId, type, words, since });
  return row?.found ?? 0;
}

const countFound = statement(({ db, t, words }, p: Params<{ words: string }>) =>
  db
    .select({ found: count() })
    .from(t.recordWords)
    .where(words.matches(t, sql`${p.words}`)),
);

const countSince = statement(
  ({ db, t, words }, p: Params<{ organisationId: number; type: string; words: string; since: number }>) => {
    const { recordWords: w, searchRecords: s, records: r } = t;
    return db
      .select({ found: count() })
      .from(w)
      .innerJoin(s, eq(s.id, w.rowid))
      .innerJoin(r, and(eq(r.organisationId, p.organisationId), eq(r.type, p.type), eq(r.key, s.key)))
      .where(and(words.matches(t, sql`${p.words}`), gte(r.modifiedAt, sql`${p.since}`)));
  },
);
