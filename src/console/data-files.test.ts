/** What the console makes of a file before it sends it, of a record that was changed, and of a schema. */
import { describe, expect, test } from "bun:test";

import { guess } from "./app/pages/data/import/mapping.ts";
import { csvRows, previewOf } from "./app/pages/data/import/preview.ts";
import { faultsOf } from "./app/parts/schema-form/check.ts";
import { propertiesOf } from "./app/parts/schema-form/schema.ts";

const schema = {
  type: "object",
  required: ["name", "place"],
  additionalProperties: false,
  properties: {
    name: { type: "string", title: "Benämning", minLength: 2 },
    seats: { type: ["integer", "null"], minimum: 1 },
    level: { enum: ["basic", "advanced", null] },
    starts_on: { type: "string", format: "date" },
    tags: { type: "array", items: { type: "string" } },
    place: { $ref: "#/$defs/place" },
    anything: {},
  },
  $defs: { place: { type: "object", properties: { floor: { type: "integer" } } } },
};
const type = {
  ...{ name: "trainings", object: "training", key: "integer" as const, description: "", schema },
  ...{ fields: Object.keys(schema.properties), filters: [], search: [], public: [], parent: null },
  ...{ topics: { update: "", destroy: "", import: "" }, rights: [] },
};

describe("a file", () => {
  test("of CSV is read with quotes, line ends within them, and its own delimiter", () => {
    expect(csvRows('a;"b ""x""";c\r\n1;"two\nlines";\r\n\r\n', ";")).toEqual([
      ["a", 'b "x"', "c"],
      ["1", "two\nlines", ""],
    ]);
  });

  test("is known by its content: delimiter, encoding, whether it is packed", async () => {
    const latin = new File([Buffer.from("Nr;Benämning\n1;Förskola\n", "latin1")], "a.csv");
    expect(await previewOf(latin)).toMatchObject({
      ...{ format: "csv", delimiter: ";", encoding: "windows-1252", packed: false },
      ...{ columns: ["Nr", "Benämning"], rows: [["1", "Förskola"]] },
    });
    const lines = new File(['{"id":1,"name":"å"}\n{"id":2,"tags":["x"]}\n'], "a.jsonl");
    expect(await previewOf(lines)).toMatchObject({
      ...{ format: "ndjson", encoding: "utf-8", columns: ["id", "name", "tags"] },
      rows: [
        ["1", "å", ""],
        ["2", "", '["x"]'],
      ],
    });
    const list = new File(['[{"id":1}]'], "a.json");
    expect(await previewOf(list)).toMatchObject({ format: "json", rows: [["1"]] });
    const packed = new File([Bun.gzipSync("id\n1\n")], "a.csv.gz");
    expect(await previewOf(packed)).toMatchObject({ packed: true, format: "csv", rows: [] });
  });

  test("that is long is not cut within its last row or character", async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index},åäö`);
    const { columns, encoding } = await previewOf(new File([["id,name", ...rows].join("\n")], "a.csv"));
    expect([columns, encoding]).toEqual([["id", "name"], "utf-8"]);
  });

  test("has its columns mapped by name or title, whatever their case, each field once", () => {
    expect(guess(type, ["ID", "benamning", "Starts on", "Seats", "SEATS", "Other"])).toEqual({
      ...{ ID: "id", benamning: "name", "Starts on": "starts_on", Seats: "seats", SEATS: "", Other: "" },
    });
  });
});

describe("a form by a schema", () => {
  test("has an input for each property, by what the schema says of it", () => {
    const found = propertiesOf(schema, schema);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ["name", "long"],
      ["seats", "integer"],
      ["level", "choice"],
      ["starts_on", "date"],
      ["tags", "texts"],
      ["place", "object"],
      ["anything", "json"],
    ]);
    expect(found.map(({ required }) => required)).toEqual([true, false, false, false, false, true, false]);
    expect(found[1]?.nullable).toBe(true);
    expect(propertiesOf(found[5]?.schema ?? {}, schema, "place").map(({ path }) => path)).toEqual([
      "place.floor",
    ]);
  });

  test("says what is wrong where it is, with what the rule says", () => {
    expect(faultsOf(schema, { name: "x", seats: 0, place: { floor: "first" }, tags: ["a", 1] })).toEqual(
      expect.arrayContaining([
        { path: "name", keyword: "minLength", limit: "2" },
        { path: "seats", keyword: "minimum", limit: "1" },
        { path: "place.floor", keyword: "type", limit: "" },
        { path: "tags[1]", keyword: "type", limit: "string" },
      ]),
    );
    expect(faultsOf(schema, {})).toEqual([
      { path: "name", keyword: "required", limit: "" },
      { path: "place", keyword: "required", limit: "" },
    ]);
    expect(faultsOf(schema, { name: "ok", place: {}, seats: null })).toEqual([]);
  });
});
