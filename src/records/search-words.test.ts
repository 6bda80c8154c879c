import { describe, expect, test } from "bun:test";

import { textsIn, wordsOf } from "./search-words.ts";

describe("the words of a text", () => {
  test.each([
    ["Köpenick", ["kopenick"]],
    ["KOPENICK kôpénïck", ["kopenick", "kopenick"]],
    // The same letter as one sign and as two.
    ["K\u00f6p K\u006f\u0308p", ["kop", "kop"]],
    ["Straße STRASSE ẞ", ["strasse", "strasse", "ss"]],
    ["Łódź, Ærø & Þórður", ["lodz", "aero", "thordur"]],
    ["İstanbul ısı", ["istanbul", "isi"]],
    ["ΟΔΟΣ οδός", ["οδοσ", "οδοσ"]],
    ["ﬁnal ２０２６ ℌ", ["final", "2026", "h"]],
    ["Москва 東京 हिन्दी", ["москва", "東京", "हनद"]],
    ["c++ l'eau e-post a_b", ["c", "l", "eau", "e", "post", "a", "b"]],
    ['" * ( ) : ^ NEAR \0 % _ \\ 🎉 \ud800', ["near"]],
    ["", []],
  ])("%p", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("are cut to their first forty letters, and are no more than asked for", () => {
    expect(wordsOf(`${"x".repeat(1_000)} y`)).toEqual(["x".repeat(40), "y"]);
    expect(wordsOf("a b c", 2)).toEqual(["a", "b"]);
  });

  test("of a list or an object are those of all its parts", () => {
    expect(textsIn(["a", { b: "c", d: [1, true, null] }])).toEqual(["a", "c", "1", "true"]);
    expect(textsIn(undefined)).toEqual([]);
  });
});
