/**
 * `?search=` of the lists of management: accounts, receivers, users.
 *
 * An organisation has thousands of them at the most, so they are read and compared here, without an index: one rule for
 * what is the same (case and accents are not told apart, `records/search-words.ts`) on both databases. A page looks at
 * {@link SCAN} of them at most; then it ends, short or even empty, with a cursor to go on, as the logs' do.
 */
import { folded } from "../records/search-words.ts";
import { decodeIdCursor } from "./id-cursor.ts";
import { encodeCursor, type Page } from "./paging.ts";

/** Rows that a page looks at. */
export const SCAN = 5_000;
/** Rows that are read at once; then other work has its turn. */
const STEP = 500;
const MAX_SEARCH = 200;

/** For `parseQuery`. */
export function search(text: string): string {
  const wanted = text.trim();
  if (wanted === "" || wanted.length > MAX_SEARCH) throw new Error(`must have 1 to ${MAX_SEARCH} characters`);
  return wanted;
}

/** Tells whether each word of a search is part of one of the texts, whichever it is. */
export function matcher(search: string): (texts: readonly string[]) => boolean {
  const words = folded(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  return (texts) => {
    const all = folded(texts.join("\n"));
    return words.every((word) => all.includes(word));
  };
}

/** Where a search looks. */
export interface Searched<Row extends { id: string }> {
  /** Reads rows behind an id, in order of their ids. */
  next: (after: string, limit: number) => Promise<readonly Row[]>;
  /** What of a row is looked in; undefined for one that is not to be found. */
  texts: (row: Row) => readonly string[] | undefined;
  /** For tests. */
  scan?: number;
}

/**
 * A page of a list as a search leaves it.
 * @param list  as for `encodeCursor`
 * @param rows.id  what the list's ids look like
 * @param rows.show  gives those of the ids, in their order
 * @throws Problem `invalid` for a cursor of another list or search
 */
export async function foundPage<Row extends { id: string }, Shown>(
  list: string,
  { search, limit, cursor }: { search: string; limit: number; cursor?: string | undefined },
  rows: Searched<Row> & { id: RegExp; show: (ids: readonly string[]) => Promise<Shown[]> },
): Promise<Page<Shown>> {
  const name = `${list} ${JSON.stringify(search)}`;
  const after = cursor === undefined ? "" : decodeIdCursor(name, cursor, rows.id);
  const { ids, last } = await findIds(search, after, limit, rows);
  return {
    items: ids.length === 0 ? [] : await rows.show(ids),
    next_cursor: last === null ? null : encodeCursor(name, [last]),
  };
}

/**
 * @param after  behind which id it begins; "" for the first page
 * @param limit  how many are wanted
 * @returns the ids that were found, in order, and behind which the next page begins; null: there is none
 */
export async function findIds<Row extends { id: string }>(
  search: string,
  after: string,
  limit: number,
  { next, texts, scan = SCAN }: Searched<Row>,
): Promise<{ ids: string[]; last: string | null }> {
  const fits = matcher(search);
  const ids: string[] = [];
  let at = after;
  for (let seen = 0; seen < scan;) {
    const size = Math.min(STEP, scan - seen);
    const rows = await next(at, size);
    for (const row of rows) {
      const own = texts(row);
      // One more than are wanted, to know whether there is another page.
      if (own && fits(own) && ids.push(row.id) > limit)
        return { ids: ids.slice(0, limit), last: ids[limit - 1] ?? null };
      at = row.id;
    }
    if (rows.length < size) return { ids, last: null };
    seen += rows.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ids, last: at };
}
