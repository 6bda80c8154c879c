import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { SEED, someGrants } from "../../test/store/grant-worlds.ts";
import { allows, type Grant } from "./grant.ts";
import { grantedScopes, narrow, parseScope, scopesOf } from "./scope.ts";

const grants: Grant[] = [
  { resource: "trainings", actions: ["read", "write"], where: { institute_id: [1] } },
  { resource: "receivers", actions: ["manage"] },
];

describe("a scope parameter", () => {
  test("is a list of resource:action, each once and in its order", () => {
    expect(parseScope("trainings:write trainings:read action:send-report:run *:* trainings:write")).toEqual([
      "trainings:write",
      "trainings:read",
      "action:send-report:run",
      "*:*",
    ]);
  });

  test.each([
    ["nothing", ""],
    ["spaces alone", "  "],
    ["two spaces", "trainings:read  trainings:write"],
    ["a space before", " trainings:read"],
    ["a tab", "trainings:read\ttrainings:write"],
    ["a quote", 'trainings:"read"'],
    ["a backslash", "trainings:read\\"],
    ["what is no ASCII", "träningar:read"],
    ["a control character", "trainings:read\u007f"],
    ["a resource alone", "trainings"],
    ["an action alone", ":read"],
    ["very many", Array.from({ length: 101 }, (_, i) => `t${i}:read`).join(" ")],
    ["very long", `trainings:${"x".repeat(4_000)}`],
  ])("with %s is none", (_, text) => {
    expect(parseScope(text)).toBeUndefined();
  });
});

describe("grants within scopes", () => {
  test("are those of both, with their where and fields", () => {
    expect(narrow(grants, ["trainings:read", "institutes:read"])).toEqual([
      { resource: "trainings", actions: ["read"], where: { institute_id: [1] } },
    ]);
  });

  test("are all for *:*, and all of a resource for its *", () => {
    expect(narrow(grants, ["*:*"])).toEqual([
      { resource: "trainings", actions: ["read", "write"], where: { institute_id: [1] } },
      { resource: "receivers", actions: ["manage", "read", "write"] },
    ]);
    expect(narrow([{ resource: "*", actions: ["*"] }], ["trainings:*"])).toEqual([
      { resource: "trainings", actions: ["*"] },
    ]);
  });

  test("have what manage covers", () => {
    expect(narrow(grants, ["receivers:read"])).toEqual([{ resource: "receivers", actions: ["read"] }]);
    expect(
      allows(narrow([{ resource: "*", actions: ["manage"] }], ["audit:read"]), "audit", "read"),
    ).toBeTrue();
  });

  test("are none for scopes that mean nothing", () => {
    const all: Grant[] = [{ resource: "*", actions: ["*"] }];
    expect(narrow(all, ["trainings:manage", "receivers:delete", "action:x:read", "trainings:fly"])).toEqual(
      [],
    );
    expect(grantedScopes(all, ["trainings:read", "trainings:manage"])).toEqual(["trainings:read"]);
    expect(narrow(all, [])).toEqual([]);
  });

  test("never allow more than the grants, and with their own scopes no less", () => {
    const scopes = fc.array(
      fc.constantFrom("trainings:read", "*:read", "*:*", "receivers:manage", "accounts:*"),
    );
    const resource = fc.constantFrom("trainings", "receivers", "accounts");
    fc.assert(
      fc.property(someGrants, scopes, resource, (some, wanted, name) => {
        const within = narrow(some, wanted);
        const own = narrow(some, scopesOf(some));
        for (const action of name === "trainings"
          ? (["read", "write"] as const)
          : (["read", "manage"] as const)) {
          if (allows(within, name, action)) expect(allows(some, name, action)).toBeTrue();
          expect(allows(own, name, action)).toBe(allows(some, name, action));
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});
