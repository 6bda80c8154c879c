import { describe, expect, test } from "bun:test";

import { decodeId, encodeId, encodeIdText, encodeValue, NO_VALUE } from "./key.ts";

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe("the key of an id", () => {
  const integers = [
    Number.MIN_SAFE_INTEGER,
    -1000,
    -999,
    -12,
    -10,
    -9,
    -1,
    0,
    1,
    9,
    10,
    11,
    99,
    100,
    345345,
    2 ** 31,
    2 ** 40,
    Number.MAX_SAFE_INTEGER,
  ];

  test("orders integers by their value", () => {
    const keys = integers.map((id) => encodeId("integer", id));
    expect([...keys].sort(byBytes)).toEqual(keys);
  });

  test("gives the integer back", () => {
    for (const id of integers) expect(decodeId("integer", encodeId("integer", id))).toBe(id);
  });

  test("is the same for -0 and 0", () => {
    expect(encodeId("integer", -0)).toBe(encodeId("integer", 0));
  });

  test.each([1.5, "1", 2 ** 53, Number.NaN, null, undefined, true, {}])("refuses %p as an integer", (id) => {
    expect(() => encodeId("integer", id)).toThrow("id: must be an integer");
  });

  test.each(["", "01", "1e3", "0x10", "1.0", " 1", "9007199254740993", "abc", "-"])(
    "refuses the text %p as an integer",
    (text) => {
      expect(() => encodeIdText("integer", text)).toThrow("id: must be an integer");
    },
  );

  test("writes UUIDs in lower case and refuses other texts", () => {
    const id = "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B";
    expect(encodeId("uuid", id)).toBe(id.toLowerCase());
    expect(() => encodeId("uuid", "0190a1b2")).toThrow("must be a UUID");
  });

  test.each(["", "a\nb", "\0", "\ud800", "x".repeat(201), 7])("refuses %p as a string id", (id) => {
    expect(() => encodeId("string", id)).toThrow("id: must");
  });
});

describe("the index value of a field", () => {
  test("orders numbers by their value", () => {
    const numbers = [
      -Number.MAX_VALUE,
      -1e10,
      -2.5,
      -1,
      -1e-9,
      0,
      1e-9,
      0.5,
      1,
      2,
      10,
      1e10,
      Number.MAX_VALUE,
    ];
    const values = numbers.map((number) => encodeValue(number));
    expect([...values].sort(byBytes)).toEqual(values);
  });

  test("keeps long strings apart that begin alike", () => {
    const start = "x".repeat(300);
    expect(encodeValue(`${start}a`)).not.toBe(encodeValue(`${start}b`));
  });

  test("puts what cannot be filtered last", () => {
    for (const value of [null, undefined, {}, []]) expect(encodeValue(value)).toBe(NO_VALUE);
    expect(byBytes(encodeValue("zzz"), NO_VALUE)).toBeLessThan(0);
  });
});
