import { describe, expect, test } from "bun:test";

import { parsePassword } from "./policy.ts";

const known = ["anna.andersson", "anna@example.org", ""];

test.each([
  "correct horse battery",
  "åäö åäö åäö!",
  "            a b c            ",
  "😀😃😄😁😆😅😂🤣😊😇🙂🙃",
  `ab${"c".repeat(998)}`,
])("%j will do, and stays as it is", (password) => {
  expect(parsePassword(password, "password", known)).toBe(password);
});

describe("refused, without being told back:", () => {
  test.each([
    [12, "must be text"],
    ["elevenchars", "at least 12 characters"],
    // Twelve code points, six letters.
    ["a\u030aa\u030aa\u030aa\u030aa\u030aa\u030a", "at least 12 characters"],
    [`ab${"c".repeat(999)}`, "at most 1000 bytes"],
    ["å".repeat(501), "at most 1000 bytes"],
    ["correct horse\n", "control characters"],
    ["Anna.Andersson", "must not be the username"],
    ["ANNA@example.ORG", "must not be the username"],
    ["aaaaaaaaaaaaaaaa", "one character many times"],
  ])("%j", (password, reason) => {
    expect(() => parsePassword(password, "password", known)).toThrow(reason);
    expect(() => parsePassword(password, "password", known)).not.toThrow(String(password));
  });
});
