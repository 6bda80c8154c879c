/**
 * How much a text search will look at, told by looking at little of it: whether those who ask next may wait for it.
 *
 * Of words and filters that must all be there, one that few records have makes a search short, whatever the others are.
 * A beginning of more letters than the index has beginnings of (`search-terms.ts`) would be gathered from all words that
 * begin so before its first record is known, 45 ms where these are in 200 000 records: so on SQLite those words are
 * asked for by name, where they are not too many.
 */
import { count, sql } from "drizzle-orm";

import { type Params, statement } from "../store/statement.ts";
import type { AsideReader, Store } from "../store/store.ts";
import { termsIn, type WordExpression } from "../store/words.ts";
import { hasIndex } from "./search-terms.ts";

/** So many records are put in order in 2 ms by id, in 10 to 15 by a field or their time, where these lie far apart. */
const FEW = 2_000;
/** More words than these are not asked for by name. */
const MAX_WORDS = 50;
/** Parts that are looked at, each for 1 ms at most; a search of more is a long one. */
const MAX_PARTS = 10;
/** Of so many words and fields it is found out at once, on the event loop; of more on the thread for searches. */
const FEW_TERMS = 4;

export interface Extent {
  /** Finds the same. */
  expression: WordExpression;
  /** Few records fit, or few are looked at to find out which. */
  short: boolean;
  /** A single record is held against the expression without gathering anything. */
  light: boolean;
  /** How many records fit, where it is known already. */
  found?: number;
}

export async function extentOf(
  store: Pick<Store, "wordText" | "dialect" | "read">,
  aside: Pick<AsideReader, "run">,
  asked: WordExpression,
): Promise<Extent> {
  const onSqlite = store.dialect === "sqlite";
  // Each of these takes 0.3 ms, and each that is sent to another thread while records are pushed 1 to 2 ms more.
  const own: Pick<AsideReader, "run"> = {
    run: (one, params) => store.read((reader) => reader.run(one, params)),
  };
  const reader = termsIn(asked) <= FEW_TERMS ? own : aside;
  const expression = onSqlite ? await named(reader, asked) : asked;
  const light = !onSqlite || !gathers(expression);
  const parts = "all" in expression ? expression.all : [expression];
  if (!light || parts.length > MAX_PARTS) return { expression, short: false, light };
  const sizes = await Promise.all(
    parts.map((part) => reader.run(countSome, { words: store.wordText(part), limit: FEW + 1 })),
  );
  const least = Math.min(...sizes.map(([row]) => row?.rows ?? 0));
  const short = least <= FEW;
  return { expression, short, light, ...(short && parts.length === 1 && { found: least }) };
}

const countSome = statement(({ db, t, words }, p: Params<{ words: string; limit: number }>) => {
  const some = db
    .select({ rowid: t.recordWords.rowid })
    .from(t.recordWords)
    .where(words.matches(t, sql`${p.words}`))
    .limit(p.limit)
    .as("some");
  return db.select({ rows: count() }).from(some);
});

/** The expression with the words that begin so in place of each beginning that is not indexed, unless they are many. */
async function named(reader: Pick<AsideReader, "run">, expression: WordExpression): Promise<WordExpression> {
  if ("word" in expression) return expression;
  if ("beginning" in expression) {
    if (hasIndex(expression.beginning)) return expression;
    const rows = await reader.run(wordsFrom, { beginning: expression.beginning, limit: MAX_WORDS + 1 });
    if (rows.length > MAX_WORDS) return expression;
    // Of a beginning that no word has there is nothing to find, as of itself as a word.
    const some = rows.length > 0 ? rows.map(({ word }) => word) : [expression.beginning];
    return { any: some.map((word) => ({ word })) };
  }
  const isAll = "all" in expression;
  const some = isAll ? expression.all : expression.any;
  const parts = await Promise.all(some.map((part) => named(reader, part)));
  return isAll ? { all: parts } : { any: parts };
}

/** The words that begin so, in their order. On SQLite alone. */
const wordsFrom = statement(({ db, words }, p: Params<{ beginning: string; limit: number }>) =>
  db.select({ word: sql<string>`word` }).from(words.from(sql`${p.beginning}`, sql`${p.limit}`)),
);

/** Whether there is a beginning in it that is not indexed. */
function gathers(expression: WordExpression): boolean {
  if ("word" in expression) return false;
  if ("beginning" in expression) return !hasIndex(expression.beginning);
  return ("all" in expression ? expression.all : expression.any).some(gathers);
}
