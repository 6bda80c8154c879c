import { describe, expect, test } from "bun:test";

import { relocate } from "./relocate.ts";
import type { Schema } from "./spec.ts";

const moved = (schema: Schema) => relocate(schema, "TrainingInput", (name) => `Training_${name}`);

describe("references", () => {
  test("to a definition lead to its component, and deeper ones into it", () => {
    const { root, definitions } = moved({
      properties: {
        place: { $ref: "#/$defs/place" },
        city: { $ref: "#/$defs/place/properties/city" },
        old: { $ref: "#/definitions/old" },
      },
      $defs: { place: { properties: { city: { type: "string" }, near: { $ref: "#/$defs/place" } } } },
      definitions: { old: { type: "integer" } },
    });
    expect(root).toEqual({
      properties: {
        place: { $ref: "#/components/schemas/Training_place" },
        city: { $ref: "#/components/schemas/Training_place/properties/city" },
        old: { $ref: "#/components/schemas/Training_old" },
      },
    });
    expect(definitions).toEqual({
      Training_place: {
        properties: { city: { type: "string" }, near: { $ref: "#/components/schemas/Training_place" } },
      },
      Training_old: { type: "integer" },
    });
  });

  test("to the schema itself and to parts of it lead into its component", () => {
    const { root } = moved({
      properties: {
        "a/b~c": { type: "string" },
        children: { items: { $ref: "#" } },
        same: { $ref: "#/properties/a~1b~0c" },
      },
    });
    expect(root["properties"]).toMatchObject({
      children: { items: { $ref: "#/components/schemas/TrainingInput" } },
      same: { $ref: "#/components/schemas/TrainingInput/properties/a~1b~0c" },
    });
  });

  test("by address, anchor and dynamic anchor are resolved, and the addresses taken out", () => {
    const { root, definitions } = moved({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://schemas.example/training.json",
      properties: {
        absolute: { $ref: "https://schemas.example/place.json" },
        relative: { $ref: "place.json#/properties/city" },
        anchor: { $ref: "place.json#town" },
        dynamic: { $dynamicRef: "#node" },
      },
      $defs: {
        place: {
          $id: "place.json",
          properties: { city: { $anchor: "town", type: "string" }, here: { $ref: "#town" } },
        },
        node: { $dynamicAnchor: "node", type: "object" },
      },
    });
    const city = "#/components/schemas/Training_place/properties/city";
    expect(root).toEqual({
      properties: {
        absolute: { $ref: "#/components/schemas/Training_place" },
        relative: { $ref: city },
        anchor: { $ref: city },
        dynamic: { $ref: "#/components/schemas/Training_node" },
      },
    });
    expect(definitions).toEqual({
      Training_place: { properties: { city: { type: "string" }, here: { $ref: city } } },
      Training_node: { type: "object" },
    });
  });

  test("that are data and not references stay as they are", () => {
    const schema: Schema = {
      properties: { $ref: { type: "string" }, $id: { const: { $ref: "#/$defs/none" } } },
      examples: [{ $ref: "#/$defs/none", $id: "a" }],
      enum: [{ $anchor: "b" }],
    };
    expect(moved(schema).root).toEqual(schema);
  });

  test("to nowhere are an error that names them", () => {
    expect(() => moved({ $ref: "#none" })).toThrow("the reference #none leads nowhere");
  });
});

test("a definition that is true or false becomes a component that says the same", () => {
  expect(moved({ $defs: { anything: true, nothing: false } }).definitions).toEqual({
    Training_anything: {},
    Training_nothing: { not: {} },
  });
});
