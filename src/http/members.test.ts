import { describe, expect, test } from "bun:test";

import { Problem, type Violation } from "../problem.ts";
import { choice, duration, flag, listOf, parseMembers, text, wholeNumber } from "./members.ts";

const members = {
  name: text({ min: 1, max: 5 }),
  notes: text({ max: 20, lines: true }),
  colour: choice("red", "blue"),
  on: flag,
  size: wholeNumber(1, 10),
  wait: duration("1s", "1h"),
  tags: listOf(text({ min: 1, max: 3 }), { min: 1, max: 2 }),
  inner: (value: unknown, field: string) =>
    parseMembers(value, { size: wholeNumber(1, 2) }, { field, required: ["size"] }),
};

function violations(value: unknown): readonly Violation[] {
  try {
    parseMembers(value, members, { required: ["name"] });
  } catch (error) {
    if (error instanceof Problem) return error.violations;
    throw error;
  }
  return [];
}

describe("parseMembers", () => {
  test("gives what it is given, text trimmed", () => {
    const given = {
      name: " a ",
      colour: "red",
      on: false,
      size: 10,
      wait: "90s",
      tags: ["x"],
      inner: { size: 1 },
    };
    const parsed = parseMembers(given, members, { required: ["name"] });
    const name: string = parsed.name;
    expect(name).toBe("a");
    expect<unknown>(parsed).toEqual({ ...given, name: "a" });
  });

  test("tells everything that is wrong at once, with its path", () => {
    const fields = violations({ nonesuch: 1, size: 11, tags: ["", "ok"], inner: { size: 3, other: 1 } });
    expect(fields.map(({ field }) => field)).toEqual([
      "nonesuch",
      "size",
      "tags[0]",
      "inner.size",
      "inner.other",
      "name",
    ]);
  });

  const bad: [string, unknown, string][] = [
    ["no object", [], ""],
    ["null", null, ""],
    ["a missing member", {}, "name"],
    ["null where text is asked for", { name: null }, "name"],
    ["only spaces", { name: "   " }, "name"],
    ["text that is too long", { name: "123456" }, "name"],
    ["a line break in a line", { name: "a\nb" }, "name"],
    ["a NUL in lines", { name: "a", notes: "a\0b" }, "notes"],
    ["a word that is no choice", { name: "a", colour: "green" }, "colour"],
    ["a flag as text", { name: "a", on: "true" }, "on"],
    ["a number as text", { name: "a", size: "3" }, "size"],
    ["a fraction", { name: "a", size: 1.5 }, "size"],
    ["a duration without its unit", { name: "a", wait: "5" }, "wait"],
    ["a duration as a number", { name: "a", wait: 5 }, "wait"],
    ["a duration that is too short", { name: "a", wait: "999ms" }, "wait"],
    ["a duration that is too long", { name: "a", wait: "61m" }, "wait"],
    ["an empty list", { name: "a", tags: [] }, "tags"],
    ["a list that is too long", { name: "a", tags: ["a", "b", "c"] }, "tags"],
    ["a list that is none", { name: "a", tags: "a" }, "tags"],
    ["a missing member inside", { name: "a", inner: {} }, "inner.size"],
    ["a member of every object's prototype", { name: "a", constructor: 1 }, "constructor"],
  ];
  test.each(bad)("refuses %s", (_, value, field) => {
    expect(violations(value).map((violation) => violation.field)).toEqual([field]);
  });

  test("takes line breaks where lines are asked for", () => {
    expect(parseMembers({ notes: "a\r\n\tb" }, members)).toEqual({ notes: "a\r\n\tb" });
  });
});
