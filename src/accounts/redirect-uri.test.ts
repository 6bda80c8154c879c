import { expect, test } from "bun:test";

import { redirectUris } from "./redirect-uri.ts";

const parse = (...uris: unknown[]) => redirectUris(uris, "redirect_uris");

test("https addresses and http ones on the loopback address are kept letter by letter", () => {
  const good = [
    "https://erp.example/callback",
    "https://ERP.example/Callback?tenant=7",
    "https://erp.example:8443",
    "https://erp.example/a/..b/c.d",
    "http://127.0.0.1:4711/back",
    "http://[::1]/back",
    "http://localhost:3000/",
  ];
  expect(parse(...good)).toEqual(good);
});

test("the same address twice is one", () => {
  expect(parse("https://erp.example/", "https://erp.example/")).toEqual(["https://erp.example/"]);
});

test.each([
  ["relative", "/callback"],
  ["without a host", "https:///callback"],
  ["of a scheme of its own", "com.example.app:/callback"],
  ["of scripts", "javascript:alert(1)"],
  ["plain http elsewhere", "http://erp.example/callback"],
  ["plain http on what only looks like the loopback address", "http://127.0.0.1.example/"],
  ["plain http on a name that begins so", "http://localhost.example/"],
  ["with a fragment", "https://erp.example/#token"],
  ["with an empty fragment", "https://erp.example/#"],
  ["with a user", "https://erp.example@evil.example/"],
  ["with a user and a password", "https://a:b@erp.example/"],
  ["that climbs", "https://erp.example/a/../b"],
  ["that climbs at its end", "https://erp.example/a/.."],
  ["that climbs in disguise", "https://erp.example/a/%2E%2e/b"],
  ["that climbs by an encoded slash", "https://erp.example/a%2f..%2fb"],
  ["with a backslash", "https://erp.example\\@evil.example/"],
  ["with a space", "https://erp.example/a b"],
  ["with a line break", "https://erp.example/\nx"],
  ["with a tab that parsers take away", "https://erp.exa\tmple/"],
  ["with a wildcard", "https://*.example/"],
  ["with letters that are not ASCII", "https://örebro.example/"],
  ["too long", `https://erp.example/${"a".repeat(2_000)}`],
  ["no text", 7],
  ["nothing", null],
])("one %s is refused", (_, uri) => {
  expect(() => parse("https://erp.example/", uri)).toThrow(/^redirect_uris\[1\]: /);
});

test("there may be twenty, not more", () => {
  const many = Array.from({ length: 21 }, (_, index) => `https://erp.example/${index}`);
  expect(parse(...many.slice(1))).toHaveLength(20);
  expect(() => parse(...many)).toThrow("redirect_uris");
});
