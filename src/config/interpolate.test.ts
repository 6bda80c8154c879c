import { expect, test } from "bun:test";

import { interpolate } from "./interpolate.ts";

const env = { A: "one", B: "", C: "${A}" };

test.each([
  ["", ""],
  ["plain $A $ {A}", "plain $A $ {A}"],
  ["${A}", "one"],
  ["<${A}${A}>", "<oneone>"],
  ["${B}", ""],
  ["${B:-two}", "two"],
  ["${NONE:-two}", "two"],
  ["${NONE:-}", ""],
  ["${NONE:-a:-b $ c}", "a:-b $ c"],
  ["${A:-two}", "one"],
  ["$${A}", "${A}"],
  ["$$${A}", "$${A}"],
  ["${C}", "${A}"],
])("%j becomes %j", (text, expected) => {
  expect(interpolate(text, env)).toMatchObject({ ok: true, text: expected });
});

test.each([
  ["${NONE}", "${NONE}, which is not set"],
  ["a ${A", '"${A"'],
  ["${}", '"${}"'],
  ["${1A}", '"${1A}"'],
  ["${A-b}", '"${A-b}"'],
  ["${A:+b}", '"${A:+b}"'],
])("%j is refused", (text, found) => {
  expect(interpolate(text, env)).toMatchObject({ ok: false, found });
});
