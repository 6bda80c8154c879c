import { describe, expect, test } from "bun:test";

import type { Resource } from "./app/pages/accounts/types.ts";
import { cardOf, faultOf, grantOf, newCard } from "./app/pages/accounts/grants.ts";

const trainings: Resource = {
  ...{ name: "trainings", kind: "type", actions: ["read", "write", "delete"] },
  filters: [
    { field: "institute_id", kind: "number" },
    { field: "open", kind: "boolean" },
    { field: "city", kind: "string" },
  ],
  ...{ fields: ["name", "city"], public: ["name"] },
};

describe("a grant that is built", () => {
  test("has values in the type that the field has", () => {
    const card = { ...newCard("trainings", ["read"]), fields: "some", some: ["name"] };
    const where = [
      { field: "institute_id", values: ["234234", "7"] },
      { field: "open", values: ["true"] },
      { field: "city", values: ["007"] },
    ];
    expect(grantOf({ ...card, where }, trainings)).toEqual({
      ...{ resource: "trainings", actions: ["read"], fields: ["name"] },
      where: { institute_id: [234234, 7], open: [true], city: ["007"] },
    });
  });

  test("is the same after it was opened and saved", () => {
    const grant = {
      ...{ resource: "trainings", actions: ["read" as const], where: { institute_id: [1] } },
      fields: "public" as const,
    };
    expect(grantOf(cardOf(grant), trainings)).toEqual(grant);
  });

  test("says no more than its resource has: receivers have neither records nor fields", () => {
    const receivers: Resource = { ...trainings, name: "receivers", kind: "server" };
    const where = [{ field: "city", values: ["x"] }];
    const card = { ...newCard("receivers", ["manage"]), fields: "public", where };
    expect(grantOf(card, receivers)).toEqual({ resource: "receivers", actions: ["manage"] });
  });

  test("is not finished without a resource, an action, or the fields that were to be chosen", () => {
    expect(faultOf([])).toBe("noGrant");
    expect(faultOf([newCard()])).toBe("noResource");
    expect(faultOf([newCard("trainings")])).toBe("noAction");
    expect(faultOf([{ ...newCard("trainings", ["read"]), fields: "some" }])).toBe("noField");
    expect(faultOf([newCard("trainings", ["read"])])).toBeUndefined();
  });
});
