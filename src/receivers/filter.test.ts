import { describe, expect, test } from "bun:test";

import type { Grant } from "../grants/grant.ts";
import { decide } from "../grants/view.ts";
import { grantVocabulary } from "../grants/vocabulary.ts";
import { Problem } from "../problem.ts";
import { checkFilter, narrowed } from "./filter.ts";

const trainings = { name: "trainings", filters: ["institute_id", "city"], public: [] };
const institutes = { name: "institutes", filters: ["city"], public: [] };
const types = [trainings, institutes];
const schema = { properties: { institute_id: { type: "integer" }, city: { type: "string" } } };
const vocabulary = grantVocabulary({
  types: { trainings: { ...trainings, schema }, institutes: { ...institutes, schema } },
  actions: {},
});

describe("a filter is refused", () => {
  const fieldsOf = (value: unknown, of: string[] = ["trainings"]): string[] => {
    try {
      checkFilter(value, vocabulary, of);
    } catch (error) {
      if (error instanceof Problem) return error.violations.map(({ field }) => field);
      throw error;
    }
    return [];
  };
  const refused: [string, unknown, string][] = [
    ["that is a list", [], "content_filter"],
    ["on a field that is no filter", { name: ["x"] }, "content_filter.name"],
    ["with a single value", { city: "Umeå" }, "content_filter.city"],
    ["with no values", { city: [] }, "content_filter.city"],
    ["with values of another kind", { institute_id: [1, "1"] }, "content_filter.institute_id[1]"],
    ["on more fields than four", { a: [1], b: [1], c: [1], d: [1], e: [1] }, "content_filter"],
  ];
  test.each(refused)("%s", (_, value, field) => {
    expect(fieldsOf(value)[0]).toBe(field);
  });

  test("where no type of the receiver's topics has the field", () => {
    expect(fieldsOf({ institute_id: [1] }, ["institutes"])).toEqual(["content_filter.institute_id"]);
    expect(fieldsOf({ institute_id: [1] }, [])).toEqual(["content_filter"]);
    expect(fieldsOf({ institute_id: [1] }, ["institutes", "trainings"])).toEqual([]);
  });
});

describe("grants that a filter narrows", () => {
  const all: Grant[] = [{ resource: "*", actions: ["*"] }];
  const sees = (grants: readonly Grant[], type: typeof trainings, data: Record<string, unknown>): boolean =>
    decide(grants, type, "read", data).allowed;

  test("let see the records that pass it, and no others", () => {
    const grants = narrowed(all, { institute_id: [1, 2], city: ["Umeå"] }, types);
    expect(sees(grants, trainings, { institute_id: 2, city: "Umeå" })).toBe(true);
    expect(sees(grants, trainings, { institute_id: 3, city: "Umeå" })).toBe(false);
    expect(sees(grants, trainings, { institute_id: 1 })).toBe(false);
  });

  test("let see nothing of a type that has not all its fields", () => {
    const grants = narrowed(all, { institute_id: [1] }, types);
    expect(sees(grants, institutes, { institute_id: 1, city: "Umeå" })).toBe(false);
    expect(sees(narrowed(all, { city: ["Umeå"] }, types), institutes, { city: "Umeå" })).toBe(true);
  });

  test("never let see more than before", () => {
    const own: Grant[] = [
      { resource: "trainings", actions: ["read"], where: { institute_id: [1] }, fields: ["name"] },
    ];
    const grants = narrowed(own, { institute_id: [1, 2] }, types);
    expect(sees(grants, trainings, { institute_id: 1 })).toBe(true);
    expect(sees(grants, trainings, { institute_id: 2 })).toBe(false);
    expect(decide(grants, trainings, "read", { institute_id: 1 }).fields).toEqual(new Set(["name"]));
  });

  test("are what they were where there is no filter, and where it does not speak of the resource", () => {
    expect(narrowed(all, {}, types)).toBe(all);
    const grants = narrowed([{ resource: "accounts", actions: ["manage"] }], { city: ["Umeå"] }, types);
    expect(grants).toEqual([{ resource: "accounts", actions: ["read"] }]);
  });
});
