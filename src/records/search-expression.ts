/** A text search as one expression of the word index: words, filters, and what grants let their reader see. */
import { shows, type View } from "../grants/view.ts";
import { Problem } from "../problem.ts";
import { termsIn, type WordExpression } from "../store/words.ts";
import type { Filter } from "./condition.ts";
import { valueTerm, wordTerm } from "./search-terms.ts";
import { wordsOf } from "./search-words.ts";

/** What of a type is searched. */
export interface SearchedType {
  readonly name: string;
  readonly search: readonly string[];
}

/** Words of a search that count: nobody types more, and each is looked up in every field. */
const MAX_WORDS = 20;
/** Characters of a search that are looked at. */
const MAX_TEXT = 1_000;
/** A word may go on from so many letters; shorter beginnings are those of too many words. */
const LEAST_BEGINNING = 3;
/** Words and values in an expression. Only grants with very many alternatives come near. */
const MAX_TERMS = 5_000;

export interface Asked {
  organisationId: number;
  type: SearchedType;
  view: View;
  text: string;
  filters: readonly Filter[];
}

/**
 * @returns undefined where nothing can be found: a text without words, a reader who sees none of the fields
 * @throws Problem `invalid` where the reader's grants are too many
 */
export function searchExpression(asked: Asked): WordExpression | undefined {
  const { organisationId, view, filters } = asked;
  const type = asked.type.name;
  const words = [...new Set(wordsOf(asked.text.slice(0, MAX_TEXT), MAX_WORDS))];
  const gates = Map.groupBy(
    asked.type.search.filter((field) => gateOf(view, field) !== undefined),
    (field) => gateOf(view, field) ?? "",
  );
  if (words.length === 0 || gates.size === 0) return undefined;

  const inField = (word: string) => (field: string) => {
    const term = wordTerm(organisationId, type, field, word);
    return [...word].length >= LEAST_BEGINNING ? { beginning: term } : { word: term };
  };
  const values = ({ field, values: some }: { field: string; values: Iterable<string> }): WordExpression => ({
    any: [...new Set(some)].map((value) => ({ word: valueTerm(organisationId, type, field, value) })),
  });
  /** The record is one of those in which a gate's fields are seen. */
  const open = (gate: string): WordExpression[] =>
    gate === "" ? [] : [{ any: alternativesOf(view, gate).map(({ where }) => ({ all: where.map(values) })) }];

  const [only] = gates.size === 1 ? gates.keys() : [];
  const found = words.map((word): WordExpression => ({
    any: [...gates].flatMap(([gate, fields]): WordExpression[] => {
      const somewhere = fields.map(inField(word));
      return only === undefined && gate !== "" ? [{ all: [...open(gate), { any: somewhere }] }] : somewhere;
    }),
  }));
  const more = new Set(only === undefined ? [] : [only]);
  for (const { field } of filters) {
    const gate = gateOf(view, field);
    if (gate === undefined) return undefined;
    more.add(gate);
  }
  const whole = { all: [...found, ...filters.map(values), ...[...more].flatMap(open)] };
  if (filters.some(({ values: some }) => some.length === 0)) return undefined;
  if (termsIn(whole) > MAX_TERMS) {
    throw new Problem("invalid", "The grants are too many for a text search; filters work.");
  }
  return whole;
}

/**
 * In which records a field is seen, by the numbers of the view's alternatives; "" where in all of them that there are,
 * undefined where in none.
 */
function gateOf({ alternatives, unlimited }: View, field: string): string | undefined {
  if (unlimited) return "";
  const those = alternatives.flatMap((one, index) => (shows(one.fields, field) ? [index] : []));
  if (those.length === 0) return undefined;
  return those.some((index) => alternatives[index]?.where.length === 0) ? "" : those.join();
}

function alternativesOf({ alternatives }: View, gate: string) {
  const those = new Set(gate.split(",").map(Number));
  return alternatives.filter((_, index) => those.has(index));
}
