import { expect, test } from "bun:test";

import { pack, unpack } from "./packed.ts";

test.each([
  "",
  "x",
  "y".repeat(999),
  "é".repeat(1_000),
  '{"a":"\\u0000"}'.repeat(5_000),
  "😀\r\n\0".repeat(2_000),
])("text comes back as it was (%#)", (text) => {
  expect(unpack(pack(text))).toBe(text);
});

test("short text stays text, long text becomes less", () => {
  expect(pack("x".repeat(999))).toBe("x".repeat(999));
  const long = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ object: "training", id })));
  const packed = pack(long);
  expect(packed).toBeInstanceOf(Uint8Array);
  expect(packed.length).toBeLessThan(long.length / 4);
});
