import { describe, expect, test } from "bun:test";

import { allowedReturnUrl, parseReturnUrlRule, parseSite, withUserKey } from "./return-url.ts";

const RULES = [
  "https://www.partner.example/welcome",
  "https://shop.example:8443/",
  "http://localhost:3000/in/",
];
const allowed = (text: string) => allowedReturnUrl(text, RULES)?.href;

describe("a person is sent back", () => {
  test.each([
    "https://www.partner.example/welcome",
    "https://www.partner.example/welcome/",
    "https://www.partner.example/welcome/back?course=7&lang=sv#top",
    "https://www.partner.example/welcome?next=https%3A%2F%2Fevil.example%2F",
    "https://shop.example:8443/anywhere/at/all.php",
    "http://localhost:3000/in/side",
  ])("to %s", (text) => expect(allowed(text)).toBe(text));

  test("to the same address in other letters, where letters mean nothing", () => {
    expect(allowed("HTTPS://WWW.Partner.EXAMPLE/welcome")).toBe("https://www.partner.example/welcome");
    expect(allowed("https://www.partner.example:443/welcome")).toBe("https://www.partner.example/welcome");
  });
});

describe("nobody is sent back by", () => {
  const tricks: [string, string][] = [
    ["a user in the address", "https://www.partner.example@evil.example/welcome"],
    ["a user and a password", "https://www.partner.example:443@evil.example/welcome"],
    ["a user before the right host", "https://evil@www.partner.example/welcome"],
    ["an empty user", "https://@www.partner.example/welcome"],
    ["a backslash for a slash", "https://evil.example\\@www.partner.example/welcome"],
    ["backslashes after the scheme", "https:\\\\evil.example/welcome"],
    ["a backslash in the path", "https://www.partner.example/welcome\\..\\..\\evil"],
    ["an address without scheme", "//evil.example/welcome"],
    ["an address with three slashes", "https:///evil.example/welcome"],
    ["an address without slashes", "https:evil.example/welcome"],
    ["two slashes in the path", "https://www.partner.example/welcome//evil.example"],
    ["an encoded host", "https://www.partner.example%2eevil.example/welcome"],
    ["an encoded slash in the host", "https://evil.example%2f@www.partner.example/welcome"],
    ["an encoded slash in the path", "https://www.partner.example/welcome/..%2f..%2fevil"],
    ["an encoded backslash", "https://www.partner.example/welcome/..%5c..%5cevil"],
    ["a path that was encoded twice", "https://www.partner.example/welcome/%252e%252e/evil"],
    ["encoded dots that lead out", "https://www.partner.example/welcome/%2e%2e/evil"],
    ["dots that lead out", "https://www.partner.example/welcome/../evil"],
    ["a path in capital letters", "https://www.partner.example/WELCOME"],
    ["a path that only begins alike", "https://www.partner.example/welcomes"],
    ["a subdomain of the host", "https://a.www.partner.example/welcome"],
    ["the host as a subdomain", "https://www.partner.example.evil.example/welcome"],
    ["the domain above", "https://partner.example/welcome"],
    ["a host that only ends alike", "https://evilwww.partner.example/welcome"],
    ["a host with a dot at its end", "https://www.partner.example./welcome"],
    ["another port", "https://www.partner.example:8443/welcome"],
    ["another scheme", "http://www.partner.example/welcome"],
    ["a script", "javascript:alert(1)//https://www.partner.example/welcome"],
    ["a script in capital letters", "JaVaScRiPt://www.partner.example/welcome%0aalert(1)"],
    ["data", "data:text/html,<script>alert(1)</script>"],
    ["a tab in the scheme", "java\tscript:alert(1)"],
    ["a tab in the host", "https://www.partner.example\t.evil.example/welcome"],
    ["a line break", "https://www.partner.example/welcome\r\nLocation: https://evil.example/"],
    ["an encoded line break in the path", "https://www.partner.example/welcome/%0d%0aSet-Cookie:a=b"],
    ["a space before", " https://www.partner.example/welcome"],
    ["a NUL", "https://www.partner.example/welcome\0"],
    ["letters that look like others", "https://www.p\u0430rtner.example/welcome"],
    ["a slash that only looks like one", "https://evil.example\uff0f@www.partner.example/welcome"],
    ["a full stop that browsers take for one", "https://www.partner.example\u3002evil.example/welcome"],
    ["text that turns its direction", "https://www.partner.example/welcome/\u202egpj.exe"],
    ["a path of this server", "/account/password"],
    ["nothing", ""],
    ["no end", `https://www.partner.example/welcome/${"a".repeat(2_000)}`],
  ];
  test.each(tricks)("%s", (_, text) => expect(allowed(text)).toBeUndefined());

  test("any address where there are no rules", () => {
    expect(allowedReturnUrl("https://www.partner.example/welcome", [])).toBeUndefined();
  });
});

test.each([
  ...["ftp://a.example/", "http://a.example/", "https://a.example/?q=1", "https://a.example/#a", "a.example"],
  ...["https://user@a.example/", "https://*.example/a\\b", "https://a.example//b", "https://", "", "*"],
])("%j is no rule", (text) => expect(parseReturnUrlRule(text)).toBeUndefined());

test("a rule may be an address on this machine, without TLS", () => {
  expect(parseReturnUrlRule("http://127.0.0.1:8080/a")).toBe("http://127.0.0.1:8080/a");
  expect(parseReturnUrlRule("http://[::1]/a")).toBe("http://[::1]/a");
  expect(parseReturnUrlRule("http://127.0.0.1.example.org/a")).toBeUndefined();
});

test("a site is an origin and nothing more", () => {
  expect(parseSite("https://www.example.org")).toBe("https://www.example.org");
  expect(parseSite("https://WWW.example.org:443/")).toBe("https://www.example.org");
  for (const text of ["https://www.example.org/a", "http://www.example.org", "null", "*", "https://a.b?c"])
    expect(parseSite(text)).toBeUndefined();
});

test("the key of a user joins the query, in place of one that was there", () => {
  const back = (text: string) => withUserKey(new URL(text), "u-1");
  expect(back("https://a.example/in")).toBe("https://a.example/in?userKey=u-1");
  expect(back("https://a.example/in?a=1&USERKEY=evil&userKey=evil#top")).toBe(
    "https://a.example/in?a=1&userKey=u-1#top",
  );
});
