import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { SEED, someData, someGrants, someType } from "../../test/store/grant-worlds.ts";
import { exceeding, intersect, withoutManagement } from "./algebra.ts";
import { allows, type Grant } from "./grant.ts";
import { actionsOf, FIXED_RESOURCES, GRANT_ACTIONS, type GrantAction } from "./resources.ts";
import { decide, type Fields, shows } from "./view.ts";

const everything: Grant[] = [{ resource: "*", actions: ["*"] }];
const FIELDS = ["a", "b", "c", "d"];
const resources = [...FIXED_RESOURCES, "trainings", "institutes", "action:reindex"];
const anyAction = fc.constantFrom(...GRANT_ACTIONS);
/** Those that mean something for the records of a type. */
const dataAction = fc.constantFrom<GrantAction>("read", "write", "delete");
const anyPair = fc.constantFrom(
  ...resources.flatMap((resource) => actionsOf(resource).map((action) => ({ resource, action }))),
);
const shown = (fields: Fields) => FIELDS.filter((field) => shows(fields, field));

describe("what two sets of grants both allow", () => {
  test("is, of every record, what each of them allows", () => {
    fc.assert(
      fc.property(someGrants, someGrants, someType, someData, dataAction, (a, b, type, data, action) => {
        const one = decide(a, type, action, data);
        const other = decide(b, type, action, data);
        const both = decide(intersect(a, b), type, action, data);
        expect(both.allowed).toBe(one.allowed && other.allowed);
        if (!both.allowed) return;
        expect(shown(both.fields)).toEqual(
          FIELDS.filter((field) => shows(one.fields, field) && shows(other.fields, field)),
        );
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test("is of every resource what each of them allows", () => {
    fc.assert(
      fc.property(someGrants, someGrants, anyPair, (a, b, { resource, action }) => {
        // Those with `where` may come to nothing together, which is for the test before this one.
        const plain = (grants: Grant[]) => grants.map(({ where: _, ...grant }) => grant);
        expect(allows(intersect(plain(a), plain(b)), resource, action)).toBe(
          allows(a, resource, action) && allows(b, resource, action),
        );
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  test("is of everything and something that something", () => {
    const some: Grant[] = [
      { resource: "trainings", actions: ["read"], where: { a: [1] }, fields: ["a", "b"] },
      { resource: "action:reindex", actions: ["run"] },
    ];
    expect(intersect(everything, some)).toEqual(some);
    expect(intersect(some, everything)).toEqual(some);
  });

  test("has the values that both name, and nothing where there are none", () => {
    const a: Grant[] = [{ resource: "t", actions: ["read"], where: { x: [1, 2], y: ["a"] } }];
    const b: Grant[] = [{ resource: "t", actions: ["read", "write"], where: { x: [2, 3] } }];
    expect(intersect(a, b)).toEqual([{ resource: "t", actions: ["read"], where: { x: [2], y: ["a"] } }]);
    expect(intersect(a, [{ resource: "t", actions: ["read"], where: { x: ["2"] } }])).toEqual([]);
  });

  test("does not grow by what is said twice", () => {
    const many: Grant[] = Array.from({ length: 50 }, () => ({ resource: "t", actions: ["read"] }));
    expect(intersect(many, many)).toEqual([{ resource: "t", actions: ["read"] }]);
  });
});

describe("what may be done in another's name", () => {
  const never = ["accounts", "users", "organisations", "impersonate", "audit"];

  test("is never management of accounts, people and organisations, nor acting for others, though both may do all", () => {
    const both = intersect(everything, everything, { management: false });
    for (const resource of never) {
      for (const action of GRANT_ACTIONS) expect(allows(both, resource, action)).toBeFalse();
    }
    for (const resource of ["trainings", "receivers", "deliveries", "webmessages", "action:reindex"])
      expect(allows(both, resource, "manage")).toBeTrue();
  });

  test("stays so when it is narrowed again, whatever comes", () => {
    fc.assert(
      fc.property(someGrants, someGrants, fc.constantFrom(...never), anyAction, (a, b, resource, action) => {
        const held = intersect(intersect([...a, ...everything], everything, { management: false }), [
          ...b,
          ...everything,
        ]);
        expect(allows(held, resource, action)).toBeFalse();
      }),
      { seed: SEED },
    );
  });

  test("loses the grants that name such a resource", () => {
    const grants: Grant[] = [
      { resource: "accounts", actions: ["read"] },
      { resource: "trainings", actions: ["read"] },
    ];
    expect(withoutManagement(grants)).toEqual([{ resource: "trainings", actions: ["read"] }]);
  });
});

describe("handing out no more than one has", () => {
  const own: Grant[] = [
    { resource: "trainings", actions: ["read", "write"], where: { a: [1, 2] }, fields: ["a", "b"] },
    { resource: "receivers", actions: ["manage"] },
    { resource: "institutes", actions: ["*"] },
  ];

  test.each<[string, Grant, string | undefined]>([
    [
      "the same",
      { resource: "trainings", actions: ["read"], where: { a: [1, 2] }, fields: ["b"] },
      undefined,
    ],
    [
      "fewer values",
      { resource: "trainings", actions: ["read"], where: { a: [2] }, fields: ["a"] },
      undefined,
    ],
    [
      "one more condition",
      { resource: "trainings", actions: ["write"], where: { a: [1], b: ["x"] }, fields: ["a"] },
      undefined,
    ],
    ["what manage covers", { resource: "receivers", actions: ["read"] }, undefined],
    ["each action of a resource, for *", { resource: "institutes", actions: ["delete"] }, undefined],
    ["* of what one has * of", { resource: "institutes", actions: ["*"] }, undefined],
    ["* where manage is all that there is", { resource: "receivers", actions: ["*"] }, undefined],
    [
      "another action",
      { resource: "trainings", actions: ["read", "delete"], where: { a: [1] }, fields: ["a"] },
      "trainings:delete",
    ],
    [
      "another value",
      { resource: "trainings", actions: ["read"], where: { a: [1, 3] }, fields: ["a"] },
      "trainings:read",
    ],
    [
      "a value of another kind",
      { resource: "trainings", actions: ["read"], where: { a: ["1"] }, fields: ["a"] },
      "trainings:read",
    ],
    ["every value", { resource: "trainings", actions: ["read"], fields: ["a"] }, "trainings:read"],
    [
      "another field",
      { resource: "trainings", actions: ["read"], where: { a: [1] }, fields: ["c"] },
      "trainings:read",
    ],
    ["every field", { resource: "trainings", actions: ["read"], where: { a: [1] } }, "trainings:read"],
    ["another resource", { resource: "accounts", actions: ["read"] }, "accounts:read"],
    ["every resource", { resource: "*", actions: ["read"] }, "*:read"],
  ])("%s", (_, grant, expected) => {
    expect(exceeding([grant], own)).toBe(expected);
  });

  test("what is within shows nothing that its giver does not see", () => {
    fc.assert(
      fc.property(
        someGrants,
        someGrants,
        someType,
        someData,
        dataAction,
        (given, had, type, data, action: GrantAction) => {
          fc.pre(exceeding(given, had) === undefined);
          const theirs = decide(given, type, action, data);
          const mine = decide(had, type, action, data);
          if (!theirs.allowed) return;
          expect(mine.allowed).toBeTrue();
          expect(FIELDS.filter((field) => shows(theirs.fields, field) && !shows(mine.fields, field))).toEqual(
            [],
          );
        },
      ),
      { seed: SEED, numRuns: 1_000, maxSkipsPerRun: 1_000 },
    );
  });

  test("who may do all may hand out all", () => {
    fc.assert(
      fc.property(someGrants, (grants) => expect(exceeding(grants, everything)).toBeUndefined()),
      { seed: SEED },
    );
  });

  test("who acts in another's name may not hand out what it may not do itself", () => {
    const held = intersect(everything, everything, { management: false });
    expect(exceeding([{ resource: "accounts", actions: ["read"] }], held)).toBe("accounts:read");
    expect(exceeding(everything, held)).toBe("*:*");
  });
});
