/**
 * What the word index knows of a record: terms, each a word or a filter value with the organisation, type and field
 * that it belongs to in front. So a search reads what is of its own organisation and type only, and of a field only
 * where its reader may see that.
 *
 * A term is five characters for the organisation, seven for type and field, then the word. Of these lengths FTS5's
 * indexes of beginnings are made (`prefix='15 16 17 18'` in the migration: three to six letters). A beginning that has
 * none is put together from all words that begin so before its first record is known: 45 ms where these are in 200 000
 * records, against 0.3 ms. They double the word index, from 60 to 120 bytes a record of 22 words.
 */
import { createHash } from "node:crypto";

import type { JsonObject } from "./input.ts";
import { encodeValue } from "./key.ts";
import { textsIn, WORDS_VERSION, wordsOf } from "./search-words.ts";

/** What of a type decides what is indexed. */
export interface IndexedType {
  readonly name: string;
  readonly search: readonly string[];
  readonly filters: readonly string[];
}

/** A record's terms may take so many characters; words beyond are not found. A tsvector has room for 1 MB. */
const MAX_TERMS = 250_000;

const SCOPE = 5;
const FIELD = 7;
const MARKS = 2n ** 36n;
/** Letters of the longest beginnings that are indexed. */
const INDEXED = 6;

/** The prefixes of fields, made once. Few: a type's fields are in the YAML. */
const marks = new Map<string, string>();

/** Seven characters for a field of a type: 36 bits of a hash, so that no table has to give out numbers. */
function markOf(kind: "word" | "value", type: string, field: string): string {
  const name = JSON.stringify([kind, type, field]);
  let mark = marks.get(name);
  if (mark === undefined) {
    const bits = createHash("sha256").update(name).digest().readBigUInt64BE() % MARKS;
    marks.set(name, (mark = bits.toString(36).padStart(FIELD, "0")));
  }
  return mark;
}

const scopeOf = (organisationId: number) => organisationId.toString(36).padStart(SCOPE, "0");

/** The term of a word in a field. */
export function wordTerm(organisationId: number, type: string, field: string, word: string): string {
  return scopeOf(organisationId) + markOf("word", type, field) + word;
}

/** The term of a filter field's value. @param value  as in the filter index */
export function valueTerm(organisationId: number, type: string, field: string, value: string): string {
  const bytes = Buffer.from(value);
  // In hexadecimal, since a term has no signs; what is long by its hash.
  const text =
    bytes.byteLength <= 16
      ? `x${bytes.toString("hex")}`
      : `h${createHash("sha256").update(bytes).digest("hex").slice(0, 40)}`;
  return scopeOf(organisationId) + markOf("value", type, field) + text;
}

/** Whether a beginning of a term is one that the index has: up to six letters of the word. */
export function hasIndex(beginning: string): boolean {
  return [...beginning.slice(SCOPE + FIELD)].length <= INDEXED;
}

/** All terms of a record, each once, with spaces between them. */
export function termsOf(organisationId: number, type: IndexedType, data: JsonObject): string {
  const terms = new Set(
    type.filters.map((field) => valueTerm(organisationId, type.name, field, encodeValue(data[field]))),
  );
  let length = 0;
  for (const field of type.search) {
    const prefix = wordTerm(organisationId, type.name, field, "");
    for (const text of textsIn(data[field])) {
      if (length > MAX_TERMS) break;
      for (const word of wordsOf(text)) {
        const term = prefix + word;
        if (terms.has(term)) continue;
        length += term.length + 1;
        if (length > MAX_TERMS) break;
        terms.add(term);
      }
    }
  }
  return [...terms].join(" ");
}

/** Whether two versions of a record have the same terms, as far as can be said without making them. */
export function hasSameTerms(type: IndexedType, before: JsonObject, after: JsonObject): boolean {
  const same = (field: string) => Bun.deepEquals(before[field], after[field], true);
  return type.search.every(same) && type.filters.every(same);
}

/** What of the YAML a type's index was made by. */
export function indexedBy({ search, filters }: IndexedType): string {
  return JSON.stringify([WORDS_VERSION, search.toSorted(), filters.toSorted()]);
}
