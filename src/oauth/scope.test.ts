import { describe, expect, test } from "bun:test";

import { withoutManagement } from "../grants/algebra.ts";
import { OAuthError } from "./error.ts";
import { chooseScope, permits } from "./scope.ts";

const grants = [
  { resource: "trainings", actions: ["read", "write"], where: { institute_id: [7] } },
  { resource: "receivers", actions: ["manage"] },
  { resource: "action:send-report", actions: ["run"] },
];
const all = [{ resource: "*", actions: ["*"] }];
const choose = (asked: string | undefined, have = grants) => {
  const scope = chooseScope(asked, have);
  return scope instanceof OAuthError ? scope.code : scope;
};

describe("the scope of a token", () => {
  test("is everything where nothing is asked for", () => {
    expect(choose(undefined)).toBe("trainings:read trainings:write receivers:manage action:send-report:run");
    expect(choose(undefined, all)).toBe("*:*");
    expect(choose(undefined, [])).toBe("");
  });

  test("is what is asked for, in its order, each once", () => {
    expect(choose("receivers:read trainings:read receivers:read")).toBe("receivers:read trainings:read");
    expect(choose("action:send-report:run")).toBe("action:send-report:run");
    expect(choose("trainings:read accounts:manage *:read *:*", all)).toBe(
      "trainings:read accounts:manage *:read *:*",
    );
  });

  test.each([
    "trainings:delete",
    "trainings:read trainings:delete",
    "articles:read",
    "*:read",
    "trainings:*",
    "*:*",
    "accounts:read",
    "openid",
    "trainings",
    "trainings:",
    ":read",
    "trainings:read  trainings:write",
    " trainings:read",
    'trainings:"read"',
    "trainings:READ",
    "trainings:__proto__",
    `trainings:read ${"x".repeat(10_000)}`,
  ])("is refused whole where one of it is more, or none: %s", (asked) => {
    expect(choose(asked)).toBe("invalid_scope");
  });

  test("with * for an action asks for each that the resource has", () => {
    expect(permits([{ resource: "trainings", actions: ["read", "write", "delete"] }], "trainings:*")).toBe(
      true,
    );
    expect(permits([{ resource: "trainings", actions: ["read", "write"] }], "trainings:*")).toBe(false);
    expect(permits([{ resource: "*", actions: ["read"] }], "*:*")).toBe(false);
  });

  test("in another's name has nothing of management, whatever * stood for", () => {
    const delegated = withoutManagement(all);
    for (const scope of [
      "accounts:manage",
      "users:read",
      "impersonate:run",
      "audit:read",
      "organisations:manage",
    ])
      expect(permits(delegated, scope)).toBe(false);
    expect(permits(delegated, "trainings:delete")).toBe(true);
  });
});
