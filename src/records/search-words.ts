/**
 * The words of a text, as they are compared: without case, accents and signs, so that `kopenick` is `Köpenick`.
 *
 * Our own and not the databases', whose rules differ and change with their versions: one answer on both, and an index
 * that stays right.
 */

/** Changes with what words are taken for equal: every index is made anew. */
export const WORDS_VERSION = 1;

/** Letters and digits of a word that count. */
const MAX_WORD = 40;
/** Characters of one field that are looked at. */
const MAX_TEXT = 100_000;

/** Letters that Unicode does not take apart, and what people without such a key type for them. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ŧ: "t", ŋ: "n" },
  ...{ ı: "i", ĸ: "k", ƒ: "f", ς: "σ" },
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "gu");
const MARKS = /\p{M}+/gu;
const WORDS = /[\p{L}\p{N}]+/gu;

/** The words of a text in their order. @param most  no more than so many */
export function wordsOf(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const words: string[] = [];
  for (const [word] of folded(text.slice(0, MAX_TEXT)).matchAll(WORDS)) {
    if (words.length >= most) break;
    words.push(word.length <= MAX_WORD ? word : [...word].slice(0, MAX_WORD).join(""));
  }
  return words;
}

/** A text with each letter in its plainest form (NFKD, Unicode Standard Annex 15). */
export function folded(text: string): string {
  // Twice in lower case: taking apart makes capitals of some signs (`ℌ`), and lower case puts marks on some (`İ`).
  const apart = text.toLowerCase().normalize("NFKD").toLowerCase();
  return apart.replace(MARKS, "").replace(NOT_PLAIN, (letter) => PLAIN[letter] ?? letter);
}

/** The texts in a field's value: of a list or an object those of all its parts. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
