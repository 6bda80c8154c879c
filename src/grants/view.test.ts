import { describe, expect, test } from "bun:test";

import type { Grant } from "./grant.ts";
import { decide, publicGrants, type ViewedType, viewOf } from "./view.ts";

const type: ViewedType = { name: "trainings", filters: ["institute_id", "city"], public: ["name"] };
const grant = (more: Partial<Grant> = {}): Grant => ({ resource: "trainings", actions: ["read"], ...more });
const sees = (grants: Grant[], data: Record<string, unknown>) => {
  const { allowed, fields } = decide(grants, type, "read", data);
  if (!allowed) return undefined;
  return fields === "all" ? "all" : [...fields];
};

describe("of a record is seen", () => {
  test.each<[string, Grant[], Record<string, unknown>, "all" | string[] | undefined]>([
    ["all, without where and fields", [grant()], {}, "all"],
    ["nothing, of another type", [grant({ resource: "institutes" })], {}, undefined],
    ["nothing, for another action", [grant({ actions: ["write"] })], {}, undefined],
    [
      "all, where the value is one of those",
      [grant({ where: { institute_id: [1, 2] } })],
      { institute_id: 2 },
      "all",
    ],
    ["nothing, where it is not", [grant({ where: { institute_id: [1] } })], { institute_id: 2 }, undefined],
    ["nothing, where it has none", [grant({ where: { institute_id: [1] } })], {}, undefined],
    ["nothing, where it is null", [grant({ where: { city: ["null"] } })], { city: null }, undefined],
    [
      "nothing, where it is of another kind",
      [grant({ where: { institute_id: [1] } })],
      { institute_id: "1" },
      undefined,
    ],
    [
      "nothing, where only one of two fields fits",
      [grant({ where: { institute_id: [1], city: ["a"] } })],
      { institute_id: 1, city: "b" },
      undefined,
    ],
    [
      "nothing, by a field that is declared no more",
      [grant({ where: { region: ["n"] } })],
      { region: "n" },
      undefined,
    ],
    ["the public fields", [grant({ fields: "public" })], {}, ["name"]],
    ["the fields of a list", [grant({ fields: ["city", "price"] })], {}, ["city", "price"]],
    [
      "what each grant that fits shows, together",
      [grant({ fields: "public" }), grant({ where: { institute_id: [1] }, fields: ["price"] })],
      { institute_id: 1 },
      ["name", "price"],
    ],
    [
      "no more than the grants that fit show",
      [grant({ fields: "public" }), grant({ where: { institute_id: [1] }, fields: ["price"] })],
      { institute_id: 2 },
      ["name"],
    ],
    ["all, when one grant shows all", [grant({ fields: "public" }), grant()], {}, "all"],
  ])("%s", (_, grants, data, expected) => {
    expect(sees(grants, data)).toEqual(expected);
  });
});

test("a view that a thousand grants make has some of them, and never more than they allow", () => {
  const many = Array.from({ length: 1_000 }, (_, i) => grant({ where: { institute_id: [i] } }));
  expect(viewOf(many, type, "read")?.alternatives).toHaveLength(200);
  expect(sees(many, { institute_id: 5 })).toBe("all");
  expect(sees(many, { institute_id: 1_000 })).toBeUndefined();
});

test("those without a login are granted the public fields of the types that have some", () => {
  const closed = { name: "cases", filters: [], public: [] };
  const grants = publicGrants([type, closed]);
  expect(grants).toEqual([{ resource: "trainings", actions: ["read"], fields: "public" }]);
  expect(sees(grants, {})).toEqual(["name"]);
});
