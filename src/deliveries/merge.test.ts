import { expect, test } from "bun:test";

import type { ChangeRow } from "../changes/service.ts";
import { swallowed } from "./merge.ts";

const rows = (...changes: [action: string, object: string, key: string][]): ChangeRow[] =>
  changes.map(([action, object, key], index) => ({
    ...{ organisationId: 1, object, key, action, topic: "", sequence: index + 1, at: 0 },
    ...{ subject: null, actor: null },
  }));

/** Trainings `a1`, `a2` are of institute `a`. */
const parentOf = ({ object, key }: ChangeRow) =>
  object === "training" ? `institute/${key.slice(0, 1)}` : undefined;

const left = (changes: ChangeRow[]) =>
  swallowed(changes, parentOf).map(({ action, object, key }) => `${action} ${object} ${key}`);

test("an import of a parent swallows the updates of its children that came before it, and no others", () => {
  const changes = rows(
    ["update", "training", "a1"],
    ["update", "training", "b1"],
    ["update", "institute", "a"],
    ["import", "institute", "a"],
    ["update", "training", "a2"],
  );
  expect(left(changes)).toEqual([
    "update training b1",
    "update institute a",
    "import institute a",
    "update training a2",
  ]);
});

test("an import of a parent leaves removals of its children", () => {
  const changes = rows(["destroy", "training", "a1"], ["import", "institute", "a"]);
  expect(left(changes)).toEqual(["destroy training a1", "import institute a"]);
});

test("a bundle without an import stays as it is", () => {
  const changes = rows(["update", "training", "a1"], ["update", "institute", "a"]);
  expect(swallowed(changes, parentOf)).toBe(changes);
});
