import { expect, test } from "bun:test";

import { closest } from "./suggest.ts";

const known = ["listen", "public_url", "trusted_proxies", "tls", "limits"];

test.each([
  ["lisen", "listen"],
  ["Listen", "listen"],
  ["publicUrl", "public_url"],
  ["public-url", "public_url"],
  ["trusted_proxy", "trusted_proxies"],
  ["limit", "limits"],
  ["tsl", undefined],
  ["ssl", undefined],
  ["colour", undefined],
  ["", undefined],
  ["l".repeat(100), undefined],
])("%j was meant to be %j", (word, expected) => {
  expect(closest(word, known)).toBe(expected);
});
