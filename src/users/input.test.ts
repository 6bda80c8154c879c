import { describe, expect, test } from "bun:test";

import type { Grant } from "../grants/grant.ts";
import { Problem } from "../problem.ts";
import { looksLikeUsername, parseNewPassword, parseNewUser, parseUserPatch, usernameKey } from "./input.ts";
import { managesPeople } from "./person.ts";
import { Roles } from "./roles.ts";

const roles = new Roles(
  {
    administrator: [{ resource: "*", actions: ["*"] }],
    reader: [{ resource: "trainings", actions: ["read"] }],
    writer: [{ resource: "trainings", actions: ["write"] }],
  },
  (grants): Grant[] => grants.map(({ resource, actions }) => ({ resource, actions })),
);
const least = { username: "anna", email: "anna@example.org" };

const faults = (parse: () => unknown): string[] => {
  try {
    parse();
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.violations.map(({ field, message }) => `${field} ${message}`);
  }
};

describe("a new user", () => {
  test("needs a name and an address; the rest is empty", () => {
    expect(parseNewUser(least, roles)).toEqual({
      ...{ ...least, name: "", roles: [], groups: [], totp: false, password: undefined },
    });
    expect(faults(() => parseNewUser({}, roles))).toEqual(["username is required", "email is required"]);
  });

  test.each(["anna", "ANNA.Andersson@Example.org", "åsa_öberg+1", "李雷", "a", "x".repeat(100)])(
    "may be called %s",
    (username) => {
      expect(parseNewUser({ ...least, username }, roles).username).toBe(username);
      expect(looksLikeUsername(username)).toBe(true);
    },
  );

  test.each([
    "",
    " ",
    "anna a",
    "anna\n",
    "a\u0000b",
    "a/b",
    "a:b",
    "<b>",
    "x".repeat(101),
    "\u202eanna",
    7,
    null,
  ])("may not be called %j", (username) => {
    expect(faults(() => parseNewUser({ ...least, username }, roles))).toHaveLength(1);
    if (typeof username === "string") expect(looksLikeUsername(username)).toBe(false);
  });

  test("is the same in upper and lower case, wide and composed letters", () => {
    const keys = ["Åsa", "åsa", "A\u030asa", "\uff21\u030asa"].map(usernameKey);
    expect(new Set(keys).size).toBe(1);
  });

  test.each([
    "anna",
    "@example.org",
    "anna@",
    "a b@example.org",
    "a@b@c",
    "anna@example.org\n.evil",
    "<a@b>",
    7,
  ])("cannot be reached at %j", (email) => {
    expect(faults(() => parseNewUser({ ...least, email }, roles))).toHaveLength(1);
  });

  test("has each role once, and none that there is not", () => {
    expect(parseNewUser({ ...least, roles: ["reader", "reader"] }, roles).roles).toEqual(["reader"]);
    expect(faults(() => parseNewUser({ ...least, roles: ["reader", "raeder", 7] }, roles))).toEqual([
      'roles[1] there is no role raeder; there are superadministrator, administrator, operator, reader, writer; did you mean "reader"?',
      "roles[2] must be text",
    ]);
  });

  test("cannot be named like a member of every object", () => {
    for (const role of ["constructor", "__proto__"])
      expect(faults(() => parseNewUser({ ...least, roles: [role] }, roles))).toHaveLength(1);
  });

  test("does not have its own name for a password", () => {
    const username = "anna.andersson.berg";
    const body = { ...least, username, password: username.toUpperCase() };
    expect(faults(() => parseNewUser(body, roles))[0]).toContain("must not be the username");
  });
});

test("a patch changes what it has, and no username or password", () => {
  expect(parseUserPatch({ name: "Anna B" }, roles)).toEqual({ name: "Anna B" });
  expect(faults(() => parseUserPatch({ username: "x", password: "y", enabled: true }, roles))).toHaveLength(
    3,
  );
});

test("a new password is held to what is known of its owner", () => {
  const known = ["anna", "anna@example.org", ""];
  expect(parseNewPassword({ password: "correct horse battery" }, known)).toEqual({
    password: "correct horse battery",
    current: undefined,
  });
  expect(faults(() => parseNewPassword({ password: "anna@example.org", x: 1 }, known))).toHaveLength(2);
  expect(faults(() => parseNewPassword({}, known))).toEqual(["password is required"]);
});

describe("roles", () => {
  test("come to the union of their grants; one that is gone gives nothing", () => {
    expect(roles.grantsOf(["reader", "gone", "writer"])).toEqual([
      { resource: "trainings", actions: ["read"] },
      { resource: "trainings", actions: ["write"] },
    ]);
  });

  const managers: [boolean, Grant[]][] = [
    [false, []],
    [false, [{ resource: "trainings", actions: ["*"] }]],
    [false, [{ resource: "*", actions: ["read", "write", "delete"] }]],
    [false, [{ resource: "users", actions: ["read"] }]],
    [false, [{ resource: "receivers", actions: ["manage"] }]],
    [true, [{ resource: "users", actions: ["manage"] }]],
    [true, [{ resource: "accounts", actions: ["*"] }]],
    [true, [{ resource: "organisations", actions: ["read", "manage"] }]],
    [true, [{ resource: "*", actions: ["manage"] }]],
    [
      true,
      [
        { resource: "trainings", actions: ["read"] },
        { resource: "*", actions: ["*"] },
      ],
    ],
  ];
  test.each(managers)("%p: manages people with %j", (manages, grants) => {
    expect(managesPeople(grants)).toBe(manages);
  });
});
