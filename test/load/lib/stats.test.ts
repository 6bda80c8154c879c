import { describe, expect, test } from "bun:test";

import { disagreement, Histogram, median, pairedRatio, quantile, turns } from "./stats.ts";

describe("quantile", () => {
  test("lies between the two nearest values, in proportion", () => {
    expect(quantile([10, 20, 30, 40, 50], 0.5)).toBe(30);
    expect(quantile([10, 20], 0.25)).toBe(12.5);
    expect(quantile([50, 10, 40, 20, 30], 1)).toBe(50);
  });

  test("of nothing is not a number, so that it can never meet a target", () => {
    expect(quantile([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });

  test("leaves its input in the order it had", () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("disagreement", () => {
  test("is nothing for equal rounds and for a single one", () => {
    expect(disagreement([7, 7, 7])).toBe(0);
    expect(disagreement([7])).toBe(0);
  });

  test("forgives one odd round in five, but not two", () => {
    expect(disagreement([100, 100, 100, 100, 300])).toBe(0);
    expect(disagreement([100, 100, 100, 300, 300])).toBe(2);
  });
});

describe("pairedRatio", () => {
  test("compares each round with its neighbour, so a machine that slows down changes nothing", () => {
    const ours = [50, 25, 10];
    const theirs = [100, 50, 20];
    expect(pairedRatio(ours, theirs)).toBe(0.5);
  });

  test("leaves out a round that has no partner", () => {
    expect(pairedRatio([50, 1], [100])).toBe(0.5);
  });
});

test("sides take turns forwards and backwards", () => {
  expect([0, 1, 2, 3].map((round) => turns(["A", "B"], round).join(""))).toEqual(["AB", "BA", "AB", "BA"]);
});

describe("Histogram", () => {
  test("knows a quantile to about one per cent over six orders of magnitude", () => {
    const histogram = new Histogram();
    const values = Array.from({ length: 10_000 }, (_, i) => 1.5 * 10 ** (i / 2_000));
    for (const value of values) histogram.add(value);
    for (const q of [0.01, 0.5, 0.99]) {
      const exact = quantile(values, q);
      expect(Math.abs(histogram.quantile(q) / exact - 1)).toBeLessThan(0.012);
    }
  });

  test("counts what is too short or too long for it at its ends", () => {
    const histogram = new Histogram();
    histogram.add(0);
    histogram.add(1e15);
    expect(histogram.count).toBe(2);
    expect(histogram.quantile(0.5)).toBeLessThan(1.02);
    expect(histogram.quantile(1)).toBeGreaterThan(3.6e9);
  });

  test("has no quantile while it is empty", () => {
    expect(new Histogram().quantile(0.99)).toBeNaN();
  });
});
