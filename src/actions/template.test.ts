import { describe, expect, test } from "bun:test";

import {
  escapeFor,
  fillJson,
  fillText,
  isUrlTemplate,
  placeholdersIn,
  type TemplateValues,
} from "./template.ts";

const values: TemplateValues = {
  input: { year: 2026, name: 'A "B" & <C>', lines: [{ id: 7 }], none: null, flag: true },
  operation: "op-1",
  organisation: "demo",
  submitted_by: "account:acc_1",
  submitted_at: "2026-01-01T00:00:00.000Z",
};
const plain = (value: string) => value;

describe("a text", () => {
  test("has its placeholders replaced, and nothing else", () => {
    const text = "{{input.year}}/{{ operation }}/{{input.lines.0.id}}/{{input.none}}/{{input.flag}}/{x}";
    expect(fillText(text, values, plain)).toBe("2026/op-1/7//true/{x}");
  });

  test("is not looked at again where a value has brought a placeholder in", () => {
    const sly = { ...values, input: { a: "{{operation}}" } };
    expect(fillText("{{input.a}}", sly, plain)).toBe("{{operation}}");
  });

  test("finds nothing that the input does not have itself", () => {
    expect(fillText("[{{input.constructor}}{{input.__proto__}}{{input.name.length}}]", values, plain)).toBe(
      "[]",
    );
  });

  test.each([
    ["application/xml", "A &quot;B&quot; &amp; &lt;C&gt;"],
    ["application/soap+xml; charset=utf-8", "A &quot;B&quot; &amp; &lt;C&gt;"],
    ["application/x-www-form-urlencoded", "A%20%22B%22%20%26%20%3CC%3E"],
    ["application/json", 'A \\"B\\" & <C>'],
    ["text/plain", 'A "B" & <C>'],
  ])("of %s has values made harmless", (type, expected) => {
    expect(fillText("{{input.name}}", values, escapeFor(type))).toBe(expected);
  });
});

test("JSON keeps the types of values that stand alone, and leaves out members that are not there", () => {
  const template = {
    year: "{{input.year}}",
    text: "Year {{input.year}}",
    lines: "{{input.lines}}",
    gone: "{{input.missing}}",
    list: ["{{input.missing}}", 1],
    null: "{{input.none}}",
  };
  expect(fillJson(template, values)).toEqual({
    year: 2026,
    text: "Year 2026",
    lines: [{ id: 7 }],
    list: [null, 1],
    null: null,
  });
  expect(placeholdersIn(template)).toContain("input.lines");
});

test("a URL has placeholders behind its host alone", () => {
  const good = ["http://a/{{input.x}}", "https://a:8/b?c={{input.x}}", "http://a/"];
  expect(good.filter(isUrlTemplate)).toEqual(good);
  const bad = [
    "http://{{input.x}}/",
    "http://a{{input.x}}",
    "{{input.x}}",
    "http://a:{{input.x}}/",
    "ftp://a/{{x}}",
  ];
  expect(bad.filter(isUrlTemplate)).toEqual([]);
});
