/**
 * Lists of records by row number: a page that begins anywhere, and how many there are in all.
 *
 * Rows are counted and skipped in indexes alone, on a thread beside the event loop: 200 000 rows are counted in 17 ms,
 * 2 000 of them that a filter finds in 0.2 ms. The page itself is found from one of two sides, whichever costs less
 * (`numbered-cost.ts`): in the order that is asked for, each row held against the filters, until there are enough; or by
 * gathering all rows that the filters leave, and putting them in order. What takes long either way does not keep others
 * waiting.
 */
import { decideBy, type View } from "../grants/view.ts";
import type { Store } from "../store/store.ts";
import { type Clause, clausesOf, type Filter, padded } from "./condition.ts";
import { encodeValue } from "./key.ts";
import type { Order } from "./list.ts";
import { cheapest, countIsLong, ENOUGH, type Extent, passingIsLong, type Way } from "./numbered-cost.ts";
import {
  type Asked,
  byKeys,
  countRows,
  gathered,
  page,
  placed,
  type Placed,
  type Run,
  rowsOf,
} from "./numbered-queries.ts";
import type { StoredRecord } from "./queries.ts";
import type { Found } from "./search.ts";
import { rowsAbout } from "./type-size.ts";
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

/**
 * The page, and how many there are.
 * @param wanted  a way that a test wants; else the cheapest
 * @throws Problem `unavailable` where too many wait
 */
export function listNumbered(store: Store, query: NumberedQuery, wanted?: Way): Promise<Found> {
  return store.readAside(async (reader) => {
    const { skip, limit, organisationId, type } = query;
    const runs = (long: boolean): Run =>
      long
        ? (statement, params) => reader.runLong(organisationId, statement, params)
        : (statement, params) => reader.run(statement, params);
    const { asked, begun } = await ask(runs(false), query);
    const filtered = asked.sources.length > 0;
    if (filtered && begun === 0) return { found: 0, records: [] };
    const more = asked.narrow.length + asked.clauses.length + (query.modifiedSince === undefined ? 0 : 1);
    const rows = await rowsAbout(store, reader, { organisationId, type: type.name });
    const extent = { rows, begun, more };
    // Of one filter alone that is known already.
    const isKnown =
      filtered &&
      more === 0 &&
      begun < ENOUGH &&
      asked.sources.length === 1 &&
      asked.sources[0]?.length === 1;
    const found = isKnown ? begun : await countRows(runs(countIsLong(extent, filtered)), asked);
    if (skip >= found || limit === 0) return { found, records: [] };
    const page = await pageOf(runs, asked, extent, found, wanted);
    return { found: agreed(found, query, page.length), records: seen(query, page) };
  });
}

/** How many there are, where something may have been written between counting and reading the page. */
export function agreed(
  found: number,
  { skip, limit }: Pick<NumberedQuery, "skip" | "limit">,
  onPage: number,
): number {
  if (limit === 0) return found;
  const isLast = onPage < limit && (onPage > 0 || skip === 0);
  if (isLast) return skip + onPage;
  return onPage === 0 ? Math.min(found, skip) : Math.max(found, skip + onPage);
}

async function pageOf(
  runs: (long: boolean) => Run,
  asked: Asked,
  extent: Extent,
  found: number,
  wanted: Way | undefined,
): Promise<StoredRecord[]> {
  const { order, sources, skip, limit } = asked;
  const end = skip + limit;
  const byId = order.by === "id";
  const isRange =
    byId && sources.length === 1 && sources[0]?.length === 1 && sources[0][0]?.values.length === 1;
  if (sources.length === 0) return await page(runs(passingIsLong(extent, end, found)), asked, false);
  // One value's rows are in the order of ids.
  if (isRange) return await gathered(runs(passingIsLong(extent, end, found)), asked);
  const { way, long } = wanted ? { way: wanted, long: false } : cheapest(extent, { end, found, byId });
  const run = runs(long);
  if (way !== "fetch" || !canBePlaced(order)) return await page(run, asked, way === "set");
  if (byId) return await gathered(run, asked);
  return await byKeys(run, asked, sorted(asked, await placed(run, asked)));
}

/** Whether the databases' paths into JSON take the name as it is. */
function canBePlaced(order: Order): boolean {
  return order.by !== "field" || !/["\\\p{C}]/u.test(order.field);
}

/** The rows as they may be seen. The index has said that they may; what it says is not taken on trust. */
function seen({ view }: NumberedQuery, records: readonly StoredRecord[]): Found["records"] {
  return records.flatMap((record) => {
    const data = view.unlimited ? {} : (JSON.parse(record.data) as Record<string, unknown>);
    const { allowed, fields } = decideBy(view, data);
    return allowed ? [{ record, fields }] : [];
  });
}

/** The question with the filters that find least in front, and how many rows these begin with. */
async function ask(run: Run, query: NumberedQuery): Promise<{ asked: Asked; begun: number }> {
  const fields = query.filters.map(({ field }) => field);
  const all = clausesOf(query.view, fields);
  // A clause with one alternative is as good as filters.
  const single = all.flatMap((clause) => (clause.length === 1 ? (clause[0] ?? []) : []));
  const narrow = [...query.filters, ...single].map(({ field, values }) => ({
    field,
    values: padded([...new Set(values)]),
  }));
  const clauses = all.filter(({ length }) => length !== 1);
  if (narrow.length > 0) {
    const {
      least: lead,
      others,
      size,
    } = await leastOf(narrow, (filter) => rowsOf(run, query, filter, ENOUGH));
    return { asked: { ...query, sources: [[lead]], narrow: others, clauses }, begun: size };
  }
  if (clauses.length > 0) {
    const { least, others, size } = await leastOf(clauses, (clause) => sizeOfClause(run, query, clause));
    return { asked: { ...query, sources: least, narrow, clauses: others }, begun: size };
  }
  return { asked: { ...query, sources: [], narrow, clauses }, begun: 0 };
}

async function leastOf<T>(some: readonly T[], size: (one: T) => Promise<number>) {
  const sizes = await Promise.all(some.map(size));
  const index = sizes.indexOf(Math.min(...sizes));
  const least = some[index];
  if (least === undefined) throw new Error("there is none");
  return { least, others: some.toSpliced(index, 1), size: sizes[index] ?? 0 };
}

/** Of alternatives each begins with its first filter. */
async function sizeOfClause(run: Run, query: NumberedQuery, clause: Clause): Promise<number> {
  const sizes = await Promise.all(
    clause.flatMap(([first]) => (first ? rowsOf(run, query, first, ENOUGH) : [])),
  );
  return Math.min(
    ENOUGH,
    sizes.reduce((sum, size) => sum + size, 0),
  );
}

/** The keys of the page, in the order that the database would give them: that of the bytes of their UTF-8. */
function sorted({ order, descending, skip, limit }: NumberedQuery, rows: readonly Placed[]): string[] {
  const all = rows.map(({ key, position }) => ({
    key,
    // What the index would have: of a field that a record does not have, too.
    value:
      order.by === "field"
        ? encodeValue(position === null ? undefined : JSON.parse(String(position)))
        : Number(position),
  }));
  // JavaScript compares UTF-16, which is the same but for characters beyond 16 bits: those are rare, and Buffers slow.
  const isWide = all.some(
    ({ key, value }) => WIDE.test(key) || (typeof value === "string" && WIDE.test(value)),
  );
  const compare = isWide ? compareBytes : compareTexts;
  const sign = descending ? -1 : 1;
  all.sort((a, b) => {
    const values =
      typeof a.value === "number" || typeof b.value === "number"
        ? Number(a.value) - Number(b.value)
        : compare(a.value, b.value);
    return sign * (values || compare(a.key, b.key));
  });
  return all.slice(skip, skip + limit).map(({ key }) => key);
}

const WIDE = /[\ud800-\udfff]/;
const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
