import { describe, expect, test } from "bun:test";

import {
  choices,
  filterOf,
  filterOfJson,
  fitting,
  rowsOf,
  typesOfTopics,
} from "./app/pages/receivers/filter.ts";

const trainings = {
  name: "trainings",
  filters: [
    { field: "institute_id", kind: "number" },
    { field: "city", kind: "string" },
  ],
};
const institutes = { name: "institutes", filters: [{ field: "city", kind: "string" }] };
const options = {
  types: [trainings, institutes],
  topics: [
    { name: "Trainings.Update", resource: "trainings" },
    { name: "Trainings.Destroy", resource: "trainings" },
    { name: "Institutes.Update", resource: "institutes" },
    { name: "Users.Update", resource: "users" },
  ],
};

describe("the content filter of a receiver", () => {
  test("is of the types that its topics are of, not of the server's own", () => {
    const named = (...topics: string[]) => typesOfTopics(topics, options).map(({ name }) => name);
    expect(named("*")).toEqual(["trainings", "institutes"]);
    expect(named("Trainings.*", "Users.Update")).toEqual(["trainings"]);
    expect(named("Institutes.Update")).toEqual(["institutes"]);
    expect(named("Users.Update")).toEqual([]);
  });

  test("offers fields that one type has all of", () => {
    const { types } = options;
    expect(choices(types, [])).toEqual(["institute_id", "city"]);
    expect(choices(types, ["city"])).toEqual(["institute_id"]);
    expect(fitting(types, ["city"])).toEqual([trainings, institutes]);
    expect(fitting(types, ["city", "institute_id"])).toEqual([trainings]);
  });

  test("has values in the kind that the field has, and rows without a value are none", () => {
    const rows = [
      { field: "institute_id", values: ["234234"] },
      { field: "city", values: [] },
    ];
    expect(filterOf(rows, options.types)).toEqual({ institute_id: [234234] });
  });

  test("is the same after it was opened and saved", () => {
    const filter = { institute_id: [234234, 7], city: ["007"] };
    expect(filterOf(rowsOf(filter), options.types)).toEqual(filter);
  });

  test("is read from JSON that is one, and from nothing else", () => {
    expect(filterOfJson('{"city": ["Lund"], "open": [true, 1]}')).toEqual({
      city: ["Lund"],
      open: [true, 1],
    });
    expect(filterOfJson("  ")).toEqual({});
    for (const text of ["{", "[]", '{"city": "Lund"}', '{"city": []}', '{"city": [null]}', "null"])
      expect([text, filterOfJson(text)]).toEqual([text, undefined]);
  });
});
