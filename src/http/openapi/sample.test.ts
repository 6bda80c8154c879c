import { describe, expect, test } from "bun:test";

import { compileJsonSchema } from "../../config/json-schema.ts";
import { sample } from "./sample.ts";
import type { Schema } from "./spec.ts";
import { follow, isSchema, pointerSteps } from "./walk.ts";

const sampleOf = (schema: Schema, options?: { requiredOnly: boolean }) =>
  sample(
    schema,
    (reference) => {
      const found = follow(schema, pointerSteps(reference.slice(1)));
      return isSchema(found) ? found : undefined;
    },
    options,
  );

const property = (schema: Schema): Schema => ({
  type: "object",
  required: ["swedish_name"],
  properties: { swedish_name: schema },
});

describe("fits its schema:", () => {
  test.each<[string, Schema]>([
    ["text", { type: "string" }],
    ["long text", { type: "string", minLength: 50, maxLength: 51 }],
    ["short text", { type: "string", maxLength: 3 }],
    ["a date", { type: "string", format: "date" }],
    ["a time with its offset", { type: "string", format: "date-time" }],
    ["an address", { type: "string", format: "uri", pattern: "^https?://" }],
    ["a pattern of capitals", { type: "string", pattern: "^[A-Z]{2}$" }],
    ["a Swedish organisation number", { type: "string", pattern: "^\\d{6}-\\d{4}$" }],
    ["an integer in bounds", { type: "integer", exclusiveMinimum: 10, maximum: 12 }],
    ["a negative number", { type: "number", maximum: -3.5 }],
    ["a number between two that are near", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.25 }],
    ["a multiple", { type: "number", multipleOf: 0.25, minimum: 3.1 }],
    ["something or null", { type: ["null", "boolean"] }],
    ["null", { type: "null" }],
    ["a choice", { enum: ["a", "b"] }],
    ["a constant", { const: { a: [1] } }],
    ["a list", { type: "array", items: { type: "integer" }, minItems: 3 }],
    [
      "a list of different choices",
      { type: "array", items: { enum: ["a", "b"] }, minItems: 2, uniqueItems: true },
    ],
    [
      "a list with places",
      { type: "array", prefixItems: [{ type: "string" }, { const: 2 }], items: false, minItems: 2 },
    ],
    [
      "all of several",
      { allOf: [property({ type: "string" }), { required: ["b"], properties: { b: { type: "integer" } } }] },
    ],
    [
      "one of several",
      {
        oneOf: [
          { type: "string", pattern: "^(never){9}$" },
          { type: "integer", minimum: 5 },
        ],
      },
    ],
    ["anything", {}],
  ])("%s", (_, schema) => {
    const whole = property(schema);
    const validate = compileJsonSchema(whole);
    const made = sampleOf(whole);
    validate(made);
    expect({ made, errors: validate.errors ?? [] }).toEqual({ made, errors: [] });
  });
});

test("text is made of the field's name", () => {
  expect(sampleOf(property({ type: "string" }))).toEqual({ swedish_name: "swedish name" });
});

test("what the schema offers itself goes first", () => {
  expect(sampleOf(property({ type: "string", examples: ["Örebro"], default: "Umeå" }))).toEqual({
    swedish_name: "Örebro",
  });
  expect(sampleOf(property({ type: "string", default: "Umeå" }))).toEqual({ swedish_name: "Umeå" });
});

test("what holds itself comes to an end", () => {
  const tree: Schema = {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
  };
  const validate = compileJsonSchema(tree);
  expect(validate(sampleOf(tree))).toBeTrue();
  expect(sampleOf(tree, { requiredOnly: true })).toEqual({ name: "name" });
});

test("where nothing is found there is no sample: an optional field is left out, a required one leaves nothing", () => {
  const riddle: Schema = { type: "string", pattern: "^q7(x|y)z{3}$" };
  expect(sampleOf({ type: "object", properties: { riddle } })).toEqual({});
  expect(sampleOf(property(riddle))).toBeUndefined();
});
