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

test("the hash depends on the key", () => {
  const token = newToken();
  const [a, b] = [1, 2].map((fill) => new TokenHasher(new Uint8Array(32).fill(fill)).hash(token));
  expect(a).not.toBe(b);
  expect(a).toHaveLength(43);
});
