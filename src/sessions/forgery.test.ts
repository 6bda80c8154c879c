import { describe, expect, test } from "bun:test";

import { FormTokens, isFromConsole, sameSite } from "./forgery.ts";

describe("a form's token", () => {
  const tokens = new FormTokens(new Uint8Array(32).fill(1));

  test("fits the cookie that it was made for, and no other, nor another server's", () => {
    const token = tokens.of("cookie");
    expect(tokens.fits("cookie", token)).toBe(true);
    expect(tokens.fits("cookies", token)).toBe(false);
    expect(new FormTokens(new Uint8Array(32)).fits("cookie", token)).toBe(false);
    for (const other of ["", token.slice(1), `${token}x`, "å".repeat(43)])
      expect(tokens.fits("cookie", other)).toBe(false);
  });
});

describe("where a form comes from", () => {
  const own = "https://koppla.example";
  const cases: [boolean, Record<string, string>][] = [
    [true, {}],
    [true, { "sec-fetch-site": "same-origin" }],
    // The person typed the address, or loaded the page anew.
    [true, { "sec-fetch-site": "none" }],
    [false, { "sec-fetch-site": "same-site" }],
    [false, { "sec-fetch-site": "cross-site" }],
    [false, { "sec-fetch-site": "cross-site", origin: own }],
    [true, { "sec-fetch-site": "same-origin", origin: "null" }],
    [true, { origin: own }],
    [true, { origin: "null" }],
    // Reached by another name than the one that is told.
    [true, { origin: "http://10.0.0.5:8080", host: "10.0.0.5:8080" }],
    [false, { origin: "http://10.0.0.5:8081", host: "10.0.0.5:8080" }],
    [false, { origin: "https://evil.example", host: "koppla.example" }],
    [false, { origin: "https://koppla.example.evil.example", host: "koppla.example" }],
    [false, { origin: "http://koppla.example" }],
    [false, { origin: "nonsense", host: "koppla.example" }],
  ];
  test.each(cases)("%p: %j", (taken, headers) => {
    const request = new Request(`${own}/oauth/authorize`, { method: "POST", headers });
    expect(sameSite(request, own)).toBe(taken);
  });
});

describe("that a page of ours sent it is certain", () => {
  const own = "https://koppla.example";
  const cases: [boolean, Record<string, string>][] = [
    [true, { "x-koppla-console": "1" }],
    [true, { "x-koppla-console": "1", "sec-fetch-site": "same-origin", origin: own }],
    [false, { "sec-fetch-site": "same-origin", origin: own }],
    [false, { "x-koppla-console": "true", "sec-fetch-site": "same-origin" }],
    [false, { "x-koppla-console": "1", "sec-fetch-site": "cross-site" }],
    [false, { "x-koppla-console": "1", origin: "https://evil.example" }],
  ];
  test.each(cases)("%p: %j", (certain, headers) => {
    const request = new Request(`${own}/api/v1/receivers`, { method: "POST", headers });
    expect(isFromConsole(request, own)).toBe(certain);
  });
});
