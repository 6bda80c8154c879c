import { describe, expect, test } from "bun:test";

import { Problem } from "../../problem.ts";
import { FieldReader } from "./fields.ts";

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1 },
    note: { type: "string" },
    startsOn: { type: "string", format: "date" },
    seats: { type: "integer" },
    price: { type: ["number", "null"] },
    open: { type: "boolean" },
    code: { type: ["string", "integer"] },
    level: { enum: [1, 2, "expert"] },
    tags: { type: "array", items: { type: "string" } },
    sizes: { type: "array", items: { type: "integer" } },
    address: {
      type: "object",
      properties: { city: { type: "string" }, zip: { $ref: "#/$defs/zip" } },
    },
    lines: { type: "array", items: { type: "object", properties: { count: { type: "integer" } } } },
    limit: { anyOf: [{ type: "integer" }, { type: "null" }] },
    Twin: { type: "integer" },
    twin: { type: "integer" },
  },
  $defs: { zip: { type: "integer" } },
};

const read = (form: string, key: "integer" | "string" = "integer", root: typeof schema | object = schema) =>
  new FieldReader({ schema: root as typeof schema, key }).read(
    [...new URLSearchParams(form)].map(([name, value]) => ({ name, value })),
  );
const refused = (form: string) => {
  try {
    read(form);
  } catch (error) {
    if (error instanceof Problem) return error.violations.map(({ field, message }) => `${field} ${message}`);
    throw error;
  }
  throw new Error("it was read");
};

describe("the text of a form becomes what the schema says", () => {
  test.each([
    ["name=12&seats=12&price=12.50", { name: "12", seats: 12, price: 12.5 }],
    ["seats=%2012%20&price=-1e3", { seats: 12, price: -1_000 }],
    ["seats=-0", { seats: 0 }],
    ["open=true", { open: true }],
    // What a ticked box of a form sends.
    ["open=on", { open: true }],
    ["open=0", { open: false }],
    ["code=7", { code: 7 }],
    ["code=007", { code: "007" }],
    ["level=2", { level: 2 }],
    ["level=expert", { level: "expert" }],
    ["tags=a&tags=b", { tags: ["a", "b"] }],
    ["tags[]=a", { tags: ["a"] }],
    ["tags=a", { tags: ["a"] }],
    ["tags=" + encodeURIComponent('["a","b"]'), { tags: ["a", "b"] }],
    ["sizes=1&sizes=2", { sizes: [1, 2] }],
    ["address[city]=Lund&address[zip]=22100", { address: { city: "Lund", zip: 22_100 } }],
    ["address=" + encodeURIComponent('{"city":"Lund"}'), { address: { city: "Lund" } }],
    ["lines[1][count]=2&lines[0][count]=1", { lines: [{ count: 1 }, { count: 2 }] }],
    ["limit=3", { limit: 3 }],
    ["id=17", { id: 17 }],
    // Names of parameters ignore case, where that says which one.
    ["NAME=x&startson=2026-11-22&ID=4", { name: "x", startsOn: "2026-11-22", id: 4 }],
    ["TWIN=5&twin=6&Twin=7", { TWIN: "5", twin: 6, Twin: 7 }],
    ["other=5", { other: "5" }],
    ["other=5&other=6", { other: ["5", "6"] }],
  ])("%s", (form, record) => {
    expect(read(form)).toEqual(record);
  });

  test("what nobody filled in is null or empty where it may be, and else left out", () => {
    const form = "name=&note=&startsOn=&seats=&price=&open=&code=&level=&tags=&address=&limit=&id=&other=";
    expect(read(form)).toEqual({ note: "", price: null, code: "", tags: [], limit: null, other: "" });
  });

  test("without a schema everything is text, but for a number's id", () => {
    expect(read("a=1&b=true&id=3", "integer", {})).toEqual({ a: "1", b: "true", id: 3 });
    expect(read("id=3", "string", {})).toEqual({ id: "3" });
  });

  test.each([
    ["seats=many", ["seats must be a whole number"]],
    ["seats=1.5", ["seats must be a whole number"]],
    ["seats=99999999999999999", ["seats must be a whole number"]],
    ["price=12,50", ["price must be a number such as 12.5 or empty"]],
    ["price=1e999", ["price must be a number such as 12.5 or empty"]],
    ["open=maybe&seats=x", ["open must be true or false", "seats must be a whole number"]],
    ["seats=1&seats=2", ["seats is given twice"]],
    ["id=1&id=2", ["id is given twice"]],
    ["sizes=1&sizes=b", ["sizes[1] must be a whole number"]],
    ["tags=[a", ["tags must be a list in JSON"]],
    ["address=Lund", ["address must be an object in JSON"]],
    ["address[zip]=x", ["address.zip must be a whole number"]],
    ["address=x&address[zip]=1", ["address is given as a whole and in parts"]],
    ["address=" + encodeURIComponent('{"__proto__":{}}'), ["address must be an object in JSON"]],
    ["__proto__=1", ["__proto__ is not allowed as a field's name"]],
    ["address[__proto__][x]=1", ["address[__proto__][x] is not allowed as a field's name"]],
    [`address${"[a]".repeat(9)}=1`, [`address${"[a]".repeat(9)} has more than 8 parts`]],
  ])("%s is refused by its name", (form, messages) => {
    expect(refused(form)).toEqual(messages);
  });
});
