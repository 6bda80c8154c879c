import { expect, test } from "bun:test";

import { differences, Digest } from "./digest.ts";
import type { Row } from "./tables.ts";

const of = (...rows: Row[]) => {
  const digest = new Digest();
  for (const row of rows) digest.add(row);
  return digest.result;
};

test("a table's content does not depend on the order of its rows, but on each of them", () => {
  const one: Row = ["a", 1, null, true, new Uint8Array([1, 2])];
  const other: Row = ["b", 2, "x", false, new Uint8Array([3])];
  expect(of(one, other)).toEqual(of(other, one));
  expect(of(one, one)).not.toEqual(of(other, other));
  expect(of(one, one)).not.toEqual(of());
});

test("a value of another kind, or in another column, is another row", () => {
  const rows: Row[] = [
    ["1", 1],
    [1, "1"],
    ["1", null],
    [null, "1"],
    ["1", true],
    ["1", new Uint8Array([1])],
    ["1", "AQ=="],
  ];
  expect(new Set(rows.map((row) => of(row).content)).size).toBe(rows.length);
});

test("what differs is named, with how many rows each has", () => {
  const [a, b] = [of(["a"]), of(["b"])];
  expect(differences({ t: a, u: a }, { t: a, u: a })).toEqual([]);
  expect(differences({ t: a }, { t: b })).toEqual(["t: as many rows, but not the same ones"]);
  expect(differences({ t: a }, {})).toEqual(["t: 1 rows became 0"]);
});
