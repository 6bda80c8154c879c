/** Random grants, records and types for tests of what must hold of all of them. */
import fc from "fast-check";

import type { Grant } from "../../src/grants/grant.ts";
import { GRANT_ACTIONS } from "../../src/grants/resources.ts";
import type { ViewedType } from "../../src/grants/view.ts";

/** The same cases each time. */
export const SEED = 20_261_121;

export type Value = string | number | boolean;

const FIELDS = ["a", "b", "c", "d"] as const;

/** Values that are easily taken for each other, and those that an index has to shorten. */
export const values: readonly Value[] = [
  ...[0, 1, -1, 1.5, 10, 1e21, 2 ** 53 - 1],
  ...[
    "",
    "1",
    "0",
    "a",
    "A",
    "å",
    "a\0",
    "a\ufffd",
    "a\u{1f600}",
    "~",
    "true",
    "s1",
    "'; drop table records; --",
  ],
  ...["x".repeat(200), "x".repeat(201), `${"x".repeat(201)}y`],
  ...[true, false],
];

export const someValue: fc.Arbitrary<Value> = fc.constantFrom(...values);

/** What a grant may name: no NUL (`grants/check.ts`). */
const nameable = fc.constantFrom(...values.filter((value) => value !== "a\0"));

/** `c` is declared by some types only, `d` by none: a `where` on it holds of nothing. */
export const someType: fc.Arbitrary<ViewedType> = fc.record({
  name: fc.constant("trainings"),
  filters: fc.constantFrom(["a", "b"], ["a", "b", "c"], ["a"], []),
  public: fc.subarray([...FIELDS]),
});

export const someData: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.constantFrom(...FIELDS),
  fc.oneof({ weight: 8, arbitrary: someValue }, fc.constant(null), fc.constant({ a: 1 }), fc.constant([1])),
);

const someWhere = fc.dictionary(
  fc.constantFrom(...FIELDS),
  fc.uniqueArray(nameable, { minLength: 1, maxLength: 5 }),
  { minKeys: 1, maxKeys: 2 },
);

const someFields: fc.Arbitrary<NonNullable<Grant["fields"]>> = fc.oneof(
  fc.constantFrom<"all" | "public">("all", "public"),
  fc.subarray([...FIELDS], { minLength: 1 }),
);

const someActions = fc.oneof(
  { weight: 1, arbitrary: fc.constant<string[]>(["*"]) },
  { weight: 4, arbitrary: fc.subarray<string>([...GRANT_ACTIONS], { minLength: 1, maxLength: 2 }) },
);

/** As they may be stored: also with a `where` that its type does not bear any more. */
export const someGrant: fc.Arbitrary<Grant> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { resource: fc.constant("trainings"), actions: someActions, where: someWhere, fields: someFields },
      { requiredKeys: ["resource", "actions"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      resource: fc.constantFrom("*", "institutes", "receivers", "accounts", "action:reindex"),
      actions: someActions,
    }),
  },
);

export const someGrants: fc.Arbitrary<Grant[]> = fc.array(someGrant, { maxLength: 5 });
