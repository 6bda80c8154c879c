/**
 * How much room the webhook log takes. SQLite tells the size of a table only by reading all of it, so some deliveries
 * are looked at, evenly over the log, and what they take is reckoned up. Their texts are measured as they are stored;
 * what rows and indexes add to them is known. A mean of 200 is a fifth off where deliveries are very unlike each other.
 */
import type { Store } from "../store/store.ts";
import { attemptSizes, deliveryFurtherOn, deliverySize } from "./retention-queries.ts";
import { subjectsOf, termsOf } from "./subjects.ts";

/** Deliveries that are looked at. */
const SAMPLE = 200;
/** Between two that are looked at others have their turn. */
const PAUSE_EVERY = 10;

/** Bytes that a row takes beside its texts, with its places in the indexes: an id has 36, a receiver's as many. */
const DELIVERY = 4 * 36 + 2 * 36 + 45;
const ATTEMPT = 2 * 36 + 40;
const TERM = 36 + 14;

/** Deliveries that follow each other. */
export interface LogPart {
  /** The id of the last one. */
  last: string;
  count: number;
}

/**
 * @param parts  all of the log, oldest first
 * @param count  how many deliveries there are: some of the oldest part may be gone
 * @returns bytes, as an estimate; undefined where `stopped` became true
 */
export async function logSize(
  store: Pick<Store, "read">,
  parts: readonly LogPart[],
  count: number,
  stopped: () => boolean,
): Promise<number | undefined> {
  const all = parts.reduce((sum, part) => sum + part.count, 0);
  const looks = Math.min(SAMPLE, all);
  let seen = 0;
  let bytes = 0;
  let at = 0;
  /** Deliveries of the parts before. */
  let before = 0;
  for (let look = 0; look < looks; look++) {
    if (stopped()) return undefined;
    const place = Math.floor(((look + 0.5) / looks) * all);
    while (place >= before + (parts[at]?.count ?? Number.POSITIVE_INFINITY))
      before += parts[at++]?.count ?? 0;
    const found = await sizeAt(store, parts[at - 1]?.last ?? "", place - before);
    if (found !== undefined) {
      seen++;
      bytes += found;
    }
    if (look % PAUSE_EVERY === PAUSE_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return seen === 0 ? 0 : Math.round((bytes / seen) * count);
}

/** @returns undefined where there is none so far on, as some were removed */
async function sizeAt(
  store: Pick<Store, "read">,
  after: string,
  offset: number,
): Promise<number | undefined> {
  const [found] = await store.read((reader) => reader.run(deliveryFurtherOn, { after, offset }));
  if (!found) return undefined;
  const { id } = found;
  const [[delivery], [attempts]] = await store.read((reader) =>
    Promise.all([reader.run(deliverySize, { id }), reader.run(attemptSizes, { id })]),
  );
  if (!delivery || !attempts) return undefined;
  const terms = termsOf(delivery.topics, subjectsOf(delivery.body));
  const ofTerms = terms.reduce((sum, term) => sum + Buffer.byteLength(term) + TERM, 0);
  return DELIVERY + delivery.bytes + attempts.count * ATTEMPT + attempts.bytes + ofTerms;
}
