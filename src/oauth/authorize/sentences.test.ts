import { describe, expect, test } from "bun:test";

import { FIXED_RESOURCES } from "../../grants/resources.ts";
import { LANGUAGES } from "./language.ts";
import { sentencesOf } from "./sentences.ts";
import { textsOf, waitText } from "./texts/texts.ts";

const english = textsOf("en").grants;

test("each thing that is granted is a sentence", () => {
  const scopes = ["trainings:write", "trainings:read", "action:send-report:run", "deliveries:read"];
  expect(sentencesOf(scopes, english)).toEqual([
    "Start the action “send-report”",
    "See the log of webhooks",
    "See “trainings”",
    "Create and change “trainings”",
  ]);
});

test("everything is told first and as what it is", () => {
  expect(sentencesOf(["accounts:manage", "*:*", "trainings:*"], english)).toEqual([
    "See, create, change and remove everything that you have access to",
    "See and manage API accounts",
    "See, create, change and remove “trainings”",
  ]);
});

test("a type that is named like a member of every object is a type", () => {
  expect(sentencesOf(["constructor:read", "__proto__:read"], english)).toEqual([
    "See “__proto__”",
    "See “constructor”",
  ]);
});

describe.each([...LANGUAGES])("in %s", (language) => {
  const { grants } = textsOf(language);

  test("every resource that is always there has a name of its own, which is not the scope's", () => {
    for (const resource of FIXED_RESOURCES) {
      const [sentence = ""] = sentencesOf([`${resource}:read`], grants);
      expect(sentence).not.toContain(grants.type(resource));
    }
  });

  test("no two grants are told by the same sentence", () => {
    const resources = [
      ...FIXED_RESOURCES.filter((name) => name !== "impersonate"),
      "*",
      "trainings",
      "cases",
    ];
    const scopes = resources.flatMap((resource) =>
      ["read", "write", "delete", "run", "manage"].map((action) => `${resource}:${action}`),
    );
    const sentences = sentencesOf([...scopes, "impersonate:run"], grants);
    expect(sentences).toHaveLength(scopes.length + 1);
    expect(new Set(sentences).size).toBe(sentences.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[\p{Lu}“”«]/u);
  });

  test("lengths of time are told in seconds and minutes, never too short", () => {
    expect(waitText(15, language)).toStartWith("15");
    expect(waitText(119.2, language)).toStartWith("120");
    expect(waitText(121, language)).toStartWith("3");
    expect(waitText(15, language)).not.toBe(waitText(15 * 60, language));
  });
});
