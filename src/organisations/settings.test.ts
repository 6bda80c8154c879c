import { expect, test } from "bun:test";

import { grantVocabulary } from "../grants/vocabulary.ts";
import { grantsOfPassword } from "./settings.ts";

const vocabulary = grantVocabulary({ types: { trainings: {}, institutes: {} }, actions: { reindex: {} } });

test("a password may do with every type what it may do with all of them, and nothing with anything else", () => {
  expect(grantsOfPassword([{ resource: "*", actions: ["read", "write"] }], vocabulary)).toEqual([
    { resource: "trainings", actions: ["read", "write"] },
    { resource: "institutes", actions: ["read", "write"] },
  ]);
});

test("it may do nothing with a type that the YAML has no more, and no more with others than is said", () => {
  const stored = [
    { resource: "trainings", actions: ["read"], where: { city: ["Umeå"] }, fields: ["name"] },
    { resource: "gone", actions: ["read"] },
  ];
  expect(grantsOfPassword(stored, vocabulary)).toEqual(stored.slice(0, 1));
});

test("it never manages, runs or impersonates, whatever came into the database", () => {
  const stored = [
    { resource: "*", actions: ["*", "manage", "run"] },
    ...["users", "accounts", "organisations", "impersonate", "action:reindex"].map((resource) => ({
      resource,
      actions: ["read", "write", "manage", "run"],
    })),
  ];
  expect(grantsOfPassword(stored, vocabulary)).toEqual([]);
});
