/** Full text as the databases know it: FTS5 of SQLite, `tsvector` and `tsquery` of PostgreSQL. */
import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

import type { Tables } from "../../db/schema.ts";

/** A word of the index; its beginning; or several, of which all or any must be there (at least one is given). */
export type WordExpression =
  | { readonly word: string }
  | { readonly beginning: string }
  | { readonly all: readonly WordExpression[] }
  | { readonly any: readonly WordExpression[] };

export interface WordDialect {
  /** What is stored of a record's words, which stand in a text with spaces between them. */
  stored(words: SQLWrapper): SQL;
  /** Whether a row has what the text of an expression asks for. */
  matches(t: Tables, text: SQLWrapper): SQL;
  /** A table of the words (`word`) that begin so, in their order. On SQLite alone: PostgreSQL has no list of words. */
  from(beginning: SQLWrapper, limit: SQLWrapper): SQL;
  /**
   * The text of an expression. Words are letters, digits and `_` only, which mean nothing to either parser inside of
   * quotes; anything else is an error of ours. @throws Error
   */
  text(expression: WordExpression): string;
}

const WORD = /^[\p{L}\p{N}_]+$/u;

function quoted(word: string, quote: string): string {
  if (!WORD.test(word)) throw new Error("a word of the index has signs in it");
  return quote + word + quote;
}

function texter(quote: string, begins: string, and: string, or: string): WordDialect["text"] {
  const text = (expression: WordExpression): string => {
    if ("word" in expression) return quoted(expression.word, quote);
    if ("beginning" in expression) return quoted(expression.beginning, quote) + begins;
    const [parts, between] = "all" in expression ? [expression.all, and] : [expression.any, or];
    const [only, ...others] = parts;
    if (!only) throw new Error("an expression of no words");
    return others.length === 0 ? text(only) : `(${parts.map(text).join(between)})`;
  };
  return text;
}

export const sqliteWords: WordDialect = {
  stored: (words) => sql`${words}`,
  // The table's hidden column of its own name is what FTS5 is asked by.
  matches: (t, text) => sql`${t.recordWords} match ${text}`,
  // From one word straight to the next: the list itself has a row for each record of each word.
  from: (beginning, limit) => sql`(
    with recursive some(word) as (
      select (select term from record_terms where term >= ${beginning} limit 1)
      union all
      select (select term from record_terms where term >= some.word || char(1) limit 1) from some
      where substr(some.word, 1, length(${beginning})) = ${beginning}
    )
    select word from some where substr(word, 1, length(${beginning})) = ${beginning} limit ${limit}
  ) as words_from`,
  text: texter('"', " *", " AND ", " OR "),
};

export const postgresWords: WordDialect = {
  stored: (words) => sql`${words}::tsvector`,
  matches: (t, text) => sql`${t.recordWords.words} @@ ${text}::tsquery`,
  from: () => {
    throw new Error("PostgreSQL has no list of words");
  },
  text: texter("'", ":*", " & ", " | "),
};

/** Words, beginnings and values in an expression. */
export function termsIn(expression: WordExpression): number {
  if ("word" in expression || "beginning" in expression) return 1;
  const parts = "all" in expression ? expression.all : expression.any;
  return parts.reduce((sum, part) => sum + termsIn(part), 0);
}
