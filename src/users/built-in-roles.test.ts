import { describe, expect, test } from "bun:test";

import { exceeding, intersect } from "../grants/algebra.ts";
import { allows, type Grant, type GrantAction } from "../grants/grant.ts";
import { actionsOf, FIXED_RESOURCES } from "../grants/resources.ts";
import { shownGrants } from "../grants/show.ts";
import { grantVocabulary } from "../grants/vocabulary.ts";
import { builtInRoles } from "./built-in-roles.ts";
import { Roles } from "./roles.ts";

const roles = builtInRoles(["reindex"]);
const resources = [...FIXED_RESOURCES, "trainings", "action:reindex"];
const all = resources.flatMap((resource) => actionsOf(resource).map((action) => `${resource}:${action}`));
/** What grants allow, of all that there is. */
const may = (grants: readonly Grant[]): string[] =>
  all.filter((scope) => {
    const colon = scope.lastIndexOf(":");
    return allows(grants, scope.slice(0, colon), scope.slice(colon + 1) as GrantAction);
  });

describe("the built-in roles", () => {
  test("a superadministrator may do everything", () => {
    expect(may(roles.superadministrator)).toEqual(all);
  });

  test("an administrator everything but what is the whole server's", () => {
    const beyond = ["system:read", "system:manage"];
    expect(may(roles.administrator)).toEqual(all.filter((scope) => !beyond.includes(scope)));
  });

  test("an operator reads, sends again, tests, cancels and runs actions", () => {
    const more = [
      ...["receivers:write", "deliveries:write", "operations:manage", "operations:write"],
      "action:reindex:run",
    ];
    const expected = all.filter(
      (scope) => (scope.endsWith(":read") && scope !== "system:read") || more.includes(scope),
    );
    expect(may(roles.operator)).toEqual(expected);
  });

  test("a reader reads, but not of the server itself", () => {
    expect(may(roles.reader)).toEqual(
      all.filter((scope) => scope.endsWith(":read") && scope !== "system:read"),
    );
  });

  test("everything is not the whole server, which must be named", () => {
    const everything: Grant[] = [{ resource: "*", actions: ["*"] }];
    expect(may(everything)).toEqual(all.filter((scope) => !scope.startsWith("system:")));
    expect(exceeding([{ resource: "system", actions: ["read"] }], everything)).toBe("system:read");
    expect(intersect(everything, [{ resource: "system", actions: ["read"] }])).toEqual([]);
    expect(may(intersect(everything, roles.superadministrator))).toEqual(may(everything));
  });

  test("an administrator gives away what he has, and not more", () => {
    const { administrator } = roles;
    for (const given of [roles.administrator, roles.operator, roles.reader])
      expect(exceeding(given, administrator)).toBeUndefined();
    const beyond: [Grant, string][] = [
      [{ resource: "system", actions: ["read"] }, "system:read"],
      [{ resource: "system", actions: ["*"] }, "system:*"],
    ];
    for (const [grant, named] of beyond) expect(exceeding([grant], administrator)).toBe(named);
    expect(exceeding(roles.superadministrator, administrator)).toBe("system:*");
    expect(exceeding([{ resource: "accounts", actions: ["manage"] }], administrator)).toBeUndefined();
  });

  test("an administrator's power stays what it is when it is crossed with others", () => {
    const { administrator } = roles;
    for (const other of [
      [{ resource: "*", actions: ["*"] }],
      [{ resource: "*", actions: ["manage"] }],
      [{ resource: "organisations", actions: ["*"] }],
      [{ resource: "organisations", actions: ["manage"] }],
      administrator,
      roles.superadministrator,
    ]) {
      const expected = may(administrator).filter((scope) => may(other).includes(scope));
      expect(may(intersect(administrator, other))).toEqual(expected);
      expect(may(intersect(other, administrator))).toEqual(expected);
      expect(may(intersect(intersect(other, administrator), [{ resource: "*", actions: ["*"] }]))).toEqual(
        expected,
      );
    }
  });

  test("is shown in the words in which it could be given", () => {
    const vocabulary = grantVocabulary({ types: { trainings: {} }, actions: { reindex: {} } });
    const shown = shownGrants(roles.administrator, vocabulary);
    expect(shown).toEqual([{ resource: "*", actions: ["*"] }]);
    expect(shown.map(({ resource }) => resource)).not.toContain("system");
    expect(may(shown)).toEqual(may(roles.administrator));
  });

  test("may be said anew by the YAML, but for the superadministrator", () => {
    const nothing = [{ resource: "trainings", actions: ["read"] }];
    const own = new Roles({ reader: nothing, superadministrator: nothing }, (grants): Grant[] =>
      grants.map(({ resource, actions }) => ({ resource, actions })),
    );
    expect(may(own.grantsOf(["reader"]))).toEqual(["trainings:read"]);
    expect(may(own.grantsOf(["superadministrator"]))).toEqual(all);
  });
});
