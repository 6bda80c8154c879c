import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "bun:test";

import type { JsonValue } from "../../config/types.ts";
import type { Schema } from "./spec.ts";
import { follow, isSchema, pointerSteps } from "./walk.ts";
import { widen } from "./widen.ts";

const closed: Schema = {
  additionalProperties: false,
  required: ["name"],
  properties: { name: { type: "string" } },
};

const schemas: Record<string, Schema> = {
  open: { required: ["name"], properties: { name: { type: "string" } } },
  closed,
  "closed by a schema for the rest": { ...closed, additionalProperties: { type: "integer" } },
  "closed for what nothing else allows": {
    unevaluatedProperties: false,
    allOf: [{ properties: { name: { type: "string" } } }],
  },
  "closed inside of allOf": { allOf: [closed] },
  "closed variants": { oneOf: [closed, { ...closed, properties: { name: { type: "integer" } } }] },
  "closed in one branch": { if: { required: ["name"] }, then: closed, else: { maxProperties: 0 } },
  "closed beside another field": { dependentSchemas: { name: closed } },
  "not closed": { not: closed },
  "closed by reference": { $ref: "#/$defs/closed", $defs: { closed } },
  "closed by reference to a reference": {
    $ref: "#/$defs/again",
    allOf: [{ minProperties: 1 }],
    $defs: { closed, again: { $ref: "#/$defs/closed" } },
  },
  "of few fields": { maxProperties: 1 },
  "of fields with long names": { propertyNames: { minLength: 4 } },
  "of fields by pattern": {
    patternProperties: { "^[a-z]": { type: "string" } },
    additionalProperties: false,
  },
};

const data: Record<string, JsonValue>[] = [
  {},
  { name: "a" },
  { name: 1 },
  { name: "a", other: 1 },
  { name: "a", other: "b" },
  { abc: "a" },
  { more: "a" },
];

const members: Record<string, Schema> = { id: { type: "integer" }, _meta: { type: "object" } };

test.each(Object.entries(schemas))(
  "%s: with the members holds exactly what held without them",
  (_, schema) => {
    const resolve = (reference: string) => {
      const found = follow(schema, pointerSteps(reference.slice(1)));
      return isSchema(found) ? found : undefined;
    };
    const before = structuredClone(schema);
    const ajv = new Ajv2020({ strict: false });
    const [narrow, wide] = [ajv.compile(schema), ajv.compile(widen(schema, members, resolve))];
    const held = data.map((value) => narrow(value));
    expect(data.map((value) => wide({ id: 7, ...value, _meta: {} }))).toEqual(held);
    expect(schema).toEqual(before);
  },
);

test("the members have schemas of their own, those that the schema declares have its", () => {
  const { properties } = widen({ properties: { id: { minimum: 5 } } }, members, () => undefined);
  expect(properties).toEqual({ id: { minimum: 5 }, _meta: { type: "object" } });
});
