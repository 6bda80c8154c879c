/** What pages by row number cost, and so how they are found. In µs on SQLite, measured with 200 000 records. */

/** How a page of what filters leave is found. */
export type Way =
  /** What they leave is gathered, and put in order: by id in the database, else here. */
  | "fetch"
  /** In order, each row held against the keys that the filters leave, which are gathered before. */
  | "set"
  /** In order, each row held against the filters in their index. */
  | "index";

export interface Extent {
  /** Records of the type, about. */
  rows: number;
  /** Rows of the index that the filters begin with: at most {@link ENOUGH}, which means so many or more. */
  begun: number;
  /** What each row is held against beside that. */
  more: number;
}

/** How many rows a filter has is told up to so many. */
export const ENOUGH = 20_000;
/** What others may be kept waiting for. */
const SHORT = 20_000;
/** More rows than this are never put in order here: nobody else is answered meanwhile, for 4 ms. */
const MOST = 4_000;
/** To look up a row where rows lie far apart; to pass one in its order; to gather one; to hold one against others. */
const [FETCH, PASS, GATHER, IN_SET, IN_INDEX] = [6, 0.1, 0.4, 0.5, 2];

const isLong = (cost: number): boolean => cost > SHORT;

/** What gathering the rows that the filters leave costs. */
function gathering({ begun, rows, more }: Extent): number {
  return (begun < ENOUGH ? begun : Math.max(rows, ENOUGH)) * (GATHER + more * IN_INDEX);
}

/** Rows that are looked at, in an order, until so many are found, where they lie evenly. */
function heldFor({ rows }: Extent, end: number, found: number): number {
  return found === 0 ? 0 : Math.min(rows, (Math.min(end, found) * rows) / found);
}

/** Whether it takes long to count what there is. @param filtered  or what filters leave */
export function countIsLong(extent: Extent, filtered: boolean): boolean {
  return isLong(filtered ? gathering(extent) : extent.rows * (PASS + extent.more * IN_INDEX));
}

/** Whether it takes long to go through an index from its beginning to the page. @param end  the page's last row */
export function passingIsLong(extent: Extent, end: number, found: number): boolean {
  const passed = extent.more === 0 ? end : heldFor(extent, end, found);
  return isLong(passed * (PASS + extent.more * IN_INDEX));
}

/** @param found  how many rows the filters leave */
export function cheapest(
  extent: Extent,
  { end, found, byId }: { end: number; found: number; byId: boolean },
): { way: Way; long: boolean } {
  const held = heldFor(extent, end, found);
  const gathered = gathering(extent);
  let [way, cost]: [Way, number] = ["index", held * (extent.more + 1) * IN_INDEX];
  const consider = (other: Way, costs: number) => {
    if (costs < cost) [way, cost] = [other, costs];
  };
  // A set of more takes memory that others want.
  if (extent.begun < ENOUGH) consider("set", gathered + held * IN_SET);
  if (byId) consider("fetch", gathered + found * IN_SET);
  else if (found <= MOST) consider("fetch", gathered + found * FETCH);
  return { way, long: isLong(cost) };
}
