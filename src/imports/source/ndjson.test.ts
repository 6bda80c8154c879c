import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { ndjsonItems } from "./ndjson.ts";
import type { SourceItem } from "./item.ts";

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string | Uint8Array, skip = 0, size = 1_000): Promise<SourceItem[]> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return (await Array.fromAsync(ndjsonItems(pieces(bytes, size), skip))).flat();
}

/** What each line is for itself. */
function singly(text: string): SourceItem[] {
  return text.split("\n").flatMap((one, index): SourceItem[] => {
    const line = index + 1;
    if (one.trim() === "") return [];
    try {
      return [{ line, value: JSON.parse(one) as unknown }];
    } catch {
      return [{ line, violations: [{ field: "", message: "is not JSON" }] }];
    }
  });
}

describe("the lines of an NDJSON file", () => {
  test.each([
    ["two values on a line, and none on another", '{"a":1} {"b":2}\n\n{"c":3}\n'],
    ["two values on a line, with a comma", '{"a":1},{"b":2}\n\n{"c":3}\n'],
    ["a value over two lines, beside two on one", '{"a":\n1}\n{"b":2} {"c":3}\n'],
    ["a list over two lines, beside two on one", '[1,\n2]\n{"b":2}{"c":3}\n'],
    ["a text over two lines", '{"a":"x\ny"}\n{"b":2}\n'],
    ["blanks instead of a value", '{"a":1}\n  \t\n{"b":2}\n'],
    ["line ends of Windows", '{"a":1}\r\n{"b":2}\r\n'],
    ["blanks around values", ' {"a":1} \n\t[1, 2]\n  7  \n'],
    ["what is no JSON", '{"a":1}\n{\'b\':2}\nNaN\n01\n[1,]\n{"c":3}\n'],
    ["a comment", '{"a":1} // one\n{"b":2}\n'],
    ["no end of the last line", '{"a":1}\n{"b":2}'],
    ["a number at the end", '{"a":1}\n12'],
    ["the same name twice, and one that is no name", '{"a":1,"a":2}\n{"__proto__":{"x":1}}\n{"1":0,"0":1}\n'],
    ["numbers of all kinds", "-0\n1e999\n0.1\n12345678901234567890\n1E-7\n"],
    ["escapes", '"\\ud800"\n"\\u0000"\n"\\/\\b"\n"å\u2028"\n'],
  ])("%s: each is what it is alone", async (_, text) => {
    const alone = singly(text);
    expect(await read(text)).toEqual(alone);
    expect(await read(text, 0, 3)).toEqual(alone);
  });

  test("numbers keep the sign of zero, and a member called __proto__ is one of its own", async () => {
    const [zero, proto] = await read('-0\n{"__proto__":1}\n');
    expect(zero && "value" in zero && Object.is(zero.value, -0)).toBe(true);
    expect(proto && "value" in proto && Object.keys(proto.value as object)).toEqual(["__proto__"]);
  });

  test("any lines, in pieces of any length, from any line on, are what each is alone", async () => {
    const line = fc.oneof(
      { weight: 6, arbitrary: fc.json({ maxDepth: 2 }) },
      { weight: 1, arbitrary: fc.constantFrom("", " ", "{", "}", '{"a":1} {"b":2}', "1 2", '"', "\r", "[1") },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.nat(5),
        fc.nat(40),
        async (lines, skip, size) => {
          const text = lines.join("\n");
          expect(await read(text, skip, size + 1)).toEqual(singly(text).slice(skip));
        },
      ),
      { seed: 7, numRuns: 400 },
    );
  });

  test("bytes that are no UTF-8 are told of with their line", async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0x7b, 0xff, 0x7d, 0x0a])]);
    expect(await read(bytes)).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, violations: [{ field: "", message: "is not UTF-8" }] },
    ]);
  });
});
