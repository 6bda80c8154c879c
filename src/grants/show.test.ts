import { expect, test } from "bun:test";

import { intersect } from "./algebra.ts";
import type { Grant } from "./grant.ts";
import { shownGrants } from "./show.ts";
import { grantVocabulary } from "./vocabulary.ts";

const vocabulary = grantVocabulary({
  types: { trainings: { filters: ["city"], public: ["name", "city"] }, cases: {} },
  actions: { reindex: {} },
});
const all: Grant[] = [{ resource: "*", actions: ["*"] }];

test("grants are shown as they were given", () => {
  const grants: Grant[] = [
    ...all,
    { resource: "trainings", actions: ["read"], where: { city: ["Umeå"] }, fields: "public" },
  ];
  expect(shownGrants(grants, vocabulary)).toEqual(grants);
});

test("everything in another's name is what there is, without management of accounts and people", () => {
  const held = intersect(all, all, { management: false });
  expect(shownGrants(held, vocabulary).map(({ resource }) => resource)).toEqual([
    ...[
      "trainings",
      "cases",
      "receivers",
      "deliveries",
      "operations",
      "schedules",
      "webmessages",
      "action:reindex",
    ],
  ]);
});

test("of each resource are shown the actions that it has", () => {
  const held = intersect([{ resource: "*", actions: ["read", "run"] }], all, { management: false });
  const shown = shownGrants(held, vocabulary);
  expect(shown).toContainEqual({ resource: "trainings", actions: ["read"] });
  expect(shown).toContainEqual({ resource: "action:reindex", actions: ["run"] });
});

test("what is left of a list and of the public fields is a list", () => {
  const some: Grant[] = [{ resource: "trainings", actions: ["read"], fields: ["name", "price"] }];
  const shown: Grant[] = [{ resource: "trainings", actions: ["read"], fields: "public" }];
  expect(shownGrants(intersect(some, shown), vocabulary)).toEqual([
    { resource: "trainings", actions: ["read"], fields: ["name"] },
  ]);
  const other: Grant[] = [{ resource: "trainings", actions: ["read"], fields: ["price"] }];
  expect(shownGrants(intersect(other, shown), vocabulary)).toEqual([
    { resource: "trainings", actions: ["read"], fields: ["id"] },
  ]);
});
