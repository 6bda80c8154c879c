/**
 * Lists of records by row number: a page that begins anywhere, and how many there are in all.
 *
 * Rows are counted and skipped in indexes alone, on the thread that reads beside the event loop: 200 000 rows are
 * counted in 17 ms, 2 000 of them that a filter finds in 0.2 ms. The page itself is found from one of two sides,
 * whichever costs less: in the order that is asked for, each row held against the filters, until there are enough; or
 * by fetching all rows that the filters leave, and putting them in order here.
 */
import { decideBy, type View } from "../grants/view.ts";
import type { AsideReader, Store } from "../store/store.ts";
import { clausesOf, type Filter, padded } from "./condition.ts";
import { encodeValue } from "./key.ts";
import type { Order } from "./list.ts";
import { all, type Asked, countRows, page, rowsOf } from "./numbered-queries.ts";
import type { StoredRecord } from "./queries.ts";
import type { Found } from "./search.ts";
import type { RecordType } from "./types.ts";

export interface NumberedQuery {
  organisationId: number;
  type: RecordType;
  /** What the reader may see. */
  view: View;
  /** Of fields in `view.fields`, values by `RecordType.filterValues`. All must match. */
  filters: readonly Filter[];
  /** By a field only where every alternative of the view shows it. */
  order: Order;
  descending: boolean;
  /** Only what was modified at this time or later, milliseconds. */
  modifiedSince: number | undefined;
  /** So many of the first are left out. */
  skip: number;
  limit: number;
}

/** What it costs to fetch a row and place it, and to hold one against a filter in the order that is asked for: µs. */
const FETCH = 7;
const HOLD = { inSet: 0.4, inIndex: 1 };
/** So many keys of a filter are worth a set of their own, which the rows are then held against. */
const SET = 5_000;
/** More rows than this are never put in order here: nobody else is answered meanwhile. */
const MOST = 4_000;
/** How long it is believed how many rows a type has, about, ms. */
const ABOUT_MS = 10 * 60_000;
/** Which of several filters finds least is told up to so many rows. */
const ENOUGH = 20_000;

/** How a page is found: `cheapest`, unless a test wants one of them. */
export type Way = "cheapest" | "fetch" | "set" | "index";

/** The page, and how many there are. @throws Problem `unavailable` where too many wait */
export function listNumbered(store: Store, query: NumberedQuery, wanted: Way = "cheapest"): Promise<Found> {
  return store.readAside(async (reader) => {
    const asked = await ask(reader, query);
    const isEmpty = asked.narrow.some(({ values }) => values.length === 0);
    if (isEmpty) return { found: 0, records: [] };
    const ordered = query.order.by !== "id" && asked.narrow.length > 0;
    if (!ordered) {
      const [found, records] = await Promise.all([countRows(reader, asked), page(reader, asked, false)]);
      return { found, records: seen(query, records) };
    }
    const found = await countRows(reader, asked);
    if (query.skip >= found || query.limit === 0) return { found, records: [] };
    const way = wanted === "cheapest" ? await cheapest(store, reader, query, found) : wanted;
    const records =
      way === "fetch" ? sorted(query, await all(reader, asked)) : await page(reader, asked, way === "set");
    return { found, records: seen(query, records) };
  });
}

/** @param found  how many rows the filters leave */
async function cheapest(
  store: Store,
  reader: AsideReader,
  query: NumberedQuery,
  found: number,
): Promise<Exclude<Way, "cheapest">> {
  const way = found <= SET ? "set" : "index";
  if (found > MOST) return way;
  const all = await rowsAbout(store, reader, query);
  const held = Math.min(all, ((query.skip + query.limit) * all) / found);
  return found * FETCH < held * (way === "set" ? HOLD.inSet : HOLD.inIndex) ? "fetch" : way;
}

const known = new WeakMap<Store, Map<string, { rows: number; until: number }>>();

/** How many rows a type has, about: it decides what is quicker, and nothing else. */
async function rowsAbout(store: Store, reader: AsideReader, query: NumberedQuery): Promise<number> {
  let types = known.get(store);
  if (!types) known.set(store, (types = new Map()));
  const name = `${query.organisationId}/${query.type.name}`;
  const now = performance.now();
  const about = types.get(name);
  if (about && about.until > now) return about.rows;
  const all = { ...query, narrow: [], clauses: [], modifiedSince: undefined };
  const rows = await countRows(reader, all);
  types.set(name, { rows, until: now + ABOUT_MS });
  return rows;
}

/** The rows as they may be seen. The index has said that they may; what it says is not taken on trust. */
function seen({ view }: NumberedQuery, records: readonly StoredRecord[]): Found["records"] {
  return records.flatMap((record) => {
    const data = view.unlimited ? {} : (JSON.parse(record.data) as Record<string, unknown>);
    const { allowed, fields } = decideBy(view, data);
    return allowed ? [{ record, fields }] : [];
  });
}

async function ask(reader: AsideReader, query: NumberedQuery): Promise<Asked> {
  const fields = query.filters.map(({ field }) => field);
  const clauses = clausesOf(query.view, fields);
  // A clause with one alternative is as good as filters.
  const single = clauses.flatMap((clause) => (clause.length === 1 ? (clause[0] ?? []) : []));
  const narrow = [...query.filters, ...single].map(({ field, values }) => ({
    field,
    values: padded([...new Set(values)]),
  }));
  const rest = clauses.filter(({ length }) => length !== 1);
  if (narrow.length < 2) return { ...query, narrow, clauses: rest };
  const sizes = await Promise.all(narrow.map((filter) => sizeOf(reader, query, filter)));
  const least = sizes.indexOf(Math.min(...sizes));
  const [lead] = narrow.splice(least, 1);
  return { ...query, narrow: lead ? [lead, ...narrow] : narrow, clauses: rest };
}

async function sizeOf(
  reader: AsideReader,
  { organisationId, type }: NumberedQuery,
  { field, values }: Filter,
): Promise<number> {
  let size = 0;
  for (const value of new Set(values)) {
    const limit = ENOUGH - size;
    if (limit <= 0) break;
    const [row] = await reader.run(rowsOf, { organisationId, type: type.name, field, value, limit });
    size += row?.rows ?? 0;
  }
  return size;
}

/** The page of few rows: in the order that the database would give them. */
function sorted(
  { order, descending, skip, limit }: NumberedQuery,
  records: readonly StoredRecord[],
): StoredRecord[] {
  const { by } = order;
  const placed = records.map((record) => {
    const data = by === "field" ? (JSON.parse(record.data) as Record<string, unknown>) : {};
    const value = by === "field" ? Buffer.from(encodeValue(data[order.field])) : record.modifiedAt;
    return { record, value, key: Buffer.from(record.key) };
  });
  const sign = descending ? -1 : 1;
  placed.sort((a, b) => {
    const values =
      typeof a.value === "number" || typeof b.value === "number"
        ? Number(a.value) - Number(b.value)
        : Buffer.compare(a.value, b.value);
    return sign * (values || Buffer.compare(a.key, b.key));
  });
  return placed.slice(skip, skip + limit).map(({ record }) => record);
}
