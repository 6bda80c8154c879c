import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { Base64Decoder } from "./base64.ts";
import { ScanLimit, Scanner } from "./scanner.ts";

/** What is left of JSON that comes in pieces of `step` bytes, and the data that were taken out of it. */
function scan(text: string, step: number, limit = 1_000_000) {
  const data: { pieces: Uint8Array[]; decoder: Base64Decoder }[] = [];
  const scanner = new Scanner({
    attachment() {
      const pieces: Uint8Array[] = [];
      const decoder = new Base64Decoder((bytes) => pieces.push(bytes.slice()));
      data.push({ pieces, decoder });
      return decoder;
    },
    mark: (index) => `#${index}`,
    limit,
    depth: 64,
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step));
  return {
    left: Buffer.from(scanner.end()).toString(),
    data: data.map(({ pieces, decoder }) =>
      decoder.valid ? Buffer.concat(pieces).toString("latin1") : "no base64",
    ),
  };
}

const one = (data: string) => `{"attachments":[{"base64Data":"${data}"}]}`;

describe("the scanner", () => {
  test.each<[string, string, string[]]>([
    [
      "of all attachments",
      '{"attachments":[{"base64Data":"aGk="},{"fileName":"a","base64Data":"aG8="}]}',
      ["hi", "ho"],
    ],
    ["between white space", '{ "attachments" : [ { "base64Data" : "aGk=" , "a" : 1 } ] }', ["hi"]],
    [
      "after texts with quotes and backslashes",
      String.raw`{"a\"\\":"\\\"","attachments":[{"base64Data":"aGk="}]}`,
      ["hi"],
    ],
    ["with escaped slashes", one(String.raw`\/\/\/\/`), ["\xff\xff\xff"]],
    ["with escaped letters", one(String.raw`\u0061Gk\u003d`), ["hi"]],
    ["with an escaped quote", one(String.raw`aG\"k=`), ["no base64"]],
    ["with an escaped backslash", one(String.raw`aGk=\\`), ["no base64"]],
    ["with line ends", one(String.raw`aG\nk=`), ["no base64"]],
    ["of nothing", one(""), [""]],
    [
      "not of other places",
      '{"base64Data":"aGk=","x":[{"base64Data":"aGk="}],"attachments":[["a",{"base64Data":"aGk="}],{"x":{"base64Data":"aGk="}}]}',
      [],
    ],
  ])("takes out data %s, wherever a piece ends", (_, text, expected) => {
    for (let step = 1; step <= text.length; step++) {
      const { left, data } = scan(text, step);
      expect({ step, data }).toEqual({ step, data: expected });
      JSON.parse(left);
    }
  });

  test("leaves every other JSON as it is", () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1, max: 50 }), (text, step) => {
        expect(scan(text, step).left).toBe(text);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("gives back any bytes as they were encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 300 }), (bytes, step) => {
        const { data } = scan(one(Buffer.from(bytes).toString("base64")), step);
        expect(data).toEqual([Buffer.from(bytes).toString("latin1")]);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("ends at a limit of what is not data, and of depth", () => {
    expect(() => scan(one("A".repeat(4_000)), 10, 200)).not.toThrow();
    expect(() => scan(`{"message":"${"a".repeat(300)}"}`, 10, 200)).toThrow(ScanLimit);
    expect(() => scan("[".repeat(64), 10)).not.toThrow();
    expect(() => scan("[".repeat(65), 10)).toThrow(ScanLimit);
  });
});
