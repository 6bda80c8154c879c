import { expect, test } from "bun:test";

import { looksLikeToken, newToken, TokenHasher } from "./tokens.ts";

test("a new token looks like one, and no two are the same", () => {
  const tokens = new Set(Array.from({ length: 100 }, () => newToken()));
  expect(tokens.size).toBe(100);
  for (const token of tokens) expect(looksLikeToken(token)).toBe(true);
});

test("a token with one character changed does not look like one", () => {
  const token = newToken();
  for (let at = 0; at < token.length; at++) {
    const other = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    expect(looksLikeToken(other)).toBe(false);
  }
});

test("a token of one kind does not look like one of another", () => {
  const kinds = ["api", "access", "refresh", "code"] as const;
  for (const made of kinds)
    for (const asked of kinds) expect(looksLikeToken(newToken(made), asked)).toBe(made === asked);
});

test("tokens that are made with the time are in its order, and so are the places of their hashes", () => {
  const hasher = new TokenHasher(new Uint8Array(32));
  const times = [
    0,
    1,
    61,
    62,
    999,
    1_000,
    61_000,
    62_000,
    Date.UTC(2026, 0, 1),
    Date.UTC(2026, 0, 1) + 1,
    Date.UTC(2026, 0, 1) + 1_000,
    Date.UTC(2500, 0, 1),
  ];
  const tokens = times.map((at) => newToken("access", at));
  expect(tokens.every((token) => looksLikeToken(token, "access"))).toBe(true);
  expect(tokens.toSorted()).toEqual(tokens);
  const places = tokens.map((token) => hasher.placed(token));
  expect(places.toSorted()).toEqual(places);
  expect(hasher.placed(newToken("access", 1_000)).slice(0, 8)).toBe(places[5]?.slice(0, 8) ?? "");
  expect(newToken("access", 1_000)).not.toBe(newToken("access", 1_000));
});

test("a token of before, which begins with the second alone, is found where it was placed", () => {
  const hasher = new TokenHasher(new Uint8Array(32));
  const token = "kat_1wV2zcEj2NBn1iZ0oYQf7Rk3tS5uM8xW9aPbLcDdHgTqX";
  expect(hasher.placed(token)).toBe(`1wV2zc${hasher.hash(token)}`);
});

test("the hash depends on the key", () => {
  const token = newToken();
  const [a, b] = [1, 2].map((fill) => new TokenHasher(new Uint8Array(32).fill(fill)).hash(token));
  expect(a).not.toBe(b);
  expect(a).toHaveLength(43);
});
