/**
 * Pages of the delivery log: which index a question is put to, and how far a page looks for what no index finds.
 *
 * Ids are in order of creation and every index ends in them, so a page's end is an id, whichever index it came from.
 */
import type { Reader } from "../store/store.ts";
import {
  type Common,
  countUpTo,
  deliveriesOf,
  type DeliveryStatus,
  isExact,
  isRareCode,
  isRareStatus,
  logPage,
  type LogRange,
  type LogRow,
  type Residual,
  scanEnd,
} from "./log-queries.ts";
import { deliveriesWithTerm, nextTerm, termRun, walkRuns } from "./subject-queries.ts";
import { timeOf } from "./subjects.ts";

/** What is looked for. */
export interface Sought {
  organisationId: number;
  receiverId?: string | undefined;
  status?: DeliveryStatus | undefined;
  statusCode?: number | undefined;
  error?: string | undefined;
  /** A topic, or the beginning of some (`Trainings.`): each must be among the delivery's. */
  topics: readonly string[];
  /** The term of an object (`subjects.ts`). */
  objectTerm?: string | undefined;
  /** The ids from (included) and to (excluded). */
  from: string;
  to: string;
}

export interface Found {
  rows: LogRow[];
  /** Down to which id was looked at (included); null: to the end. */
  end: string | null;
}

/** Of several indexes the one with the fewest rows is taken; from so many on they count as equal. */
const MANY = 500;
/** Deliveries that are looked up by their ids at a time. */
const LOOKED_UP = 200;
/** A look-up by id, and a step from run to run, each take about as long as looking at so many rows in a row. */
const LOOK_UP_COST = 5;

/**
 * Newest first. A page may be short, and even empty, with an end: that it looked at enough rows for one.
 * @param scan  how many rows a page looks at for what no index finds
 */
export async function findPage(reader: Reader, sought: Sought, limit: number, scan: number): Promise<Found> {
  if (sought.objectTerm !== undefined) {
    return await byTerms(reader, sought, sought.objectTerm, residualOf(sought), limit, scan);
  }
  const [first, ...others] = candidates(sought);
  if (!first && sought.topics[0] !== undefined) {
    const [topic, ...topics] = sought.topics;
    return await byTerms(reader, sought, topic, residualOf({ ...sought, topics }), limit, scan);
  }
  const by = others.length > 0 ? await rarest(reader, sought, [first, ...others]) : first;
  return await byIndex(reader, { ...sought, by }, residualOf(sought, by), limit, scan);
}

/**
 * As {@link findPage}, of some receivers together: a page of each, put in order. What one of them was not looked at far
 * enough for is left to the next page.
 */
export async function findPageOfSome(
  reader: Reader,
  sought: Sought,
  receivers: readonly string[],
  limit: number,
  scan: number,
): Promise<Found> {
  const rows: LogRow[] = [];
  let reached: string | null = null;
  for (const receiverId of receivers) {
    const found = await findPage(reader, { ...sought, receiverId }, limit, scan);
    rows.push(...found.rows);
    if (found.end !== null && (reached === null || found.end > reached)) reached = found.end;
  }
  const to = reached;
  const seen = rows.filter(({ id }) => to === null || id >= to).sort((a, b) => (a.id < b.id ? 1 : -1));
  if (seen.length <= limit) return { rows: seen, end: to };
  const page = seen.slice(0, limit);
  return { rows: page, end: page.at(-1)?.id ?? null };
}

/** The indexes that know one of the things sought; the first is the one that is likely to have fewest rows. */
function candidates({ error, statusCode, status, receiverId }: Sought): Common[] {
  const found: Common[] = [];
  if (error !== undefined) found.push({ error });
  if (statusCode !== undefined && isRareCode(statusCode)) found.push({ statusCode });
  if (status !== undefined && isRareStatus(status)) found.push({ status });
  if (receiverId !== undefined) found.push({ receiverId });
  return found;
}

async function rarest(reader: Reader, sought: Sought, all: readonly Common[]): Promise<Common> {
  let best: { by: Common; count: number } | undefined;
  for (const by of all) {
    const [counted] = await reader.query(countUpTo({ ...sought, by }, best?.count ?? MANY));
    const count = counted?.count ?? 0;
    if (!best || count < best.count) best = { by, count };
    if (count === 0) break;
  }
  return best?.by;
}

/** What is sought beyond what the index knows. */
function residualOf(
  { receiverId, status, statusCode, error, topics }: Sought,
  by: Common = undefined,
): Residual {
  const all = { receiverId, status, statusCode, error, topics: topics.length > 0 ? topics : undefined };
  return { ...all, ...(by && Object.fromEntries(Object.keys(by).map((name) => [name, undefined]))) };
}

async function byIndex(
  reader: Reader,
  range: LogRange,
  residual: Residual,
  limit: number,
  scan: number,
): Promise<Found> {
  const exact = isExact(residual);
  const looked = exact ? limit + 1 : scan;
  const rows = await reader.query(logPage(range, residual, limit + 1, looked));
  if (rows.length > limit) return { rows: rows.slice(0, limit), end: rows[limit - 1]?.id ?? null };
  const [last] = exact ? [] : await reader.query(scanEnd(range, looked));
  return { rows, end: last?.id ?? null };
}

/** By what deliveries are about: run after run, in each the deliveries with one of the terms. */
async function byTerms(
  reader: Reader,
  { organisationId, from, to }: Sought,
  pattern: string,
  residual: Residual,
  limit: number,
  scan: number,
): Promise<Found> {
  const rows: LogRow[] = [];
  const exact = isExact(residual);
  const [low, high] = boundsOf(pattern);
  const since = timeOf(from);
  // Where the last page ended before the first id of a run, nothing of that run is left.
  const time = to === firstIdAt(timeOf(to)) ? timeOf(to) - 1 : timeOf(to);
  let [at] = await reader.run(termRun, { organisationId, time });
  for (let before = to, cost = 0; at;) {
    const { run } = at;
    const most = exact ? limit + 1 - rows.length : LOOKED_UP;
    const ids = await idsIn(reader, { organisationId, run, from, to: before, limit: most }, pattern);
    if (ids.length > 0) rows.push(...(await reader.query(deliveriesOf(organisationId, ids, residual))));
    if (rows.length > limit) return { rows: rows.slice(0, limit), end: rows[limit - 1]?.id ?? null };
    before = ids.at(-1) ?? before;
    cost += (ids.length + 1) * LOOK_UP_COST;
    if (ids.length < most) {
      if (run <= since) return { rows, end: null };
      // Nothing of the run is left: what goes on is before its beginning.
      if (run > 0) before = earlier(before, firstIdAt(run));
      const steps = Math.max(1, Math.floor((scan - cost) / LOOK_UP_COST));
      const [next] = await reader.run(walkRuns, { organisationId, run, since, steps, low, high });
      at = next;
      cost += (next?.steps ?? 0) * LOOK_UP_COST;
      if (next && !next.found) before = earlier(before, firstIdAt(next.run));
    }
    if (at && cost >= scan) return { rows, end: before };
  }
  return { rows, end: null };
}

interface RunStretch {
  organisationId: number;
  run: number;
  from: string;
  to: string;
  limit: number;
}

/** The newest deliveries of a run with one of the terms, each once. */
async function idsIn(reader: Reader, stretch: RunStretch, pattern: string): Promise<string[]> {
  const ids = new Set<string>();
  for (const term of isMany(pattern) ? await topicsOf(reader, stretch, pattern) : [pattern]) {
    for (const { id } of await reader.run(deliveriesWithTerm, { ...stretch, term })) ids.add(id);
  }
  return [...ids].sort().reverse().slice(0, stretch.limit);
}

/** A pattern that ends in a dot is many topics. */
const isMany = (pattern: string): boolean => pattern.endsWith(".");

/** The first and the last term that a pattern may be. A slash follows the dot in the order of bytes. */
const boundsOf = (pattern: string): [low: string, high: string] =>
  isMany(pattern) ? [pattern, `${pattern.slice(0, -1)}/`] : [pattern, pattern];

/** The topics of a run that begin so. There are three or four of a type. */
async function topicsOf(
  reader: Reader,
  { organisationId, run }: RunStretch,
  start: string,
): Promise<string[]> {
  const topics: string[] = [];
  const [low, before] = boundsOf(start);
  for (let after = low; ;) {
    const [next] = await reader.run(nextTerm, { organisationId, run, after, before });
    if (!next) return topics;
    topics.push(next.term);
    after = next.term;
  }
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

/** Of `msg_` and a UUIDv7, whose first 48 bits are its milliseconds since 1970 (RFC 9562, 5.7). */
const TIME_DIGITS = 12;
const ID_LENGTH = "msg_".length + 32;

/** The smallest id that a delivery of this time can have. @param ms  since 1970; beyond the calendar's ends, the end */
export function firstIdAt(ms: number): string {
  const digits = Math.min(Math.max(Math.ceil(ms), 0), 2 ** 48 - 1).toString(16);
  return `msg_${digits.padStart(TIME_DIGITS, "0")}`.padEnd(ID_LENGTH, "0");
}
