import { describe, expect, test } from "bun:test";

import type { Grant } from "../grants/grant.ts";
import { listTypes } from "./type-routes.ts";
import { TypeRegistry } from "./types.ts";

const schema = {
  type: "object",
  properties: { name: { type: "string" }, institute_id: { type: "integer" }, price: { type: "number" } },
};
const types = new TypeRegistry({
  trainings: {
    ...{ name: "trainings", object: "training", key: "integer", description: "What can be booked.", schema },
    parent: { type: "institutes", field: "institute_id" },
    ...{ public: ["name"], filters: ["institute_id", "place"], search: ["name"] },
  },
  institutes: {
    ...{
      name: "institutes",
      object: "institute",
      key: "string",
      description: "",
      schema: { type: "object" },
    },
    ...{ parent: null, public: [], filters: [] },
  },
});
const listed = (grants: Grant[], page: { limit?: number; cursor?: string } = {}) =>
  listTypes(types, { grants }, { limit: 50, ...page });

describe("the list of types", () => {
  test("tells of each type how it is asked for and what its fields are", () => {
    const { items } = listed([{ resource: "*", actions: ["*"] }]);
    expect(items.map(({ name }) => name)).toEqual(["institutes", "trainings"]);
    expect(items[1]).toMatchObject({
      ...{ object: "training", key: "integer", fields: ["name", "institute_id", "price"], schema },
      filters: [
        { field: "institute_id", kind: "number" },
        { field: "place", kind: "any" },
      ],
      ...{ search: ["name"], public: ["name"], parent: { type: "institutes", field: "institute_id" } },
      topics: { update: "Trainings.Update", destroy: "Trainings.Destroy", import: "Trainings.Import" },
    });
    expect(items[1]?.rights).toEqual(
      (["read", "write", "delete"] as const).map((action) => ({ action, fields: "all", every_record: true })),
    );
  });

  test("is of those types only with whose records one may do something, and says what", () => {
    const { items } = listed([
      { resource: "trainings", actions: ["read"], where: { institute_id: [1] }, fields: ["price", "name"] },
    ]);
    expect(items.map(({ name }) => name)).toEqual(["trainings"]);
    expect(items[0]?.rights).toEqual([{ action: "read", fields: ["name", "price"], every_record: false }]);
    expect(listed([{ resource: "receivers", actions: ["manage"] }]).items).toEqual([]);
  });

  test("has all types for those who may see grants, with what they may do: nothing", () => {
    const { items } = listed([{ resource: "accounts", actions: ["read"] }]);
    expect(items.map(({ rights }) => rights)).toEqual([[], []]);
  });

  test("comes in pages", () => {
    const grants: Grant[] = [{ resource: "*", actions: ["read"] }];
    const first = listed(grants, { limit: 1 });
    expect(first.items.map(({ name }) => name)).toEqual(["institutes"]);
    const second = listed(grants, { limit: 1, cursor: first.next_cursor ?? "" });
    expect(second.items.map(({ name }) => name)).toEqual(["trainings"]);
    expect(second.next_cursor).toBeNull();
  });
});
