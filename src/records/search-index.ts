/** Writes the word index: with each record of a type that has `search`, in the record's own transaction. */
import { and, eq, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import { type Transaction, WriteConflict } from "../store/store.ts";
import type { JsonObject } from "./input.ts";
import type { Place } from "./queries.ts";
import { hasSameTerms, termsOf } from "./search-terms.ts";
import type { RecordType } from "./types.ts";

const insertEntry = statement(({ db, t }, p: Params<Place>) =>
  db
    .insert(t.searchRecords)
    .values({ organisationId: p.organisationId, type: p.type, key: p.key })
    .onConflictDoNothing()
    .returning({ id: t.searchRecords.id }),
);

const findEntry = statement(({ db, t }, p: Params<Place>) => {
  const s = t.searchRecords;
  return db
    .select({ id: s.id })
    .from(s)
    .where(and(eq(s.organisationId, p.organisationId), eq(s.type, p.type), eq(s.key, p.key)));
});

const someEntries = statement(
  ({ db, t }, p: Params<{ organisationId: number; type: string; limit: number }>) => {
    const s = t.searchRecords;
    return db
      .select({ id: s.id })
      .from(s)
      .where(and(eq(s.organisationId, p.organisationId), eq(s.type, p.type)))
      .limit(p.limit);
  },
);

const deleteEntry = statement(({ db, t }, p: Params<{ id: number }>) =>
  db.delete(t.searchRecords).where(eq(t.searchRecords.id, p.id)),
);

const insertWords = statement(({ db, t, words }, p: Params<{ id: number; words: string }>) =>
  db.insert(t.recordWords).values({ rowid: p.id, words: words.stored(p.words) }),
);

const deleteWords = statement(({ db, t }, p: Params<{ id: number }>) =>
  db.delete(t.recordWords).where(eq(t.recordWords.rowid, p.id)),
);

const insertValue = statement(({ db, t }, p: Params<{ id: number; field: string; value: string }>) =>
  db
    .insert(t.searchValues)
    .values({ id: p.id, field: p.field, value: p.value })
    .onConflictDoUpdate({
      target: [t.searchValues.id, t.searchValues.field],
      set: { value: sql`excluded.value` },
    }),
);

const deleteValues = statement(({ db, t }, p: Params<{ id: number }>) =>
  db.delete(t.searchValues).where(eq(t.searchValues.id, p.id)),
);

/**
 * Brings the index from a record's old data to its new.
 * @param before  undefined for a record that is new; `{}` where it is not known what the index has of it
 */
export async function indexWords(
  tx: Transaction,
  type: RecordType,
  place: Place,
  before: JsonObject | undefined,
  after: JsonObject,
): Promise<void> {
  if (before && hasSameTerms(type, before, after)) return;
  const { id, isNew } = await entryOf(tx, place, before === undefined);
  // FTS5 knows no update of a row whose words are not kept.
  if (!isNew) await tx.run(deleteWords, { id });
  await tx.run(insertWords, { id, words: termsOf(place.organisationId, type, after) });
  await Promise.all(type.indexed(after).map(({ field, value }) => tx.run(insertValue, { id, field, value })));
}

/** The number of a record, which it is given where it has none. */
async function entryOf(
  tx: Transaction,
  place: Place,
  probablyNew: boolean,
): Promise<{ id: number; isNew: boolean }> {
  const [known] = probablyNew ? [] : await tx.run(findEntry, place);
  if (known) return { id: known.id, isNew: false };
  const [made] = await tx.run(insertEntry, place);
  if (made) return { id: made.id, isNew: true };
  // Of a record that was removed by a node whose YAML knows of no search.
  const [left] = await tx.run(findEntry, place);
  if (!left) throw new WriteConflict();
  return { id: left.id, isNew: false };
}

/** Takes a record out of the index. */
export async function forgetWords(tx: Transaction, place: Place): Promise<void> {
  const [entry] = await tx.run(findEntry, place);
  if (entry) await forgetEntry(tx, entry.id);
}

/** Takes up to `limit` records of a type out of the index. @returns how many */
export async function forgetSome(
  tx: Transaction,
  some: { organisationId: number; type: string; limit: number },
): Promise<number> {
  const entries = await tx.run(someEntries, some);
  await Promise.all(entries.map(({ id }) => forgetEntry(tx, id)));
  return entries.length;
}

async function forgetEntry(tx: Transaction, id: number): Promise<void> {
  await tx.run(deleteWords, { id });
  await tx.run(deleteValues, { id });
  await tx.run(deleteEntry, { id });
}
