import { expect, test } from "bun:test";

import { compileJsonSchema, schemaFaults } from "./json-schema.ts";
import type { JsonSchema } from "./types.ts";

test("a validator tells everything that is wrong, formats included, and is compiled once", () => {
  const schema = {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, at: { type: "string", format: "date-time" } },
  };
  const validate = compileJsonSchema(schema);
  expect(compileJsonSchema(schema)).toBe(validate);
  expect(validate({ name: "a", at: "2026-11-21T19:05:00Z" })).toBe(true);
  expect(validate({ at: "yesterday" })).toBe(false);
  expect(validate.errors?.map(({ keyword }) => keyword)).toEqual(["required", "format"]);
});

test("schemas with one $id do not get in each other's way", () => {
  const make = (type: string): JsonSchema => ({ $id: "https://example.org/s", type });
  expect(compileJsonSchema(make("object"))({})).toBe(true);
  expect(compileJsonSchema(make("string"))({})).toBe(false);
});

test.each<[name: string, schema: JsonSchema]>([
  ["words of OpenAPI", { type: "object", example: {}, externalDocs: {}, nullable: true }],
  ["extensions", { type: "object", "x-a": 1, properties: { b: { "x-c": [{ "x-d": 1 }] } } }],
  ["a required property that is none of the properties", { type: "object", required: ["a"], properties: {} }],
  ["several types", { type: "object", properties: { a: { type: ["string", "null"] } } }],
  ["the draft's name", { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" }],
  ["references inside", { type: "object", $defs: { a: {} }, properties: { b: { $ref: "#/$defs/a" } } }],
  [
    "unevaluatedProperties",
    { type: "object", allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
  ],
])("%s may stand in a schema", (_, schema) => {
  expect(schemaFaults(schema, true)).toEqual([]);
  expect(schemaFaults(schema, false)).toEqual([]);
});

// What `serve` refuses without the 110 ms that the meta-schema takes.
test.each<[name: string, schema: JsonSchema, path: string[]]>([
  ["a misspelt keyword", { properties: { a: { typ: "string" } } }, ["properties", "a", "typ"]],
  ["an unknown type", { type: "objekt" }, []],
  ["required that is no list", { required: "a" }, []],
  ["a limit that is text", { properties: { a: { maximum: "1" } } }, []],
  ["a broken pattern", { properties: { a: { pattern: "(" } } }, ["properties", "a", "pattern"]],
  ["a broken property pattern", { patternProperties: { "(": {} } }, ["patternProperties", "("]],
  ["an unknown format", { properties: { a: { format: "dat" } } }, ["properties", "a", "format"]],
  ["a reference to elsewhere", { $ref: "https://example.org/x" }, ["$ref"]],
])("%s is found without the meta-schema", (_, schema, path) => {
  const faults = schemaFaults(schema, false);
  expect(faults.map((fault) => fault.path)).toEqual([path]);
});
