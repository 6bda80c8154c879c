import { expect, test } from "bun:test";

import { isMailAddress, parseSender } from "./address.ts";

test.each([
  "anna@example.org",
  "anna.b+c@mail.example.org",
  "åsa@exempel.se",
  "x@localhost",
  "o'neill@[::1]".replace(/[[\]:]/g, ""),
])("%s is an address", (text) => expect(isMailAddress(text)).toBe(true));

test.each([
  ...[
    "",
    "anna",
    "@example.org",
    "anna@",
    "a@b@c",
    "a b@c",
    "a@b c",
    "a@b,c@d",
    "a@b;c@d",
    "<a@b>",
    '"a"@b',
    "a(b)@c",
  ],
  ...["a@b\r\nBcc: c@d", "a@b\n", "a\0@b", "a\u202e@b", `${"a".repeat(250)}@b.se`],
])("%j is none", (text) => expect(isMailAddress(text)).toBe(false));

test("a sender may have a name", () => {
  expect(parseSender("koppla@example.org")).toEqual({ name: "", address: "koppla@example.org" });
  expect(parseSender("Koppla <koppla@example.org>")).toEqual({
    name: "Koppla",
    address: "koppla@example.org",
  });
  expect(parseSender('"Koppla, Åre" <koppla@example.org>')).toEqual({
    name: "Koppla, Åre",
    address: "koppla@example.org",
  });
  for (const text of ["Koppla", "Koppla <koppla>", "a@b, c@d", "A\nBcc: x <a@b>", "<a@b> <c@d>"]) {
    expect(parseSender(text)).toBeUndefined();
  }
});
