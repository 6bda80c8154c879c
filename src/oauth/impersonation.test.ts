import { describe, expect, test } from "bun:test";

import { allows, GRANT_ACTIONS } from "../grants/grant.ts";
import { actorsOf, covers, mayImpersonate, powers, untouchable } from "./impersonation.ts";

const all = [{ resource: "*", actions: ["*"] }];
const person = {
  id: "u",
  organisationId: 1,
  username: "Anna",
  name: "Anna",
  grants: [{ resource: "trainings", actions: ["read", "write"], where: { institute_id: [1, 2] } }],
  groups: ["economy"],
  active: true,
  manager: false,
  superadministrator: false,
};

describe("in whose name nobody may act", () => {
  test("who is not there, is disabled, or manages others", () => {
    expect(untouchable(undefined)).toBe("no such user");
    expect(untouchable({ ...person, active: false })).toBe("the user is disabled");
    expect(untouchable({ ...person, manager: true })).toBe("the user manages others");
    expect(untouchable(person)).toBeUndefined();
  });
});

describe("a policy covers", () => {
  const policy = { users: [] as string[], groups: [] as string[] };
  test("whom it names, in any case, and members of its groups", () => {
    expect(covers({ ...policy, users: ["aNNA"] }, person)).toBe(true);
    expect(covers({ ...policy, groups: ["economy"] }, person)).toBe(true);
  });
  test("nobody else", () => {
    expect(covers(policy, person)).toBe(false);
    expect(covers({ users: ["ann", "anna2"], groups: ["Economy", "anna"] }, person)).toBe(false);
    expect(covers({ users: ["*"], groups: ["*"] }, person)).toBe(false);
  });
});

describe("who acts in another's name", () => {
  const can = (grants: ReturnType<typeof powers>) =>
    [
      "trainings",
      "articles",
      "receivers",
      "accounts",
      "users",
      "organisations",
      "impersonate",
      "audit",
    ].flatMap((resource) =>
      GRANT_ACTIONS.filter((action) => allows(grants, resource, action)).map(
        (action) => `${resource}:${action}`,
      ),
    );

  test("can do what account, person and policy all allow", () => {
    const account = {
      grants: [{ resource: "trainings", actions: ["read", "delete"], where: { institute_id: [2] } }],
    };
    const grants = powers(person, [account], [{ scopes: ["trainings:*", "articles:*"] }]);
    expect(grants).toEqual([{ resource: "trainings", actions: ["read"], where: { institute_id: [2] } }]);
  });

  test("never manages, though all of them had everything", () => {
    const grants = powers({ grants: all }, [{ grants: all }, { grants: all }], [{ scopes: ["*:*"] }]);
    const words = can(grants);
    expect(words).toContain("trainings:delete");
    expect(words.filter((word) => /^(accounts|users|organisations|impersonate|audit):/.test(word))).toEqual(
      [],
    );
  });

  test("can do no more through others than each of them alone", () => {
    const reader = { grants: [{ resource: "trainings", actions: ["read"] }] };
    const grants = powers(person, [{ grants: all }, reader], [{ scopes: ["*:*"] }, { scopes: ["*:*"] }]);
    expect(can(grants)).toEqual(["trainings:read"]);
    expect(powers(person, [{ grants: all }], [{ scopes: ["*:*"] }, { scopes: ["articles:read"] }])).toEqual(
      [],
    );
  });
});

test("the right to act for others is asked for by its name, or has * for it", () => {
  expect(mayImpersonate({ grants: all })).toBe(true);
  expect(mayImpersonate({ grants: [{ resource: "impersonate", actions: ["run"] }] })).toBe(true);
  expect(mayImpersonate({ grants: [{ resource: "users", actions: ["manage"] }] })).toBe(false);
});

test("actors are listed from the one that acts", () => {
  expect(actorsOf({ clientId: "a", actor: { clientId: "b", actor: { clientId: "c" } } })).toEqual([
    "a",
    "b",
    "c",
  ]);
  expect(actorsOf(null)).toEqual([]);
});
