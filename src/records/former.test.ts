import { expect, test } from "bun:test";

import { ANY, bounded, type FormerValue, KEPT } from "./former.ts";

const row = (value: string, sequence: number, field = "city"): FormerValue => ({ field, value, sequence });
const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => row(`s${from + i}`, from + i));

test("a value that goes is written, and nothing removed while there are few", () => {
  expect(bounded(rows(1, KEPT - 1), [row("s20", 20)])).toEqual({ put: [row("s20", 20)], drop: [] });
});

test("the oldest make way for one row that stands for any value, up to the newest of them", () => {
  expect(bounded(rows(1, KEPT + 1), [row("s20", 20)])).toEqual({
    put: [row("s20", 20), row(ANY, 2)],
    drop: rows(1, 2),
  });
});

test("a value that went before is not counted twice", () => {
  expect(bounded(rows(1, KEPT), [row("s1", 20)])).toEqual({ put: [row("s1", 20)], drop: [] });
});

test("the row for any value is no value itself: it is brought forward, not counted", () => {
  expect(bounded([row(ANY, 1), ...rows(2, KEPT + 1)], [row("s20", 20)])).toEqual({
    put: [row("s20", 20), row(ANY, 2)],
    drop: [row("s2", 2)],
  });
});

test("each field is on its own", () => {
  const other = row("n1", 20, "institute_id");
  expect(bounded(rows(1, KEPT), [other])).toEqual({ put: [other], drop: [] });
});

test("of more than are kept that go at once, the rest is any value from the start", () => {
  const gone = Array.from({ length: KEPT + 2 }, (_, i) => row(`s${i}`, 20));
  const { put, drop } = bounded([], gone);
  expect(put).toEqual([...gone.slice(2), row(ANY, 20)]);
  expect(drop).toEqual([]);
});
