import { describe, expect, test } from "bun:test";

import {
  groupsOf,
  isChosen,
  isWhole,
  toggleAll,
  toggleGroup,
  toggleTopic,
} from "./app/pages/receivers/topics.ts";

const topics = ["Trainings.Update", "Trainings.Destroy", "Institutes.Update"].map((name) => ({
  name,
  resource: name.split(".")[0]?.toLowerCase() ?? "",
}));
const groups = groupsOf(
  [...topics, { name: "Users.Update", resource: "users" }],
  new Set(["trainings", "institutes"]),
);
const [trainings, institutes, users] = groups;
if (!trainings || !institutes || !users) throw new Error("three groups");

describe("the tree of topics", () => {
  test("knows what everything stands for: the types, not the server's own", () => {
    expect(groups.map(({ name, data }) => [name, data])).toEqual([
      ["Trainings", true],
      ["Institutes", true],
      ["Users", false],
    ]);
    expect(isWhole(["*"], trainings)).toBe(true);
    expect(isWhole(["*"], users)).toBe(false);
    expect(isChosen(["Trainings.*"], trainings, "Trainings.Destroy")).toBe(true);
  });

  test("takes one topic out of everything by saying the rest", () => {
    expect(toggleTopic(["*", "Users.Update"], groups, trainings, "Trainings.Destroy")).toEqual([
      "Institutes.*",
      "Users.Update",
      "Trainings.Update",
    ]);
  });

  test("takes all topics of a group as the group, and gives it back", () => {
    expect(toggleTopic(["Trainings.Update"], groups, trainings, "Trainings.Destroy")).toEqual([
      "Trainings.*",
    ]);
    expect(toggleGroup(["Trainings.*"], groups, trainings)).toEqual([]);
    expect(toggleGroup(["*"], groups, institutes)).toEqual(["Trainings.*"]);
  });

  test("keeps the server's own when everything comes and goes", () => {
    expect(toggleAll(["Trainings.Update", "Users.*"], groups)).toEqual(["*", "Users.*"]);
    expect(toggleAll(["*", "Users.*"], groups)).toEqual(["Users.*"]);
  });
});
