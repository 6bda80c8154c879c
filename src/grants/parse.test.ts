import { describe, expect, test } from "bun:test";

import { Problem } from "../problem.ts";
import { MAX_GRANTS, parseGrants, parseGrantText } from "./parse.ts";
import { grantVocabulary } from "./vocabulary.ts";

const vocabulary = grantVocabulary({
  types: {
    trainings: {
      filters: ["institute_id", "city", "open"],
      public: ["name"],
      schema: {
        type: "object",
        properties: {
          name: { type: "string" },
          city: { type: ["string", "null"] },
          institute_id: { type: "integer" },
          open: { type: "boolean" },
        },
      },
    },
    institutes: {},
  },
  actions: { "send-report": {} },
});

const read = { resource: "trainings", actions: ["read"] };
const parse = (value: unknown) => parseGrants(value, vocabulary);

/** `field message` of each violation. */
function faults(value: unknown): string[] {
  try {
    parse(value);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.status).toBe(422);
    return error.violations.map(({ field, message }) => `${field} ${message}`);
  }
}

describe("grants that are good", () => {
  test.each<[string, object]>([
    ["everything", { resource: "*", actions: ["*"] }],
    ["a type", read],
    ["one of the server's own", { resource: "receivers", actions: ["read", "manage"] }],
    ["one of the YAML's actions", { resource: "action:send-report", actions: ["run"] }],
    ["acting for others", { resource: "impersonate", actions: ["run"] }],
    ["sending again what was sent", { resource: "deliveries", actions: ["read", "write"] }],
    [
      "some records and fields",
      { ...read, where: { institute_id: [1, 2], city: ["Umeå"], open: [true] }, fields: ["id", "name"] },
    ],
    ["public fields", { ...read, fields: "public" }],
    [
      "a field of a type whose schema lists none",
      { resource: "institutes", actions: ["read"], fields: ["x"] },
    ],
  ])("%s", (_, grant) => {
    expect<unknown>(parse([grant])).toEqual([grant]);
  });

  test("say nothing twice, and nothing that goes without saying", () => {
    const given = {
      resource: "trainings",
      actions: ["read", "read"],
      where: { city: ["a", "a"] },
      fields: "all",
    };
    expect(parse([given])).toEqual([{ ...read, where: { city: ["a"] } }]);
    expect(parse([{ ...read, where: null, fields: null }])).toEqual([read]);
  });
});

describe("grants that are wrong", () => {
  test.each<[string, unknown, ...string[]]>([
    ["no list", "trainings:read", `grants must be a list of at most ${MAX_GRANTS} grants`],
    ["too many", Array(MAX_GRANTS + 1).fill(read), `grants must be a list of at most ${MAX_GRANTS} grants`],
    [
      "text",
      ["trainings:read"],
      'grants[0] must be an object with resource and actions, not "trainings:read"',
    ],
    [
      "a resource that is nearly one",
      [{ resource: "training", actions: ["read"] }],
      'grants[0].resource must be a type, *, or one of the server\'s own such as receivers, not "training"; did you mean "trainings"?',
    ],
    [
      "an action of the YAML that is not there",
      [{ resource: "action:send-raport", actions: ["run"] }],
      'grants[0].resource must be one of the YAML\'s actions, not "action:send-raport"; did you mean "action:send-report"?',
    ],
    [
      "no action",
      [{ resource: "trainings", actions: [] }],
      "grants[0].actions must be a list of at least one action, not an empty list",
    ],
    [
      "actions that do not fit",
      [{ resource: "trainings", actions: ["read", "run", 7] }],
      'grants[0].actions[1] must be one of read, write, delete, *, which is what there is of trainings, not "run"',
      "grants[0].actions[2] must be one of read, write, delete, *, which is what there is of trainings, not 7",
    ],
    [
      "a member that is none",
      [{ ...read, were: {} }],
      'grants[0].were must be one of resource, actions, where, fields, not an unknown member; did you mean "where"?',
    ],
    [
      "a mark of our own",
      [{ ...read, delegated: true }],
      "grants[0].delegated must be one of resource, actions, where, fields, not an unknown member",
    ],
    [
      "where and fields of everything",
      [{ resource: "*", actions: ["read"], where: { city: ["a"] }, fields: ["name"] }],
      "grants[0].where must be none: only a type has records, not where with the resource *",
      "grants[0].fields must be none: only a type has fields, not fields with the resource *",
    ],
    [
      "where on a field that is no filter",
      [{ ...read, where: { name: ["a"] } }],
      'grants[0].where.name must be one of the type\'s filters, institute_id, city, open, not "name"',
    ],
    [
      "where without a field",
      [{ ...read, where: {} }],
      "grants[0].where must be an object of filter fields and lists of values (institute_id, city, open), not an empty object",
    ],
    [
      "where without a value",
      [{ ...read, where: { city: [] } }],
      "grants[0].where.city must be a list of 1 to 200 values, not 0 values",
    ],
    [
      "where with a value alone",
      [{ ...read, where: { city: "a" } }],
      'grants[0].where.city must be a list of 1 to 200 values, not "a"',
    ],
    [
      "where with very many values",
      [{ ...read, where: { institute_id: Array.from({ length: 201 }, (_, i) => i) } }],
      "grants[0].where.institute_id must be a list of 1 to 200 values, not 201 values",
    ],
    [
      "where with values of another kind",
      [{ ...read, where: { institute_id: ["1", null], open: ["true"], city: [1] } }],
      'grants[0].where.institute_id[0] must be a number, not "1"',
      "grants[0].where.institute_id[1] must be a number, not nothing",
      'grants[0].where.open[0] must be true or false, not "true"',
      "grants[0].where.city[0] must be text of at most 1000 characters, not 1",
    ],
    [
      "where with a NUL",
      [{ ...read, where: { city: ["a\0"] } }],
      'grants[0].where.city[0] must be text of at most 1000 characters, not "a\\u0000"',
    ],
    [
      "fields that are not there",
      [{ ...read, fields: ["name", "price", "_meta"] }],
      'grants[0].fields[1] must be a property of the type\'s schema, not "price"',
      'grants[0].fields[2] must be a property of the type\'s schema, not "_meta"',
    ],
    [
      "no field",
      [{ ...read, fields: [] }],
      "grants[0].fields must be all, public, or a list of fields, not an empty list",
    ],
    [
      "public fields of a type without",
      [{ resource: "institutes", actions: ["read"], fields: "public" }],
      'grants[0].fields must be all or a list: the type has no public fields, not "public"',
    ],
  ])("%s", (_, value, ...expected) => {
    expect(faults(value)).toEqual(expected);
  });

  test("of several, each says what is wrong with it", () => {
    expect(faults([{ resource: "x", actions: ["read"] }, read, null])).toHaveLength(2);
  });
});

describe("a grant on the command line", () => {
  test.each<[string, unknown]>([
    ["trainings:read,write", { resource: "trainings", actions: ["read", "write"] }],
    ["*:*", { resource: "*", actions: ["*"] }],
    ["action:send-report:run", { resource: "action:send-report", actions: ["run"] }],
    [' {"resource":"trainings","actions":["read"]}', read],
  ])("%s", (text, expected) => {
    expect(parseGrantText(text)).toEqual(expected);
  });

  test.each(["trainings", ":read", "", '{"resource":'])("%p is none", (text) => {
    expect(() => parseGrantText(text)).toThrow(Problem);
  });
});
