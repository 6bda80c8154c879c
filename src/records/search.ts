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
import { agreed } from "./numbered.ts";
import type { StoredRecord } from "./queries.ts";
import { searchExpression } from "./search-expression.ts";
import { extentOf } from "./search-extent.ts";
import { rowsAbout } from "./type-size.ts";
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

/** How a page of many is found: `cheapest`, unless a test wants one of them. */
export type SearchWay = "cheapest" | "sorted" | "probed";

/**
 * Searches. What looks at very many records waits for others of its kind, and nobody else for it.
 * @throws Problem `unavailable` where too many searches wait already, `invalid` for a reader with too many grants
 */
export async function searchRecords(
  store: Store,
  search: TextSearch,
  way: SearchWay = "cheapest",
): Promise<Found> {
  const { skip, limit, modifiedSince: since } = search;
  const wanted = searchExpression(search);
  if (!wanted) return { found: 0, records: [] };
  const { organisationId, type } = search;
  const { order, descending } = search;
  const shape: Shape = { by: order.by, descending, since: since !== undefined, probed: false };
  const asked: Asked = {
    ...{ organisationId, type: type.name, words: "", limit, skip },
    ...(search.order.by === "field" && { orderField: search.order.field }),
    ...(since !== undefined && { since }),
  };
  return await store.readAside(async (reader) => {
    const { short, light, expression, found: known } = await extentOf(store, reader, wanted);
    asked.words = store.wordText(expression);
    if (short && way === "cheapest") {
      // Asked for together: each answer that is waited for costs more than what is looked at.
      const [rows, found] = await Promise.all([
        reader.run(pageOf(shape), asked),
        (since === undefined ? known : undefined) ?? countAll(reader.run.bind(reader), asked),
      ]);
      return { found: agreed(found, search, rows.length), records: seen(search, rows) };
    }
    const run: AsideReader["run"] = (one, params) => reader.runLong(organisationId, one, params);
    const found = await countAll(run, asked);
    if (skip >= found || limit === 0) return { found, records: [] };
    const probed =
      way === "probed" || (way === "cheapest" && light && (await isProbed(store, reader, search, found)));
    const rows = await run(pageOf({ ...shape, probed }), asked);
    return { found: agreed(found, search, rows.length), records: seen(search, rows) };
  });
}

/** What it costs on SQLite to put a row that was found in order, and to hold one against the words, µs. */
const SORT: Record<Order["by"], number> = { id: 0.3, field: 3, modified_at: 5 };
const PROBE = 150;

/**
 * Whether a page is found sooner in the order that is asked for, record by record: of a word that is in all of 200 000
 * records the first page by a field then takes 10 ms, where putting all in order takes 300.
 */
async function isProbed(
  store: Store,
  reader: AsideReader,
  { organisationId, type, order, skip, limit }: TextSearch,
  found: number,
): Promise<boolean> {
  const all = await rowsAbout(store, reader, { organisationId, type: type.name });
  return ((skip + limit) * all * PROBE) / found < found * SORT[order.by];
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
  /** Record by record in the order that is asked for, not by putting in order what is found. */
  probed: boolean;
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
function buildPage(room: Room, p: Params<Asked>, shape: Shape) {
  const { db, t } = room;
  const { records: r } = t;
  const direction = shape.descending ? desc : asc;
  const page = (shape.probed ? probedKeys(room, p, shape) : sortedKeys(room, p, shape)).as("page");
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

/** Finds all, and puts them in order. */
function sortedKeys({ db, t, words }: Room, p: Params<Asked>, { by, descending, since }: Shape) {
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
  return query
    .where(and(words.matches(t, sql`${p.words}`), since ? gte(r.modifiedAt, sql`${p.since}`) : undefined))
    .orderBy(direction(position), direction(s.key))
    .limit(p.limit)
    .offset(p.skip);
}

/** Takes the records in order, and of each looks whether it has the words. */
function probedKeys({ db, t, words }: Room, p: Params<Asked>, { by, descending, since }: Shape) {
  const { recordWords: w, recordFields: f, records: r } = t;
  const direction = descending ? desc : asc;
  const from = by === "field" ? f : r;
  const position: SQL = { id: sql`${r.key}`, modified_at: sql`${r.modifiedAt}`, field: sql`${f.value}` }[by];
  // In a subquery each: the order is the outer table's, whatever the planner thinks of the words.
  const fits = sql`exists (select 1 from ${t.searchRecords} as s where s.organisation_id = ${from.organisationId}
    and s.type = ${from.type} and s.key = ${from.key}
    and (select 1 from ${w} where ${words.matches(t, sql`${p.words}`)} and ${w.rowid} = s.id) = 1)`;
  const written =
    by === "field"
      ? sql`exists (select 1 from ${r} as written where written.organisation_id = ${f.organisationId}
          and written.type = ${f.type} and written.key = ${f.key} and written.modified_at >= ${p.since})`
      : gte(r.modifiedAt, sql`${p.since}`);
  return db
    .select({
      key: sql<string>`${from.key}`.as("page_key"),
      position: sql<string | number>`${position}`.as("page_position"),
    })
    .from(from)
    .where(
      and(
        eq(from.organisationId, p.organisationId),
        eq(from.type, p.type),
        by === "field" ? eq(f.field, sql`${p.orderField}`) : undefined,
        since ? written : undefined,
        fits,
      ),
    )
    .orderBy(...(by === "id" ? [direction(r.key)] : [direction(position), direction(from.key)]))
    .limit(p.limit)
    .offset(p.skip);
}

async function countAll(run: AsideReader["run"], asked: Asked): Promise<number> {
  const { organisationId, type, words, since } = asked;
  const [row] =
    since === undefined
      ? await run(countFound, { words })
      : await run(countSince, { organisationId, type, words, since });
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
