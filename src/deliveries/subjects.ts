/**
 * What a delivery is about, as the log finds it: a term for each of its topics (`Trainings.Update`) and each of its
 * objects (`training/f345345`), in the table `delivery_terms`.
 */
import { encodeId } from "../records/key.ts";
import type { Store, Transaction } from "../store/store.ts";
import { insertTerms, type Term, termRun } from "./subject-queries.ts";

/** An object of the feed: what it is (`training`) and its key as `changes` has it. */
export interface Subject {
  object: string;
  key: string;
}

/** The term of an object. Topics stand for themselves: they have a dot and no slash. */
export const objectTerm = ({ object, key }: Subject): string => `${object}/${key}`;

/** The terms of a delivery, each once. */
export function termsOf(topics: readonly string[], subjects: readonly Subject[]): string[] {
  return [...new Set([...topics, ...subjects.map(objectTerm)])];
}

/**
 * The key of an id as a body shows it. A type's kind of key is not needed for it, so the terms of a delivery are found
 * again when the type is no longer in the configuration.
 */
const keyOf = (id: unknown): string => (typeof id === "number" ? encodeId("integer", id) : String(id));

/**
 * The objects that a frozen body tells of, in each of the formats; none where it is no such body.
 * @param body  JSON: `{"changes": [...]}`, an event, a CloudEvent, or a batch of those
 */
export function subjectsOf(body: string): Subject[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return [];
  }
  if (Array.isArray(parsed)) return parsed.flatMap(subjectsIn);
  if (isObject(parsed) && Array.isArray(parsed["changes"])) return parsed["changes"].flatMap(subjectsIn);
  return subjectsIn(parsed);
}

/** One change: `{object, id}`, an event: `{object, object_id}`; of a CloudEvent its `data` is one of these. */
function subjectsIn(item: unknown): Subject[] {
  if (!isObject(item)) return [];
  if (item["specversion"] !== undefined)
    return subjectsIn({ ...item, specversion: undefined, ...data(item) });
  const { object, object_id: objectId, id } = item;
  return typeof object === "string" ? [{ object, key: keyOf(objectId ?? id) }] : [];
}

const data = ({ data: inner }: Record<string, unknown>) => (isObject(inner) ? inner : {});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * So many terms make a run: the table is ordered by run before term, so that what is written together is written in
 * one place. Over the whole table at random, each term would be a page of its own in the write-ahead log: 23 µs of CPU
 * each, against 3 µs (500 objects a delivery, 300 000 terms, measured). A run is numbered with the time of its first
 * delivery, so that a delivery's run is the last one that began before it.
 */
const RUN_TERMS = 1_000;

/** The newest run of each organisation: what this process writes to. */
const current = new Map<number, { run: number; count: number; latest: number }>();

/**
 * PostgreSQL writes what changes of a page, not the page, and several servers make deliveries there: one run.
 * @param time  when the delivery was made, milliseconds since 1970
 */
async function runFor(
  tx: Transaction,
  dialect: Store["dialect"],
  organisationId: number,
  time: number,
  count: number,
): Promise<number> {
  if (dialect !== "sqlite") return 0;
  const open = current.get(organisationId);
  // One that takes another's place has the time of that one: it goes where that was.
  if (open && time < open.run) {
    const [found] = await tx.run(termRun, { organisationId, time });
    return found?.run ?? time;
  }
  if (open && (open.count < RUN_TERMS || time <= open.latest)) {
    open.count += count;
    open.latest = Math.max(open.latest, time);
    return open.run;
  }
  current.set(organisationId, { run: time, count, latest: time });
  return time;
}

/** When a delivery was made, by its id (`newDeliveryId`); milliseconds since 1970. */
export const timeOf = (id: string): number =>
  Number.parseInt(id.slice("msg_".length, "msg_".length + 12), 16);

/** Lets deliveries be found by what they are about. To be called in the transaction that makes them. */
export async function indexSubjects(
  tx: Transaction,
  dialect: Store["dialect"],
  organisationId: number,
  deliveries: readonly { id: string; topics: readonly string[]; subjects: readonly Subject[] }[],
): Promise<void> {
  const rows: Term[] = [];
  for (const { id, topics, subjects } of deliveries) {
    const terms = termsOf(topics, subjects);
    const run = await runFor(tx, dialect, organisationId, timeOf(id), terms.length);
    for (const term of terms) rows.push({ organisationId, run, term, deliveryId: id });
  }
  await insertTerms(tx, rows);
}

/**
 * As {@link indexSubjects}, of the deliveries that a bundle became: one of all changes, or one of each.
 * @param sealed  what `seal` made of `changes`
 */
export function indexBundle(
  tx: Transaction,
  dialect: Store["dialect"],
  organisationId: number,
  sealed: readonly { id: string; topics: readonly string[] }[],
  changes: readonly Subject[],
): Promise<void> {
  const oneEach = sealed.length === changes.length;
  return indexSubjects(
    tx,
    dialect,
    organisationId,
    sealed.map(({ id, topics }, index) => {
      return { id, topics, subjects: oneEach ? changes.slice(index, index + 1) : changes };
    }),
  );
}
